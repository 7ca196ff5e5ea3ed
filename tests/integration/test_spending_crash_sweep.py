"""The world stops before and after every DynamoDB call of spending, holding, adjusting and of what
falls due; clients try again, and every point is where it would have been.
"""

from datetime import datetime

import pytest
import time_machine

from tests.integration.crash_stage import Ask, Scenario, Stage, Work, apply_due
from tests.integration.faults import Faults, cancelled
from tests.integration.folds import assert_folds
from tests.integration.spending import (
    CAPTURE,
    RELEASE,
    adjust,
    capture,
    earn,
    hold,
    order,
    redeem,
    release,
)
from tests.integration.sweep import stop_everywhere
from tests.integration.world import Answer, World

# What was earned on 1 March is good through 31 March in Berlin.
NEXT_DAY = datetime.fromisoformat("2026-04-01T00:00:30+02:00")


def _deliver(world: World) -> None:
    assert world.deliver() == {"batchItemFailures": []}


def _report(world: World) -> Answer:
    activity = {"activity_type_id": "gift", "value": "7", "transaction_timestamp": 1772366400}
    return world.post_membership_activity("ann", {"idempotency_key": "late", "activity": activity})


def _take_back(world: World) -> Answer:
    activity = {"activity_type_id": "visit", "value": "-70", "transaction_timestamp": 1772366400}
    return world.post_membership_activity("ann", {"idempotency_key": "back", "activity": activity})


def _hold_id(world: World) -> str:
    (found,) = (row for row in world.rows("ledger") if row["kind"] == "hold")
    hold_id: str = found["activity_id"]
    return hold_id


def _redeem(points: str, status: int = 200) -> Ask:
    return Ask(lambda world: redeem(world, points), "redeem-1", status)


def _hold(points: str) -> Ask:
    return Ask(lambda world: hold(world, points), "hold-1")


def _capture(points: str | None = None, status: int = 200) -> Ask:
    return Ask(lambda world: capture(world, _hold_id(world), points), "capture-1", status)


def _adjust(points: str, status: int = 200) -> Ask:
    return Ask(lambda world: adjust(world, points), "adjust-1", status)


RELEASED = Ask(lambda world: release(world, _hold_id(world)), "release-1")
REPORTED, TAKEN_BACK = Ask(_report, "late"), Ask(_take_back, "back")
DELIVERED, DUE_APPLIED = Work(_deliver), Work(apply_due)


def _held(world: World, _clock: time_machine.Traveller) -> None:
    assert hold(world, "60").status == 200


def _held_on_the_20th(world: World, clock: time_machine.Traveller) -> None:
    """What was pending can be spent by then, and expires with the others; the hold stays open."""
    clock.move_to("2026-03-20T12:00:00Z")
    assert hold(world, "60", seconds=30 * 24 * 60 * 60).status == 200


