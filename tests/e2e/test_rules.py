"""A program with three rules, a bonus, a quest, two tiers and a segment, and twenty activities.

The table was made by hand. Ann lives in Berlin, which makes her a local; Ben has no traits; Cleo
lives in Paris.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest

from local.live_stack import LiveStack
from tests.e2e.network import LiveNetwork, wait_until

MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 3, day, 12, tzinfo=UTC) for day in (2, 3, 4))
ESPRESSO = {"item_id": "espresso-1", "group_id": "espresso"}
PEOPLE = {"ann": "ann@example.com", "ben": "ben@example.com", "cleo": "cleo@example.com"}

PROGRAM = {
    "program_id": "bar",
    "name": "Espresso bar",
    "points": {"unit": "beans", "scale": 0, "rounding": "half_up"},
    "time_zone": "Europe/Berlin",
    "segments": [
        {"segment_id": "locals", "when": {"traits": [{"trait": "city", "equals": "berlin"}]}}
    ],
    "tiers": {
        "by": {"kind": "lifetime_points"},
        "levels": [
            {"tier_id": "bronze", "name": "Bronze", "enters_at": 0},
            {"tier_id": "silver", "name": "Silver", "enters_at": 300},
        ],
    },
    "rules": [
        {
            "rule_id": "order",
            "activity_type_id": "order",
            "role": "member",
            "award": {"kind": "amount_times_rate", "rate": 1},
            "limits": [{"per": "day", "points": 200}],
        },
        {
            "rule_id": "commission",
            "activity_type_id": "sale",
            "role": "seller",
            "award": {"kind": "amount_times_rate", "rate": "0.1"},
        },
        {
            "rule_id": "silver-sale",
            "activity_type_id": "sale",
            "role": "buyer",
            "when": {"tiers": ["silver"]},
            "award": {"kind": "flat", "points": 25},
        },
    ],
    "bonuses": [
        {
            "bonus_id": "double-espresso",
            "rule_ids": ["order"],
            "when": {
                "line_items": {"group_ids": ["espresso"]},
                "segments": {"any_of": ["locals"]},
            },
            "effect": {"kind": "multiply", "factor": 2, "on": "matched_items"},
        }
    ],
    "quests": [
        {
            "quest_id": "barista",
            "name": "Barista",
            "requirements": [
                {
                    "requirement_id": "espresso",
                    "activity_type_id": "order",
                    "role": "member",
                    "restricted_to_item_ids": ["espresso-1"],
                    "threshold": 60,
                },
                {
                    "requirement_id": "sales",
                    "activity_type_id": "sale",
                    "role": "buyer",
                    "progress": "count",
                    "threshold": 2,
                },
            ],
            "overshoot": "carries_over",
            "max_completions": 2,
            "reward": {"points": 150},
        }
    ],
}


@dataclass(frozen=True)
class Step:
    """An activity, and what it is worth: each member's lines, and the balance after them.

    `why_not` has what some parts that did not take effect say of themselves.
    """

    sent: Any
    lines: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    balances: dict[str, str] = field(default_factory=dict)
    why_not: dict[str, str] = field(default_factory=dict)
    tier: tuple[str, str] | None = None
    outcome: str = "applied"


@dataclass(frozen=True)
class Order:
    """In Hang's form, which has items."""

    who: str
    value: str
    when: datetime
    items: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Sale:
    """In Village's form, which has several users."""

    buyer: str
    seller: str
    amount: str
    type_id: str = "sale"
    timestamp: int | None = None


def espresso(value: int | None) -> dict[str, Any]:
    """A line item, with or without a value."""
    return ESPRESSO if value is None else {**ESPRESSO, "value": value}


