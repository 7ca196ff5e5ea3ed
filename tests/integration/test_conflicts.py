"""Transactions that meet others, and throttling: tried again, and nothing is half written."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import repeat
from typing import Any

import pytest

from accrue.storage.dynamo import CONFLICT_ATTEMPTS
from tests.integration.faults import Faults, cancelled, refused
from tests.integration.histories import Post, hang_post, village_post
from tests.integration.invariants import Witness, activity_rows, assert_settled, balances_of
from tests.integration.world import World

IN_A_TRANSACTION = village_post(key="village-1", reference="R-1")
ALONE = hang_post("hang-1")


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """The functions start anew, watched."""
    watching = Faults.install(monkeypatch)
    world.restart()
    return watching


@pytest.mark.parametrize(
    "reasons",
    [
        ("TransactionConflict", "None"),
        ("None", "TransactionConflict"),
        ("TransactionConflict", "TransactionConflict"),
        ("ThrottlingError", "None"),
        ("None", "ProvisionedThroughputExceeded"),
        ("RequestLimitExceeded", "TransactionConflict"),
    ],
)
@pytest.mark.parametrize("times", [1, CONFLICT_ATTEMPTS - 1])
def test_a_transaction_that_meets_others_is_tried_again(
    world: World, faults: Faults, reasons: tuple[str, str], times: int
) -> None:
    faults.answer_with("TransactWriteItems", repeat(cancelled(*reasons), times))

    answer = IN_A_TRANSACTION.act(world)
    assert (answer.status, "Idempotent-Replayed" in answer.headers) == (201, False)
    faults.answer_with("TransactWriteItems", repeat(cancelled(*reasons), times))
    assert world.deliver() == {"batchItemFailures": []}

    assert faults.fired["TransactWriteItems"] == 2 * times
    assert balances_of(world) == {"12347": 1}
    assert_settled(world)
    Witness().observe(world)


@pytest.mark.parametrize(
    "answer", [refused("TransactionConflictException"), cancelled("TransactionConflict")]
)
def test_a_single_write_that_meets_a_transaction_is_tried_again(
    world: World, faults: Faults, answer: dict[str, Any]
) -> None:
    faults.answer_with("PutItem", repeat(answer, 2))

    assert ALONE.act(world).status == 200

    assert faults.fired["PutItem"] == 2
    assert len(activity_rows(world)) == 1


@pytest.mark.parametrize("post", [ALONE, IN_A_TRANSACTION])
def test_throttled_writes_are_tried_again_by_the_sdk(
    world: World, faults: Faults, post: Post
) -> None:
    operations = ("PutItem", "TransactWriteItems", "GetItem", "Query")
    for operation in operations:
        faults.throttle(operation, 2)

    assert post.act(world).status in {200, 201}
    assert world.deliver() == {"batchItemFailures": []}

    assert faults.fired["GetItem"] == 2
    assert faults.fired["TransactWriteItems"] == 2
    assert balances_of(world) == dict(_decimals(post.earns))
    Witness().observe(world)


@pytest.mark.parametrize(
    ("post", "operation", "answer"),
    [
        (ALONE, "PutItem", refused("TransactionConflictException")),
        (IN_A_TRANSACTION, "TransactWriteItems", cancelled("TransactionConflict", "None")),
        (ALONE, "PutItem", refused("ValidationException")),
        (IN_A_TRANSACTION, "TransactWriteItems", cancelled("ValidationError", "None")),
        (ALONE, "PutItem", refused("AccessDeniedException")),
    ],
)
def test_conflicts_for_ever_are_a_500_that_records_nothing(
    world: World, faults: Faults, post: Post, operation: str, answer: dict[str, Any]
) -> None:
    before = world.items("ledger")
    faults.answer_with(operation, repeat(answer))

    failed = post.act(world)

    assert (failed.status, failed.body["code"]) == (500, "INTERNAL_ERROR")
    assert world.items("ledger") == before
    faults.answer_with(operation, iter(()))
    assert post.act(world).status in {200, 201}
    assert len(activity_rows(world)) == 1


@pytest.mark.parametrize("code", ["TransactionConflict", "ValidationError"])
def test_conflicts_for_ever_fail_their_records_and_post_nothing(
    world: World, faults: Faults, code: str
) -> None:
    hang_post("hang-1").act(world)
    hang_post("hang-2").act(world)
    village_post(activity_type="unheard-of", earns={}).act(world)
    faults.answer_with("TransactWriteItems", repeat(cancelled(code, "None", "None")))

    rows = world.items("ledger")
    answer = world.deliver(rows)

    failed = {
        number for number, row in enumerate(rows, start=1) if row["front_door"]["S"] == "membership"
    }
    assert answer == {
        "batchItemFailures": [{"itemIdentifier": f"{n:021d}"} for n in sorted(failed)]
    }
    assert world.postings() == []
    assert balances_of(world) == {}
    assert len(world.outcomes()) == 1
    faults.answer_with("TransactWriteItems", iter(()))
    assert world.deliver() == {"batchItemFailures": []}
    assert balances_of(world) == {"12345": 100}
    Witness().observe(world)


def _decimals(earns: Mapping[str, str]) -> Iterator[tuple[str, Decimal]]:
    for membership, points in earns.items():
        yield membership, Decimal(points)
