"""What a job keeps for itself between steps: `<network>#SCRATCH#<job_id>` of JobTable."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accrue.domain.jobs.job import Attributes, Job
from accrue.storage.batch_writes import put_items
from accrue.storage.dynamo import to_attributes, to_item
from accrue.storage.job_items import expires_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Sorts behind every character of a key.
_END = "\U0010ffff"


class JobScratchTable:
    """Implements `services.job_ports.JobScratch`."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def put_all(self, job: Job, space: str, things: Mapping[str, Attributes]) -> None:
        """Put each over whatever is there."""
        common = {"job_key": _partition(job), "expires_at": expires_at(job)}
        items = [
            to_item({**common, "item_key": f"{space}#{key}", "thing": thing})
            for key, thing in things.items()
        ]
        put_items(self._client, self._table_name, items)

    def read_after(
        self, job: Job, space: str, after: str, limit: int
    ) -> Sequence[tuple[str, Attributes]]:
        """At most so many things behind the key, in the order of keys."""
        found: list[tuple[str, Attributes]] = []
        query = self._query(job, f"{space}#{after}", f"{space}#{_END}")
        while len(found) < limit:
            answer = self._client.query(**query, Limit=limit + 1 - len(found))
            found += [
                (item["item_key"].removeprefix(f"{space}#"), item["thing"])
                for item in map(to_attributes, answer["Items"])
                if item["item_key"] > f"{space}#{after}" and _is_of(job, item)
            ]
            if "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found[:limit]

    def find_last_before(self, job: Job, space: str, prefix: str, before: str) -> Attributes | None:
        """Of the keys with the prefix, what is under the last one below `prefix + before`."""
        query = self._query(job, f"{space}#{prefix}", f"{space}#{prefix}{before}")
        # The upper end is in the range, so there may be one too many.
        answer = self._client.query(**query, ScanIndexForward=False, Limit=2)
        for item in map(to_attributes, answer["Items"]):
            if item["item_key"] < f"{space}#{prefix}{before}" and _is_of(job, item):
                thing: Attributes = item["thing"]
                return thing
        return None

    def _query(self, job: Job, first: str, last: str) -> Any:  # noqa: ANN401 - a request's fields
        return {
            "TableName": self._table_name,
            "KeyConditionExpression": "job_key = :partition AND item_key BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":partition": {"S": _partition(job)},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            "ConsistentRead": True,
        }


def _is_of(job: Job, item: Mapping[str, Any]) -> bool:
    """Items expire in any order: an earlier job with this id may have left some behind."""
    return bool(item["expires_at"] == expires_at(job))


def _partition(job: Job) -> str:
    return f"{job.network_id}#SCRATCH#{job.job_id}"
