"""Balances: what a membership's postings come to.

A balance is the projection of the postings and can be rebuilt from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.decision import Decision
from accrue.domain.errors import UnreadableRowError
from accrue.domain.membership_state import MembershipState
from accrue.domain.posting import Posting
from accrue.domain.timestamps import from_text, to_text

# Its own, apart from the postings': a new form of balance must not make those unreadable. Of 2,
# balances have quests, counters and a tier; what those of 1 have is said in the same way.
BALANCE_SCHEMA_VERSION = 2
READABLE_SCHEMA_VERSIONS = frozenset({1, 2})


@dataclass(frozen=True, slots=True)
class LastActivity:
    """The membership's most recently applied activity."""

    activity_id: str
    activity_type_id: str
    occurred_at: datetime
    recorded_at: datetime


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
