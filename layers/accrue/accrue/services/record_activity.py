"""What both front doors do before a row is written."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from accrue.domain.activity import Activity, FrontDoor, LedgerRow, Outcome, Participant
from accrue.domain.errors import IdempotencyKeyReusedError

# Wrong clocks and time zones are off by less; what is further ahead waits for somebody to look.
HELD_FROM_AHEAD = timedelta(days=1)


def settled_outcome(
    *,
    is_type_defined: bool,
    participants: Sequence[Participant],
    occurred_at: datetime,
    recorded_at: datetime,
) -> Outcome | None:
    """The outcome of an activity that no rule may look at, or None if rules decide."""
    if not is_type_defined:
        return Outcome.UNDEFINED_TYPE
    if occurred_at > recorded_at + HELD_FROM_AHEAD:
        return Outcome.HELD
    if not any(p.memberships for p in participants):
        return Outcome.NOBODY_ENROLLED
    return None


def outcome_warnings(row: LedgerRow) -> tuple[str, ...]:
    """What a sender should know who expects points from this row."""
    match row:
        case Activity(settled_outcome=Outcome.HELD):
            return ("the activity's time is more than a day ahead: it is held, without points",)
        case Activity(settled_outcome=Outcome.NOBODY_ENROLLED):
            return ("nobody in this activity is enrolled in a program: there are no points",)
        case Activity(settled_outcome=Outcome.UNDEFINED_TYPE, front_door=FrontDoor.MEMBERSHIP):
            return ("the activity type is not defined: the activity is only logged",)
        case _:
            return ()


def ensure_same_payload(
    stored: Activity, payload_hash_under: Callable[[str], str], front_door: FrontDoor
) -> None:
    """Raise IdempotencyKeyReusedError unless the row was written for the same payload."""
    if payload_hash_under(stored.payload_form) != stored.payload_hash:
        raise IdempotencyKeyReusedError(front_door.key_pointer)
