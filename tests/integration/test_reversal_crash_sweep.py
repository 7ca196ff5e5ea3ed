"""The world stops before and after every DynamoDB call of reversing; clients try again, and nothing
is taken back twice.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import time_machine

from tests.integration.crash_stage import Ask, Scenario, Stage, Work
from tests.integration.faults import Crash, CrashPoint, Faults, cancelled
from tests.integration.folds import assert_folds
from tests.integration.invariants import Witness
from tests.integration.reversals import buy, reverse
from tests.integration.spending import redeem, spending_network
from tests.integration.sweep import stop_everywhere
from tests.integration.world import Answer, World

# What was earned on 1 March is good through 31 March in Berlin.
NEXT_DAY = datetime.fromisoformat("2026-04-01T00:00:30+02:00")
ITEMS = [{"item_id": "tea", "value": 20}, {"item_id": "cake", "value": 30}]

type Prepare = Callable[[World, time_machine.Traveller], object]


def _network() -> dict[str, Any]:
    """With a type that concerns two, and a quest."""
    network = spending_network()
    network["activity_types"].append(
        {"activity_type_id": "deal", "kind": "sale", "roles": ["buyer", "seller"]}
    )
    (program,) = network["programs"]
    for role, rate in (("buyer", "1"), ("seller", "0.5")):
        program["rules"].append(
            {
                "rule_id": role,
                "activity_type_id": "deal",
                "role": role,
                "award": {"kind": "amount_times_rate", "rate": rate},
                "expiry": {"kind": "never"},
            }
        )
    program["quests"] = [
        {
            "quest_id": "deals",
            "name": "Deals",
            "requirements": [
                {
                    "requirement_id": "worth",
                    "activity_type_id": "deal",
                    "role": "buyer",
                    "threshold": "50",
                }
            ],
            "reward": {"points": "7"},
        }
    ]
    return network


@pytest.fixture
def dealers(empty_world: World) -> World:
    """The application with a network in which two may earn at once."""
    empty_world.import_network(_network())
    empty_world.restart()
    return empty_world


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, dealers: World) -> Faults:
    """The functions start anew, watched."""
    watching = Faults.install(monkeypatch)
    dealers.restart()
    return watching


def _bought(points: str, activity_type: str = "gift", *then: Prepare, **more: Any) -> Prepare:
    def prepare(world: World, clock: time_machine.Traveller) -> None:
        buy(world, points, activity_type, **more)
        for each in then:
            each(world, clock)

    return prepare


def _dealt(world: World, _clock: object = None) -> None:
    _deal(world)
    assert world.deliver() == {"batchItemFailures": []}


def _deal(world: World, _clock: object = None) -> None:
    answer = world.post_network_activity(
        {
            "activity_short_id": "deal",
            "amount": "60",
            "users": {"buyer": "ann@example.com", "seller": "ben@example.com"},
            "metadata": {"reference_id": "deal-1", "activity_timestamp": 1772366400},
        }
    )
    assert answer.status == 201, answer


def _redeemed(points: str) -> Prepare:
    def prepare(world: World, _clock: object) -> None:
        assert redeem(world, points).status == 200

    return prepare


def _reversed(amount: str) -> Prepare:
    def prepare(world: World, _clock: object) -> None:
        assert reverse(world, _first_id(world), "earlier", amount=amount).status == 200

    return prepare


def _first_id(world: World, kind: str = "activity") -> str:
    rows = [row for row in world.rows("ledger") if row["kind"] == kind]
    first: str = min(rows, key=lambda row: row["recorded_at"])["activity_id"]
    return first


def _reverse(kind: str = "activity", key: str = "back", status: int = 200, **body: Any) -> Ask:
    def act(world: World) -> Answer:
        return reverse(world, _first_id(world, kind), key, role="admin", **body)

    return Ask(act, key, status)


def _deliver(world: World) -> None:
    assert world.deliver() == {"batchItemFailures": []}


WHOLE, HALF, DELIVERED = _reverse(), _reverse(amount="25"), Work(_deliver)
CAKE = _reverse(line_items=[{"item_id": "cake"}])
SCENARIOS: dict[str, Scenario] = {
    "a part": Scenario((HALF,), "balance 25 available 25", _bought("50")),
    "two parts": Scenario((HALF, _reverse(key="rest")), "", _bought("50")),
    "by items": Scenario(
        (CAKE,), "balance 20 available 20", _bought("50", "gift", line_items=ITEMS)
    ),
    "too much": Scenario(
        (_reverse(status=409, amount="41"),),
        "balance 40 available 40",
        _bought("50", "gift", _reversed("10")),
    ),
    "what is not applied yet": Scenario(
        (HALF, DELIVERED), "balance 25 available 25", _bought("50", is_applied=False)
    ),
    "a part of two memberships": Scenario(
        (_reverse(amount="20"),), "balance 40 available 40; ben balance 20 available 20", _dealt
    ),
    "of two memberships, not applied yet": Scenario((WHOLE, DELIVERED), "", _deal),
    "a redemption": Scenario(
        (_reverse("redemption"),),
        "balance 50 available 50",
        _bought("50", "visit", _redeemed("30")),
    ),
    "what was spent": Scenario((WHOLE,), "owed 30", _bought("50", "gift", _redeemed("30"))),
    "as it expires": Scenario((WHOLE,), "owed 50", _bought("50", "visit"), NEXT_DAY),
    "as other points expire": Scenario(
        (WHOLE,),
        "",
        _bought("50", "gift", _bought("25", "visit", key="purchase-2")),
        NEXT_DAY,
    ),
}
SHORT = ("a part", "of two memberships, not applied yet")


@pytest.mark.parametrize("name", SCENARIOS)
def test_stopped_before_and_after_each_call(
    dealers: World, faults: Faults, clock: time_machine.Traveller, name: str
) -> None:
    stage = Stage(dealers, faults, clock, SCENARIOS[name])

    stop_everywhere(f"reversal, {name}", faults, stage.play, in_pairs=name == SHORT[0])


@pytest.mark.parametrize("name", [*SHORT, "as other points expire"])
def test_answers_to_writes_are_lost(
    dealers: World, faults: Faults, clock: time_machine.Traveller, name: str
) -> None:
    """Each write is done, and the SDK sends it again."""
    stage = Stage(dealers, faults, clock, SCENARIOS[name])
    undisturbed = stage.play()
    faults.lose_answers("TransactWriteItems", 2)

    play = stage.play()

    assert play.told == undisturbed.told
    assert all("Idempotent-Replayed" not in a.headers for a in play.answers.values())


@pytest.mark.parametrize("name", SHORT)
def test_transactions_conflict_for_a_while(
    dealers: World, faults: Faults, clock: time_machine.Traveller, name: str
) -> None:
    stage = Stage(dealers, faults, clock, SCENARIOS[name])
    undisturbed = stage.play()
    conflict = cancelled("None", "TransactionConflict", "None")
    faults.answer_with("TransactWriteItems", iter([conflict, None, conflict, conflict, None]))

    assert stage.play().told == undisturbed.told


def test_two_at_once_are_decided_one_after_the_other(dealers: World, faults: Faults) -> None:
    """Between the reads and the write of one, another takes its place among the reversals."""
    buy(dealers, "50")
    others = []

    def reverse_too() -> None:
        others.append(reverse(dealers, _first_id(dealers), "other", amount="30"))

    faults.run_before("TransactWriteItems", reverse_too)

    answer = reverse(dealers, _first_id(dealers), amount="30")

    assert [other.status for other in others] == [200]
    assert (answer.status, answer.body["code"]) == (409, "REVERSAL_TOO_LARGE")
    assert dealers.balance("ann") == "20"
    assert_folds(dealers)


@pytest.mark.parametrize(
    "stopped",
    [("before", "the retry"), ("before", "the reconciler"), ("after", "the retry")],
    ids=" ".join,
)
# Taken are the marker, the row, and a posting and the balance of one membership.
@pytest.mark.parametrize("limit", [("MAX_ITEMS_PER_WRITE", 5), ("MAX_BYTES_PER_WRITE", 1)])
def test_what_one_transaction_does_not_take_is_finished(
    dealers: World,
    faults: Faults,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    *,
    stopped: tuple[Any, str],
    limit: tuple[str, int],
) -> None:
    """Stopped in between, one membership has its posting and the other has not."""
    moment, by_whom = stopped
    _dealt(dealers)
    name, most = limit
    monkeypatch.setattr(f"accrue.storage.balances.{name}", most)
    tables = dealers.snapshot()
    faults.plan_crashes(())
    undisturbed = reverse(dealers, _first_id(dealers))
    calls = faults.calls_since_crash
    writes = [n for n, call in enumerate(calls, 1) if call.operation == "TransactWriteItems"]
    # One for each membership, and the applier finds that the first is done: together, and alone.
    assert len(writes) == 4
    dealers.restore(tables)
    dealers.restart()
    faults.plan_crashes([CrashPoint(writes[-1], moment)])
    with pytest.raises(Crash):
        reverse(dealers, _first_id(dealers))
    dealers.restart()
    postings = [p for p in dealers.postings() if p.get("kind") == "reversal"]
    assert len(postings) == (1 if moment == "before" else 2)
    witness = Witness()
    witness.observe(dealers)

    if by_whom == "the reconciler":
        clock.shift(300)
        report = dealers.invoke("reconcile", {})["demo"]
        assert (report["found"], report["failed"]) == (2 - len(postings), 0)

    answer = reverse(dealers, _first_id(dealers))
    assert answer.status == 200
    assert _without_posted_at(answer) == _without_posted_at(undisturbed)
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert [dealers.balance(each) for each in ("ann", "ben")] == ["0", "0"]
    again = reverse(dealers, _first_id(dealers), "again")
    assert (again.status, again.body["code"]) == (409, "ALREADY_REVERSED")
    witness.observe(dealers)
    assert_folds(dealers)


def _without_posted_at(answer: Answer) -> dict[str, Any]:
    results = [
        {name: value for name, value in each.items() if name != "posted_at"}
        for each in answer.body["memberships"]
    ]
    return {**answer.body, "memberships": results}
