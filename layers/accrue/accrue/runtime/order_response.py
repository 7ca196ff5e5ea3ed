"""How orders about a membership's points are answered."""

from collections.abc import Mapping
from typing import Any, Protocol

from accrue.domain.activity import Activity
from accrue.domain.amounts import canonical_text
from accrue.domain.dry_run import DryRunQuery
from accrue.domain.points_order import PointsOrder
from accrue.domain.posting import Posting
from accrue.domain.shown import shown_available, shown_lots, shown_spent
from accrue.domain.timestamps import to_text
from accrue.runtime.http import Response, warnings_header
from accrue.runtime.recorded import recorded_headers


class Result(Protocol):
    """An order as it was carried out, by this request or by an earlier one with its key."""

    @property
    def row(self) -> Activity: ...
    @property
    def posting(self) -> Posting: ...
    @property
    def replayed(self) -> bool: ...


def order_response(
    order: PointsOrder,
    result: Result,
    shown: Mapping[str, Any],
    warnings: tuple[str, ...],
    dry_run: DryRunQuery,
) -> Response:
    """200 with what was done, read from row and posting: the same for every retry.

    `shown` is what this kind of order tells besides. A dry run says that it was one.
    """
    posting = result.posting
    body = {
        **({"dry_run": True} if dry_run.is_dry_run else {}),
        "idempotency_key": order.idempotency_key,
        "program_membership_id": order.program_membership_id,
        **shown,
        "lots": shown_lots(posting),
        "balance_after": canonical_text(posting.balance_after),
        **shown_available(posting),
        "recorded_at": to_text(result.row.recorded_at),
    }
    headers = recorded_headers(
        result.row.activity_id, replayed=result.replayed, is_dry_run=dry_run.is_dry_run
    )
    return Response(200, body, {**headers, **warnings_header(dry_run.warnings + warnings)})


def shown_points(result: Result) -> dict[str, Any]:
    """How many points the order was about."""
    return {"points": canonical_text(result.row.amount)}


def shown_closing(result: Result) -> dict[str, Any]:
    """What became of a hold: how many of its points were captured, and how many released."""
    (closed,) = result.posting.holds
    return {
        "hold_id": closed.hold_id,
        "captured": canonical_text(closed.captured),
        "captured_lots": shown_spent(closed),
        "released": canonical_text(closed.released),
    }
