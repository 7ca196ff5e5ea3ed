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
from accrue.domain.decide import Decision, MembershipPoints, PointLine
from accrue.domain.errors import UnreadableRowError
from accrue.domain.timestamps import from_text, to_text

# Each format has its own: a new form of balance must not make postings unreadable.
POSTING_SCHEMA_VERSION = 1
BALANCE_SCHEMA_VERSION = 1
OUTCOME_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class LastActivity:
    """The membership's most recently applied activity."""

    activity_id: str
    activity_type_id: str
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """The immutable result of one activity on one membership; `balance_after` includes it."""

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

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything the posting says, the previous posting's hash included."""
        return content_hash(self._said())

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
            "lines": [
                {
                    "rule_id": line.rule_id,
                    "role": line.role,
                    "points": line.points,
                    "reason": line.reason,
                }
                for line in self.lines
            ],
            "points": self.points,
            "balance_after": self.balance_after,
            "sequence": self.sequence,
            "previous_hash": self.previous_hash,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Balance:
    """The projection of a membership's postings; a membership without any has the defaults.

    `sequence` is that of the last posting and guards the next one: a write expects it unchanged.
    """

    figures: MembershipPoints = field(default_factory=MembershipPoints)
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
            "points": self.figures.points,
            "lifetime_points": self.figures.lifetime_points,
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
            if attributes["schema_version"] != BALANCE_SCHEMA_VERSION:
                raise UnreadableRowError(f"balance schema {attributes['schema_version']}")
            last = attributes.get("last_activity")
            return cls(
                figures=MembershipPoints(attributes["points"], attributes["lifetime_points"]),
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
    )
    return posting, Balance(
        figures=decision.after,
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
