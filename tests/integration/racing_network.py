"""The network in which races are run: what anything comes to there does not depend on the order."""

from typing import Any

from tests.integration.networks import demo_network

# Three hot memberships: Hang's, and those of Village's buyer and seller.
ANN, BUYER, SELLER = "12345", "12347", "12348"
MEMBERSHIPS = (ANN, BUYER, SELLER)


def racing_network(network_id: str = "demo") -> dict[str, Any]:
    """The demo network; nothing goes below zero, and what is of the type `fleeting` is good
    for 30 days.
    """
    network = demo_network(network_id)
    network["activity_types"].append({"activity_type_id": "fleeting", "kind": "action"})
    (program,) = network["programs"]
    program["points"]["may_go_below_zero"] = False
    program["rules"].append(
        {
            "rule_id": "fleeting",
            "activity_type_id": "fleeting",
            "role": "member",
            "award": {"kind": "amount_times_rate", "rate": "1"},
            "expiry": {"kind": "after_days", "days": 30},
        }
    )
    return network
