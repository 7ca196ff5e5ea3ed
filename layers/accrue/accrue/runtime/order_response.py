"""How orders about a membership's points are answered."""

from collections.abc import Mapping
from typing import Any, Protocol

from accrue.domain.activity import Activity
from accrue.domain.amounts import canonical_text
from accrue.domain.points_order import PointsOrder
from accrue.domain.posting import Posting
from accrue.domain.shown import shown_available, shown_lots, shown_spent
from accrue.domain.timestamps import to_text
from accrue.runtime.http import Response, warnings_header


class Result(Protocol):
    """An order as it was carried out, by this request or by an earlier one with its key."""

    @property
    def row(self) -> Activity: ...
    @property
    def posting(self) -> Posting: ...
    @property
    def replayed(self) -> bool: ...


def order_response(
    order: PointsOrder, result: Result, shown: Mapping[str, Any], warnings: tuple[str, ...]
) -> Response:
    """200 with what was done, read from row and posting: the same for every retry.

    `shown` is what this kind of order tells besides.
    """
    posting = result.posting
    headers = {"Accrue-Activity-Id": result.row.activity_id}
    if result.replayed:
        headers["Idempotent-Replayed"] = "true"
    body = {
        "idempotency_key": order.idempotency_key,
        "program_membership_id": order.program_membership_id,
        **shown,
        "lots": shown_lots(posting),
        "balance_after": canonical_text(posting.balance_after),
        **shown_available(posting.available_after),
        "recorded_at": to_text(result.row.recorded_at),
    }
    return Response(200, body, {**headers, **warnings_header(warnings)})


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
