"""What neither vendor has: activities of several people with quests, item bonuses and metadata."""

from typing import Any

import pytest

from tests.integration.point_lines import lines_of
from tests.integration.world import World

BUYER_RULE = {"activity_type_id": "sale", "role": "buyer"}
BAKERY: dict[str, Any] = {
    "network": {"network_id": "demo", "name": "Bakery", "metadata_fields": ["channel"]},
    "activity_types": [
        {"activity_type_id": "sale", "kind": "sale", "roles": ["buyer", "seller"]},
        {"activity_type_id": "visit", "kind": "action"},
    ],
    "programs": [
        {
            "program_id": "crumbs",
            "name": "Crumbs",
            "points": {"unit": "crumbs"},
            "rules": [
                {
                    "rule_id": "cash-back",
                    **BUYER_RULE,
                    "award": {"kind": "amount_times_rate", "rate": "1"},
                },
                {
                    "rule_id": "commission",
                    "activity_type_id": "sale",
                    "role": "seller",
                    "award": {"kind": "amount_times_rate", "rate": "0.5"},
                },
                {
                    "rule_id": "by-app",
                    "activity_type_id": "visit",
                    "role": "member",
                    "when": {"metadata": [{"field": "channel", "equals": "app"}]},
                    "award": {"kind": "flat", "points": 7},
                },
            ],
            "bonuses": [
                {
                    "bonus_id": "double-bread",
                    "rule_ids": ["cash-back"],
                    "when": {"line_items": {"group_ids": ["bread"]}},
                    "effect": {"kind": "multiply", "factor": 2, "on": "matched_items"},
                }
            ],
            "quests": [
                {
                    "quest_id": "rye-lover",
                    "name": "Rye lover",
                    "requirements": [
                        {
                            "requirement_id": "buy-rye",
                            **BUYER_RULE,
                            "restricted_to_item_ids": ["rye"],
                            "threshold": 10,
                        }
                    ],
                    "max_completions": 2,
                    "reward": {"points": 100},
                }
            ],
        }
    ],
    "users": [
        {"user_id": "user-1", "email": "ann@example.com"},
        {"user_id": "user-2", "email": "ben@example.com"},
    ],
    "memberships": [
        {"program_membership_id": "ann", "program_id": "crumbs", "user_id": "user-1"},
        {"program_membership_id": "ben", "program_id": "crumbs", "user_id": "user-2"},
    ],
}


@pytest.fixture
def bakery(empty_world: World) -> World:
    """The application with a network that uses all of one model."""
    report = empty_world.import_network(BAKERY)
    assert "errors" not in report, report
    empty_world.restart()
    return empty_world


def _sell(bakery: World, *items: dict[str, Any]) -> dict[str, list[tuple[str, int]]]:
    """Sell for 20; gives each membership's lines of the posting, as (what gave it, points)."""
    body = {
        "activity_short_id": "sale",
        "amount": "20",
        "users": {"buyer": "ann@example.com", "seller": "ben@example.com"},
        "line_items": list(items),
    }
    answer = bakery.post_network_activity(body)
    assert (answer.status, answer.headers.get("Accrue-Warnings")) == (201, None)
    assert bakery.deliver() == {"batchItemFailures": []}
    return {
        posting["program_membership_id"]: [
            (line.get("quest_id") or line.get("bonus_id") or line["rule_id"], int(line["points"]))
            for line in lines_of(posting)
        ]
        for posting in bakery.postings()
        if posting["activity_id"] == answer.body["activity_id"]
    }


RYE = {"item_id": "rye", "value": "6", "group_id": "bread"}
COFFEE = {"item_id": "coffee", "value": "4", "group_id": "drinks"}


def test_a_sale_of_two_people_advances_a_quest_on_an_item_and_gets_a_bonus_on_it(
    bakery: World,
) -> None:
    first = _sell(bakery, RYE, COFFEE)
    assert first == {"ann": [("cash-back", 20), ("double-bread", 6)], "ben": [("commission", 10)]}
    assert _rye_progress(bakery) == ("6", 0)

    second = _sell(bakery, RYE)
    assert second["ann"] == [("cash-back", 20), ("double-bread", 6), ("rye-lover", 100)]
    assert _rye_progress(bakery) == ("0", 1)
    assert (bakery.balance("ann"), bakery.balance("ben")) == ("152", "20")


@pytest.mark.parametrize("items", [[], [COFFEE]])
def test_a_sale_of_other_items_gets_neither_and_says_why(
    bakery: World, items: list[dict[str, Any]]
) -> None:
    lines = _sell(bakery, *items)

    assert lines == {"ann": [("cash-back", 20)], "ben": [("commission", 10)]}
    (row,) = bakery.rows("ledger")
    results = bakery.get_activity(row["activity_id"]).body["memberships"]
    why_not = {
        each.get("bonus_id") or each.get("quest_id"): each["why_not"]
        for result in results
        for each in result["considered"]
        if not each["matched"]
    }
    assert why_not.keys() == {"double-bread", "rye-lover"}


VISITS: list[tuple[object, str]] = [
    ({"channel": "app"}, "7"),
    ({"channel": "till"}, "0"),
    ({"store": "S-17"}, "0"),
    (None, "0"),
]


@pytest.mark.parametrize(("metadata", "points"), VISITS)
def test_a_rule_sees_the_metadata_of_a_single_members_activity(
    bakery: World, metadata: object, points: str
) -> None:
    body = {
        "idempotency_key": "visit-1",
        "activity": {
            "activity_type_id": "visit",
            "value": 1,
            "transaction_timestamp": 1772362800,
            "metadata": metadata,
        },
    }

    assert bakery.post_membership_activity("ann", body).status == 200
    bakery.deliver()

    assert bakery.balance("ann") == points


def _rye_progress(bakery: World) -> tuple[str, int]:
    """How far the quest's requirement is, and how often it was completed."""
    (quest,) = bakery.get_membership("ann").body["quests"]
    (requirement,) = quest["requirements"]
    return requirement["progress"], quest["completions"]
