"""GET /v2/program-memberships/{program_membership_id}/activities: a membership's history."""

from typing import Any

from accrue.domain.history import is_position
from accrue.domain.posting import Posting
from accrue.domain.query_fields import ensure_known
from accrue.domain.timestamps import to_text
from accrue.runtime.activity_json import posted
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.paging import checked_page, listed_page
from accrue.runtime.settings import BalanceSettings
from accrue.services.list_membership_activities import list_membership_activities
from accrue.storage.catalog import CatalogTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.history import MembershipHistory

settings = BalanceSettings.from_environment()
client = dynamodb_client()
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
history = MembershipHistory(client, settings.balance_table)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and a page of what was posted, newest first, with the balance after each."""
    ensure_known(request.parameters, ["limit", "cursor"])
    view = list_membership_activities(
        request.path_parameter("program_membership_id"),
        request.caller,
        checked_page(request.page, is_position),
        catalog=catalog,
        history=history,
    )
    activities = [_activity(posting) for posting in view.page.things]
    return Response(
        200,
        {
            "program_membership_id": view.membership.program_membership_id,
            **listed_page("activities", view.page, activities),
        },
    )


def _activity(posting: Posting) -> dict[str, Any]:
    return {
        "activity_id": posting.activity_id,
        "kind": posting.kind.value,
        "activity_type_id": posting.activity_type_id,
        "occurred_at": to_text(posting.occurred_at),
        "recorded_at": to_text(posting.recorded_at),
        "reverses": posting.of,
        **posted(posting),
    }
