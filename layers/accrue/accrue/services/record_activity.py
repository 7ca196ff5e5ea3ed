"""What both front doors do before a row is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol, Self

from accrue.domain.activity import (
    Activity,
    ActivityLineItem,
    FrontDoor,
    Kind,
    Outcome,
    Participant,
)
from accrue.domain.caller import Caller
from accrue.domain.catalog import ActivityType, Network
from accrue.domain.errors import (
    CatalogRefusalError,
    Fault,
    IdempotencyKeyReusedError,
    NegativeValueError,
    RefusalError,
)
from accrue.domain.ledger_row import LedgerRow
from accrue.domain.line_items import LineItem
from accrue.domain.recording import Attempt, Call, Recording
from accrue.domain.user_standing import UserStanding
from accrue.services.ports import LedgerReader, Recorder

# Wrong clocks and time zones are off by less; what is further ahead waits for somebody to look.
HELD_FROM_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ResolvedActivity:
    """A row that may be recorded, and what its sender should be told."""

    activity: Activity
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActivityRecording:
    """What became of a request, and what its sender should be told."""

    row: Activity
    replayed: bool
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, recording: Recording, resolved: ResolvedActivity | None) -> Self:
        """None if nothing could be resolved."""
        assert isinstance(recording.stored, Activity)
        return cls(recording.stored, not recording.created, warnings_about(recording, resolved))

    @property
    def duplicate_of(self) -> str | None:
        """The first activity with the reference, if this was a duplicate of it."""
        return self.row.of if self.row.kind is Kind.DUPLICATE else None

    @property
    def named_id(self) -> str:
        """The activity that its sender is told of: of a duplicate the first one."""
        return self.duplicate_of or self.row.activity_id


@dataclass(frozen=True, slots=True)
class Plan[RequestT]:
    """What recording a request comes to as far as the catalog has a say: a row to write, or a
    refusal, unless the row is there already.
    """

    request: RequestT
    network: Network
    call: Call
    draft: Activity
    settled: ResolvedActivity | RefusalError

    @property
    def resolved(self) -> ResolvedActivity | None:
        """What may be recorded, if it may."""
        return self.settled if isinstance(self.settled, ResolvedActivity) else None


class Planner[RequestT](Protocol):
    """What recording does in the form of one front door, around the writing.

    `attempt_of` is the first row to write, None if the plan is a refusal; `earlier` is what is told
    or written instead then, and raises the refusal if there is neither. `further` is what else
    has to be written, given what stood in the way of the first row. `reference_of` is the id that
    stands for its reference, if it has one.
    """

    def plan(self, request: RequestT, caller: Caller, call: Call) -> Plan[RequestT]: ...
    def attempt_of(self, plan: Plan[RequestT]) -> Attempt | None: ...
    def earlier(self, plan: Plan[RequestT], ledger: LedgerReader) -> Recording | Attempt: ...
    def further(self, plan: Plan[RequestT], recording: Recording) -> Attempt | None: ...
    def reference_of(self, plan: Plan[RequestT]) -> str | None: ...


def carry_out[RequestT](
    plan: Plan[RequestT],
    planner: Planner[RequestT],
    ledger: LedgerReader,
    recorder: Recorder,
) -> ActivityRecording:
    """Record what is planned, once and for ever, or give what is there already.

    Raises what the planner refuses, and IdempotencyKeyReusedError.
    """
    attempt = planner.attempt_of(plan)
    if attempt is None:
        earlier = planner.earlier(plan, ledger)
        recording = earlier if isinstance(earlier, Recording) else recorder.record(earlier)
        return ActivityRecording.of(recording, None)
    recording = recorder.record(attempt)
    if (further := planner.further(plan, recording)) is not None:
        recording = recorder.record(further)
    return ActivityRecording.of(recording, plan.resolved)


@contextmanager
def noted(refusals: list[CatalogRefusalError]) -> Iterator[None]:
    """Note a refusal and go on: what else is wrong should be told with it."""
    try:
        yield
    except CatalogRefusalError as refusal:
        refusals.append(refusal)


def ensure_sign(activity_type: ActivityType, values: Mapping[str, Decimal | None]) -> None:
    """Raise NegativeValueError if the type does not allow one of the values, given by pointer."""
    if activity_type.allows_negative:
        return
    faults = [
        Fault(pointer, "is negative, which this activity type does not allow")
        for pointer, value in values.items()
        if value is not None and value < 0
    ]
    if faults:
        raise NegativeValueError("This activity type does not allow negative values.", faults)


def values_of_items(items: Sequence[LineItem], where: str) -> dict[str, Decimal | None]:
    """The items' values by the pointers of them, the items being at `where`."""
    return {f"{where}/{index}/value": item.value for index, item in enumerate(items)}


def kept_items(items: Sequence[LineItem]) -> tuple[ActivityLineItem, ...]:
    """The items as a row keeps them."""
    return tuple(ActivityLineItem(item.item_id, item.value, item.group_id) for item in items)


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


def warnings_about(recording: Recording, resolved: ResolvedActivity | None) -> tuple[str, ...]:
    """What a sender should be told of what is recorded; None if nothing could be resolved.

    Of a retry, what the catalog had to say is told only if it would still come to the same row: by
    now it may say what was never true of this one.
    """
    stored = recording.stored
    # Why there are no points comes first: of many warnings, the last ones may be left out.
    said = outcome_warnings(stored)
    if resolved and (recording.created or _comes_to(resolved.activity, stored)):
        return said + resolved.warnings
    match stored:
        case Activity(settled_outcome=Outcome.UNDEFINED_TYPE, front_door=FrontDoor.NETWORK):
            return (*said, "the activity type was not defined: the activity is only logged")
        case _:
            return said


def _comes_to(resolved: Activity, stored: LedgerRow) -> bool:
    return (
        isinstance(stored, Activity)
        and stored.settled_outcome in (resolved.settled_outcome, Outcome.DUPLICATE)
        and stored.metadata == resolved.metadata
    )


def outcome_warnings(row: LedgerRow) -> tuple[str, ...]:
    """What a sender should know who expects points from this row."""
    match row:
        case Activity(settled_outcome=Outcome.HELD):
            return ("the activity's time is more than a day ahead: it is held, without points",)
        case Activity(settled_outcome=Outcome.NOBODY_ENROLLED):
            return ("nobody in this activity is enrolled in a program: there are no points",)
        case Activity(settled_outcome=Outcome.UNDEFINED_TYPE, front_door=FrontDoor.MEMBERSHIP):
            return ("the activity type is not defined: the activity is only logged",)
        case Activity(settled_outcome=None):
            return tuple(_standing_warnings(row))
        case _:
            return ()


def _standing_warnings(row: Activity) -> Iterator[str]:
    standings = {participant.standing for participant in row.participants}
    if UserStanding.SUSPENDED in standings:
        yield "a user in this activity is suspended and earns nothing"
    if UserStanding.FORGOTTEN in standings:
        yield "a user in this activity was forgotten and earns nothing"


def ensure_same_payload(
    stored: Activity, payload_hash_under: Callable[[str], str], front_door: FrontDoor
) -> None:
    """Raise IdempotencyKeyReusedError unless the row was written for the same payload."""
    if payload_hash_under(stored.payload_form) != stored.payload_hash:
        raise IdempotencyKeyReusedError(front_door.key_pointer)
