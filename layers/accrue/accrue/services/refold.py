"""Decide a row again as it was decided, from what it and its posting say."""

from dataclasses import dataclass
from datetime import datetime

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance import Balance, Entry, post
from accrue.domain.concerned import concerned_memberships, participant_with
from accrue.domain.decide import decide
from accrue.domain.decision import Facts
from accrue.domain.program.conditions import TraitCondition
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.undone import Undone
from accrue.services.fold import RefusedRowError, version_named_by
from accrue.services.ports import VersionReader


@dataclass(frozen=True, slots=True)
class Decided:
    """What is known of the deciding of a row: when it was posted, by which version, and which of
    its questions about the person were answered with yes; for a reversal, what it undoes; for a
    repair, whether what it makes up for is there.
    """

    posted_at: datetime
    version: ProgramVersion
    traits_held: frozenset[TraitCondition] = frozenset()
    undone: Undone | None = None
    is_damaged: bool = False


def refold(row: Activity, membership: MembershipRef, balance: Balance, known: Decided) -> Entry:
    """The row's posting on the balance, and the balance after it; nothing else falls due.

    Raises RefusedRowError.
    """
    facts = Facts(
        roles=concerned_memberships(row)[membership],
        traits_held=known.traits_held,
        standing=participant_with(row, membership).standing,
        undone=known.undone,
        is_damaged=known.is_damaged,
    )
    decision = decide(row, facts, balance.state, known.version)
    if decision.refusal:
        raise RefusedRowError(decision.refusal, balance, known.version)
    posting, after = post(
        activity=row,
        membership=membership,
        decision=decision,
        version=known.version,
        balance=balance,
        posted_at=known.posted_at,
    )
    return Entry(posting, after)


def version_deciding(
    row: Activity, membership: MembershipRef, versions: VersionReader
) -> ProgramVersion:
    """The version by which a row is decided, whatever its posting says; raises
    NoVersionInForceError.
    """
    if named := version_named_by(row, membership, versions):
        return named
    return versions.program_version_at(row.network_id, membership.program_id, row.decided_as_of)


def held_at(positions: tuple[int, ...], program: Program) -> frozenset[TraitCondition]:
    """The program's questions at these positions, as postings keep them."""
    asked = program.trait_conditions
    return frozenset(asked[each] for each in positions if each < len(asked))
