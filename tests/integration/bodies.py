"""Bodies that partners send: the examples of both source documents, and changes of them."""

import json
from collections.abc import Mapping
from typing import Any

HANG_EXAMPLE = """
    {
      "idempotency_key": "unique-key-101",
      "activity": {
        "activity_type_id": "activity_type_1",
        "value": "50",
        "transaction_timestamp": 1633887337,
        "line_items": [ { "item_id": "item_1", "value": 30, "group_id": "group_1" } ]
      }
    }
"""
VILLAGE_EXAMPLE = """
    { "activity_short_id": "sale", "amount": "3",
      "users": { "buyer": "bradford@theroutingcompany.com", "seller": "bradford@villagelabs.co" },
      "metadata": { "reference_id": "customer_ref_id", "activity_timestamp": 12345678910,
                    "description": "customer description" },
      "enforceUniqueRefId": false }
"""
VILLAGE_SAMPLE = """
    { "activity_short_id": "S1-A", "amount": "100.99",
      "users": { "seller": "john.buyer@villagelabs.co", "buyer": "jane.seller@villagelabs.co" },
      "metadata": { "reference_id": "dpi_Ylo2Cfr8US8u1JIdAl2eZvKB",
                    "activity_timestamp": 1664900628,
                    "description": "Especially fancy white shoes." } }
"""
# Stands for "not sent".
ABSENT = object()

BUYER_EMAIL = "bradford@theroutingcompany.com"
SELLER_EMAIL = "bradford@villagelabs.co"


def hang_activity(changes: Mapping[str, object] = {}) -> dict[str, Any]:
    """Hang's example with what stands at each JSON pointer replaced, or left out."""
    return _changed(HANG_EXAMPLE, changes)


def village_activity(changes: Mapping[str, object] = {}) -> dict[str, Any]:
    """A sale of 500 by two users an hour ago, without a reference, changed likewise."""
    plain: dict[str, object] = {
        "/amount": "500",
        "/metadata": {"activity_timestamp": 1772362800},
        "/enforceUniqueRefId": ABSENT,
    }
    return _changed(VILLAGE_EXAMPLE, plain | dict(changes))


def _changed(example: str, changes: Mapping[str, object]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(example)
    for pointer, value in changes.items():
        *path, name = pointer.split("/")[1:]
        place: Any = body
        for part in path:
            place = place[int(part) if isinstance(place, list) else part]
        if value is ABSENT:
            place.pop(name, None)
        else:
            place[int(name) if isinstance(place, list) else name] = value
    return body
