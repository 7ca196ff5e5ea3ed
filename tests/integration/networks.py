"""Network documents that tests import."""

from typing import Any


def demo_network(network_id: str = "demo") -> dict[str, Any]:
    """A network with both forms' types, four users, and a membership each."""
    return {
        "network": {
            "network_id": network_id,
            "name": "Demo network",
            "metadata_fields": ["channel", "store_id", "basket_value", "is_gift"],
        },
        "activity_types": [
            {"activity_type_id": "activity_type_1", "kind": "action"},
            {"activity_type_id": "correction", "kind": "action", "allows_negative": True},
            {"activity_type_id": "sale", "kind": "sale", "roles": ["buyer", "seller"]},
            {"activity_type_id": "S1-A", "kind": "sale", "roles": ["buyer", "seller"]},
            {"activity_type_id": "task", "kind": "action", "roles": ["doer"]},
            {"activity_type_id": "visit", "kind": "action", "roles": ["visitor"]},
        ],
        "programs": [
            {
                "program_id": "coffee-club",
                "name": "Coffee club",
                "points": {
                    "unit": "points",
                    "scale": 2,
                    "rounding": "half_up",
                    "may_go_below_zero": True,
                },
                "rules": [
                    _rule("sale-cash-back", "sale", "buyer", "0.01"),
                    _rule("s1-a-cash-back", "S1-A", "buyer", "0.01"),
                    _rule("s1-a-commission", "S1-A", "seller", "0.05"),
                    _rule("task-pay", "task", "doer", "50"),
                ],
            }
        ],
        "users": [
            {"user_id": "user-1", "email": "bradford@theroutingcompany.com"},
            {"user_id": "user-2", "email": "bradford@villagelabs.co"},
            {"user_id": "user-3", "email": "john.buyer@villagelabs.co"},
            {"user_id": "user-4", "email": "jane.seller@villagelabs.co"},
            {"user_id": "user-5", "email": "not.enrolled@example.com"},
        ],
        "memberships": [
            _membership("12345", "user-1"),
            _membership("12346", "user-2"),
            _membership("12347", "user-3"),
            _membership("12348", "user-4"),
        ],
        "api_keys": [
            {"key_id": "partner", "role": "partner"},
            {"key_id": "admin", "role": "admin"},
        ],
    }


def shown_program(program: dict[str, Any]) -> dict[str, Any]:
    """A program as it is shown: with the defaults of what it leaves out."""
    defaults = {
        "scale": 0,
        "rounding": "half_up",
        "expiry": {"kind": "never"},
        "may_go_below_zero": False,
    }
    return {"time_zone": "UTC", **program, "points": {**defaults, **program["points"]}}


def _rule(rule_id: str, activity_type_id: str, role: str, rate: str) -> dict[str, Any]:
    return {
        "rule_id": rule_id,
        "activity_type_id": activity_type_id,
        "role": role,
        "award": {"kind": "amount_times_rate", "rate": rate},
    }


def _membership(program_membership_id: str, user_id: str) -> dict[str, Any]:
    return {
        "program_membership_id": program_membership_id,
        "program_id": "coffee-club",
        "user_id": user_id,
    }
