"""What decide() costs for an activity on 50 rules and 20 quests, as a membership's history grows.

For memberships with ever more activities behind them: Python function calls an activity (the same
on every machine), the time an activity takes as a ratio to the first row's, and the size of the
state. A state that grew with the history would show in all three.
"""

import json
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from accrue.domain.activity import Activity, ActivityLineItem, FrontDoor, Kind
from accrue.domain.decide import decide
from accrue.domain.decision import Facts
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.program import Program, ProgramVersion
from benchmarks.figures import Measured, Table
from tests.call_counts import calls_during

RULES = 50
QUESTS = 20
HISTORIES = (0, 1_000, 10_000, 100_000)
ROUNDS = 5
# Long enough for a window of days, all weekdays and every counter to come round.
MEASURED = 300
MINUTES_BETWEEN = 97
START = datetime(2016, 1, 1, tzinfo=UTC)
FACTS = Facts(roles=("buyer",))


@dataclass
class Case:
    """A membership with some activities behind it, and those that come next."""

    behind: int
    state: MembershipState
    following: list[Activity]
    seconds: float = math.inf


def measure() -> Measured:
    """What an activity costs, by how many are behind it."""
    version = ProgramVersion(1, START, Program.model_validate(program_document()))
    cases = list(_cases(version))
    # In turns, and the best of each: whatever else the machine does meets all of them.
    for _ in range(ROUNDS):
        for case in cases:
            case.seconds = min(case.seconds, _seconds_each(case, version))
    rows = [
        [
            f"{case.behind:,}",
            _calls_each(case, version),
            f"{case.seconds / cases[0].seconds:.2f} x",
            len(json.dumps(case.state.to_attributes(), default=str)),
        ]
        for case in cases
    ]
    about = f"decide() on {RULES} rules and {QUESTS} quests, as a membership's history grows."
    head = ["activities behind", "Python calls each", "time each", "state, bytes"]
    return Measured(tables=[Table("Deciding", about, head, rows)])


def _cases(version: ProgramVersion) -> Iterator[Case]:
    activities = purchases()
    state, behind = MembershipState(), 0
    for history in HISTORIES:
        state = _fold(islice(activities, history - behind), state, version)
        case = Case(history, state, list(islice(activities, MEASURED)))
        yield case
        state = _fold(case.following, state, version)
        behind = history + MEASURED


def program_document() -> dict[str, Any]:
    """A program whose parts all concern one activity type, and of which many take effect."""
    return {
        "program_id": "large",
        "name": "A large program",
        "points": {"unit": "points", "scale": 2},
        "time_zone": "Europe/Berlin",
        "segments": [{"segment_id": "rich", "when": {"points": {"at_least": 1000}}}],
        "tiers": {
            "by": {"kind": "rolling_points", "days": 30},
            "levels": [
                {"tier_id": "silver", "name": "Silver", "enters_at": 0},
                {"tier_id": "gold", "name": "Gold", "enters_at": 5000, "stays_at": 4000},
            ],
        },
        "rules": [_rule(number) for number in range(RULES)],
        "quests": [_quest(number) for number in range(QUESTS)],
    }


def _rule(number: int) -> dict[str, Any]:
    conditions: tuple[dict[str, Any], ...] = (
        {},
        {"amount": {"at_least": 20 + number}},
        {"weekdays": ["saturday", "sunday"]},
        {"line_items": {"item_ids": [f"item-{number % 7}"]}},
        {"nth": {"every": 10}},
        {"tiers": ["gold"]},
        {"segments": {"any_of": ["rich"]}},
        {"hours": {"starts": "22:00", "ends": "06:00"}},
    )
    return {
        "rule_id": f"rule-{number}",
        "activity_type_id": "purchase",
        "role": "buyer",
        "when": conditions[number % len(conditions)],
        "award": {"kind": "amount_times_rate", "rate": "0.01"},
        "limits": [{"per": "day", "points": "5"}, {"per": "month", "times": 50}],
    }


def _quest(number: int) -> dict[str, Any]:
    return {
        "quest_id": f"quest-{number}",
        "name": f"Quest {number}",
        "requirements": [
            {
                "requirement_id": "buy",
                "activity_type_id": "purchase",
                "role": "buyer",
                "restricted_to_item_ids": [f"item-{number % 7}"],
                "threshold": 1000,
            }
        ],
        "overshoot": "carries_over",
        "max_completions": 10**6,
        "reward": {"points": "10"},
    }


def purchases() -> Iterator[Activity]:
    """Purchases for ever, a few a day."""
    number = 0
    while True:
        moment = START + timedelta(minutes=MINUTES_BETWEEN * number)
        yield Activity(
            network_id="bench",
            activity_id=f"fr_{number}",
            kind=Kind.ACTIVITY,
            front_door=FrontDoor.NETWORK,
            activity_type_id="purchase",
            amount=Decimal(10 + number % 83),
            participants=(),
            occurred_at=moment,
            recorded_at=moment,
            request_id="bench",
            invocation_id="bench",
            key_id="bench",
            payload_form="network_activity/1",
            payload_hash="bench",
            line_items=(ActivityLineItem(f"item-{number % 7}", Decimal(5)),),
        )
        number += 1


def _fold(
    activities: Iterable[Activity], state: MembershipState, version: ProgramVersion
) -> MembershipState:
    for activity in activities:
        state = decide(activity, FACTS, state, version).after
    return state


def _seconds_each(case: Case, version: ProgramVersion) -> float:
    began = time.perf_counter()
    _fold(case.following, case.state, version)
    return (time.perf_counter() - began) / MEASURED


def _calls_each(case: Case, version: ProgramVersion) -> float:
    return calls_during(lambda: _fold(case.following, case.state, version)) / MEASURED