BAGEL = {"item_id": "bagel", "value": 100}
SECOND_ESPRESSO = {"item_id": "espresso-2", "group_id": "espresso", "value": 5}
STEPS = (
    Step(
        Order("ann", "50", MONDAY, (espresso(20),)),
        {"ann": [("order", "50"), ("double-espresso", "20")]},
        {"ann": "70"},
    ),
    Step(
        Order("ann", "100", MONDAY, (BAGEL,)),
        {"ann": [("order", "100")]},
        {"ann": "170"},
        {
            "double-espresso": "no line item is among group espresso",
            "barista/espresso": "no line item is among espresso-1",
        },
    ),
    Step(
        Order("ann", "80", MONDAY, (espresso(40),)),
        {"ann": [("order", "50"), ("double-espresso", "40")]},
        {"ann": "260"},
    ),
    Step(
        Order("ann", "10", MONDAY),
        {"ann": []},
        {"ann": "260"},
        {"order": "200 of at most 200 points a day are used up"},
        outcome="no_rule",
    ),
    Step(
        Sale("ann", "ben", "200"),
        {"ann": [], "ben": [("commission", "20")]},
        {"ann": "260", "ben": "20"},
        {"silver-sale": "tier is bronze, and must be silver"},
    ),
    Step(Order("ann", "30", TUESDAY), {"ann": [("order", "30")]}, {"ann": "290"}),
    Step(
        Sale("ann", "ben", "50.00"),
        {"ann": [("barista", "150")], "ben": [("commission", "5")]},
        {"ann": "440", "ben": "25"},
        tier=("bronze", "silver"),
    ),
    Step(
        Sale("ann", "ben", "99.90"),
        {"ann": [("silver-sale", "25")], "ben": [("commission", "10")]},
        {"ann": "465", "ben": "35"},
    ),
    Step(
        Sale("ann", "ann", "40"),
        {"ann": [("silver-sale", "25"), ("commission", "4")]},
        {"ann": "494"},
    ),
    Step(
        # Without a value of the item, the order's counts.
        Order("ann", "70", WEDNESDAY, (espresso(None),)),
        {"ann": [("order", "70"), ("double-espresso", "70"), ("barista", "150")]},
        {"ann": "784"},
    ),
    Step(
        Order("ann", "5", WEDNESDAY, (espresso(5),)),
        {"ann": [("order", "5"), ("double-espresso", "5")]},
        {"ann": "794"},
        {"barista": "it is completed 2 of at most 2 times"},
    ),
    Step(
        Order("cleo", "40", MONDAY, (espresso(40),)),
        {"cleo": [("order", "40")]},
        {"cleo": "40"},
        {"double-espresso": "the member is not in segment locals: the trait city must be berlin"},
    ),
    Step(Order("cleo", "300", MONDAY), {"cleo": [("order", "160")]}, {"cleo": "200"}),
    Step(Order("cleo", "0.4", TUESDAY), {"cleo": [("order", "0")]}, {"cleo": "200"}),
    Step(
        Order("cleo", "100.5", TUESDAY),
        {"cleo": [("order", "101")]},
        {"cleo": "301"},
        tier=("bronze", "silver"),
    ),
    Step(
        Sale("cleo", "ann", "10"),
        {"cleo": [("silver-sale", "25")], "ann": [("commission", "1")]},
        {"cleo": "326", "ann": "795"},
    ),
    Step(
        Order("ben", "20", MONDAY, (espresso(15), SECOND_ESPRESSO)),
        {"ben": [("order", "20")]},
        {"ben": "55"},
    ),
    Step(Sale("ann", "ben", "1", type_id="unheard-of"), outcome="undefined_type"),
    Step(Sale("ben", "cleo", "3", timestamp=12345678910), outcome="held"),
    Step(
        Sale("ben", "cleo", "1000"),
        {"ben": [], "cleo": [("commission", "100")]},
        {"ben": "55", "cleo": "426"},
    ),
)
# Balance, tier, completions, progress in espresso and in sales; what is completed for good is full.
IN_THE_END = {
    "ann": ("795", "silver", 2, "60", "2"),
    "ben": ("55", "bronze", 0, "15", "1"),
    "cleo": ("426", "silver", 0, "40", "1"),
}


@pytest.fixture
def bar(stack: LiveStack, http: httpx.Client) -> LiveNetwork:
    """A new network with the program."""
    network_id = f"bar-{uuid.uuid4().hex[:12]}"
    report = stack.invoke("import_catalog", _document(network_id))
    keys = {key["key_id"]: key["api_key"] for key in report["api_keys"]}
    return LiveNetwork(stack, http, network_id, keys["partner"], keys["admin"])


