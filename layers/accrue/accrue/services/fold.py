"""Fold rows into a membership's balance: what fell due by then comes first.

Whoever acts on a membership posts what was due, so nothing is decided on points that have expired,
whether or not a schedule ran. The row about it is written once: it goes into the same transaction
as its posting and the balance, which expects the sequence that was decided on.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from accrue.domain.activity import Activity, FrontDoor, Kind, MembershipRef, Participant
from accrue.domain.balance import Balance, Entry, post
from accrue.domain.concerned import concerned_memberships, participant_with
from accrue.domain.decide import decide
from accrue.domain.deciding.due import next_due_at
from accrue.domain.deciding.tiers import brought_up_to
from accrue.domain.deciding.traits import traits_held
from accrue.domain.decision import Decision, Facts, Refusal
from accrue.domain.ids import id_of_due
from accrue.domain.payload_forms import NO_PAYLOAD_FORM
from accrue.domain.program.days import day_of
from accrue.domain.program.program import ProgramVersion
from accrue.domain.roles import MEMBER_ROLE
from accrue.domain.timestamps import to_text
from accrue.domain.undone import Undone
from accrue.services.ports import OriginalReader, VersionReader

type TraitsFinder = Callable[[], Mapping[str, str]]


class RefusedRowError(Exception):
    """What a row asks for can't be done with what is there: nothing of it is to be written.

    `balance` is what it was decided on, with what was due by then.
    """

    def __init__(self, refusal: Refusal, balance: Balance, version: ProgramVersion) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.balance = balance
        self.version = version


class OriginalNotPostedError(Exception):
    """A reversal can't be decided before what it undoes."""


def version_named_by(
    row: Activity, membership: MembershipRef, versions: VersionReader
) -> ProgramVersion | None:
    """The version that a replay is to be decided by; other rows name none."""
    number = row.program_versions.get(membership.program_id)
    if number is None:
        return None
    version = versions.find_program_version(row.network_id, membership.program_id, number)
    assert version is not None, "versions stay for ever"
    return version


