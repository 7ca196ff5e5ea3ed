"""Orders whose answers are lost, and that meet others: carried out once, and whole."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import repeat

import pytest

from accrue.services.apply_rules import MAX_ROUNDS
from accrue.storage.dynamo import CONFLICT_ATTEMPTS
from tests.integration.faults import Faults, cancelled
from tests.integration.spending import (
    adjust,
    balance_item,
    capture,
    earn,
    held,
    hold,
    nothing_written,
    redeem,
    refused,
    release,
    rows_of_kind,
)
from tests.integration.world import Answer, World

type Send = Callable[[World, str], Answer]

# By the kind of its row: given a world and the id of a hold of 30 out of 100 points.
ORDERS: dict[str, Send] = {
    "redemption": lambda world, _: redeem(world, "70"),
    "hold": lambda world, _: hold(world, "20", key="second"),
    "capture": lambda world, hold_id: capture(world, hold_id, "10"),
    "release": release,
    "adjustment": lambda world, _: adjust(world, "-70"),
}
# points, and available ones, once it is carried out
AFTER = {
    "redemption": (30, "0"),
    "hold": (100, "50"),
    "capture": (90, "90"),
    "release": (100, "100"),
    "adjustment": (30, "0"),
}
kinds = pytest.mark.parametrize("kind", ORDERS)


@pytest.fixture
def hold_id(spenders: World) -> str:
    """The id of a hold of 30 out of 100 points."""
    earn(spenders, "100", "visit")
    return held(spenders, "30")


@pytest.fixture
def rival(spenders: World) -> World:
    """Functions on the same tables that nobody watches."""
    rival = World(spenders.client)
    rival.start("redeem_points")
    return rival


@pytest.fixture
def faults(spenders: World, rival: World, hold_id: str, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """The functions start anew, watched."""
    assert rival is not None
    assert hold_id
    watching = Faults.install(monkeypatch)
    spenders.restart()
    return watching


def assert_carried_out_once(world: World, kind: str, answer: Answer) -> None:
    """Assert that one row of the kind was written, with one posting, and the right balance."""
    points, available = AFTER[kind]
    assert (answer.status, answer.body["available_after"]) == (200, available)
    ids = [row["activity_id"] for row in rows_of_kind(world, kind)]
    # One hold was there before.
    assert len(ids) == (2 if kind == "hold" else 1)
    assert answer.headers["Accrue-Activity-Id"] in ids
    balance = balance_item(world)
    assert (balance["points"], balance["sequence"]) == (points, 3)


@kinds
@pytest.mark.parametrize("times", [1, 2])
def test_an_order_whose_answer_was_lost_is_the_first(
    spenders: World, faults: Faults, hold_id: str, kind: str, times: int
) -> None:
    faults.lose_answers("TransactWriteItems", times)

    answer = ORDERS[kind](spenders, hold_id)

    assert faults.fired["TransactWriteItems"] == times
    assert "Idempotent-Replayed" not in answer.headers
    assert_carried_out_once(spenders, kind, answer)


@kinds
def test_when_no_answer_ever_comes_the_client_hears_500_and_may_retry(
    spenders: World, faults: Faults, hold_id: str, kind: str
) -> None:
    faults.lose_answers("TransactWriteItems", 100)

    assert ORDERS[kind](spenders, hold_id).status == 500
    faults.lose_answers("TransactWriteItems", 0)
    answer = ORDERS[kind](spenders, hold_id)

    assert answer.headers["Idempotent-Replayed"] == "true"
    assert_carried_out_once(spenders, kind, answer)


REASONS = [
    ("TransactionConflict", "None", "None"),
    ("None", "None", "TransactionConflict"),
    ("TransactionConflict", "TransactionConflict", "TransactionConflict"),
    ("ThrottlingError", "None", "ProvisionedThroughputExceeded"),
]


@kinds
@pytest.mark.parametrize("reasons", REASONS)
def test_an_order_that_meets_others_is_tried_again(
    spenders: World, faults: Faults, hold_id: str, kind: str, reasons: tuple[str, ...]
) -> None:
    times = CONFLICT_ATTEMPTS - 1
    faults.answer_with("TransactWriteItems", repeat(cancelled(*reasons), times))

    answer = ORDERS[kind](spenders, hold_id)

    assert faults.fired["TransactWriteItems"] == times
    assert "Idempotent-Replayed" not in answer.headers
    assert_carried_out_once(spenders, kind, answer)


@kinds
@pytest.mark.parametrize("code", ["TransactionConflict", "ValidationError"])
def test_conflicts_for_ever_are_a_500_that_records_nothing(
    spenders: World, faults: Faults, hold_id: str, kind: str, code: str
) -> None:
    faults.answer_with("TransactWriteItems", repeat(cancelled(code, "None", "None")))

    with nothing_written(spenders):
        failed = ORDERS[kind](spenders, hold_id)

    assert (failed.status, failed.body["code"]) == (500, "INTERNAL_ERROR")
    faults.answer_with("TransactWriteItems", iter(()))
    answer = ORDERS[kind](spenders, hold_id)
    assert "Idempotent-Replayed" not in answer.headers
    assert_carried_out_once(spenders, kind, answer)


@kinds
def test_throttled_calls_are_tried_again(
    spenders: World, faults: Faults, hold_id: str, kind: str
) -> None:
    for operation in ("TransactWriteItems", "GetItem", "Query", "BatchGetItem"):
        faults.throttle(operation, 2)

    answer = ORDERS[kind](spenders, hold_id)

    assert all(faults.fired[o] == 2 for o in ("TransactWriteItems", "GetItem", "BatchGetItem"))
    assert_carried_out_once(spenders, kind, answer)


@kinds
def test_of_two_identical_orders_at_once_one_is_the_replay(
    spenders: World, faults: Faults, hold_id: str, kind: str
) -> None:
    """The second is carried out between the first one's reading and writing."""
    twins: list[Answer] = []
    faults.run_before("TransactWriteItems", lambda: twins.append(ORDERS[kind](spenders, hold_id)))

    answer = ORDERS[kind](spenders, hold_id)

    (twin,) = twins
    assert answer == twin.replayed()
    assert_carried_out_once(spenders, kind, twin)


