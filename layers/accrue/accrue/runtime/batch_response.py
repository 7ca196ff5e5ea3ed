"""How a batch is answered: a result for each row, in their order, and how many there are of each
sort.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from accrue.domain.errors import RefusalError
from accrue.domain.recording import WhyUnrecorded
from accrue.runtime.error_table import error_body, status_of
from accrue.runtime.http import Response, warnings_header

# Lambda answers with 6 MB at most. Past this, rows are answered without the details of faults.
MAX_DETAILED_BYTES = 3 * 1024 * 1024

type RowResult = dict[str, Any]

_SORTS = ("recorded", "replayed", "duplicates", "refused", "retryable")
_FAILED = (
    "Something failed on our side, and this row may be recorded or not. Send it again: it is"
    " recorded once. If it goes on failing, tell us the request_id."
)
_THROTTLED = "Too much is written at a time for this row to be taken. Send it again a little later."
UNRECORDED: Mapping[WhyUnrecorded, tuple[int, str, str]] = {
    WhyUnrecorded.THROTTLED: (429, "THROTTLED", _THROTTLED),
    WhyUnrecorded.NOT_ATTEMPTED: (
        503,
        "NOT_ATTEMPTED",
        "No time was left for this row. Send it again.",
    ),
    WhyUnrecorded.FAILED: (500, "INTERNAL_ERROR", _FAILED),
}


def recorded_result(
    *,
    status: int,
    activity_id: str | None,
    replayed: bool,
    duplicate_of: str | None,
    warnings: Sequence[str],
) -> RowResult:
    """Of a row that is in the ledger, or would be."""
    return {
        "status": status,
        "activity_id": activity_id,
        "replayed": replayed,
        "duplicate_of": duplicate_of,
        "warnings": list(warnings),
    }


def refused_result(refusal: RefusalError, catalog_refusal_status: int) -> RowResult:
    """Of a row that is recorded only if it is changed."""
    error = error_body(refusal, "")
    return {
        "status": status_of(refusal, catalog_refusal_status),
        "code": error["code"],
        "message": error["message"],
        "errors": error["errors"],
        "retryable": False,
    }


def unrecorded_result(why: WhyUnrecorded) -> RowResult:
    """Of a row that is to be sent again as it is."""
    status, code, message = UNRECORDED[why]
    return {"status": status, "code": code, "message": message, "errors": [], "retryable": True}


def batch_response(
    results: Sequence[RowResult], *, is_dry_run: bool, warnings: tuple[str, ...]
) -> Response:
    """200, whatever became of the rows. The warnings are about the request as a whole."""
    sorts = Counter(map(_sort_of, results))
    counts = {sort: sorts[sort] for sort in _SORTS}
    body: dict[str, Any] = {
        "results": [{"row": number, **each} for number, each in enumerate(_fitted(results))],
        "counts": counts,
    }
    headers = warnings_header(warnings)
    if is_dry_run:
        body["dry_run"] = True
        headers["Accrue-Dry-Run"] = "true"
    return Response(200, body, headers, noted={"rows": len(results), **counts})


def _sort_of(result: RowResult) -> str:
    if "code" in result:
        return "retryable" if result["retryable"] else "refused"
    if result["replayed"]:
        return "replayed"
    return "recorded" if result["duplicate_of"] is None else "duplicates"


def _fitted(results: Sequence[RowResult]) -> Sequence[RowResult]:
    if len(json.dumps(results)) <= MAX_DETAILED_BYTES:
        return results
    left = MAX_DETAILED_BYTES
    fitted: list[RowResult] = []
    for result in results:
        left -= len(json.dumps(result))
        without: RowResult = {name: [] for name in ("errors", "warnings") if name in result}
        fitted.append(result if left >= 0 else result | without)
    return fitted
