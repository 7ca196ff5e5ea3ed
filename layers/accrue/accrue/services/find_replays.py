"""Find the replays of activities."""

from collections.abc import Collection, Iterator, Sequence

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.domain.ids import id_of_replay
from accrue.domain.jobs.job import Job
from accrue.services.find_readable_rows import find_readable_rows
from accrue.services.find_reversals import find_reversals
from accrue.services.ports import LedgerReader


def find_replays(ledger: LedgerReader, original: Activity) -> list[Activity]:
    """The rows of its replays, in order, read consistently: mostly one read, of none."""
    network_id, activity_id = original.network_id, original.activity_id
    first = ledger.find_row(network_id, id_of_replay(network_id, activity_id, 1))
    return list(_from_first(ledger, activity_id, first))


def find_replays_of(
    ledger: LedgerReader, network_id: str, activity_ids: Sequence[str]
) -> tuple[dict[str, list[Activity]], Collection[str]]:
    """The same of many, by the id of what is replayed: those that have none are read together.
    And what of these has a replay that can't be read.
    """
    firsts = {each: id_of_replay(network_id, each, 1) for each in activity_ids}
    rows, not_read = find_readable_rows(ledger, network_id, list(firsts.values()))
    replays: dict[str, list[Activity]] = {}
    unreadable = {each for each, first in firsts.items() if first in not_read}
    for activity_id in firsts.keys() - unreadable:
        try:
            first = rows.get(firsts[activity_id])
            replays[activity_id] = list(_from_first(ledger, activity_id, first))
        except UnreadableRowError:
            unreadable.add(activity_id)
    return replays, unreadable


def _from_first(ledger: LedgerReader, activity_id: str, row: object) -> Iterator[Activity]:
    number = 1
    while isinstance(row, Activity):
        yield row
        number += 1
        row = ledger.find_row(row.network_id, id_of_replay(row.network_id, activity_id, number))


def is_by(row: Activity, job: Job) -> bool:
    """Whether the job wrote it: not an earlier one with its id, which is given again once that one
    is forgotten.
    """
    return (row.job_id, row.request_id) == (job.job_id, job.request_id)


def find_standing_replay(ledger: LedgerReader, original: Activity) -> Activity | None:
    """The replay by which it counts: only the last one may be left."""
    replays = find_replays(ledger, original)
    return replays[-1] if replays and not is_reversed(ledger, replays[-1]) else None


def is_reversed(ledger: LedgerReader, row: Activity) -> bool:
    """Whether nothing is left of it."""
    reversals = find_reversals(ledger, row)
    return bool(reversals) and reversals[-1].after.is_whole
