"""How a reversal is answered."""

from collections.abc import Mapping
from typing import Any, Protocol

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.amounts import canonical_text
from accrue.domain.concerned import concerned_memberships
from accrue.domain.dry_run import DryRunQuery
from accrue.domain.posting import Posting
from accrue.domain.reversal_request import ReversalRequest
from accrue.domain.timestamps import to_text
from accrue.domain.undone import reversal_of, worth_of
from accrue.runtime.activity_json import line_item, result
from accrue.runtime.http import Response, warnings_header
from accrue.runtime.recorded import recorded_headers


class Result(Protocol):
    """A reversal as it was carried out, by this request or by an earlier one with its key."""

    @property
    def row(self) -> Activity: ...
    @property
    def original(self) -> Activity: ...
    @property
    def postings(self) -> Mapping[MembershipRef, Posting]: ...
    @property
    def replayed(self) -> bool: ...


def reversal_response(
    request: ReversalRequest, reversal: Result, warnings: tuple[str, ...], dry_run: DryRunQuery
) -> Response:
    """200 with what was taken back, read from row and postings: the same for every retry. A dry run
    says that it was one.
    """
    row = reversal.row
    headers = recorded_headers(
        row.activity_id, replayed=reversal.replayed, is_dry_run=dry_run.is_dry_run
    )
    body = {
        **({"dry_run": True} if dry_run.is_dry_run else {}),
        "idempotency_key": request.idempotency_key,
        "reversal_id": row.activity_id,
        "activity_id": row.of,
        "amount": canonical_text(row.amount),
        "amount_left": canonical_text(worth_of(reversal.original).left(reversal_of(row).after)),
        "line_items": [line_item(item) for item in row.line_items],
        "reason": row.description,
        "memberships": [
            _membership(membership, roles, reversal.postings[membership])
            for membership, roles in concerned_memberships(row).items()
        ],
        "recorded_at": to_text(row.recorded_at),
    }
    return Response(200, body, {**headers, **warnings_header(dry_run.warnings + warnings)})


def _membership(
    membership: MembershipRef, roles: tuple[str, ...], posting: Posting
) -> dict[str, Any]:
    return {
        "program_membership_id": membership.program_membership_id,
        "program_id": membership.program_id,
        "roles": list(roles),
        **result(posting, ()),
    }
