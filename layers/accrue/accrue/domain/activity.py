"""An activity: one immutable ledger row, what a partner says happened.

The attributes written here can never be changed afterwards, so the format is versioned by
`schema_version`, and `content_hash` covers all of it: whoever holds a row can tell whether it is
the one that was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from accrue.domain.canonical import content_hash
from accrue.domain.errors import WRONG_SHAPE, UnreadableRowError
from accrue.domain.ids import is_job_id
from accrue.domain.reversed_part import NOTHING_REVERSED, ReversedPart
from accrue.domain.timestamps import from_text, to_text
from accrue.domain.user_standing import UserStanding

LEDGER_ROW_SCHEMA_VERSION = 1
# Those that we make have 35; with this many, whatever is kept under an id has a key.
MAX_ID_CHARS = 255
# Where storage keeps a row; derived from what it says.
_PLACES = frozenset({"content_hash", "activity_key", "time_shard", "reference_key"})


type MetadataValue = str | Decimal | bool


class Kind(StrEnum):
    """What a ledger row is about.

    A `replay` is an activity again, for what it was, as things are by then. Redemptions, holds,
    captures, releases, adjustments and what fell `due` are about one membership and written
    together with their posting; so is a `reversal`, with those of all memberships that what it
    undoes concerned, and a replay. Markers only hold a place for another row.
    """

    ACTIVITY = "activity"
    DUPLICATE = "duplicate"
    REFERENCE_MARKER = "reference_marker"
    REDEMPTION = "redemption"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    ADJUSTMENT = "adjustment"
    DUE = "due"
    REVERSAL = "reversal"
    REVERSAL_MARKER = "reversal_marker"
    REPLAY = "replay"

    @property
    def earns_by_rules(self) -> bool:
        """Whether rules, bonuses and quests decide what a row of the kind is worth."""
        return self in (Kind.ACTIVITY, Kind.REPLAY)


class FrontDoor(StrEnum):
    """Which of the two partner APIs an activity came through; what the clock did, through none."""

    MEMBERSHIP = "membership"
    NETWORK = "network"
    CLOCK = "clock"

    @property
    def key_pointer(self) -> str:
        """Where its requests have the idempotency key."""
        return {
            FrontDoor.MEMBERSHIP: "/idempotency_key",
            FrontDoor.NETWORK: "header:Idempotency-Key",
            FrontDoor.CLOCK: "",
        }[self]


class Outcome(StrEnum):
    """What became of an activity, for one membership or as a whole."""

    APPLIED = "applied"
    NO_RULE = "no_rule"
    REJECTED = "rejected"
    UNDEFINED_TYPE = "undefined_type"
    HELD = "held"
    NOBODY_ENROLLED = "nobody_enrolled"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class MembershipRef:
    """A membership that an activity concerns; pinned when the activity is recorded."""

    program_id: str
    program_membership_id: str


@dataclass(frozen=True, slots=True)
class Participant:
    """A user and the role played, with the memberships and the standing that the user had when the
    activity was recorded.
    """

    role: str
    user_id: str
    memberships: tuple[MembershipRef, ...]
    standing: UserStanding = UserStanding.ACTIVE


@dataclass(frozen=True, slots=True)
class ActivityLineItem:
    """One item of a purchase. Values need not add up to the activity's amount."""

    item_id: str
    value: Decimal | None = None
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reversal:
    """Of a row that undoes another: which of its reversals it is, from 1, and how much of it was
    reversed before and after. What it comes to derives from that and from the posting it undoes.
    """

    number: int
    before: ReversedPart
    after: ReversedPart

    def to_attributes(self) -> dict[str, Any]:
        """As plain attributes."""
        said = {
            "number": self.number,
            "before": self.before.to_attributes() or None,
            "after": self.after.to_attributes(),
        }
        return _present(said)

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "Reversal":
        """Read back."""
        before = attributes.get("before")
        return cls(
            number=int(attributes["number"]),
            before=ReversedPart.from_attributes(before) if before else NOTHING_REVERSED,
            after=ReversedPart.from_attributes(attributes["after"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One ledger row.

    `occurred_at` is the partner's, `recorded_at` ours. `settled_outcome` is set when it was clear
    at recording that no rule may look at the row (undefined type, held, duplicate, nobody
    enrolled); it is pinned so that a definition made a second later does not change what a
    redelivery does. `request_id` and `key_id` say which request it was, as in its answer and its
    log line, and whose. `invocation_id` makes the row unlike any other's: the SDK's own retry after
    a lost answer meets exactly this row. `payload_hash` covers what the partner sent, in the
    canonical form `payload_form`. `of` is the id of the row this one speaks of (a duplicate's
    first, a capture's hold, what a reversal undoes, what is replayed, the audit of a repair).
    `metadata` is what the network keeps of it (`Network.metadata_fields`). `as_of` is up to when a
    row tells what fell due, from `occurred_at` on: it may be recorded later, with an activity that
    waited to be applied. Of a replay, `program_versions` are those that decide it, by program, and
    `job_id` is the job that wrote it. `settles` is the fingerprint of what a repair makes up for.
    """

    network_id: str
    activity_id: str
    kind: Kind
    front_door: FrontDoor
    activity_type_id: str
    amount: Decimal
    participants: tuple[Participant, ...]
    occurred_at: datetime
    recorded_at: datetime
    request_id: str
    invocation_id: str
    key_id: str
    payload_form: str
    payload_hash: str
    line_items: tuple[ActivityLineItem, ...] = ()
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    reference_id: str | None = None
    description: str | None = None
    settled_outcome: Outcome | None = None
    of: str | None = None
    hold_expires_at: datetime | None = None
    as_of: datetime | None = None
    reversal: Reversal | None = None
    program_versions: Mapping[str, int] = field(default_factory=dict)
    job_id: str | None = None
    settles: str | None = None
    # Of a row that was read: what it carries, which covers attributes of later releases too.
    stored_hash: str | None = field(default=None, compare=False, repr=False)

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything the row says, its key included."""
        return self.stored_hash or content_hash(self._said())

    @property
    def key_pointer(self) -> str:
        """Where its request had the idempotency key."""
        if self.kind in (Kind.ACTIVITY, Kind.DUPLICATE):
            return self.front_door.key_pointer
        return FrontDoor.MEMBERSHIP.key_pointer

    @property
    def is_repair(self) -> bool:
        """Whether it makes postings add up to the balance again: an adjustment that speaks of the
        audit which found that they don't.
        """
        return self.kind is Kind.ADJUSTMENT and is_job_id(self.of or "")

    @property
    def decided_as_of(self) -> datetime:
        """The moment as of which it is decided: what is due by then, which version is in force."""
        return self.as_of or self.recorded_at

    def to_attributes(self) -> dict[str, Any]:
        """The row as plain attributes; absent optionals are left out."""
        said = self._said()
        return {**said, "content_hash": self.stored_hash or content_hash(said)}

    def _said(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "schema_version": LEDGER_ROW_SCHEMA_VERSION,
            "network_id": self.network_id,
            "activity_id": self.activity_id,
            "kind": self.kind.value,
            "front_door": self.front_door.value,
            "activity_type_id": self.activity_type_id,
            "amount": self.amount,
            "participants": [_participant_attributes(p) for p in self.participants],
            "occurred_at": to_text(self.occurred_at),
            "recorded_at": to_text(self.recorded_at),
            "request_id": self.request_id,
            "invocation_id": self.invocation_id,
            "key_id": self.key_id,
            "payload_form": self.payload_form,
            "payload_hash": self.payload_hash,
            "line_items": [_line_item_attributes(i) for i in self.line_items] or None,
            "metadata": dict(self.metadata) or None,
            "reference_id": self.reference_id,
            "description": self.description,
            "settled_outcome": self.settled_outcome.value if self.settled_outcome else None,
            "of": self.of,
            "hold_expires_at": self.hold_expires_at and to_text(self.hold_expires_at),
            "as_of": self.as_of and to_text(self.as_of),
            "reversal": self.reversal and self.reversal.to_attributes(),
            "program_versions": dict(self.program_versions) or None,
            "job_id": self.job_id,
            "settles": self.settles,
        }
        return _present(said)

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "Activity":
        """Read a row back.

        Raises UnreadableRowError for a shape unknown to this release, and for a row that is not the
        one that was written.
        """
        try:
            if attributes["schema_version"] != LEDGER_ROW_SCHEMA_VERSION:
                raise UnreadableRowError(f"ledger row schema {attributes['schema_version']}")
            said = {name: value for name, value in attributes.items() if name not in _PLACES}
            if content_hash(said) != attributes["content_hash"]:
                raise UnreadableRowError("ledger row: its content_hash is another content's")
            settled = attributes.get("settled_outcome")
            hold_expires_at = attributes.get("hold_expires_at")
            as_of = attributes.get("as_of")
            reversal = attributes.get("reversal")
            return cls(
                network_id=stored_id(attributes["network_id"]),
                activity_id=stored_id(attributes["activity_id"]),
                kind=Kind(attributes["kind"]),
                front_door=FrontDoor(attributes["front_door"]),
                activity_type_id=attributes["activity_type_id"],
                amount=attributes["amount"],
                participants=tuple(_participant(p) for p in attributes["participants"]),
                occurred_at=from_text(attributes["occurred_at"]),
                recorded_at=from_text(attributes["recorded_at"]),
                request_id=attributes["request_id"],
                invocation_id=attributes["invocation_id"],
                key_id=attributes["key_id"],
                payload_form=attributes["payload_form"],
                payload_hash=attributes["payload_hash"],
                line_items=tuple(
                    ActivityLineItem(i["item_id"], i.get("value"), i.get("group_id"))
                    for i in attributes.get("line_items", ())
                ),
                metadata=attributes.get("metadata", {}),
                reference_id=attributes.get("reference_id"),
                description=attributes.get("description"),
                settled_outcome=Outcome(settled) if settled else None,
                of=attributes.get("of"),
                hold_expires_at=from_text(hold_expires_at) if hold_expires_at else None,
                as_of=from_text(as_of) if as_of else None,
                reversal=Reversal.from_attributes(reversal) if reversal else None,
                program_versions={
                    program_id: int(version)
                    for program_id, version in attributes.get("program_versions", {}).items()
                },
                job_id=attributes.get("job_id"),
                settles=attributes.get("settles"),
                stored_hash=attributes["content_hash"],
            )
        except WRONG_SHAPE as error:
            raise UnreadableRowError(f"ledger row: {error!r}") from error


def stored_id(value: object) -> str:
    """An id that keys are made of. Raises ValueError for one that is none."""
    if not isinstance(value, str) or len(value) > MAX_ID_CHARS:
        raise ValueError("an id that no key holds")
    return value


def _participant_attributes(participant: Participant) -> dict[str, Any]:
    is_active = participant.standing is UserStanding.ACTIVE
    attributes = {
        "role": participant.role,
        "user_id": participant.user_id,
        "memberships": [
            {"program_id": m.program_id, "program_membership_id": m.program_membership_id}
            for m in participant.memberships
        ],
        # Absent of most, as in all rows of before there were others.
        "standing": None if is_active else participant.standing.value,
    }
    return _present(attributes)


def _participant(attributes: Mapping[str, Any]) -> Participant:
    return Participant(
        role=attributes["role"],
        user_id=attributes["user_id"],
        memberships=tuple(
            MembershipRef(m["program_id"], stored_id(m["program_membership_id"]))
            for m in attributes["memberships"]
        ),
        standing=UserStanding(attributes.get("standing", UserStanding.ACTIVE)),
    )


def _line_item_attributes(item: ActivityLineItem) -> dict[str, Any]:
    return _present({"item_id": item.item_id, "value": item.value, "group_id": item.group_id})


def _present(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}
