"""GET /networks/{network_id}/events: what happened, in the order of publication."""

import json

from accrue.domain.event_query import EventQuery
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.paging import cursor_of
from accrue.runtime.settings import EventSettings
from accrue.services.list_events import EventLister
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.event_log_pages import EventLogPages

settings = EventSettings.from_environment()
log = EventLogPages(dynamodb_client(), settings.event_table)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and a page of events, with a cursor to go on from: also when there are no more by now."""
    network_id = request.admin_network()
    query = EventQuery.parse(request.page, request.query("type"), request.query("since"))
    page = EventLister(log, utc_now()).list_events(network_id, query)
    return Response(
        200,
        {
            "events": [json.loads(document) for document in page.documents],
            "next_cursor": cursor_of(page.position),
            "has_more": page.has_more,
        },
    )
