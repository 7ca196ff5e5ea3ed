"""Decide a membership's past once more under a candidate, beside what was posted.

Up to the period its rows are decided as they were. From there on it has two balances: as it was
paid, and as it would have been. What fell due falls due for each by itself; orders happen as they
did, as far as the points are there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accrue.domain.activity import Activity, Kind, MembershipRef
from accrue.domain.balance import Balance, Entry
from accrue.domain.concerned import participant_with
from accrue.domain.decision import Refusal
from accrue.domain.errors import UnreadableRowError
from accrue.domain.history import position_of
from accrue.domain.ids import id_of_reversal_marker
from accrue.domain.jobs.backtest_figures import Figures, Side
from accrue.domain.jobs.candidate import Candidate
from accrue.domain.jobs.chain_audit import readable
from accrue.domain.jobs.job import Attributes, Job
from accrue.domain.posting import Posting
from accrue.domain.program.conditions import TraitCondition
from accrue.domain.program.program import ProgramVersion
from accrue.domain.stored_posting import StoredPosting
from accrue.domain.timestamps import to_text
from accrue.domain.undone import Undone
from accrue.services.audit_membership import Budget, Originals, find_originals
from accrue.services.fold import Folder, Occasion, RefusedRowError
from accrue.services.job_ports import JobScratch
from accrue.services.ports import VersionReader
from accrue.services.refold import Decided, held_at, refold
from accrue.services.walk_chain import BEGINNING, ChainPlace, ChainReader, ChainWalk

CHUNK = 50
# What falls due at the end of the period is not in it.
_INSTANT = timedelta(microseconds=1)
_BEHIND = "~"
# For whom, and for which request, what falls due is only supposed to.
_NOBODY = ""


class UnfoldableError(Exception):
    """The membership's past can't be decided again; the message says why."""


@dataclass(frozen=True, slots=True)
class CandidateVersions:
    """The versions of a network as if the candidate had been in force in its period."""

    versions: VersionReader
    candidate: Candidate

    def program_version_at(
        self, network_id: str, program_id: str, moment: datetime
    ) -> ProgramVersion:
        """The version in force at a moment."""
        if self.candidate.period.contains(moment):
            return self.candidate.version
        return self.versions.program_version_at(network_id, program_id, moment)

    def find_program_version(
        self, network_id: str, program_id: str, version: int
    ) -> ProgramVersion | None:
        """The version of this number, the candidate's among them."""
        if version == self.candidate.version.version:
            return self.candidate.version
        return self.versions.find_program_version(network_id, program_id, version)


