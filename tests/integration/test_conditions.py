"""Nothing that must stay is written without a condition, as whole handlers send it."""

from dataclasses import replace
from typing import Any

import pytest

from accrue.domain.activity import MembershipRef
from tests.integration.conditions import KeptWrite, kept_writes
from tests.integration.faults import Call, Faults
from tests.integration.histories import MIXED_BATCH, village_post
from tests.integration.reversals import buy, reverse
from tests.integration.spending import adjust, capture, held, redeem, release
from tests.integration.world import World

IN_A_TRANSACTION = {KeptWrite("TransactWriteItems", kind) for kind in ("POSTING", "BALANCE")}
ROW_IN_A_TRANSACTION = KeptWrite("TransactWriteItems", "row")


@pytest.fixture
def unchecked(faults: Faults, empty_world: World, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """The functions start without botocore's check, as they do on Lambda."""
    monkeypatch.setattr("accrue.storage.client_config.CHECKS_PARAMETERS", False)
    empty_world.restart()
    return faults


def test_what_is_recorded_one_by_one_and_applied(world: World, unchecked: Faults) -> None:
    for post in MIXED_BATCH:
        assert post.act(world).status < 300
    assert set(kept_writes(unchecked.calls)) == {KeptWrite("PutItem", "row"), ROW_IN_A_TRANSACTION}

    unchecked.calls.clear()
    # First postings, and further ones; of many memberships together, and of one alone.
    halves = world.items("ledger")[::2], world.items("ledger")[1::2]
    for rows in (*halves, world.items("ledger")[:1]):
        assert world.deliver(rows) == {"batchItemFailures": []}
    outcome = KeptWrite("PutItem", "OUTCOME")
    assert set(kept_writes(unchecked.calls)) == IN_A_TRANSACTION | {outcome}


def test_what_is_recorded_in_a_batch(world: World, unchecked: Faults) -> None:
    posts = [*MIXED_BATCH, village_post(key="village-2", reference="R-2")]
    rows = [_with_key(post.body, post.idempotency_key) for post in posts if not post.membership]
    answer = world.post_batch(rows)
    assert answer.status == 200, answer

    inserted = KeptWrite("BatchExecuteStatement", "row")
    assert set(kept_writes(unchecked.calls)) == {inserted, ROW_IN_A_TRANSACTION}


def _with_key(body: Any, idempotency_key: str | None) -> dict[str, Any]:
    return {**body, "idempotency_key": idempotency_key} if idempotency_key else dict(body)


def test_orders_and_reversals(spenders: World, unchecked: Faults) -> None:
    bought = buy(spenders, "50")
    unchecked.calls.clear()
    answers = [
        redeem(spenders, "1"),
        capture(spenders, held(spenders, "2")),
        release(spenders, held(spenders, "2", key="hold-2")),
        adjust(spenders, "5"),
        reverse(spenders, bought),
    ]
    assert [answer.status < 300 for answer in answers] == [True] * 5

    assert set(kept_writes(unchecked.calls)) == IN_A_TRANSACTION | {ROW_IN_A_TRANSACTION}


def test_a_balance_that_is_due_at_another_time(spenders: World, unchecked: Faults) -> None:
    buy(spenders, "50", "visit")
    unchecked.calls.clear()
    book, ann = spenders.start("apply_due").book, MembershipRef("tea-club", "ann")

    book.keep_due_at("demo", ann, replace(book.find_balance("demo", ann), due_at=None))

    assert kept_writes(unchecked.calls) == [KeptWrite("PutItem", "BALANCE")]


PUT: dict[str, Any] = {
    "TableName": "balance",
    "Item": {"membership_key": {"S": "demo#M#1"}, "item_key": {"S": "BALANCE"}},
}


@pytest.mark.parametrize(
    "condition", [{}, {"ConditionExpression": None}, {"ConditionExpression": " "}]
)
def test_a_write_without_a_condition_is_seen(condition: dict[str, Any]) -> None:
    put = PUT | condition
    alone = Call("PutItem", put)
    together = Call("TransactWriteItems", {"TransactItems": [{"Put": put}]})
    batched = Call("BatchWriteItem", {"RequestItems": {"balance": [{"PutRequest": PUT}]}})
    for call in (alone, together, batched):
        with pytest.raises(AssertionError, match="condition"):
            kept_writes([call])
