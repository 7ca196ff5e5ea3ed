"""GET /v2/program-memberships/{program_membership_id}/activities: a membership's history."""

import json
from typing import Any

from accrue.domain.history_queries import page_asked_for
from accrue.domain.posting import Posting
from accrue.runtime.activity_json import posted, posting_of
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.membership_pages import membership_cursor, membership_page
from accrue.runtime.settings import BalanceSettings
from accrue.services.list_membership_activities import HistoryLister
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.history import MembershipHistory
from accrue.storage.program_catalog import ProgramCatalog

settings = BalanceSettings.from_environment()
client = dynamodb_client()
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and a page of what was posted, newest first, with the balance after each."""
    page, faults = membership_page(request)
    view = lister.list_activities(
        request.path_parameter("program_membership_id"),
        request.caller,
        page_asked_for(request.parameters, page, faults),
    )
    activities = [_activity(posting) for posting in view.page.things]
    return Response(
        200,
        {
            "program_membership_id": view.membership.program_membership_id,
            "activities": activities,
            "next_cursor": membership_cursor(request, view.page.next_after),
        },
    )


def _activity(posting: Posting) -> dict[str, Any]:
    return {
        **posting_of(posting),
        "reverses": posting.of,
        **posted(posting),
    }


def _size(posting: Posting) -> int:
    return len(json.dumps(_activity(posting)))


lister = HistoryLister(catalog, MembershipHistory(client, settings.balance_table), _size)
