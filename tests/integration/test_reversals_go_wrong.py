"""Reversals whose answers are lost, and that meet others: carried out once, and whole."""

from collections.abc import Callable
from decimal import Decimal
from itertools import repeat
from typing import Any

import pytest

from accrue.services.apply_rules import MAX_ROUNDS
from accrue.storage.dynamo import CONFLICT_ATTEMPTS
from tests.integration.faults import Faults, cancelled
from tests.integration.reversals import buy, reverse
from tests.integration.spending import (
    adjust,
    balance_item,
    nothing_written,
    redeem,
    refused,
    rows_of_kind,
)
from tests.integration.world import Answer, World


@pytest.fixture
def purchase(spenders: World) -> str:
    """The id of a purchase of 100 points."""
    return buy(spenders, "100", "visit")


@pytest.fixture
def rival(spenders: World) -> World:
    """Functions on the same tables that nobody watches."""
    rival = World(spenders.client)
    for operation in ("reverse_activity", "redeem_points", "adjust_points", "apply_rules"):
        rival.start(operation)
    return rival


@pytest.fixture
def faults(spenders: World, rival: World, purchase: str, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """The functions start anew, watched."""
    assert rival is not None
    assert purchase
    watching = Faults.install(monkeypatch)
    spenders.restart()
    return watching


def assert_carried_out_once(world: World, answer: Answer) -> None:
    """Assert that one reversal of 40 points was written, with its place, and the right balance."""
    assert (answer.status, answer.body["amount_left"]) == (200, "60")
    (row,) = rows_of_kind(world, "reversal")
    (marker,) = rows_of_kind(world, "reversal_marker")
    assert (row["activity_id"], marker["of"]) == (answer.body["reversal_id"],) * 2
    balance = balance_item(world)
    assert (balance["points"], balance["sequence"]) == (60, 2)


@pytest.mark.parametrize("times", [1, 2])
def test_a_reversal_whose_answer_was_lost_is_the_first(
    spenders: World, faults: Faults, purchase: str, times: int
) -> None:
    faults.lose_answers("TransactWriteItems", times)

    answer = reverse(spenders, purchase, amount="40")

    assert faults.fired["TransactWriteItems"] == times
    assert "Idempotent-Replayed" not in answer.headers
    assert_carried_out_once(spenders, answer)


def test_when_no_answer_ever_comes_the_client_hears_500_and_may_retry(
    spenders: World, faults: Faults, purchase: str
) -> None:
    faults.lose_answers("TransactWriteItems", 100)

    assert reverse(spenders, purchase, amount="40").status == 500
    faults.lose_answers("TransactWriteItems", 0)
    answer = reverse(spenders, purchase, amount="40")

    assert answer.headers["Idempotent-Replayed"] == "true"
    assert_carried_out_once(spenders, answer)


@pytest.mark.parametrize(
    "reasons",
    [
        ("TransactionConflict", "None", "None", "None"),
        ("None", "None", "None", "TransactionConflict"),
        ("ThrottlingError", "None", "None", "ProvisionedThroughputExceeded"),
    ],
)
def test_a_reversal_that_meets_others_is_tried_again(
    spenders: World, faults: Faults, purchase: str, reasons: tuple[str, ...]
) -> None:
    times = CONFLICT_ATTEMPTS - 1
    faults.answer_with("TransactWriteItems", repeat(cancelled(*reasons), times))

    answer = reverse(spenders, purchase, amount="40")

    assert faults.fired["TransactWriteItems"] == times
    assert_carried_out_once(spenders, answer)


@pytest.mark.parametrize("code", ["TransactionConflict", "ValidationError"])
def test_conflicts_for_ever_are_a_500_that_records_nothing(
    spenders: World, faults: Faults, purchase: str, code: str
) -> None:
    faults.answer_with("TransactWriteItems", repeat(cancelled(code, "None", "None", "None")))

    with nothing_written(spenders):
        failed = reverse(spenders, purchase, amount="40")

    assert (failed.status, failed.body["code"]) == (500, "INTERNAL_ERROR")
    faults.answer_with("TransactWriteItems", iter(()))
    answer = reverse(spenders, purchase, amount="40")
    assert "Idempotent-Replayed" not in answer.headers
    assert_carried_out_once(spenders, answer)


def test_throttled_calls_are_tried_again(spenders: World, faults: Faults, purchase: str) -> None:
    for operation in ("TransactWriteItems", "GetItem", "Query", "BatchGetItem"):
        faults.throttle(operation, 2)

    answer = reverse(spenders, purchase, amount="40")

    assert all(faults.fired[each] == 2 for each in ("TransactWriteItems", "GetItem"))
    assert_carried_out_once(spenders, answer)


def test_of_two_identical_reversals_at_once_one_is_the_replay(
    spenders: World, rival: World, faults: Faults, purchase: str
) -> None:
    twins: list[Answer] = []
    faults.run_before(
        "TransactWriteItems", lambda: twins.append(reverse(rival, purchase, amount="40"))
    )

    answer = reverse(spenders, purchase, amount="40")

    (twin,) = twins
    assert answer == twin.replayed()
    assert_carried_out_once(spenders, twin)


# What somebody else does between reading and writing, and what the reversal of 60 points hears.
OTHERS: dict[str, tuple[Callable[[World, str], Any], tuple[int, str | None], Decimal]] = {
    "reverses too much": (
        lambda world, purchase: reverse(world, purchase, "other", amount="50"),
        (409, "REVERSAL_TOO_LARGE"),
        Decimal(50),
    ),
    "reverses all": (
        lambda world, purchase: reverse(world, purchase, "other"),
        (409, "ALREADY_REVERSED"),
        Decimal(0),
    ),
    "reverses another part": (
        lambda world, purchase: reverse(world, purchase, "other", amount="40"),
        (200, None),
        Decimal(0),
    ),
    "spends": (lambda world, _: redeem(world, "70"), (200, None), Decimal(0)),
    "adds": (lambda world, _: adjust(world, "5"), (200, None), Decimal(45)),
    "buys under the key": (
        lambda world, _: buy(world, "1", key="reversal-1"),
        (422, "IDEMPOTENCY_KEY_REUSED"),
        Decimal(101),
    ),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_others_did_first_counts(
    spenders: World, rival: World, faults: Faults, purchase: str, what: str
) -> None:
    act, told, balance = OTHERS[what]
    faults.run_before("TransactWriteItems", lambda: act(rival, purchase))

    answer = reverse(spenders, purchase, amount="60")

    assert (answer.status, answer.body.get("code")) == told
    assert balance_item(spenders)["points"] == balance


def test_who_always_comes_too_late_is_told_to_try_again(
    spenders: World, rival: World, faults: Faults, purchase: str
) -> None:
    acts = iter(range(MAX_ROUNDS))
    faults.run_before(
        "TransactWriteItems",
        *[lambda: adjust(rival, "1", f"adjust-{next(acts)}") for _ in range(MAX_ROUNDS)],
    )

    answer = reverse(spenders, purchase, amount="60")

    assert (answer.status, answer.body["code"]) == (500, "INTERNAL_ERROR")
    assert rows_of_kind(spenders, "reversal") == []
    assert reverse(spenders, purchase, amount="60").body["amount_left"] == "40"


def test_a_refusal_is_the_replay_if_the_same_was_done_meanwhile(
    spenders: World, rival: World, faults: Faults, purchase: str
) -> None:
    """An earlier try of it took all that was left."""
    twins: list[Answer] = []
    faults.run_before("TransactWriteItems", lambda: twins.append(reverse(rival, purchase)))

    answer = reverse(spenders, purchase)

    assert answer == twins[0].replayed()
    assert refused(reverse(spenders, purchase, "other"))[:2] == (409, "ALREADY_REVERSED")
