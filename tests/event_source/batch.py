"""Batches: how they are filled, and what is tried next when one has failed.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    A batch is full with BatchSize records, or with 6 MB, and goes out at the end of its window.
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    An error is retried until the records are too old or the retries used up. Splitting uses up
    none. Then the records are discarded.
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    With bisecting on, a batch that failed is halved, whatever it would have reported; one that
    reports a record is split there, and only the rest is retried.

What the pages leave open is read unfavourably. A report of the very first record splits nothing:
the batch is retried whole, never halved, and in the end discarded whole. A rest has the retries
that its batch has left, and no new ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tests.event_source.settings import MappingSettings
from tests.event_source.stream import StreamRecord

MAX_BATCH_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True)
class Batch:
    """Records that the function gets at once, and how often they were retried."""

    records: tuple[StreamRecord, ...]
    retries: int = 0
    invocations: int = 0


def full_length(records: Sequence[StreamRecord], settings: MappingSettings) -> int | None:
    """How many of the gathered records make a full batch; None if they don't yet."""
    size = 0
    for count, record in enumerate(records):
        size += record.size
        if count and size > MAX_BATCH_BYTES:
            return count
        if count + 1 == settings.batch_size:
            return count + 1
    return None


def next_batches(batch: Batch, failed_from: int | None, settings: MappingSettings) -> list[Batch]:
    """What is left to be tried, in order, after an invocation that did not succeed."""
    tried = replace(batch, invocations=batch.invocations + 1)
    length = len(batch.records)
    if failed_from is None and settings.bisects and length > 1:
        middle = (length + 1) // 2
        halves = batch.records[:middle], batch.records[middle:]
        return [replace(tried, records=half) for half in halves]
    start = failed_from or 0
    is_split = settings.bisects and start > 0
    retries = batch.retries if is_split else batch.retries + 1
    return [replace(tried, records=batch.records[start:], retries=retries)]


def is_used_up(batch: Batch, settings: MappingSettings) -> bool:
    """Whether a batch has no retry left."""
    return settings.max_retries is not None and batch.retries > settings.max_retries


def count_too_old(batch: Batch, now: datetime, settings: MappingSettings) -> int:
    """How many records of a batch are too old to be sent to the function; they come first."""
    if settings.max_age is None:
        return 0
    return sum(now - record.written_at > settings.max_age for record in batch.records)
