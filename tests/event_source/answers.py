"""What a function's answer says about its batch.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    Nothing, or an empty list, is success. Of several failures the lowest sequence number is the
    checkpoint: everything from there on comes again. An identifier that is empty, null or under
    another name fails the whole batch.

The page says nothing about a number that is not in the batch: unfavourably, it fails the batch too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.event_source.stream import StreamRecord


def first_failed(answer: object, records: Sequence[StreamRecord]) -> int | None:
    """Where in the batch the first record is that failed: its length if none did, None if the batch
    failed as a whole.
    """
    failures = answer.get("batchItemFailures") if isinstance(answer, Mapping) else None
    if not failures:
        return len(records)
    places = {str(record.sequence_number): place for place, record in enumerate(records)}
    named = [places.get(_identifier(failure)) for failure in failures]
    known = [place for place in named if place is not None]
    return min(known) if len(known) == len(named) else None


def _identifier(failure: Mapping[str, Any]) -> str:
    return str(failure.get("itemIdentifier") or "")
