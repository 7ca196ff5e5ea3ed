"""What comes after an attempt, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.activity import MembershipRef
from accrue.domain.follow_up_events import FollowUpEvent
from accrue.domain.ids import id_of_event
from accrue.domain.webhooks.delivery import (
    LIFETIME,
    MAX_KEPT_ATTEMPTS,
    UNDER_WAY_FOR,
    AttemptOrder,
    Delivery,
    DeliveryAttempt,
    DeliveryStatus,
    SendResult,
    is_delivery_position,
    planned_delivery,
)
from accrue.domain.webhooks.retry_schedule import DEFAULT_DELAYS_SECONDS, RetrySchedule

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SCHEDULE = RetrySchedule()
EVENT = FollowUpEvent(
    event_id="ev_1",
    type="points.awarded",
    occurred_at=NOW,
    network_id="demo",
    activity_id="ik_1",
    membership=MembershipRef("coffee-club", "12345"),
    sequence=1,
    data={"points": "50"},
)
PLANNED = planned_delivery(EVENT, "hook", NOW)


def _attempt(
    status_code: int | None, error: str | None = None, at: datetime = NOW
) -> DeliveryAttempt:
    result = SendResult(status_code=status_code, error=error, duration_ms=12)
    return DeliveryAttempt(at, result)


def _after(delivery: Delivery, *status_codes: int | None) -> Delivery:
    for status_code in status_codes:
        error = None if status_code else "it took too long"
        delivery = delivery.after(_attempt(status_code, error), SCHEDULE)
    return delivery


def test_delivery_sends_the_event_as_it_is_shown() -> None:
    assert PLANNED.body == EVENT.to_json()
    assert PLANNED.expires_at == NOW + LIFETIME
    assert PLANNED.next_attempt_at == NOW
    assert AttemptOrder.next_of(PLANNED) == AttemptOrder("demo", "hook", "ev_1", 1)


@pytest.mark.parametrize("status_code", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status_code: int) -> None:
    after = _after(PLANNED, status_code)

    assert after.status is DeliveryStatus.DELIVERED
    assert after.next_attempt_at is None
    assert (after.attempt_count, after.failure) == (1, None)


@pytest.mark.parametrize(
    "status_code", [100, 199, 300, 301, 302, 307, 400, 401, 404, 429, 500, 503]
)
def test_any_other_answer_is_tried_again(status_code: int) -> None:
    after = _after(PLANNED, status_code)

    assert after.is_pending
    assert after.next_attempt_at is not None


def test_a_success_with_an_error_is_none() -> None:
    after = PLANNED.after(_attempt(200, "it answered with a redirect"), SCHEDULE)

    assert after.is_pending


def test_gone_ends_the_delivery_at_once() -> None:
    after = _after(PLANNED, 410)

    assert after.status is DeliveryStatus.FAILED
    assert after.failure == "the receiver answered 410: the webhook is disabled"
    assert after.next_attempt_at is None


def test_the_delay_begins_when_the_attempt_has_ended() -> None:
    result = SendResult(status_code=None, error="it took too long", duration_ms=10_000)

    after = PLANNED.after(DeliveryAttempt(NOW, result), SCHEDULE)

    assert after.next_attempt_at is not None
    assert after.next_attempt_at >= NOW + timedelta(seconds=15)


def test_delays_grow_for_a_day_and_then_the_delivery_has_failed() -> None:
    delivery, delays = PLANNED, []
    while delivery.is_pending:
        delivery = _after(delivery, None)
        if delivery.next_attempt_at:
            ended = NOW + timedelta(milliseconds=12)
            delays.append((delivery.next_attempt_at - ended).total_seconds())

    assert delivery.status is DeliveryStatus.FAILED
    assert delivery.failure == "the last attempt of the round failed"
    assert delivery.attempt_count == len(DEFAULT_DELAYS_SECONDS) + 1
    assert len(delays) == len(DEFAULT_DELAYS_SECONDS)
    for delay, least in zip(delays, DEFAULT_DELAYS_SECONDS, strict=True):
        assert least <= delay <= least * 1.1


@given(st.text(), st.integers(1, len(DEFAULT_DELAYS_SECONDS)))
def test_jitter_is_ten_percent_at_most_and_always_the_same(name: str, failed: int) -> None:
    least = DEFAULT_DELAYS_SECONDS[failed - 1]

    due = SCHEDULE.next_attempt_at(failed, NOW, name)

    assert due is not None
    assert NOW + timedelta(seconds=least) <= due <= NOW + timedelta(seconds=least * 1.1)
    assert due == SCHEDULE.next_attempt_at(failed, NOW, name)


def test_jitter_spreads_what_failed_together() -> None:
    due = {SCHEDULE.next_attempt_at(2, NOW, f"hook ev_{number}") for number in range(100)}

    assert len(due) > 90


def test_a_new_round_has_all_attempts_again_and_keeps_what_was_tried() -> None:
    failed = _after(PLANNED, *[None] * 8)
    later = NOW + timedelta(days=29)

    begun = failed.begun_again(later)

    assert begun.is_pending
    assert begun.next_attempt_at == later
    assert begun.failure is None
    assert begun.expires_at == later + LIFETIME
    assert AttemptOrder.next_of(begun).attempt == 9
    assert _after(begun, *[None] * 7).is_pending
    assert _after(begun, *[None] * 8).status is DeliveryStatus.FAILED
    assert len(_after(begun, *[None] * 8).attempts) == 16


def test_only_the_latest_attempts_are_kept() -> None:
    delivery = PLANNED
    for _ in range(10):
        delivery = _after(delivery.begun_again(NOW), 500, 500, 204)

    assert delivery.attempt_count == 30
    assert len(delivery.attempts) == MAX_KEPT_ATTEMPTS


def test_delivery_as_it_is_listed() -> None:
    delivered = _after(PLANNED, None, 200)

    assert delivered.to_document() == {
        "event_id": "ev_1",
        "type": "points.awarded",
        "occurred_at": "2026-03-01T12:00:00.000000Z",
        "status": "delivered",
        "failure": None,
        "attempt_count": 2,
        "attempts": [
            {
                "attempted_at": "2026-03-01T12:00:00.000000Z",
                "status_code": None,
                "error": "it took too long",
                "duration_ms": 12,
            },
            {
                "attempted_at": "2026-03-01T12:00:00.000000Z",
                "status_code": 200,
                "error": None,
                "duration_ms": 12,
            },
        ],
        "next_attempt_at": None,
    }
    assert replace(PLANNED).to_document()["next_attempt_at"] == "2026-03-01T12:00:00.000000Z"


def test_an_attempt_is_under_way_until_it_is_over_for_certain() -> None:
    begun = PLANNED.begun_attempt(NOW)

    assert not PLANNED.is_under_way(NOW)
    assert begun.is_under_way(NOW)
    assert begun.is_under_way(NOW + UNDER_WAY_FOR - timedelta(microseconds=1))
    assert not begun.is_under_way(NOW + UNDER_WAY_FOR)
    assert not _after(begun, 500).is_under_way(NOW)


def test_a_new_round_waits_for_no_attempt_of_the_one_before() -> None:
    begun = PLANNED.begun_attempt(NOW)

    assert not begun.begun_again(NOW).is_under_way(NOW)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (f"2026-03-01T12:00:00.000000Z#ev_{'a2' * 16}", True),
        (f"2026-03-01T12:00:00.000000Z#ev_{'a1' * 16}", False),
        (f"2026-02-30T12:00:00.000000Z#ev_{'a2' * 16}", False),
        (f"2026-03-01T12:00:00.000000Z#ev_{'a2' * 16}\n", False),
        ("", False),
    ],
)
def test_position_in_a_list_of_deliveries(text: str, *, is_one: bool) -> None:
    assert is_delivery_position(text) is is_one


def test_the_position_of_a_delivery_is_one() -> None:
    event_id = id_of_event("demo", "ik_1", "", "points.awarded", "")

    assert is_delivery_position(replace(PLANNED, event_id=event_id).position)
