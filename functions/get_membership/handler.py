"""GET /v2/program-memberships/{program_membership_id}: a membership's points, tier, quests, last
activity and program.
"""

from typing import Any

from accrue.domain.amounts import canonical_text
from accrue.domain.program.tiers import Level
from accrue.domain.purse import Hold
from accrue.domain.standing import Coming, PointsStanding, QuestStanding, TierStanding
from accrue.domain.timestamps import to_text
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.settings import BalanceSettings
from accrue.services.get_membership import MembershipView, get_membership
from accrue.storage.balances import BalanceTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.program_catalog import ProgramCatalog

settings = BalanceSettings.from_environment()
client = dynamodb_client()
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
balances = BalanceTable(client, settings.balance_table)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and the membership as it is at this moment."""
    view = get_membership(
        request.path_parameter("program_membership_id"),
        request.caller,
        clocks.now(request.caller.network_id),
        catalog=catalog,
        balances=balances,
    )
    return Response(200, _body(view))


def _body(view: MembershipView) -> dict[str, Any]:
    program = view.version.program
    last = view.balance.last_activity
    return {
        "program_membership_id": view.membership.program_membership_id,
        # Decimal strings: as JSON numbers they would lose digits in many clients.
        "balance": canonical_text(view.points.balance),
        "lifetime_points": canonical_text(view.balance.state.lifetime_points),
        **_points(view.points),
        "last_activity": last
        and {
            "activity_id": last.activity_id,
            "activity_type_id": last.activity_type_id,
            "occurred_at": to_text(last.occurred_at),
            "recorded_at": to_text(last.recorded_at),
        },
        "tier": view.tier and _tier(view.tier),
        "quests": [_quest(each) for each in view.quests],
        "program": {
            "program_id": program.program_id,
            "name": program.name,
            "version": view.version.version,
            "points_unit": program.points.unit,
            "points_scale": program.points.scale,
        },
    }


def _points(points: PointsStanding) -> dict[str, Any]:
    return {
        "available": canonical_text(points.available),
        "pending": canonical_text(points.pending),
        "held": canonical_text(points.held),
        "owed": canonical_text(points.owed),
        "expiring_next": points.expiring_next
        and _coming(points.expiring_next, "last_day", "expires_at"),
        "pending_next": points.pending_next
        and _coming(points.pending_next, "spendable_on", "spendable_at"),
        "holds": [_hold(hold_id, hold) for hold_id, hold in points.holds.items()],
    }


def _hold(hold_id: str, hold: Hold) -> dict[str, Any]:
    # Of the points that never expire, it is None.
    last_days = (day for day in hold.parts if day is not None)
    last_day = min(last_days, default=None)
    return {
        "hold_id": hold_id,
        "points": canonical_text(hold.points),
        "last_day": last_day and last_day.isoformat(),
        "expires_at": to_text(hold.expires_at),
    }


def _coming(coming: Coming, on: str, at: str) -> dict[str, Any]:
    return {
        "points": canonical_text(coming.points),
        on: coming.day.isoformat(),
        at: to_text(coming.at),
    }


def _tier(tier: TierStanding) -> dict[str, Any]:
    return {
        "tier_id": tier.level and tier.level.tier_id,
        "name": tier.level and tier.level.name,
        "benefits": list(tier.level.benefits) if tier.level else [],
        "points": canonical_text(tier.points),
        "next": tier.following and _next_tier(tier.following),
    }


def _next_tier(level: Level) -> dict[str, Any]:
    return {
        "tier_id": level.tier_id,
        "name": level.name,
        "enters_at": canonical_text(level.enters_at),
    }


def _quest(standing: QuestStanding) -> dict[str, Any]:
    return {
        "quest_id": standing.quest.quest_id,
        "name": standing.quest.name,
        "completions": standing.completions,
        "max_completions": standing.quest.max_completions,
        "requirements": [
            {
                "requirement_id": each.requirement_id,
                "progress": canonical_text(each.progress),
                "threshold": canonical_text(each.threshold),
            }
            for each in standing.requirements
        ],
    }
