"""A network with a program that has some of everything."""

from typing import Any

PURCHASE = {"activity_type_id": "purchase", "role": "member"}


def rich_network(network_id: str = "demo") -> dict[str, Any]:
    """The usual program: on a purchase it considers five rules, two bonuses and three quests."""
    return {
        "network": {
            "network_id": network_id,
            "name": "Tea house",
            "metadata_fields": ["store", "guests", "is_gift"],
            "logs_undefined_types": True,
        },
        "activity_types": [
            {"activity_type_id": "purchase", "kind": "sale", "allows_negative": True},
            {"activity_type_id": "referral", "kind": "action", "roles": ["referrer", "friend"]},
        ],
        "programs": [_program()],
        "users": [
            {"user_id": "user-1", "email": "ann@example.com"},
            {"user_id": "user-2", "email": "ben@example.com"},
            {"user_id": "user-3", "email": "carl@example.com"},
        ],
        "memberships": [
            {"program_membership_id": "ann", "program_id": "tea-club", "user_id": "user-1"},
            {"program_membership_id": "ben", "program_id": "tea-club", "user_id": "user-2"},
        ],
        "api_keys": [{"key_id": "partner", "role": "partner"}],
    }


def purchase(number: int, amount: str = "40", **changes: Any) -> dict[str, Any]:
    """A purchase of tea and cake, on Sunday the 1st of March 2026 at 13:00 in Berlin."""
    return {
        "idempotency_key": f"purchase-{number}",
        "activity": {
            "activity_type_id": "purchase",
            "value": amount,
            "transaction_timestamp": 1772366400,
            "line_items": [
                {"item_id": "earl-grey", "value": "8.50", "group_id": "tea"},
                {"item_id": "carrot-cake"},
            ],
            **changes,
        },
    }


def _program() -> dict[str, Any]:
    return {
        "program_id": "tea-club",
        "name": "Tea club",
        "points": {"unit": "leaves"},
        "time_zone": "Europe/Berlin",
        "segments": [{"segment_id": "regulars", "when": {"lifetime_points": {"at_least": "50"}}}],
        "tiers": {
            "by": {"kind": "lifetime_points"},
            "levels": [
                {
                    "tier_id": "silver",
                    "name": "Silver",
                    "enters_at": "100",
                    "benefits": ["free-refill"],
                },
                {"tier_id": "gold", "name": "Gold", "enters_at": "1000"},
            ],
        },
        "rules": [
            {"rule_id": "earn", **PURCHASE, "award": _rate("1")},
            {
                "rule_id": "tea",
                **PURCHASE,
                "when": {"line_items": {"group_ids": ["tea"]}},
                "award": {"kind": "matched_items", "points_each": "5"},
            },
            {
                "rule_id": "large-basket",
                **PURCHASE,
                "when": {"amount": {"at_least": "100"}},
                "award": _flat("50"),
            },
            {
                "rule_id": "gold-extra",
                **PURCHASE,
                "when": {"tiers": ["gold"]},
                "award": _rate("0.5"),
            },
            {
                "rule_id": "every-tenth",
                **PURCHASE,
                "when": {"nth": {"every": 10}},
                "award": _flat("100"),
            },
            _referral("referred", "referrer", "25"),
            _referral("welcome", "friend", "10"),
        ],
        "bonus_stacking": "add",
        "bonuses": [
            {
                "bonus_id": "double-for-regulars",
                "rule_ids": ["earn"],
                "when": {"segments": {"any_of": ["regulars"]}},
                "effect": {"kind": "multiply", "factor": "2"},
            },
            {
                "bonus_id": "happy-hour",
                "rule_ids": ["earn"],
                "when": {"hours": {"starts": "15:00", "ends": "17:00"}},
                "effect": {"kind": "add", "points": "10"},
            },
        ],
        "quests": [
            _quest("tea-lover", {"threshold": "2", "progress": "count", **_only("tea")}, "30"),
            _quest("big-spender", {"threshold": "500"}, "100"),
            _quest("explorer", {"threshold": "3", "progress": "count", **_only("coffee")}, "30"),
        ],
    }


def _referral(rule_id: str, role: str, points: str) -> dict[str, Any]:
    return {
        "rule_id": rule_id,
        "activity_type_id": "referral",
        "role": role,
        "award": _flat(points),
    }


def _rate(rate: str) -> dict[str, Any]:
    return {"kind": "amount_times_rate", "rate": rate}


def _flat(points: str) -> dict[str, Any]:
    return {"kind": "flat", "points": points}


def _only(group_id: str) -> dict[str, Any]:
    return {"restricted_to_group_ids": [group_id]}


def _quest(quest_id: str, requirement: dict[str, Any], points: str) -> dict[str, Any]:
    return {
        "quest_id": quest_id,
        "name": quest_id.replace("-", " ").capitalize(),
        "requirements": [{"requirement_id": "buy", **PURCHASE, **requirement}],
        "reward": {"points": points},
        "max_completions": 3,
    }
