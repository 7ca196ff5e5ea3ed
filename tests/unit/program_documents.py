"""A network document without faults, and how tests change it."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from accrue.domain.errors import InvalidNetworkDocumentError
from accrue.domain.network_document import parse_network_document

type Document = dict[str, Any]

SALE = {"activity_type_id": "sale", "role": "buyer"}
VISIT = {"activity_type_id": "visit", "role": "member"}
# In what follows, P is the program.
P = "/programs/0"

FAULTLESS: Document = {
    "network": {"network_id": "cafe", "name": "Café", "metadata_fields": ["channel"]},
    "activity_types": [
        {"activity_type_id": "sale", "kind": "sale", "roles": ["buyer", "seller"]},
        {"activity_type_id": "visit", "kind": "action"},
    ],
    "programs": [
        {
            "program_id": "club",
            "name": "Club",
            "points": {"unit": "beans"},
            "segments": [
                {"segment_id": "locals", "when": {"traits": [{"trait": "city", "equals": "Bonn"}]}},
                {"segment_id": "done", "when": {"completed_quests": ["welcome"]}},
            ],
            "tiers": {
                "by": {"kind": "rolling_points", "days": 90},
                "levels": [
                    {"tier_id": "silver", "name": "Silver", "enters_at": 100, "stays_at": 50},
                    {
                        "tier_id": "gold",
                        "name": "Gold",
                        "enters_at": 500,
                        "stays_at": 400,
                        "benefits": ["lounge"],
                    },
                ],
            },
            "rules": [
                {
                    "rule_id": "buy",
                    **SALE,
                    "award": {"kind": "amount_times_rate", "rate": "0.01"},
                },
                {
                    "rule_id": "beans",
                    **SALE,
                    "when": {"line_items": {"group_ids": ["coffee"]}},
                    "award": {"kind": "matched_items", "points_each": 5},
                    "limits": [{"per": "day", "times": 3}, {"per": "day", "points": 100}],
                },
                {"rule_id": "hello", **VISIT, "award": {"kind": "flat", "points": 1}},
            ],
            "bonuses": [
                {
                    "bonus_id": "double",
                    "rule_ids": ["buy"],
                    "effect": {"kind": "multiply", "factor": 2},
                }
            ],
            "quests": [
                {
                    "quest_id": "welcome",
                    "name": "Welcome",
                    "when": {
                        "window": {
                            "starts_at": "2026-03-01T00:00:00Z",
                            "ends_at": "2026-03-31T00:00:00Z",
                        }
                    },
                    "requirements": [
                        {
                            "requirement_id": "come",
                            **VISIT,
                            "progress": "count",
                            "threshold": 3,
                            "check_in_interval_days": 1,
                        },
                        {
                            "requirement_id": "try",
                            **SALE,
                            "restricted_to_group_ids": ["coffee"],
                            "threshold": 10,
                        },
                    ],
                    "reward": {"points": 50},
                }
            ],
        }
    ],
    "users": [{"user_id": "u-1", "email": "somebody@example.com"}],
    "memberships": [{"program_membership_id": "m-1", "program_id": "club", "user_id": "u-1"}],
}


def changed(changes: Mapping[str, object], document: Document = FAULTLESS) -> Document:
    """The document with values put at pointers; one past the end of a list is added to it."""
    whole = deepcopy(document)
    for pointer, value in changes.items():
        *path, last = pointer.split("/")[1:]
        place: Any = whole
        for name in path:
            place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
        if isinstance(place, list):
            place[int(last) :] = [deepcopy(value), *place[int(last) + 1 :]]
        else:
            place[last] = deepcopy(value)
    return whole


def faults_of(document: object) -> dict[str, str]:
    """The faults of a document, by their pointers; empty if it has none."""
    try:
        parse_network_document(document)  # type: ignore[arg-type]
    except InvalidNetworkDocumentError as refusal:
        faults = [(fault.pointer, fault.message) for fault in refusal.faults]
        assert len(faults) == len(dict(faults))
        return dict(faults)
    return {}
