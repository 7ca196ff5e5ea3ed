"""The on-failure destination: what is kept of records that are given up.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    Each is a JSON document about the invocation. In S3, and only there, `payload` has the event
    itself, as text.

The page's example has the condition of used up retries only; the other is named after its setting.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.event_source.batch import Batch
from tests.event_source.stream import StreamRecord

USED_UP, TOO_OLD = "RetryAttemptsExhausted", "MaximumRecordAgeExceeded"


@dataclass
class Destination:
    """A bucket, if `keeps` says so; anything else knows only where in the stream they were."""

    keeps: str | None
    mapping_id: str
    objects: dict[str, str] = field(default_factory=dict)

    def put(self, batch: Batch, shard_id: str, condition: str, now: datetime) -> None:
        """Keep what is known of a batch that is given up."""
        if self.keeps is None:
            return
        document = _document(batch, shard_id, condition, now)
        if self.keeps == "S3":
            document["payload"] = json.dumps(event_of(batch.records))
        number = len(self.objects) + 1
        key = f"aws/lambda/{self.mapping_id}/{shard_id}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{number}"
        self.objects[key] = json.dumps(document)

    def payloads(self) -> list[dict[str, Any]]:
        """The events that were kept whole."""
        documents = map(json.loads, self.objects.values())
        return [json.loads(d["payload"]) for d in documents if "payload" in d]


def event_of(records: Sequence[StreamRecord]) -> dict[str, Any]:
    """What the function is invoked with."""
    return {"Records": [dict(record.body) for record in records]}


def _document(batch: Batch, shard_id: str, condition: str, now: datetime) -> dict[str, Any]:
    first, last = batch.records[0], batch.records[-1]
    return {
        "requestContext": {
            "condition": condition,
            "approximateInvokeCount": batch.invocations,
        },
        "version": "1.0",
        "timestamp": now.isoformat(),
        "DDBStreamBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": str(first.sequence_number),
            "endSequenceNumber": str(last.sequence_number),
            "approximateArrivalOfFirstRecord": first.written_at.isoformat(),
            "approximateArrivalOfLastRecord": last.written_at.isoformat(),
            "batchSize": len(batch.records),
        },
    }
