"""Show a membership: its points, its tier and quests, its program, its last activity."""

from dataclasses import dataclass
from datetime import datetime

from accrue.domain.balance import Balance
from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership
from accrue.domain.errors import MembershipNotFoundError
from accrue.domain.program.program import ProgramVersion
from accrue.domain.standing import (
    PointsStanding,
    QuestStanding,
    TierStanding,
    points_standing,
    quest_standings,
    tier_standing,
)
from accrue.services.ports import BalanceReader, CatalogReader


@dataclass(frozen=True, slots=True)
class MembershipView:
    """A membership as it is at this moment; `tier` is None if the program has no tiers."""

    membership: Membership
    version: ProgramVersion
    balance: Balance
    points: PointsStanding
    tier: TierStanding | None
    quests: tuple[QuestStanding, ...]


def get_membership(
    program_membership_id: str,
    caller: Caller,
    now: datetime,
    *,
    catalog: CatalogReader,
    balances: BalanceReader,
) -> MembershipView:
    """The membership, with the program version in force now; raises MembershipNotFoundError."""
    membership = catalog.find_membership(caller.network_id, program_membership_id)
    if membership is None:
        raise MembershipNotFoundError
    version = catalog.program_version_at(caller.network_id, membership.program_id, now)
    balance = balances.find_balance(caller.network_id, membership.ref)
    return MembershipView(
        membership=membership,
        version=version,
        balance=balance,
        points=points_standing(balance.state, version.program, now),
        tier=tier_standing(balance.state, version.program, now),
        quests=quest_standings(balance.state, version.program),
    )