@dataclass(slots=True)
class BacktestedMembership:
    """A membership on its way through its past.

    `supposed` is its balance under the candidate, None before the period; `began_at` is the first
    sequence of the period. `until` is the last posting that there was when it was begun.
    `answered` are positions of the candidate's questions about the person, answered as of now.
    """

    membership: MembershipRef
    until: int
    answered: tuple[int, ...] = ()
    paid: Balance = field(default_factory=Balance)
    supposed: Balance | None = None
    began_at: int = 0
    figures: Figures = field(default_factory=Figures)
    counts: dict[str, int] = field(default_factory=dict)
    place: ChainPlace | None = BEGINNING

    def count(self, name: str) -> None:
        """Count one more."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def to_attributes(self, network_id: str) -> dict[str, Any]:
        """As plain attributes, while it is not done."""
        assert self.place is not None
        balances = {"paid": self.paid, "supposed": self.supposed}
        return {
            "program_id": self.membership.program_id,
            "program_membership_id": self.membership.program_membership_id,
            "until": self.until,
            "answered": list(self.answered),
            "began_at": self.began_at,
            "figures": self.figures.to_report(),
            "counts": self.counts,
            "place": self.place.to_attributes(),
            **{
                name: balance.to_attributes(network_id, self.membership)
                for name, balance in balances.items()
                if balance is not None
            },
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "BacktestedMembership":
        """Read back."""
        supposed = attributes.get("supposed")
        return cls(
            MembershipRef(attributes["program_id"], attributes["program_membership_id"]),
            int(attributes["until"]),
            tuple(map(int, attributes["answered"])),
            Balance.from_attributes(attributes["paid"]),
            Balance.from_attributes(supposed) if supposed else None,
            int(attributes["began_at"]),
            Figures.from_report(attributes["figures"]),
            {name: int(count) for name, count in attributes["counts"].items()},
            ChainPlace.from_attributes(attributes["place"]),
        )


@dataclass
class MembershipBacktester:
    """Goes along memberships of the job's network. One step of a job has one of its own."""

    chains: ChainReader
    versions: VersionReader
    scratch: JobScratch
    job: Job
    candidate: Candidate
    # Under the candidate, by activity: of the membership that it is at.
    made: dict[str, Posting] = field(default_factory=dict)

    def begin(
        self, membership: MembershipRef, answered_now: frozenset[TraitCondition]
    ) -> BacktestedMembership:
        """A membership at its beginning."""
        until = self._stored_sequence(membership)
        asked = self.candidate.version.program.trait_conditions
        answered = tuple(i for i, each in enumerate(asked) if each in answered_now)
        self.made.clear()
        return BacktestedMembership(membership, until, answered)

    def go_on(self, tested: BacktestedMembership, budget: Budget) -> None:
        """As far as the budget goes, by some postings at least; raises UnfoldableError."""
        assert tested.place is not None
        walk = ChainWalk(self.chains, self.job.network_id, tested.membership, tested.place)
        end = to_text(self.candidate.period.until)
        while True:
            chunk = walk.next_postings(CHUNK, tested.until, before=end)
            if not chunk:
                if walk.is_left_behind(tested.until, end):
                    self._ensure_moved(tested)
                self._end(tested)
                tested.place = None
                return
            originals = find_originals(self.chains, self.job.network_id, tested.membership, chunk)
            for stored in chunk:
                self._fold(stored, tested, originals)
            budget.postings -= len(chunk)
            if budget.is_used_up:
                tested.place = walk.leave()
                self._keep_what_is_reversed(tested)
                return

    def _stored_sequence(self, membership: MembershipRef) -> int:
        stored = self.chains.find_balance_attributes(self.job.network_id, membership)
        try:
            return 0 if stored is None else int(stored["sequence"])
        except (ArithmeticError, KeyError, TypeError, ValueError):
            raise UnfoldableError("the balance can't be read") from None

    def _ensure_moved(self, tested: BacktestedMembership) -> None:
        """What was posted meanwhile is left out; what no balance knows of is not."""
        if self._stored_sequence(tested.membership) <= tested.until:
            raise UnfoldableError(
                "there are postings behind its balance, which was lost or set back"
            )

    def _fold(
        self, stored: StoredPosting, tested: BacktestedMembership, originals: Originals
    ) -> None:
        try:
            row = stored.row()
        except UnreadableRowError as error:
            raise UnfoldableError(f"posting {stored.sequence}: {error}") from None
        posting = readable(stored.attributes)
        if posting is None:
            raise UnfoldableError(f"posting {stored.sequence} can't be read")
        if stored.position != position_of(row):
            raise UnfoldableError(f"posting {stored.sequence} is not where its row puts it")
        version = self.versions.find_program_version(
            row.network_id, tested.membership.program_id, posting.program_version
        )
        if version is None or posting.sequence != tested.paid.sequence + 1:
            raise UnfoldableError(f"posting {posting.sequence} is not the one that follows")
        is_counted = self.candidate.period.contains(row.recorded_at)
        if is_counted and tested.supposed is None:
            tested.supposed, tested.began_at = tested.paid, posting.sequence
        if tested.supposed is not None:
            entries = self._supposed(row, posting, version, tested, originals)
            if entries:
                tested.supposed = entries[-1].balance
            for entry in entries if is_counted else ():
                tested.figures.add_posting(Side.CANDIDATE, entry.posting)
        if is_counted:
            tested.figures.add_posting(Side.PAID, posting)
            tested.count("postings")
        self._fold_as_paid(row, posting, version, tested, originals)

    def _fold_as_paid(
        self,
        row: Activity,
        posting: Posting,
        version: ProgramVersion,
        tested: BacktestedMembership,
        originals: Originals,
    ) -> None:
        held = held_at(posting.traits_held, version.program)
        known = Decided(posting.posted_at, version, held, is_damaged=bool(posting.points))
        if row.kind is Kind.REVERSAL:
            original, of = self._original(row, originals)
            known = replace(known, undone=self._undone(original, of, self.versions, tested))
        try:
            entry = refold(row, tested.membership, tested.paid, known)
        except RefusedRowError as refused:
            raise UnfoldableError(
                f"posting {posting.sequence} would be refused: {refused.refusal.value}"
            ) from None
        if entry.posting.lines != posting.lines:
            tested.count("differing_postings")
        tested.paid = entry.balance

    def _supposed(
        self,
        row: Activity,
        posting: Posting,
        version: ProgramVersion,
        tested: BacktestedMembership,
        originals: Originals,
    ) -> list[Entry]:
        """What would have been posted for a row, with what would have fallen due before it."""
        balance = tested.supposed
        assert balance is not None
        entries: list[Entry] = []
        if row.kind is not Kind.DUE:
            entries = self._fallen_due(row.recorded_at, tested.membership, balance, row)
            balance = entries[-1].balance if entries else balance
        known = self._known(row, posting, version, tested)
        if row.kind is Kind.REVERSAL:
            undone = self._supposed_original(row, tested, originals)
            if undone is None:
                tested.count("orders_left_out")
                return entries
            known = replace(known, undone=undone)
        try:
            entry = refold(row, tested.membership, balance, known)
        except RefusedRowError as refused:
            _count_refused(row, refused.refusal, tested)
            return entries
        if row.kind is not Kind.DUE:
            self.made[row.activity_id] = entry.posting
        return [*entries, entry]

    def _known(
        self,
        row: Activity,
        posting: Posting,
        version: ProgramVersion,
        tested: BacktestedMembership,
    ) -> Decided:
        in_force = self.versions.program_version_at(
            row.network_id, tested.membership.program_id, row.decided_as_of
        )
        if not self.candidate.decides(row, version, in_force):
            held = held_at(posting.traits_held, version.program)
            return Decided(posting.posted_at, version, held, is_damaged=bool(posting.points))
        answered = held_at(tested.answered, self.candidate.version.program)
        held = self.candidate.traits_held(posting, version.program, answered)
        is_damaged = bool(posting.points)
        return Decided(posting.posted_at, self.candidate.version, held, is_damaged=is_damaged)

    def _fallen_due(
        self, moment: datetime, membership: MembershipRef, balance: Balance, row: Activity | None
    ) -> list[Entry]:
        user_id = _NOBODY if row is None else participant_with(row, membership).user_id
        occasion = Occasion(self.job.network_id, membership, user_id, moment, self.job.request_id)
        versions = CandidateVersions(self.versions, self.candidate)
        return Folder(versions, moment).bring_up(occasion, balance)

    def _original(self, row: Activity, originals: Originals) -> tuple[Activity, Posting]:
        original, posting = originals.get(row.of or "", (None, None))
        if original is not None and posting is not None:
            return original, posting
        raise UnfoldableError(f"{row.of}, which was reversed, can't be read")

    def _undone(
        self,
        original: Activity,
        posting: Posting,
        versions: VersionReader,
        tested: BacktestedMembership,
    ) -> Undone:
        version = versions.find_program_version(
            original.network_id, tested.membership.program_id, posting.program_version
        )
        if version is None:
            raise UnfoldableError(f"{original.activity_id} was decided by no version that there is")
        return Undone(original, posting, version.program)

    def _supposed_original(
        self, row: Activity, tested: BacktestedMembership, originals: Originals
    ) -> Undone | None:
        """What a reversal would have undone; None if that would not have been there."""
        original, posting = self._original(row, originals)
        if posting.sequence < tested.began_at:
            return self._undone(original, posting, self.versions, tested)
        made = self.made.get(original.activity_id) or self._kept(original.activity_id, tested)
        if made is None:
            return None
        versions = CandidateVersions(self.versions, self.candidate)
        return self._undone(original, made, versions, tested)

    def _kept(self, activity_id: str, tested: BacktestedMembership) -> Posting | None:
        key = self._key(activity_id, tested)
        found = self.scratch.find_last_before(self.job, "made", key, _BEHIND)
        return None if found is None else Posting.from_attributes(found)

    def _key(self, activity_id: str, tested: BacktestedMembership) -> str:
        """All that a posting under the candidate hangs on beside what never changes: so what is
        kept is the same, whoever keeps it.
        """
        answered = ".".join(map(str, tested.answered))
        # The end of an id is in it: one may be the beginning of another.
        return f"{tested.membership.program_membership_id}#{answered}#{activity_id}#"

    def _keep_what_is_reversed(self, tested: BacktestedMembership) -> None:
        """Those of the step's postings that a reversal speaks of, which comes in a later step."""
        network_id = self.job.network_id
        markers = {
            id_of_reversal_marker(network_id, activity_id, 1): activity_id
            for activity_id in self.made
        }
        there = self.chains.find_row_attributes(network_id, list(markers))
        kept = (markers[marker] for marker in there)
        things = {self._key(each, tested): self.made[each].to_attributes() for each in kept}
        if things:
            self.scratch.put_all(self.job, "made", things)

    def _end(self, tested: BacktestedMembership) -> None:
        """What fell due by the end of the period, for both, and what is outstanding then."""
        moment = self.candidate.period.until - _INSTANT
        membership = tested.membership
        user = Occasion(self.job.network_id, membership, _NOBODY, moment, self.job.request_id)
        paid = Folder(self.versions, moment).bring_up(user, tested.paid)
        supposed_before = tested.supposed or tested.paid
        supposed = self._fallen_due(moment, membership, supposed_before, None)
        for side, entries, before in (
            (Side.PAID, paid, tested.paid),
            (Side.CANDIDATE, supposed, supposed_before),
        ):
            for entry in entries:
                tested.figures.add_posting(side, entry.posting)
            after = entries[-1].balance if entries else before
            tested.figures.add_liability(side, after.state)


def _count_refused(row: Activity, refusal: Refusal, tested: BacktestedMembership) -> None:
    if refusal is Refusal.HOLD_CLOSED:
        # The hold was refused itself.
        tested.count("orders_left_out")
        return
    tested.count("orders_refused")
    tested.figures.add(Side.CANDIDATE, "points", "refused", row.amount.copy_abs())


def earned_by(tested: BacktestedMembership) -> Mapping[Side, Decimal]:
    """What the membership earned in the period, on both sides."""
    return {side: tested.figures.of(side, "points", "earned") for side in Side}
