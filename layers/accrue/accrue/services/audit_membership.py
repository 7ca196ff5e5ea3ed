"""Hold a membership's postings and balance against what its rows come to.

Somebody may be posting meanwhile: the balance is read first, and the walk goes as far as that was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accrue.domain.activity import Activity, Kind, MembershipRef
from accrue.domain.concerned import concerned_memberships
from accrue.domain.errors import NoVersionInForceError, UnreadableRowError
from accrue.domain.history import position_of
from accrue.domain.jobs.chain_audit import (
    ChainAudit,
    PinnedBalance,
    readable,
    said_moment,
    said_positions,
)
from accrue.domain.jobs.findings import finding
from accrue.domain.jobs.job import Attributes
from accrue.domain.posting import Posting
from accrue.domain.stored_posting import StoredPosting
from accrue.domain.undone import Undone
from accrue.services.fold import RefusedRowError
from accrue.services.ports import VersionReader
from accrue.services.refold import Decided, held_at, refold, version_deciding
from accrue.services.walk_chain import BEGINNING, ChainPlace, ChainReader, ChainWalk

# Read at once, so that little is read in vain.
CHUNK = 50

type Originals = Mapping[str, tuple[Activity, Posting | None]]


@dataclass
class Budget:
    """How much more may be done in a step."""

    has_time: Callable[[], bool]
    postings: int

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.postings <= 0 or not self.has_time()


@dataclass(frozen=True, slots=True)
class AuditedMembership:
    """A membership's audit, and where it is to be taken up; None if it is done."""

    membership: MembershipRef
    audit: ChainAudit
    place: ChainPlace | None = BEGINNING

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to look at."""
        return self.place is None

    def to_attributes(self, network_id: str) -> dict[str, Any]:
        """As plain attributes, while it is not done."""
        assert self.place is not None
        return {
            "program_id": self.membership.program_id,
            "program_membership_id": self.membership.program_membership_id,
            "audit": self.audit.to_attributes(network_id, self.membership),
            "place": self.place.to_attributes(),
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "AuditedMembership":
        """Read back."""
        return cls(
            MembershipRef(attributes["program_id"], attributes["program_membership_id"]),
            ChainAudit.from_attributes(attributes["audit"]),
            ChainPlace.from_attributes(attributes["place"]),
        )


@dataclass(frozen=True, slots=True)
class MembershipAuditor:
    """Audits memberships of a network."""

    chains: ChainReader
    versions: VersionReader
    network_id: str

    def begin(self, membership: MembershipRef) -> AuditedMembership:
        """The audit of a membership as it is now."""
        return AuditedMembership(membership, ChainAudit(pinned=self._pinned(membership)))

    def go_on(self, audited: AuditedMembership, budget: Budget) -> AuditedMembership:
        """The audit as far as the budget goes, by some postings at least."""
        assert audited.place is not None
        membership, audit = audited.membership, audited.audit
        walk = ChainWalk(self.chains, self.network_id, membership, audited.place)
        while True:
            # As far as there are any, where nobody posts: the next posting is there already.
            until = None if audit.is_behind else audit.pinned.sequence
            chunk = walk.next_postings(CHUNK, until)
            if not chunk and until is not None and self._is_behind(walk, membership, until):
                audit = audit.found_behind()
                continue
            if not chunk:
                return replace(audited, audit=audit, place=None)
            audit = self._held_against(chunk, membership, audit)
            budget.postings -= len(chunk)
            if audit.because:
                return replace(audited, audit=audit, place=None)
            if budget.is_used_up:
                return replace(audited, audit=audit, place=walk.leave())

    def take_up(self, audited: AuditedMembership) -> AuditedMembership:
        """The audit of a membership that was posted to since it was done, from there on."""
        pinned = self._pinned(audited.membership)
        # From the beginning: what was posted meanwhile may have been recorded long ago.
        place = ChainPlace(audited.audit.sequence, is_anew=True)
        return replace(audited, audit=replace(audited.audit, pinned=pinned), place=place)

    def result(self, audited: AuditedMembership) -> ChainAudit:
        """What the audit came to that is done: its balance is held against the stored one."""
        audit, membership = audited.audit, audited.membership
        pinned = audit.pinned
        if audit.because:
            return audit
        if pinned.sequence is not None:
            audit = audit.up_to(pinned.sequence)
        if audit.is_the_balance(membership):
            return audit.added_up()
        stored = self.chains.find_balance_attributes(self.network_id, membership)
        has_moved = PinnedBalance.of(stored, membership).sequence != pinned.sequence
        return audit.compared_with_balance(membership, None if has_moved else stored)

    def _pinned(self, membership: MembershipRef) -> PinnedBalance:
        stored = self.chains.find_balance_attributes(self.network_id, membership)
        return PinnedBalance.of(stored, membership)

    def _is_behind(self, walk: ChainWalk, membership: MembershipRef, sequence: int) -> bool:
        """Whether there are postings behind the balance that did not come with a later one."""
        return walk.has_more() and self._pinned(membership).sequence == sequence

    def _held_against(
        self, chunk: Sequence[StoredPosting], membership: MembershipRef, audit: ChainAudit
    ) -> ChainAudit:
        originals = find_originals(self.chains, self.network_id, membership, chunk)
        for stored in chunk:
            audit = audit.beginning_at(stored)
            try:
                row = stored.row()
            except UnreadableRowError as error:
                return _broken(audit, stored, f"{error}")
            if membership not in concerned_memberships(row):
                return _broken(audit, stored, "it does not concern this membership")
            if stored.position != position_of(row):
                audit = audit.without(stored, position_of(row))
                continue
            audit = self._looked_at(stored, row, membership, audit, originals)
            if audit.because:
                return audit
        return audit

    def _looked_at(
        self,
        stored: StoredPosting,
        row: Activity,
        membership: MembershipRef,
        audit: ChainAudit,
        originals: Originals,
    ) -> ChainAudit:
        before = replace(audit.balance, last_posting_hash=audit.chained_to(stored))
        try:
            known = self._decided(stored, row, membership, audit, originals)
            entry = refold(row, membership, before, known)
        except NoVersionInForceError as error:
            return _broken(audit, stored, f"{error}")
        except _LostOriginalError:
            return _broken(audit, stored, "what it reverses can't be read, or has no posting")
        except RefusedRowError as refused:
            return _broken(audit, stored, f"it would be refused now: {refused.refusal.value}")
        audit = audit.with_state(entry.balance, stored, entry.posting)
        return audit.settled_by(row, stored, entry.posting) if row.is_repair else audit

    def _decided(
        self,
        stored: StoredPosting,
        row: Activity,
        membership: MembershipRef,
        audit: ChainAudit,
        originals: Originals,
    ) -> Decided:
        version = version_deciding(row, membership, self.versions)
        undone = None
        if row.kind is Kind.REVERSAL:
            undone = self._undone(row, membership, audit, originals)
        held = held_at(said_positions(stored.attributes), version.program)
        posted_at = said_moment(stored.attributes, row.recorded_at)
        # What it was made for, or it was applied anew.
        is_damaged = row.is_repair and audit.missing_points == row.amount
        return Decided(posted_at, version, held, undone, is_damaged)

    def _undone(
        self,
        row: Activity,
        membership: MembershipRef,
        audit: ChainAudit,
        originals: Originals,
    ) -> Undone:
        reverses = row.of or ""
        if reverses not in originals:
            raise _LostOriginalError
        original, posting = originals[reverses]
        if reverses in audit.recomputed:
            posting = Posting.from_attributes(audit.recomputed[reverses])
        if posting is None:
            raise _LostOriginalError
        version = self.versions.find_program_version(
            self.network_id, membership.program_id, posting.program_version
        )
        if version is None:
            raise _LostOriginalError
        return Undone(original, posting, version.program)


class _LostOriginalError(Exception):
    """A reversal whose original can't be read."""


