"""Rows and markers of the ledger, held against their hashes, the seals, and each other."""

from local.verify.findings import LEDGER, Change, Finding, Findings
from local.verify.read_items import ReadItems

_WRONG = """
SELECT network, id, recorded_at, is_marker, hash, problem, sealed_hash, seal, fault
FROM judged_rows WHERE fault != ''"""
_MISSING = """
SELECT s.network, s.id, s.since, s.hash, s.seal FROM sealed_rows s
LEFT JOIN rows r ON r.network = s.network AND r.id = s.id WHERE r.id IS NULL"""
# Of a row that is wrong itself, a marker can't be told.
_WRONG_MARKERS = """
SELECT m.network, m.id, m.recorded_at, m.of_id, m.hash, d.hash FROM rows m
LEFT JOIN markers_due d ON d.network = m.network AND d.id = m.id AND d.of_id = m.of_id
LEFT JOIN judged_rows r ON r.network = m.network AND r.id = m.of_id
LEFT JOIN sealed_rows s ON s.network = m.network AND s.id = m.of_id
WHERE m.is_marker AND m.problem = '' AND (d.hash IS NULL OR d.hash != m.hash)
  AND coalesce(r.fault, '') = '' AND (r.id IS NOT NULL OR s.id IS NULL)"""
_MISSING_MARKERS = """
SELECT d.network, d.id, min(d.recorded_at), min(d.of_id) FROM markers_due d
JOIN judged_rows r ON r.network = d.network AND r.id = d.of_id AND r.fault = ''
LEFT JOIN rows m ON m.network = d.network AND m.id = d.id
LEFT JOIN sealed_rows s ON s.network = d.network AND s.id = d.id
WHERE m.id IS NULL AND s.id IS NULL AND d.recorded_at < ?
GROUP BY d.network, d.id"""


def check_rows(read: ReadItems, findings: Findings, began: str) -> None:
    """Find rows and markers that were changed, removed or added. What was recorded after it `began`
    may lack its marker.
    """
    for network_id, row_id, at, is_marker, found, problem, sealed, seal, fault in read.select(
        _WRONG
    ):
        change, because = _words(fault, problem, found, sealed)
        name = f"marker {row_id}" if is_marker else row_name(row_id)
        findings.add(Finding(network_id, LEDGER, name, change, because, at, seal=seal))
    for network_id, row_id, at, sealed, seal in read.select(_MISSING):
        because = f"its hash was {sealed}."
        findings.add(
            Finding(network_id, LEDGER, row_name(row_id), Change.MISSING, because, at, seal=seal)
        )
    for network_id, marker_id, at, of_id, found, due in read.select(_WRONG_MARKERS):
        because = f"row {of_id} has no such marker."
        if due is not None:
            because = f"by row {of_id} its hash is {due}, and it comes to {found}."
        change = Change.ADDED if due is None else Change.CHANGED
        findings.add(Finding(network_id, LEDGER, f"marker {marker_id}", change, because, at))
    for network_id, marker_id, at, of_id in read.select(_MISSING_MARKERS, began):
        because = f"row {of_id} was written with it, or behind it."
        findings.add(
            Finding(network_id, LEDGER, f"marker {marker_id}", Change.MISSING, because, at)
        )


def _words(fault: str, problem: str, found: str, sealed: str | None) -> tuple[Change, str]:
    if fault == "added":
        return Change.ADDED, "it has an old date, and is in no seal."
    if fault == "misdated":
        return Change.ADDED, "its seal has it, and is of another time."
    if fault == "replaced":
        return Change.CHANGED, f"its hash was {sealed}, and it comes to {found}."
    return (Change.MOVED if problem.startswith("lists") else Change.CHANGED), problem


def row_name(activity_id: str) -> str:
    """A row in words."""
    return f"row {activity_id}"