def test_twenty_activities_are_worth_what_the_table_says(bar: LiveNetwork) -> None:
    assert len(STEPS) == 20

    for number, step in enumerate(STEPS, start=1):
        activity_id = _send(bar, number, step.sent)
        assert bar.get_activity(activity_id).status_code == 200, "found right after the POST"
        wait_until(partial(_is_decided, bar, activity_id))

        _assert_worth(bar.get_activity(activity_id).json(), number, step)

    assert {who: _standing(bar, who) for who in PEOPLE} == IN_THE_END


def _assert_worth(shown: dict[str, Any], number: int, step: Step) -> None:
    results = {each["program_membership_id"]: each for each in shown["memberships"]}
    assert (number, shown["outcome"]) == (number, step.outcome)
    lines = {who: [_line(line) for line in each["lines"]] for who, each in results.items()}
    assert (number, lines) == (number, step.lines)
    balances = {who: each["balance_after"] for who, each in results.items()}
    assert (number, balances) == (number, step.balances)
    considered = [part for each in results.values() for part in each["considered"]]
    why_not = {_name(part): part["why_not"] for part in considered}
    assert (number, {**why_not, **step.why_not}) == (number, why_not)
    if step.tier is not None:
        changes = [each["tier"] for each in results.values() if each["tier"]]
        assert {"before": step.tier[0], "after": step.tier[1]} in changes


def _line(line: dict[str, str]) -> tuple[str, str]:
    source = line.get("quest_id") or line.get("bonus_id") or line["rule_id"]
    return source, line["points"]


def _name(part: dict[str, str]) -> str:
    names = [part.get(name) for name in ("rule_id", "bonus_id", "quest_id", "requirement_id")]
    return "/".join(name for name in names if name)


def _standing(bar: LiveNetwork, who: str) -> tuple[str, str, int, str, str]:
    shown = bar.get_membership(who).json()
    (quest,) = shown["quests"]
    espresso, sales = (each["progress"] for each in quest["requirements"])
    tier_id = shown["tier"]["tier_id"]
    return shown["balance"], tier_id, quest["completions"], espresso, sales


def _is_decided(bar: LiveNetwork, activity_id: str) -> bool:
    return bool(bar.get_activity(activity_id).json()["outcome"] != "pending")


def _send(bar: LiveNetwork, number: int, sent: Order | Sale) -> str:
    if isinstance(sent, Order):
        answer = bar.post_membership_activity(sent.who, _order_body(number, sent))
    else:
        answer = bar.post_network_activity(_sale_body(sent))
    assert answer.is_success, answer.text
    return answer.headers["Accrue-Activity-Id"]


def _order_body(number: int, order: Order) -> dict[str, Any]:
    activity = {
        "activity_type_id": "order",
        "value": order.value,
        "transaction_timestamp": int(order.when.timestamp()),
        "line_items": list(order.items),
    }
    return {"idempotency_key": f"order-{number}", "activity": activity}


def _sale_body(sale: Sale) -> dict[str, Any]:
    return {
        "activity_short_id": sale.type_id,
        "amount": sale.amount,
        "users": {"buyer": PEOPLE[sale.buyer], "seller": PEOPLE[sale.seller]},
        "metadata": {"activity_timestamp": sale.timestamp},
    }


def _document(network_id: str) -> dict[str, Any]:
    traits = {"ann": {"city": "berlin"}, "cleo": {"city": "paris"}}
    return {
        "network": {"network_id": network_id, "name": "Bar"},
        "activity_types": [
            {"activity_type_id": "order", "kind": "sale"},
            {"activity_type_id": "sale", "kind": "sale", "roles": ["buyer", "seller"]},
        ],
        "programs": [PROGRAM],
        "users": [
            {"user_id": f"user-{who}", "email": email, "traits": traits.get(who, {})}
            for who, email in PEOPLE.items()
        ],
        "memberships": [
            {"program_membership_id": who, "program_id": "bar", "user_id": f"user-{who}"}
            for who in PEOPLE
        ],
        "api_keys": [
            {"key_id": "partner", "role": "partner"},
            {"key_id": "admin", "role": "admin"},
        ],
    }