@dataclass(frozen=True, slots=True)
class Folder:
    """Folds at `now`. `originals` are needed for reversals alone."""

    catalog: VersionReader
    now: datetime
    originals: OriginalReader | None = None

    def fold(
        self,
        row: Activity,
        membership: MembershipRef,
        balance: Balance,
        find_traits: TraitsFinder,
    ) -> list[Entry]:
        """The row's posting, with what fell due before it and because of it.

        Raises RefusedRowError.
        """
        in_force = self.catalog.program_version_at(
            row.network_id, membership.program_id, row.decided_as_of
        )
        version = version_named_by(row, membership, self.catalog) or in_force
        # Whatever a row wants to be decided by: what time does, the version in force says.
        before = list(self._due(row, membership, balance, in_force))
        balance = before[-1].balance if before else balance
        facts = _facts(row, membership, version, find_traits)
        if row.kind is Kind.REVERSAL:
            facts = replace(facts, undone=self._undone(row, membership))
        decision = decide(row, facts, balance.state, version)
        if decision.refusal:
            raise RefusedRowError(decision.refusal, balance, version)
        entry = self._entry(row, membership, decision, version, balance)
        after = entry.balance
        if after.due_at is None or after.due_at > row.decided_as_of:
            return [*before, entry]
        # What is earned too late, or released too late, is past its last day as it comes.
        return [*before, entry, *self._due(row, membership, after, in_force)]

    def bring_up(self, occasion: "Occasion", balance: Balance) -> list[Entry]:
        """What fell due up to the occasion; nothing if nothing did."""
        version = self.catalog.program_version_at(
            occasion.network_id, occasion.membership.program_id, occasion.moment
        )
        return list(self._fallen_due(occasion, balance, version))

    def due_at_anew(self, occasion: "Occasion", balance: Balance) -> Balance:
        """The balance with what its `due_at` is by the version of the occasion, of which nothing is
        due.
        """
        version = self.catalog.program_version_at(
            occasion.network_id, occasion.membership.program_id, occasion.moment
        )
        today = day_of(occasion.moment, version.program.zone)
        state = brought_up_to(today, balance.state, version.program)
        return replace(balance, due_at=next_due_at(state, version.program))

    def _undone(self, row: Activity, membership: MembershipRef) -> Undone:
        assert self.originals is not None, "nothing is reversed without the originals at hand"
        original = self.originals.find_original(row, membership)
        if original is None:
            raise OriginalNotPostedError(row.of)
        activity, posting = original
        version = self.catalog.find_program_version(
            row.network_id, membership.program_id, posting.program_version
        )
        assert version is not None, "versions stay for ever"
        return Undone(activity, posting, version.program)

    def _due(
        self, row: Activity, membership: MembershipRef, balance: Balance, version: ProgramVersion
    ) -> Iterator[Entry]:
        due_at = next_due_at(balance.state, version.program)
        if row.kind is Kind.DUE or due_at is None or due_at > row.recorded_at:
            return
        user_id = participant_with(row, membership).user_id
        occasion = Occasion(row.network_id, membership, user_id, row.recorded_at, row.request_id)
        yield from self._fallen_due(occasion, balance, version)

    def _fallen_due(
        self, occasion: "Occasion", balance: Balance, version: ProgramVersion
    ) -> Iterator[Entry]:
        due_at = next_due_at(balance.state, version.program)
        if due_at is None or due_at > occasion.moment:
            return
        row = occasion.due_row(due_at, balance, self.now)
        decision = decide(row, Facts((MEMBER_ROLE,)), balance.state, version)
        assert decision.refusal is None, "what time does can't be refused"
        if not _says_anything(decision):
            return
        entry = self._entry(row, occasion.membership, decision, version, balance)
        yield Entry(entry.posting, entry.balance, row)

    def _entry(
        self,
        row: Activity,
        membership: MembershipRef,
        decision: Decision,
        version: ProgramVersion,
        balance: Balance,
    ) -> Entry:
        posting, after = post(
            activity=row,
            membership=membership,
            decision=decision,
            version=version,
            balance=balance,
            # A sandbox's clock is ahead of ours, and a server's may be a little behind another's.
            posted_at=max(self.now, row.recorded_at),
        )
        return Entry(posting, after)


@dataclass(frozen=True, slots=True)
class Occasion:
    """When somebody acts on a membership, and for which request."""

    network_id: str
    membership: MembershipRef
    user_id: str
    moment: datetime
    request_id: str

    def due_row(self, due_at: datetime, balance: Balance, now: datetime) -> Activity:
        """The row that says what fell due from `due_at` to the moment, posted after `balance`."""
        return Activity(
            network_id=self.network_id,
            activity_id=id_of_due(
                self.network_id,
                self.membership.program_membership_id,
                balance.sequence + 1,
                to_text(now),
            ),
            kind=Kind.DUE,
            front_door=FrontDoor.CLOCK,
            activity_type_id=Kind.DUE.value,
            amount=Decimal(0),
            participants=(Participant(MEMBER_ROLE, self.user_id, (self.membership,)),),
            occurred_at=due_at,
            # Not that of what it is posted with: whoever reads the ledger in this order must not
            # find that something was put in behind him.
            recorded_at=max(now, self.moment),
            as_of=self.moment,
            request_id=self.request_id,
            invocation_id=self.request_id,
            key_id="",
            payload_form=NO_PAYLOAD_FORM,
            payload_hash="",
        )


def _says_anything(decision: Decision) -> bool:
    """Not if a tier was reached and lost again before anybody looked: whoever looks sees that."""
    return bool(decision.lines or decision.matured or decision.holds or decision.tier)


def _facts(
    row: Activity, membership: MembershipRef, version: ProgramVersion, find_traits: TraitsFinder
) -> Facts:
    standing = participant_with(row, membership).standing
    # Read only for programs that ask, about activities, and of users who may earn something.
    asks = bool(version.program.trait_conditions) and row.kind.earns_by_rules
    traits = find_traits() if asks and standing.why_nothing is None else {}
    return Facts(
        roles=concerned_memberships(row)[membership],
        traits_held=traits_held(version.program, traits),
        standing=standing,
    )
