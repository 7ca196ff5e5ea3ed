"""apply_rules: each activity is posted once on each membership, however it is delivered."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accrue.domain.activity import Activity
from accrue.runtime.ledger_stream import read_stream
from accrue.services.apply_rules import RuleApplier
from accrue.storage.balances import BalanceTable
from tests.integration.bodies import (
    BUYER_EMAIL,
    HANG_EXAMPLE,
    VILLAGE_EXAMPLE,
    VILLAGE_SAMPLE,
    hang_activity,
    village_activity,
)
from tests.integration.world import World, plain, stream_event


def _record(world: World, key: str, value: str = "10") -> dict[str, Any]:
    """Record an activity of 12345; gives its ledger item."""
    body = hang_activity({"/idempotency_key": key, "/activity/value": value})
    activity_id = world.post_membership_activity("12345", body).headers["Accrue-Activity-Id"]
    (item,) = [i for i in world.items("ledger") if i["activity_id"]["S"] == activity_id]
    return item


def test_an_activity_delivered_again_is_posted_once(
    world: World, clock: time_machine.Traveller
) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)
    world.deliver()
    before = world.items("balance")

    for _ in range(3):
        clock.shift(60)
        assert world.deliver() == {"batchItemFailures": []}
        world.restart()

    assert world.items("balance") == before
    assert world.balance("12345") == "50"


def test_an_activity_twice_in_a_batch_is_posted_once(world: World) -> None:
    item = _record(world, "a")

    assert world.deliver([item, item, item]) == {"batchItemFailures": []}

    assert len(world.postings()) == 1
    assert world.balance("12345") == "10"


def test_a_batch_holds_each_activity_once_whatever_its_records(world: World) -> None:
    item = _record(world, "a")

    batch = read_stream(stream_event([item, item, item]))

    assert (batch.size, len(batch.activities)) == (3, 1)


def test_an_activity_twice_among_those_to_apply_is_posted_once(world: World) -> None:
    row = plain(_record(world, "a"))
    twice = [Activity.from_attributes(row), Activity.from_attributes(row)]
    function = world.start("apply_rules")
    applier = RuleApplier(function.catalog, function.book, lambda: twice[0].recorded_at)

    assert applier.apply(twice) == []

    assert len(world.postings()) == 1
    assert world.balance("12345") == "10"


def test_an_outcome_delivered_again_is_written_once(
    world: World, clock: time_machine.Traveller
) -> None:
    world.post_network_activity(VILLAGE_EXAMPLE)
    world.deliver()
    before = world.items("balance")
    clock.shift(60)

    world.deliver(world.items("ledger") * 2)

    assert world.items("balance") == before


def test_what_is_posted_already_does_not_keep_the_rest_of_a_batch_back(world: World) -> None:
    first, second, third = (_record(world, key, value) for key, value in ("a1", "b2", "c4"))
    world.deliver([second])

    assert world.deliver([first, second, third]) == {"batchItemFailures": []}

    assert world.balance("12345") == "7"
    _assert_chained(world)


def test_a_hundred_and_more_activities_of_one_membership_are_all_posted(world: World) -> None:
    items = [_record(world, f"k{number}", "1") for number in range(101)]

    assert world.deliver(items) == {"batchItemFailures": []}

    assert world.balance("12345") == "101"
    _assert_chained(world)


def test_postings_are_counted_and_chained(world: World) -> None:
    for key in "abc":
        world.deliver([_record(world, key)])

    _assert_chained(world)


@pytest.mark.parametrize("earlier", [0, 1])
def test_a_balance_that_moved_between_reading_and_writing_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch, earlier: int
) -> None:
    """Both where the balance exists and where this is the first posting."""
    for number in range(earlier):
        world.deliver([_record(world, f"earlier-{number}", "1")])
    mine, theirs = _record(world, "mine", "10"), _record(world, "theirs", "100")
    _after_the_first_read(monkeypatch, lambda: world.deliver([theirs]))

    assert world.deliver([mine]) == {"batchItemFailures": []}

    assert world.balance("12345") == str(earlier + 110)
    _assert_chained(world)


def test_two_that_apply_the_same_activity_at_once_post_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, mine = _record(world, "both", "10"), _record(world, "mine", "100")
    _after_the_first_read(monkeypatch, lambda: world.deliver([both]))

    assert world.deliver([both, mine]) == {"batchItemFailures": []}

    assert world.balance("12345") == "110"
    _assert_chained(world)


def test_a_poisoned_row_fails_alone_and_both_of_its_records(world: World) -> None:
    good, bad = _record(world, "good"), _record(world, "bad")
    bad["amount"] = {"S": "ten"}

    answer = world.deliver([bad, good, bad])

    failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    assert failed == [f"{1:021d}", f"{3:021d}"]
    assert world.balance("12345") == "10"


def test_an_unreadable_row_fails_alone(world: World) -> None:
    good, bad = _record(world, "good"), _record(world, "bad")
    bad["schema_version"] = {"N": "2"}

    answer = world.deliver([bad, good])

    assert answer == {"batchItemFailures": [{"itemIdentifier": f"{1:021d}"}]}
    assert world.balance("12345") == "10"


def test_what_is_not_an_insert_is_passed_over(world: World) -> None:
    item = _record(world, "a")

    for event_name in ("MODIFY", "REMOVE"):
        answer = world.invoke("apply_rules", stream_event([item], event_name))
        assert answer == {"batchItemFailures": []}

    assert world.items("balance") == []


def test_a_posting_without_its_balance_is_never_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = _record(world, "a")
    put = BalanceTable._balance_put

    def refuse(*arguments: Any) -> Any:
        write = put(*arguments)
        write["ConditionExpression"] = "attribute_exists(never)"
        write.pop("ExpressionAttributeNames", None)
        write.pop("ExpressionAttributeValues", None)
        return write

    with monkeypatch.context() as broken:
        broken.setattr(BalanceTable, "_balance_put", refuse)
        answer = world.deliver([item])

    assert answer == {"batchItemFailures": [{"itemIdentifier": f"{1:021d}"}]}
    assert world.items("balance") == []
    world.deliver([item])
    assert world.balance("12345") == "10"


def test_rows_and_postings_hold_the_hash_of_all_that_they_say(world: World) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)
    world.post_network_activity(VILLAGE_SAMPLE)
    world.post_network_activity(village_activity({"/users": {"buyer": BUYER_EMAIL}}))
    world.deliver()

    rows = world.rows("ledger")
    hashes = {row["activity_id"]: row["content_hash"] for row in rows}
    assert {r["activity_id"]: Activity.from_attributes(r).content_hash for r in rows} == hashes
    assert all(p["activity_hash"] == hashes[p["activity_id"]] for p in world.postings())


def _after_the_first_read(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have something happen between the first reading of a balance and what is made of it."""
    find_balance = BalanceTable.find_balance
    pending = [act]

    def find(table: BalanceTable, network_id: str, membership: Any) -> Any:
        balance = find_balance(table, network_id, membership)
        if pending:
            pending.pop()()
        return balance

    monkeypatch.setattr(BalanceTable, "find_balance", find)


def _assert_chained(world: World) -> None:
    postings = sorted(world.postings(), key=lambda p: int(p["sequence"]))
    assert [p["sequence"] for p in postings] == list(range(1, len(postings) + 1))
    assert [p["previous_hash"] for p in postings] == [
        "",
        *(p["content_hash"] for p in postings[:-1]),
    ]
    total = Decimal(0)
    for posting in postings:
        total += posting["points"]
        assert posting["balance_after"] == total
    (balance,) = [plain(i) for i in world.items("balance") if i["item_key"]["S"] == "BALANCE"]
    assert (balance["points"], balance["sequence"]) == (total, len(postings))
    assert balance["last_posting_hash"] == postings[-1]["content_hash"]
