"""Deliveries read back, and what is told of one that can't be."""

import traceback
from datetime import UTC, datetime

import pytest

from accrue.domain.errors import UnreadableRowError
from accrue.domain.webhooks.delivery import Delivery, DeliveryAttempt, SendResult
from accrue.storage.delivery_items import delivery_from_item, delivery_to_item

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CANARY = "poison.person@example.com"
DELIVERY = Delivery(
    network_id="demo",
    webhook_id="crm",
    event_id="ev_1",
    event_type="points.awarded",
    occurred_at=NOW,
    body="{}",
    expires_at=NOW,
    attempt_count=2,
    attempts=(
        DeliveryAttempt(NOW, SendResult(status_code=500, error=None, duration_ms=3)),
        DeliveryAttempt(NOW, SendResult(status_code=None, error="no answer", duration_ms=4)),
    ),
    next_attempt_at=NOW,
    under_way_until=NOW,
)
# What finds the item; who has it does not read them.
PLACES = {"event_key", "item_key", "delivery_status_key", "delivery_position"}
READ = sorted(delivery_to_item(DELIVERY).keys() - PLACES)


def test_a_delivery_is_read_back_as_it_was_written() -> None:
    assert delivery_from_item(delivery_to_item(DELIVERY)) == DELIVERY


@pytest.mark.parametrize("name", READ)
def test_of_an_attribute_that_is_something_else_only_the_name_is_told(name: str) -> None:
    damaged = {**delivery_to_item(DELIVERY), name: {"M": {CANARY: {"S": CANARY}}}}

    _assert_only_its_name_is_told(damaged, name)


@pytest.mark.parametrize("name", READ)
def test_an_attribute_that_is_missing_is_named(name: str) -> None:
    damaged = delivery_to_item(DELIVERY)
    del damaged[name]

    _assert_only_its_name_is_told(damaged, name)


@pytest.mark.parametrize("name", ["attempted_at", "status_code", "duration_ms"])
def test_of_an_attempt_that_is_something_else_nothing_is_told(name: str) -> None:
    damaged = delivery_to_item(DELIVERY)
    damaged["attempts"]["L"][0]["M"][name] = {"S": CANARY}

    _assert_only_its_name_is_told(damaged, "attempts")


@pytest.mark.parametrize("name", ["network_id", "webhook_id", "event_id"])
def test_ids_that_are_not_those_of_the_key_are_not_read(name: str) -> None:
    damaged = {**delivery_to_item(DELIVERY), name: {"S": CANARY}}

    with pytest.raises(UnreadableRowError, match="not those of its key") as raised:
        delivery_from_item(damaged)
    assert CANARY not in str(raised.value)


def _assert_only_its_name_is_told(damaged: dict[str, object], name: str) -> None:
    with pytest.raises(UnreadableRowError) as raised:
        delivery_from_item(damaged)

    assert str(raised.value) == f"delivery: {name} is not as it was written"
    # As the log has it: with the causes that are shown.
    assert CANARY not in "".join(traceback.format_exception(raised.value))
