"""The network that is measured, and what its members do."""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.integration.rich_network import purchase, rich_network
from tests.integration.world import gateway_event

NETWORK_ID = "demo"
MEMBERSHIPS = 25
# Without rules: a purchase of 50 is worth 50 points.
PLAIN = "plain-club"
# The usual program: a purchase meets five rules, two bonuses and three quests.
USUAL = "tea-club"


def network_document() -> dict[str, Any]:
    """The usual network and a plain program, each with as many memberships as a batch is about."""
    document = rich_network(NETWORK_ID)
    document["programs"].append(
        {"program_id": PLAIN, "name": "Plain club", "points": {"unit": "points"}}
    )
    numbers = range(MEMBERSHIPS)
    document["users"] = [
        {"user_id": f"user-{n}", "email": f"user-{n}@example.com"} for n in numbers
    ]
    document["memberships"] = [
        {
            "program_membership_id": membership_id(program_id, n),
            "program_id": program_id,
            "user_id": f"user-{n}",
        }
        for program_id in (PLAIN, USUAL)
        for n in numbers
    ]
    return document


def membership_key(program_id: str, number: int) -> str:
    """The partition of a membership's balance and postings, the same on all sides."""
    return f"{NETWORK_ID}#M#{membership_id(program_id, number)}"


def balance_key(program_id: str, number: int) -> dict[str, Any]:
    """Where a membership's balance is."""
    partition = membership_key(program_id, number)
    return {"membership_key": {"S": partition}, "item_key": {"S": "BALANCE"}}


def membership_id(program_id: str, number: int) -> str:
    """The id of a membership, by its number in its program."""
    return f"{program_id}-{number}"


def posts(
    program_id: str, numbers: Iterable[int], memberships: Sequence[int] = range(MEMBERSHIPS)
) -> list[dict[str, Any]]:
    """Purchases in Hang's form by their numbers, of one membership after the other in turns."""
    return [
        gateway_event(
            "POST",
            "/v2/program-memberships/{program_membership_id}/activities",
            {
                "program_membership_id": membership_id(
                    program_id, memberships[number % len(memberships)]
                )
            },
            purchase(number),
            network=NETWORK_ID,
        )
        for number in numbers
    ]