# Before each: 100 that never expire, and 50 and 25 that are good through 31 March, of which the 25
# can be spent from 15 March on.
SCENARIOS: dict[str, Scenario] = {
    "redeem": Scenario((_redeem("120"),), "balance 55 available 30 pending 25"),
    "redeem too much": Scenario((_redeem("150.01", 409),), "balance 175 available 150 pending 25"),
    "redeem as points expire": Scenario((_redeem("70"),), "balance 30 available 30", at=NEXT_DAY),
    "redeem what has just expired": Scenario(
        (_redeem("100.01", 409),), "balance 100 available 100", at=NEXT_DAY
    ),
    "hold": Scenario((_hold("60"),), "balance 175 available 90 pending 25 held 60"),
    "hold and capture": Scenario((_hold("60"), _capture()), "balance 115 available 90 pending 25"),
    "capture a part": Scenario((_capture("55"),), "balance 120 available 95 pending 25", _held),
    "capture a part as the rest expires": Scenario(
        (_capture("20"),), "balance 100 available 100", _held_on_the_20th, NEXT_DAY
    ),
    "release": Scenario((RELEASED,), "balance 175 available 150 pending 25", _held),
    "release what expires": Scenario(
        (RELEASED,), "balance 100 available 100", _held_on_the_20th, NEXT_DAY
    ),
    "capture what has lapsed": Scenario(
        (_capture(status=409),), "balance 100 available 100", _held, NEXT_DAY
    ),
    "redeem what a lapsed hold had": Scenario(
        (_redeem("95"),), "balance 5 available 5", _held, NEXT_DAY
    ),
    "adjust up": Scenario((_adjust("10"),), "balance 185 available 160 pending 25"),
    "adjust down": Scenario((_adjust("-160"),), "balance 15 pending 15"),
    "adjust too far down": Scenario(
        (_adjust("-175.01", 409),), "balance 175 available 150 pending 25"
    ),
    "adjust as points expire": Scenario((_adjust("10"),), "balance 110 available 110", at=NEXT_DAY),
    "expiry": Scenario((DUE_APPLIED,), "balance 100 available 100", at=NEXT_DAY),
    "expiry and a hold that lapses": Scenario(
        (DUE_APPLIED,), "balance 100 available 100", _held, NEXT_DAY
    ),
    "an activity that comes late": Scenario(
        (REPORTED, DELIVERED), "balance 107 available 107", at=NEXT_DAY
    ),
    "a negative activity": Scenario((TAKEN_BACK, DELIVERED), "balance 105 available 80 pending 25"),
    "everything": Scenario(
        (REPORTED, _hold("30"), DELIVERED, _capture("10")),
        "balance 172 available 147 pending 25",
    ),
    "everything as points expire": Scenario(
        (DUE_APPLIED, _redeem("40"), _capture("10")),
        "balance 60 available 60",
        _held_on_the_20th,
        NEXT_DAY,
    ),
}
SHORT = ("redeem as points expire", "capture a part")


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, spenders: World) -> Faults:
    """The functions start anew, watched."""
    watching = Faults.install(monkeypatch)
    spenders.restart()
    return watching


def _stage(world: World, faults: Faults, clock: time_machine.Traveller, name: str) -> Stage:
    earn(world, "100", "gift")
    earn(world, "50", "visit")
    earn(world, "25", "sale")
    return Stage(world, faults, clock, SCENARIOS[name])


@pytest.mark.parametrize("name", SCENARIOS)
def test_stopped_before_and_after_each_call(
    spenders: World, faults: Faults, clock: time_machine.Traveller, name: str
) -> None:
    stage = _stage(spenders, faults, clock, name)

    stop_everywhere(f"spending, {name}", faults, stage.play, in_pairs=name in SHORT)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("times", [1, 2])
def test_answers_to_writes_are_lost(
    spenders: World, faults: Faults, clock: time_machine.Traveller, name: str, times: int
) -> None:
    """Each write is done, and the SDK sends it again."""
    stage = _stage(spenders, faults, clock, name)
    undisturbed = stage.play()
    faults.lose_answers("TransactWriteItems", times)

    play = stage.play()

    writes = any(call.operation == "TransactWriteItems" for call in undisturbed.calls)
    # What a refusal leaves is written when the schedule comes.
    assert faults.fired["TransactWriteItems"] == times or not writes
    assert play.told == undisturbed.told
    assert all("Idempotent-Replayed" not in a.headers for a in play.answers.values())


@pytest.mark.parametrize("name", SCENARIOS)
def test_transactions_conflict_for_a_while(
    spenders: World, faults: Faults, clock: time_machine.Traveller, name: str
) -> None:
    stage = _stage(spenders, faults, clock, name)
    undisturbed = stage.play()
    conflict = cancelled("None", "TransactionConflict", "None")
    faults.answer_with("TransactWriteItems", iter([conflict, None, conflict, conflict, None]))

    assert stage.play().told == undisturbed.told


@pytest.mark.parametrize("route", [CAPTURE, RELEASE])
def test_a_hold_is_closed_once_whoever_comes_second(
    spenders: World, faults: Faults, route: str
) -> None:
    """Between the read and the write of one, the other closes it."""
    earn(spenders, "100")
    assert hold(spenders, "60").status == 200
    hold_id = _hold_id(spenders)
    others = []

    def close() -> None:
        others.append(order(spenders, route, {"idempotency_key": "other"}, hold_id=hold_id))

    faults.run_before("TransactWriteItems", close)

    answer = capture(spenders, hold_id)

    assert [other.status for other in others] == [200]
    assert (answer.status, answer.body["code"]) == (409, "HOLD_CLOSED")
    assert spenders.balance("ann") == ("40" if route == CAPTURE else "100")
    assert_folds(spenders)
