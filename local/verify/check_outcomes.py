"""Outcomes of activities that nothing is posted for, held against hashes, rows and seals."""

from local.verify.check_rows import row_name
from local.verify.findings import LEDGER, Change, Finding, Findings
from local.verify.read_items import ReadItems

_ALL = """
SELECT o.network, o.id, o.recorded_at, o.outcome, o.hash, o.activity_hash, o.problem,
  s.hash, s.seal, r.hash, r.settled, r.fault, r.seal, r.waits, r.sealed_until, rs.seal
FROM outcomes o
LEFT JOIN sealed_outcomes s ON s.network = o.network AND s.id = o.id
LEFT JOIN judged_rows r ON r.network = o.network AND r.id = o.id
LEFT JOIN sealed_rows rs ON rs.network = o.network AND rs.id = o.id"""
_MISSING = """
SELECT s.network, s.id, s.hash, s.seal, coalesce(r.recorded_at, '') FROM sealed_outcomes s
LEFT JOIN outcomes o ON o.network = s.network AND o.id = s.id
LEFT JOIN rows r ON r.network = s.network AND r.id = s.id
WHERE o.id IS NULL"""


def check_outcomes(read: ReadItems, findings: Findings) -> None:
    """Find outcomes that were changed, removed or added."""
    for found in read.select(_ALL):
        network_id, activity_id, at = found[:3]
        name, told = f"outcome of {activity_id}", _fault(*found[3:])
        if told is None:
            continue
        change, because = told
        if change is Change.MISSING:
            name = row_name(activity_id)
        findings.add(Finding(network_id, LEDGER, name, change, because, at, seal=found[8]))
    for network_id, activity_id, sealed, seal, at in read.select(_MISSING):
        name, because = f"outcome of {activity_id}", f"its hash was {sealed}."
        findings.add(Finding(network_id, LEDGER, name, Change.MISSING, because, at, seal=seal))


def _fault(  # noqa: PLR0911, PLR0913, PLR0917 - one line for each way to be wrong
    outcome: str,
    said: str,
    activity_hash: str,
    problem: str,
    sealed: str | None,
    _seal: int | None,
    row_hash: str | None,
    settled: str | None,
    row_fault: str | None,
    row_seal: int | None,
    waits: int | None,
    sealed_until: str | None,
    sealed_row: int | None,
) -> tuple[Change, str] | None:
    if problem:
        return (Change.MOVED if problem.startswith("lists") else Change.CHANGED), problem
    if sealed is not None and sealed != said:
        return Change.CHANGED, f"its hash was {sealed}, and it comes to {said}."
    if sealed is None and row_seal is not None and not waits and sealed_until is not None:
        return Change.ADDED, "the seals have all that came of its row, and not this."
    if row_hash is None:
        return None if sealed_row else (Change.MISSING, "its outcome is there.")
    if not row_fault and row_hash != activity_hash:
        return Change.CHANGED, f"its row's hash is {row_hash}, and it says {activity_hash}."
    if not row_fault and settled != outcome:
        return Change.CHANGED, f"its row says {settled or 'no outcome'}, and it says {outcome}."
    return None
