"""GET /v2/program-memberships/{program_membership_id}/statement: a statement for a period."""

from typing import Any

from accrue.domain.amounts import canonical_text
from accrue.domain.history_queries import StatementQuery
from accrue.domain.statement import StatementLine
from accrue.domain.timestamps import to_text
from accrue.runtime.activity_json import posting_of
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.membership_pages import membership_cursor, membership_page
from accrue.runtime.settings import BalanceSettings
from accrue.services.get_statement import StatementTeller
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.history import MembershipHistory
from accrue.storage.program_catalog import ProgramCatalog

settings = BalanceSettings.from_environment()
client = dynamodb_client()
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
teller = StatementTeller(catalog, MembershipHistory(client, settings.balance_table))


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and a page of the statement, oldest first, with the balance before and after it."""
    now = clocks.now(request.caller.network_id)
    page, faults = membership_page(request)
    query = StatementQuery.parse(request.parameters, page, faults, now)
    view = teller.get_statement(
        request.path_parameter("program_membership_id"), request.caller, query, now
    )
    statement = view.statement
    return Response(
        200,
        {
            "program_membership_id": view.membership.program_membership_id,
            "from": to_text(statement.start),
            "until": to_text(statement.until),
            "points_unit": view.points_unit,
            "opening_balance": canonical_text(statement.opening),
            "lines": [_line(line) for line in statement.lines],
            "closing_balance": canonical_text(statement.closing),
            "next_cursor": membership_cursor(request, statement.next_after),
        },
    )


def _line(line: StatementLine) -> dict[str, Any]:
    posting = line.posting
    return {
        **posting_of(posting),
        "outcome": posting.outcome.value,
        "points": canonical_text(posting.points),
        "balance": canonical_text(line.balance),
        "reasons": [each.reason for each in posting.lines],
    }