def find_originals(
    chains: ChainReader, network_id: str, membership: MembershipRef, chunk: Sequence[StoredPosting]
) -> Originals:
    """What the chunk's reversals undo and its postings on the membership, by id, as far as they can
    be read.
    """
    said = (each.row_attributes or {} for each in chunk)
    reversals = (each for each in said if each.get("kind") == Kind.REVERSAL.value)
    ids = list(dict.fromkeys(str(each["of"]) for each in reversals if each.get("of")))
    rows = chains.find_row_attributes(network_id, ids) if ids else {}
    activities: dict[str, Activity] = {}
    for activity_id, attributes in rows.items():
        try:
            activities[activity_id] = Activity.from_attributes(attributes)
        except UnreadableRowError:
            continue
    positions = {activity_id: position_of(row) for activity_id, row in activities.items()}
    postings = (
        chains.find_postings_at(network_id, membership, list(positions.values()))
        if positions
        else {}
    )
    found = {activity_id: postings.get(place) for activity_id, place in positions.items()}
    return {
        activity_id: (row, readable(found[activity_id] or {}))
        for activity_id, row in activities.items()
    }


def _broken(audit: ChainAudit, stored: StoredPosting, because: str) -> ChainAudit:
    """The audit of a membership that can't be recomputed from here on."""
    message = f"The row can't be decided again, nor what follows it: {because}."
    found = finding("row", message, sequence=stored.sequence, activity_id=stored.activity_id)
    return replace(audit.found(found), because=because)
