"""What clients send in races, in all forms, and what it comes to when it counts once."""

from decimal import Decimal
from typing import Any

from tests.integration.acknowledged import Request
from tests.integration.histories import JANE, JOHN
from tests.integration.racing_network import ANN, BUYER, SELLER
from tests.integration.reversals import reverse
from tests.integration.spending import capture, hold, redeem, release

REUSED = frozenset({"IDEMPOTENCY_KEY_REUSED"})
TOO_FEW = frozenset({"INSUFFICIENT_POINTS"})
CLOSED = frozenset({"HOLD_CLOSED"})
REVERSED = frozenset({"ALREADY_REVERSED", "REVERSAL_TOO_LARGE"})
FIRST_OF_MARCH = 1772366400


def in_hang_form(
    key: str, value: str, *, is_contested: bool = False, type_id: str = "activity_type_1"
) -> Request:
    """An activity of Ann's; others may want the same key for something else."""
    body = {
        "idempotency_key": key,
        "activity": {
            "activity_type_id": type_id,
            "value": value,
            "transaction_timestamp": FIRST_OF_MARCH,
        },
    }
    return Request(
        name=f"hang {key} {value}",
        act=lambda world: world.post_membership_activity(ANN, body),
        identity=f"key {key}",
        says=value,
        # What is good for a month has expired by the time of the race.
        moves={ANN: Decimal(0 if type_id == "fleeting" else value)},
        may_be=REUSED if is_contested else frozenset(),
        row={"program_membership_id": ANN, **body},
    )


def in_village_form(
    name: str,
    amount: str,
    *,
    key: str | None = None,
    reference: str | None = None,
    is_enforced: bool = False,
) -> Request:
    """A sale of Jane's to John: 1 % for him, 5 % for her."""
    body = _sale(name, amount, reference, is_enforced=is_enforced)
    headers = {"Idempotency-Key": key} if key else {}
    # Whichever of those with an enforced reference comes first counts, and they all say the same.
    identity = f"reference {reference}" if is_enforced else f"key {key}" if key else name
    return Request(
        name=name,
        act=lambda world: world.post_network_activity(body, headers=headers),
        identity=identity,
        says=amount,
        moves={BUYER: Decimal(amount) / 100, SELLER: Decimal(amount) / 20},
        has_key=bool(key),
        is_repeatable=bool(key) or is_enforced,
        row=body | ({"idempotency_key": key} if key else {}),
    )


def _sale(name: str, amount: str, reference: str | None, *, is_enforced: bool) -> dict[str, Any]:
    metadata = {"activity_timestamp": FIRST_OF_MARCH, "description": name}
    return {
        "activity_short_id": "S1-A",
        "amount": amount,
        "users": {"buyer": JOHN, "seller": JANE},
        "metadata": metadata | ({"reference_id": reference} if reference else {}),
        "enforceUniqueRefId": is_enforced,
    }


def redemption(key: str, points: str, membership: str = ANN) -> Request:
    """It is refused if there is too little."""
    return Request(
        name=f"redeem {key}",
        act=lambda world: redeem(world, points, key, membership=membership),
        identity=f"key {key}",
        moves={membership: -Decimal(points)},
        may_be=TOO_FEW,
    )


def holding(key: str, points: str, seconds: int) -> Request:
    """Holding points for so long moves none."""
    return Request(
        name=f"hold {key}",
        act=lambda world: hold(world, points, key, seconds, membership=ANN),
        identity=f"key {key}",
        may_be=TOO_FEW,
    )


def capturing(key: str, hold_id: str, points: str) -> Request:
    """It is refused once the hold has lapsed."""
    return Request(
        name=f"capture {key}",
        act=lambda world: capture(world, hold_id, points, key, membership=ANN),
        identity=f"key {key}",
        moves={ANN: -Decimal(points)},
        may_be=CLOSED,
    )


def releasing(key: str, hold_id: str) -> Request:
    """It moves no points."""
    return Request(
        name=f"release {key}",
        act=lambda world: release(world, hold_id, key, membership=ANN),
        identity=f"key {key}",
        may_be=CLOSED,
    )


def reversal(
    key: str, undoes: Request, activity_id: str, share: tuple[str, Decimal] | None = None
) -> Request:
    """Of all that is left, or of an amount, which is this share of it."""
    body: dict[str, Any] = {"amount": share[0]} if share else {}
    return Request(
        name=f"reverse {key}",
        act=lambda world: reverse(world, activity_id, key, **body),
        identity=f"key {key}",
        undoes=undoes,
        share=share and share[1],
        may_be=REVERSED,
    )
