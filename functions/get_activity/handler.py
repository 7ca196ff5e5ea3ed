"""GET /networks/{network_id}/activities/{activity_id}: an activity, what came of it, and why."""

from typing import Any

from accrue.domain.follow_up_events import events_of_outcome, follow_up_events
from accrue.domain.timestamps import to_text
from accrue.runtime.activity_json import PENDING, listed, received, result
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.settings import ActivitySettings
from accrue.services.get_activity import ActivityReader, ActivityView, MembershipResult
from accrue.storage.balances import BalanceTable
from accrue.storage.catalog import CatalogTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable

settings = ActivitySettings.from_environment()
client = dynamodb_client()
reader = ActivityReader(
    catalog=CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds),
    ledger=LedgerTable(client, settings.ledger_table),
    book=BalanceTable(client, settings.balance_table),
)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and the activity as soon as its POST was answered; `pending` until it is applied."""
    request.caller.ensure_network(request.path_parameter("network_id"))
    view = reader.get_activity(request.path_parameter("activity_id"), request.caller)
    return Response(200, _body(view), {"Accrue-Activity-Id": view.activity.activity_id})


def _body(view: ActivityView) -> dict[str, Any]:
    return {
        **received(view.activity),
        "outcome": view.outcome.value if view.outcome else PENDING,
        "settled_at": to_text(view.settled.settled_at) if view.settled else None,
        "events": listed(events_of_outcome(view.settled)) if view.settled else [],
        "memberships": [_membership(each) for each in view.results],
    }


def _membership(each: MembershipResult) -> dict[str, Any]:
    return {
        "program_membership_id": each.membership.program_membership_id,
        "program_id": each.membership.program_id,
        "roles": list(each.roles),
        **result(each.posting, each.explanations),
        "events": listed(follow_up_events(each.posting)) if each.posting else [],
    }