@dataclass(frozen=True)
class Race:
    """An order, what somebody else does between its reading and its writing, and what it hears."""

    kind: str
    other: Send
    told: tuple[int, str]
    rows: int = 0


RACES = [
    Race("redemption", lambda world, _: hold(world, "1", key="x"), (409, "INSUFFICIENT_POINTS")),
    Race("hold", lambda world, _: redeem(world, "51", key="x"), (409, "INSUFFICIENT_POINTS"), 1),
    Race("capture", release, (409, "HOLD_CLOSED")),
    Race("release", capture, (409, "HOLD_CLOSED")),
    Race("adjustment", lambda world, _: redeem(world, "1", key="x"), (409, "INSUFFICIENT_POINTS")),
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.kind)
def test_what_somebody_else_took_meanwhile_is_not_taken_twice(
    spenders: World, faults: Faults, hold_id: str, race: Race
) -> None:
    faults.run_before("TransactWriteItems", lambda: race.other(spenders, hold_id))

    answer = ORDERS[race.kind](spenders, hold_id)

    assert refused(answer)[:2] == race.told
    assert len(rows_of_kind(spenders, race.kind)) == race.rows
    assert balance_item(spenders)["sequence"] == 3


def test_what_is_left_is_enough_though_others_took_some_again_and_again(
    spenders: World, rival: World, faults: Faults
) -> None:
    faults.run_before("TransactWriteItems", *_one_by_one(rival, MAX_ROUNDS - 1))

    assert redeem(spenders, "21").body["available_after"] == "0"
    assert balance_item(spenders)["sequence"] == 2 + MAX_ROUNDS


def test_who_always_comes_second_hears_500_and_may_retry(
    spenders: World, rival: World, faults: Faults
) -> None:
    faults.run_before("TransactWriteItems", *_one_by_one(rival, MAX_ROUNDS))

    assert redeem(spenders, "5").status == 500

    assert redeem(spenders, "5").body["available_after"] == "15"


def _one_by_one(world: World, times: int) -> list[Callable[[], Answer]]:
    return [partial(redeem, world, "1", f"other-{number}") for number in range(times)]
