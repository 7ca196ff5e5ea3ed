"""A verification: everything is read once, in an order that live traffic does not disturb."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accrue.domain.timestamps import to_text
from local.verify.check_chains import check_chains
from local.verify.check_outcomes import check_outcomes
from local.verify.check_rows import check_rows
from local.verify.check_seals import SealCheck
from local.verify.findings import Findings
from local.verify.read_items import ReadItems, opened_items
from local.verify.seal_files import SealFile
from local.verify.seal_times import as_any_sandbox
from local.verify.stored_items import Attributes

# Clocks disagree by so much, and a function may be as long about what it dated.
UNDER_WAY_FOR = timedelta(minutes=1)
_COUNTED = ("rows", "postings", "outcomes", "balances", "seals")
_NEWER = """
SELECT count(*) FROM judged_rows WHERE sealed_hash IS NULL AND fault = '' AND NOT is_marker"""

_LATE = """
SELECT s.network, s.id, s.seal, coalesce(r.recorded_at, '') FROM sealed_rows s
LEFT JOIN rows r ON r.network = s.network AND r.id = s.id
WHERE s.is_late ORDER BY s.network, s.seal DESC, s.id LIMIT ?"""
_COUNT_OF_LATE = "SELECT count(*) FROM sealed_rows WHERE is_late"
# Of each network the newest come first.
MOST_LATE = 1_000


@dataclass(frozen=True, slots=True)
class LateRow:
    """A row that was sealed after its window: the index lagged, or it has an old date."""

    network_id: str
    activity_id: str
    seal: int
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what was found. `unsealed` are rows that no seal has yet; `late_rows`
    are at most MOST_LATE of the `late` ones.
    """

    counts: dict[str, int]
    unsealed: int
    late: int
    late_rows: list[LateRow]
    findings: Findings


def verify(
    seals: Iterable[SealFile] | None,
    items: Iterable[Attributes],
    as_of: datetime,
    *,
    has_balances: bool = True,
    ahead: Callable[[str], timedelta] = as_any_sandbox,
) -> Verified:
    """Hold items against each other and, if there are any, against seals.

    `as_of` is when the items were read. The seals come first, and of the items the balance table's:
    so what is attested, and what a balance or a posting speaks of, was there when its turn came.
    Exports of a period may not have all balances. `ahead` is how far a network's clock is ahead of
    real time.
    """
    with opened_items() as read:
        findings = Findings()
        seal_check = SealCheck(read, findings, as_of, ahead)
        if seals is not None:
            seal_check.check(seals)
        read.add_items(items)
        if seals is not None:
            seal_check.check_silence()
        began = to_text(as_of - UNDER_WAY_FOR)
        check_rows(read, findings, began)
        check_chains(read, findings, began, has_balances=has_balances)
        check_outcomes(read, findings)
        return _told(read, findings)


def _told(read: ReadItems, findings: Findings) -> Verified:
    ((unsealed,),) = read.select(_NEWER)
    counts = {table: read.count(table) for table in _COUNTED}
    ((late,),) = read.select(_COUNT_OF_LATE)
    late_rows = [LateRow(*found) for found in read.select(_LATE, MOST_LATE)]
    return Verified(counts, unsealed, late, late_rows, findings)
