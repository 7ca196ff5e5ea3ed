"""Postings and balances: what is written when an activity is applied to a membership.

A posting is immutable. `sequence` counts a membership's postings from 1 without a gap, and
`previous_hash` chains each to the one before, so that a changed, missing or added posting shows. A
balance is the projection of the postings and can be rebuilt from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from accrue.domain.activity import Activity, MembershipRef, Outcome
from accrue.domain.canonical import content_hash
from accrue.domain.decision import (
    Considered,
    Decision,
    PointLine,
    QuestChange,
    TierChange,
)
from accrue.domain.errors import UnreadableRowError
from accrue.domain.membership_state import MembershipState
from accrue.domain.packing import pack_line, pack_quest, unpack_line, unpack_quest
from accrue.domain.timestamps import from_text, to_text

# Each format has its own: a new form of balance must not make postings unreadable.
# 2: postings explain themselves and are packed; balances have quests, counters and a tier.
POSTING_SCHEMA_VERSION = 2
BALANCE_SCHEMA_VERSION = 2
READABLE_SCHEMA_VERSIONS = frozenset({1, 2})
OUTCOME_SCHEMA_VERSION = 1
# Where storage keeps a posting; derived from what it says.
_PLACES = frozenset({"content_hash", "membership_key", "item_key", "outcome_shard"})


@dataclass(frozen=True, slots=True)
class LastActivity:
    """The membership's most recently applied activity."""

    activity_id: str
    activity_type_id: str
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """The immutable result of one activity on one membership; `balance_after` includes it.

    `considered` says of each rule, bonus and quest why it took effect or not, and `traits_held`
    what decide() was told about the person: both by position in the program version.
    """

    network_id: str
    membership: MembershipRef
    activity_id: str
    activity_type_id: str
    activity_hash: str
    occurred_at: datetime
    recorded_at: datetime
    posted_at: datetime
    program_version: int
    outcome: Outcome
    reason: str | None
    lines: tuple[PointLine, ...]
    points: Decimal
    balance_after: Decimal
    sequence: int
    previous_hash: str
    considered: tuple[Considered, ...] = ()
    quests: tuple[QuestChange, ...] = ()
    tier: TierChange | None = None
    traits_held: tuple[int, ...] = ()
    # Of a posting that was read: what it carries, which covers attributes of later releases too.
    stored_hash: str | None = field(default=None, compare=False, repr=False)

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything the posting says, the previous posting's hash included."""
        return self.stored_hash or content_hash(self._said())

    def to_attributes(self) -> dict[str, Any]:
        """The posting as plain attributes; absent optionals are left out."""
        return {**self._said(), "content_hash": self.content_hash}

    def _said(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "schema_version": POSTING_SCHEMA_VERSION,
            "network_id": self.network_id,
            "program_id": self.membership.program_id,
            "program_membership_id": self.membership.program_membership_id,
            "activity_id": self.activity_id,
            "activity_type_id": self.activity_type_id,
            "activity_hash": self.activity_hash,
            "occurred_at": to_text(self.occurred_at),
            "recorded_at": to_text(self.recorded_at),
            "posted_at": to_text(self.posted_at),
            "program_version": self.program_version,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "lines": [pack_line(line) for line in self.lines],
            "points": self.points,
            "balance_after": self.balance_after,
            "sequence": self.sequence,
            "previous_hash": self.previous_hash,
            "considered": [each.packed() for each in self.considered] or None,
            "quests": [pack_quest(change) for change in self.quests] or None,
            "tier": self.tier and {"before": self.tier.before, "after": self.tier.after},
            "traits_held": list(self.traits_held) or None,
        }
        return {name: value for name, value in said.items() if value is not None}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "Posting":
        """Read a posting back, without what storage adds to it.

        Raises UnreadableRowError for a shape unknown to this release, and for a posting that is not
        the one that was written.
        """
        try:
            if attributes["schema_version"] not in READABLE_SCHEMA_VERSIONS:
                raise UnreadableRowError(f"posting schema {attributes['schema_version']}")
            said = {name: value for name, value in attributes.items() if name not in _PLACES}
            if content_hash(said) != attributes["content_hash"]:
                raise UnreadableRowError("posting: its content_hash is another content's")
            tier = attributes.get("tier")
            return cls(
                network_id=attributes["network_id"],
                membership=MembershipRef(
                    attributes["program_id"], attributes["program_membership_id"]
                ),
                activity_id=attributes["activity_id"],
                activity_type_id=attributes["activity_type_id"],
                activity_hash=attributes["activity_hash"],
                occurred_at=from_text(attributes["occurred_at"]),
                recorded_at=from_text(attributes["recorded_at"]),
                posted_at=from_text(attributes["posted_at"]),
                program_version=int(attributes["program_version"]),
                outcome=Outcome(attributes["outcome"]),
                reason=attributes.get("reason"),
                lines=tuple(map(unpack_line, attributes["lines"])),
                points=attributes["points"],
                balance_after=attributes["balance_after"],
                sequence=int(attributes["sequence"]),
                previous_hash=attributes["previous_hash"],
                considered=tuple(map(Considered.unpacked, attributes.get("considered", ()))),
                quests=tuple(map(unpack_quest, attributes.get("quests", ()))),
                tier=TierChange(tier["before"], tier["after"]) if tier else None,
                traits_held=tuple(map(int, attributes.get("traits_held", ()))),
                stored_hash=attributes["content_hash"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableRowError(f"posting: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Balance:
    """The projection of a membership's postings; a membership without any has the defaults.

    `sequence` is that of the last posting and guards the next one: a write expects it unchanged.
    """

    state: MembershipState = field(default_factory=MembershipState)
    sequence: int = 0
    last_posting_hash: str = ""
    last_activity: LastActivity | None = None

    def to_attributes(self, network_id: str, membership: MembershipRef) -> dict[str, Any]:
        """The balance as plain attributes."""
        attributes: dict[str, Any] = {
            "schema_version": BALANCE_SCHEMA_VERSION,
            "network_id": network_id,
            "program_id": membership.program_id,
            "program_membership_id": membership.program_membership_id,
            **self.state.to_attributes(),
            "sequence": self.sequence,
            "last_posting_hash": self.last_posting_hash,
        }
        if self.last_activity is not None:
            attributes["last_activity"] = {
                "activity_id": self.last_activity.activity_id,
                "activity_type_id": self.last_activity.activity_type_id,
                "occurred_at": to_text(self.last_activity.occurred_at),
                "recorded_at": to_text(self.last_activity.recorded_at),
            }
        return attributes

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "Balance":
        """Read a balance back; raises UnreadableRowError for a shape that this release does not
        know.
        """
        try:
            if attributes["schema_version"] not in READABLE_SCHEMA_VERSIONS:
                raise UnreadableRowError(f"balance schema {attributes['schema_version']}")
            last = attributes.get("last_activity")
            return cls(
                state=MembershipState.from_attributes(attributes),
                sequence=int(attributes["sequence"]),
                last_posting_hash=attributes["last_posting_hash"],
                last_activity=LastActivity(
                    last["activity_id"],
                    last["activity_type_id"],
                    from_text(last["occurred_at"]),
                    from_text(last["recorded_at"]),
                )
                if last
                else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableRowError(f"balance: {error!r}") from error


def post(  # noqa: PLR0913 - a posting is made of these, and each is named where it is called
    *,
    activity: Activity,
    membership: MembershipRef,
    decision: Decision,
    program_version: int,
    balance: Balance,
    posted_at: datetime,
) -> tuple[Posting, Balance]:
    """The posting that follows `balance`, and the balance that follows the posting."""
    posting = Posting(
        network_id=activity.network_id,
        membership=membership,
        activity_id=activity.activity_id,
        activity_type_id=activity.activity_type_id,
        activity_hash=activity.content_hash,
        occurred_at=activity.occurred_at,
        recorded_at=activity.recorded_at,
        posted_at=posted_at,
        program_version=program_version,
        outcome=decision.outcome,
        reason=decision.reason,
        lines=decision.lines,
        points=decision.points,
        balance_after=decision.after.points,
        sequence=balance.sequence + 1,
        previous_hash=balance.last_posting_hash,
        considered=decision.considered,
        quests=decision.quests,
        tier=decision.tier,
        traits_held=decision.traits_held,
    )
    return posting, Balance(
        state=decision.after,
        sequence=posting.sequence,
        last_posting_hash=posting.content_hash,
        last_activity=LastActivity(
            activity.activity_id,
            activity.activity_type_id,
            activity.occurred_at,
            activity.recorded_at,
        ),
    )


@dataclass(frozen=True, slots=True)
class SettledOutcome:
    """What became of an activity that nothing is posted for."""

    network_id: str
    activity_id: str
    activity_hash: str
    outcome: Outcome
    recorded_at: datetime
    settled_at: datetime

    def to_attributes(self) -> dict[str, Any]:
        """The outcome as plain attributes."""
        said = {
            "schema_version": OUTCOME_SCHEMA_VERSION,
            "network_id": self.network_id,
            "activity_id": self.activity_id,
            "activity_hash": self.activity_hash,
            "outcome": self.outcome.value,
            "recorded_at": to_text(self.recorded_at),
            "settled_at": to_text(self.settled_at),
        }
        return {**said, "content_hash": content_hash(said)}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "SettledOutcome":
        """Read an outcome back; raises UnreadableRowError as for a posting."""
        try:
            if attributes["schema_version"] != OUTCOME_SCHEMA_VERSION:
                raise UnreadableRowError(f"outcome schema {attributes['schema_version']}")
            said = {name: value for name, value in attributes.items() if name not in _PLACES}
            if content_hash(said) != attributes["content_hash"]:
                raise UnreadableRowError("outcome: its content_hash is another content's")
            return cls(
                network_id=attributes["network_id"],
                activity_id=attributes["activity_id"],
                activity_hash=attributes["activity_hash"],
                outcome=Outcome(attributes["outcome"]),
                recorded_at=from_text(attributes["recorded_at"]),
                settled_at=from_text(attributes["settled_at"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableRowError(f"outcome: {error!r}") from error
