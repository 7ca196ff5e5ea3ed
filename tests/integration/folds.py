"""Balances and postings, decided again from nothing."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import starmap

from accrue.domain.activity import Activity, Kind
from accrue.domain.balance import Balance, post
from accrue.domain.concerned import concerned_memberships
from accrue.domain.decide import decide
from accrue.domain.decision import Facts
from accrue.domain.posting import Posting
from accrue.domain.program.conditions import TraitCondition
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.undone import Undone
from accrue.storage.program_versions import program_version_from_attributes
from tests.integration.world import World

type Place = tuple[str, str]


def assert_folds(world: World) -> None:
    """Assert that deciding each membership's activities again, in the order of its postings, from
    an empty balance, gives exactly those postings and the balance that is stored.
    """
    versions = dict(starmap(_numbered, _program_versions(world)))
    activities = {
        (row["network_id"], row["activity_id"]): Activity.from_attributes(row)
        for row in world.rows("ledger")
        if not row["kind"].endswith("_marker")
    }
    balances = {
        (row["network_id"], row["program_membership_id"]): Balance.from_attributes(row)
        for row in world.rows("balance")
        if row["item_key"] == "BALANCE"
    }
    postings: dict[Place, list[Posting]] = defaultdict(list)
    for attributes in world.postings():
        posting = Posting.from_attributes(attributes)
        place = posting.network_id, posting.membership.program_membership_id
        postings[place].append(posting)
    for place, chain in postings.items():
        balance = Balance()
        by_activity = {posting.activity_id: posting for posting in chain}
        for stored in sorted(chain, key=lambda posting: posting.sequence):
            activity = activities[stored.network_id, stored.activity_id]
            version = versions[
                stored.network_id, stored.membership.program_id, stored.program_version
            ]
            facts = Facts(
                concerned_memberships(activity)[stored.membership],
                _traits_held(stored, version.program),
                undone=_undone(activity, by_activity, activities, versions),
            )
            again, balance = post(
                activity=activity,
                membership=stored.membership,
                decision=decide(activity, facts, balance.state, version),
                version=version,
                balance=balance,
                posted_at=stored.posted_at,
            )
            assert again == stored, (again, stored)
            assert again.content_hash == stored.content_hash
        assert balance == balances[place]


def _undone(
    row: Activity,
    postings: Mapping[str, Posting],
    activities: Mapping[Place, Activity],
    versions: Mapping[tuple[str, str, int], ProgramVersion],
) -> Undone | None:
    if row.kind is not Kind.REVERSAL:
        return None
    assert row.of is not None
    posting = postings[row.of]
    version = versions[posting.network_id, posting.membership.program_id, posting.program_version]
    return Undone(activities[row.network_id, row.of], posting, version.program)


def _numbered(
    network_id: str, version: ProgramVersion
) -> tuple[tuple[str, str, int], ProgramVersion]:
    return (network_id, version.program.program_id, version.version), version


def _program_versions(world: World) -> list[tuple[str, ProgramVersion]]:
    return [
        (row["catalog_key"].partition("#")[0], program_version_from_attributes(row))
        for row in world.rows("catalog")
        if "#PROGRAM#" in row["catalog_key"]
    ]


def _traits_held(posting: Posting, program: Program) -> frozenset[TraitCondition]:
    return frozenset(program.trait_conditions[position] for position in posting.traits_held)
