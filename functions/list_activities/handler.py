"""GET /networks/{network_id}/activities: what was recorded and what came of it, newest first."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from accrue.domain.activity_query import PENDING, ActivityQuery
from accrue.domain.amounts import canonical_text
from accrue.domain.ledger_pages import LIST_DELAY
from accrue.domain.timestamps import to_text
from accrue.runtime.activity_json import received
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint, warnings_header
from accrue.runtime.paging import cursor_of, page_and_faults
from accrue.runtime.settings import ActivitySettings
from accrue.services.find_activities import ActivityFinder
from accrue.services.get_activity import ActivityView, MembershipResult
from accrue.services.list_activities import ActivityLister, ActivityPage
from accrue.storage.balances import BalanceTable
from accrue.storage.catalog import CatalogTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.ledger_lists import LedgerLists
from accrue.storage.reconcile_progress import ReconcileProgressTable

logger = Logger()
settings = ActivitySettings.from_environment()
client = dynamodb_client()
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and a page of activities. It may have few or none although there are more."""
    request.caller.ensure_network(request.path_parameter("network_id"))
    query = _query(request)
    network_id = request.caller.network_id
    page = lister.list_activities(
        network_id, query, clocks.settled_until(network_id, utc_now() - LIST_DELAY)
    )
    if page.unreadable:
        ids = {"network_id": network_id, "activity_ids": page.unreadable}
        logger.error("activities not readable", extra=ids)
    return Response(200, _body(page), warnings_header(_warnings(page)))


def _query(request: Request) -> ActivityQuery:
    page, faults = page_and_faults(request.parameters)
    return ActivityQuery.parse(request.parameters, page, (*faults, *request.repeated_parameters))


def _body(page: ActivityPage) -> dict[str, Any]:
    since, until = page.begun.since, page.begun.until
    return {
        "activities": [_activity(view) for view in page.activities],
        "next_cursor": cursor_of(page.following.to_text()) if page.following else None,
        "recorded_since": since and to_text(since),
        "recorded_until": until and to_text(until),
    }


def _warnings(page: ActivityPage) -> tuple[str, ...]:
    return tuple(f"activity {each} can't be read, and is left out" for each in page.unreadable)


def _activity(view: ActivityView) -> dict[str, Any]:
    return {
        **received(view.activity),
        "outcome": view.outcome.value if view.outcome else PENDING,
        "memberships": [_membership(each) for each in view.results],
    }


def _membership(each: MembershipResult) -> dict[str, Any]:
    posting = each.posting
    return {
        "program_membership_id": each.membership.program_membership_id,
        "program_id": each.membership.program_id,
        "roles": list(each.roles),
        "outcome": posting.outcome.value if posting else PENDING,
        "reason": posting and posting.reason,
        "points": posting and canonical_text(posting.points),
        "balance_after": posting and canonical_text(posting.balance_after),
        "sequence": posting and posting.sequence,
    }


def _size(view: ActivityView) -> int:
    return len(json.dumps(_activity(view)))


lister = ActivityLister(
    finder=ActivityFinder(
        ledger=LedgerTable(client, settings.ledger_table),
        lists=LedgerLists(client, settings.ledger_table, settings.balance_table),
        progress=ReconcileProgressTable(client, settings.balance_table),
    ),
    book=BalanceTable(client, settings.balance_table),
    size_of=_size,
)
