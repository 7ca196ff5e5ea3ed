"""The source documents' example bodies, verbatim."""

from typing import Any

MEMBERSHIP_ACTIVITY: dict[str, Any] = {
    "idempotency_key": "unique-key-101",
    "activity": {
        "activity_type_id": "activity_type_1",
        "value": "50",
        "transaction_timestamp": 1633887337,
        "line_items": [{"item_id": "item_1", "value": 30, "group_id": "group_1"}],
    },
}
NETWORK_ACTIVITY: dict[str, Any] = {
    "activity_short_id": "sale",
    "amount": "3",
    "users": {
        "buyer": "bradford@theroutingcompany.com",
        "seller": "bradford@villagelabs.co",
    },
    "metadata": {
        "reference_id": "customer_ref_id",
        "activity_timestamp": 12345678910,
        "description": "customer description",
    },
    "enforceUniqueRefId": False,
}
CLIENT_SAMPLE: dict[str, Any] = {
    "activity_short_id": "S1-A",
    "amount": "100.99",
    "users": {
        "seller": "john.buyer@villagelabs.co",
        "buyer": "jane.seller@villagelabs.co",
    },
    "metadata": {
        "reference_id": "dpi_Ylo2Cfr8US8u1JIdAl2eZvKB",
        "activity_timestamp": 1664900628,
        "description": "Especially fancy white shoes.",
    },
}
