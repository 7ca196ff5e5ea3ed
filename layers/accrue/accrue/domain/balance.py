"""Balances: what a membership's postings come to.

A balance is the projection of the postings and can be rebuilt from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from accrue.domain.activity import Activity, Kind, MembershipRef
from accrue.domain.deciding.due import next_due_at
from accrue.domain.decision import Decision
from accrue.domain.errors import WRONG_SHAPE, UnreadableRowError
from accrue.domain.membership_state import MembershipState
from accrue.domain.posting import Posting
from accrue.domain.program.program import ProgramVersion
from accrue.domain.stored_purse import is_plain
from accrue.domain.timestamps import from_text, to_text

# Its own, apart from the postings': a new form of balance must not make those unreadable. Of 2,
# balances have quests, counters and a tier; what those of 1 have is said in the same way.
# Of 3, points are in lots; where that goes without saying, a balance is written as 2, which a
# release before this one reads.
BALANCE_SCHEMA_VERSION = 3
PLAIN_SCHEMA_VERSION = 2
READABLE_SCHEMA_VERSIONS = frozenset({1, 2, 3})


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
    `due_at` is when something happens to it by itself, as the newest version saw it that looked.
    """

    state: MembershipState = field(default_factory=MembershipState)
    sequence: int = 0
    last_posting_hash: str = ""
    last_activity: LastActivity | None = None
    due_at: datetime | None = None

    def to_attributes(self, network_id: str, membership: MembershipRef) -> dict[str, Any]:
        """The balance as plain attributes."""
        attributes: dict[str, Any] = {
            "schema_version": PLAIN_SCHEMA_VERSION
            if is_plain(self.state.purse)
            else BALANCE_SCHEMA_VERSION,
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
        if self.due_at is not None:
            attributes["due_at"] = to_text(self.due_at)
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
            due_at = attributes.get("due_at")
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
                due_at=from_text(due_at) if due_at else None,
            )
        except WRONG_SHAPE as error:
            raise UnreadableRowError(f"balance: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting, the balance after it, and the ledger row that is written together with it, if the
    row is not in the ledger already.
    """

    posting: Posting
    balance: Balance
    row: Activity | None = None


def with_row(entries: Sequence[Entry], row: Activity) -> list[Entry]:
    """The entries, of which the one of this row brings it along."""
    return [
        replace(entry, row=row) if entry.posting.activity_id == row.activity_id else entry
        for entry in entries
    ]


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """What is written about one membership, if its balance is still at `expected_sequence`: entries
    one after the other.
    """

    entries: Sequence[Entry]
    expected_sequence: int


def post(  # noqa: PLR0913 - a posting is made of these, and each is named where it is called
    *,
    activity: Activity,
    membership: MembershipRef,
    decision: Decision,
    version: ProgramVersion,
    balance: Balance,
    posted_at: datetime,
) -> tuple[Posting, Balance]:
    """The posting that follows `balance`, and the balance that follows the posting."""
    zone = version.program.zone
    purse_then, _ = decision.after.purse.brought_up_to(activity.decided_as_of, zone)
    posting = Posting(
        network_id=activity.network_id,
        membership=membership,
        activity_id=activity.activity_id,
        activity_type_id=activity.activity_type_id,
        activity_hash=activity.content_hash,
        occurred_at=activity.occurred_at,
        recorded_at=activity.recorded_at,
        posted_at=posted_at,
        program_version=version.version,
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
        kind=activity.kind,
        lots=decision.lots,
        holds=decision.holds,
        matured=decision.matured,
        available_after=purse_then.available,
        debt_after=purse_then.debt,
        of=activity.of if activity.kind is Kind.REVERSAL else None,
    )
    return posting, Balance(
        state=decision.after,
        sequence=posting.sequence,
        last_posting_hash=posting.content_hash,
        last_activity=_last_activity(activity, balance),
        due_at=_due_at(activity, decision, version, balance),
    )


def _due_at(
    activity: Activity, decision: Decision, version: ProgramVersion, before: Balance
) -> datetime | None:
    due_at = next_due_at(decision.after, version.program)
    seen = before.due_at
    if version.version >= decision.after.program_version or seen is None:
        return due_at
    if seen <= activity.decided_as_of:
        return due_at
    # A newer version has decided already: what it saw coming still comes.
    return min(due_at, seen) if due_at else seen


def _last_activity(activity: Activity, balance: Balance) -> LastActivity | None:
    """What somebody did last; what time does, or an admin, is no activity."""
    if not activity.kind.earns_by_rules:
        return balance.last_activity
    return LastActivity(
        activity.activity_id,
        activity.activity_type_id,
        activity.occurred_at,
        activity.recorded_at,
    )
