"""JobTable: what jobs are to do, how far they are, and what they have come to.

| partition `job_key`           | sort `item_key`              | what                              |
|-------------------------------|------------------------------|-----------------------------------|
| `<network>#JOBS`              | `<created_at>#<job_id>`      | that there is such a job          |
| `<network>#JOB#<job_id>`      | `JOB`                        | the job                           |
|                               | `FINDINGS#<step>#<number>`   | a sheet of findings               |
|                               | `RECORDS#<step>#<number>`    | a sheet of records                |
| `<network>#SCRATCH#<job_id>`  | `<space>#<key>`              | what it keeps between steps       |

A step is kept in one transaction: the job after it, if it is still at the step before, and the
sheets of that step. Nobody needs any of it for ever: it expires 90 days after the job was made.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from accrue.domain.ids import is_job_id
from accrue.domain.jobs.errors import JobMovedError
from accrue.domain.jobs.job import Attributes, Job, JobStatus, JobStep
from accrue.domain.pages import Page, PageRequest
from accrue.domain.timestamps import to_text
from accrue.storage.batch_reads import read_items
from accrue.storage.dynamo import (
    CONDITION_FAILED,
    cancellation_reasons,
    retry_conflicts,
    to_attributes,
    to_item,
)
from accrue.storage.job_items import (
    expires_at,
    job_from_attributes,
    job_to_attributes,
    places_on,
    sheet_of,
    sheets_of,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef, PutTypeDef

# DynamoDB's limit of a transaction.
MAX_WRITES = 100
FINDINGS = "FINDINGS"
RECORDS = "RECORDS"
# Definitions, cursors and reports may have hundreds of kilobytes each.
_IN_BRIEF = (
    *("network_id", "job_id", "kind", "definition_hash", "created_at", "updated_at"),
    *("request_id", "key_id", "of", "job_status", "step", "ordered_step"),
    *("done", "total", "counts", "findings", "failure"),
)
# Placeholders, since some of the names are DynamoDB's reserved words.
_NAMES = {f"#{name}": name for name in _IN_BRIEF}
_ALIVE = "step = :step AND job_status IN (:queued, :running)"


class JobTable:
    """Implements `services.job_ports.JobStore`."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def find_job(self, network_id: str, job_id: str) -> Job | None:
        """The job, read consistently, or None."""
        if not is_job_id(job_id):
            return None
        found = self._client.get_item(
            TableName=self._table_name, Key=_key(network_id, job_id), ConsistentRead=True
        )
        return job_from_attributes(to_attributes(found["Item"])) if "Item" in found else None

    def add_job(self, job: Job) -> Job:
        """Write the job unless there is one with its id; the one that is there."""
        listed = {
            "job_key": f"{job.network_id}#JOBS",
            "item_key": f"{to_text(job.created_at)}#{job.job_id}",
            "job_id": job.job_id,
            "expires_at": expires_at(job),
        }
        put = self._job_put(job)
        put["ConditionExpression"] = "attribute_not_exists(item_key)"
        of_list: PutTypeDef = {"TableName": self._table_name, "Item": to_item(listed)}
        if self._is_written([{"Put": put}, {"Put": of_list}]):
            return job
        found = self.find_job(job.network_id, job.job_id)
        assert found is not None, "it stood in the way"
        return found

    def save_step(self, after: Job, step: JobStep) -> None:
        """Write the job after the step, with what the step brought. Raises JobMovedError."""
        sheets = chain(
            sheets_of(FINDINGS, after.step, step.findings),
            sheets_of(RECORDS, after.step, step.records),
        )
        partition = _partition(after.network_id, after.job_id)
        common = {"job_key": partition, "expires_at": expires_at(after)}
        put = self._job_put(after)
        put["ConditionExpression"] = _ALIVE
        put["ExpressionAttributeValues"] = {
            ":step": {"N": str(after.step - 1)},
            ":queued": {"S": JobStatus.QUEUED.value},
            ":running": {"S": JobStatus.RUNNING.value},
        }
        writes: list[Any] = [{"Put": put}]
        for sheet in sheets:
            item = to_item({**common, **sheet})
            writes.append({"Put": {"TableName": self._table_name, "Item": item}})
        assert len(writes) <= MAX_WRITES, "a step brings less"
        if not self._is_written(writes):
            raise JobMovedError(after.job_id)

    def save_job(self, present: Job, wanted: Job) -> None:
        """Write a job that stays at its step, if it stands as `present`. Raises JobMovedError."""
        put = self._job_put(wanted)
        put["ConditionExpression"] = "step = :step AND job_status = :status"
        put["ExpressionAttributeValues"] = {
            ":step": {"N": str(present.step)},
            ":status": {"S": present.status.value},
        }
        if not self._is_written([{"Put": put}]):
            raise JobMovedError(present.job_id)

    def note_ordered(self, job: Job) -> None:
        """Keep that the order for the present step was sent; not if the job has got on."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table_name,
                Key=_key(job.network_id, job.job_id),
                UpdateExpression="SET ordered_step = :step",
                ConditionExpression="step = :step",
                ExpressionAttributeValues={":step": {"N": str(job.step)}},
            )

    def list_jobs(self, network_id: str, page: PageRequest) -> Page[Job]:
        """The network's jobs in brief, the newest first, behind `page.after`."""
        condition, values = "job_key = :partition", {":partition": {"S": f"{network_id}#JOBS"}}
        if page.after is not None:
            condition += " AND item_key < :after"
            values[":after"] = {"S": page.after}
        answer = self._client.query(
            TableName=self._table_name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=page.limit,
        )
        ids = [item["job_id"]["S"] for item in answer["Items"]]
        jobs = self._in_brief(network_id, ids)
        last = answer["Items"][-1]["item_key"]["S"] if "LastEvaluatedKey" in answer else None
        return Page(tuple(jobs[each] for each in ids if each in jobs), last)

    def list_findings(self, job: Job, page: PageRequest) -> Page[Attributes]:
        """The job's findings in the order in which they were found, behind `page.after`."""
        found: list[tuple[str, Attributes]] = []
        for sheet in self._sheets_after(job, FINDINGS, page.after or ""):
            found += sheet
            if len(found) > page.limit:
                break
        shown = found[: page.limit]
        following = shown[-1][0] if len(found) > len(shown) else None
        return Page(tuple(thing for _, thing in shown), following)

    def records_after(self, job: Job, after: str) -> Iterator[Sequence[tuple[str, Attributes]]]:
        """The job's records behind a place, a sheet at a time."""
        return self._sheets_after(job, RECORDS, after)

    def _sheets_after(
        self, job: Job, name: str, after: str
    ) -> Iterator[Sequence[tuple[str, Attributes]]]:
        # Items expire in any order: an earlier job with this id may have left some behind.
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="job_key = :partition AND item_key BETWEEN :first AND :last",
            FilterExpression="expires_at = :expires_at",
            ExpressionAttributeValues={
                ":expires_at": {"N": str(expires_at(job))},
                ":partition": {"S": _partition(job.network_id, job.job_id)},
                ":first": {"S": f"{name}#{sheet_of(after)}"},
                ":last": {"S": f"{name}#~"},
            },
            ConsistentRead=True,
        )
        for page in pages:
            for item in map(to_attributes, page["Items"]):
                if things := [each for each in places_on(item) if each[0] > after]:
                    yield things

    def _in_brief(self, network_id: str, job_ids: Sequence[str]) -> dict[str, Job]:
        how: KeysAndAttributesTypeDef = {
            "Keys": [],
            "ConsistentRead": True,
            "ProjectionExpression": ", ".join(_NAMES),
            "ExpressionAttributeNames": _NAMES,
        }
        keys = [_key(network_id, each) for each in job_ids]
        found = map(to_attributes, read_items(self._client, self._table_name, keys, how))
        return {each["job_id"]: job_from_attributes(each) for each in found}

    def _job_put(self, job: Job) -> "PutTypeDef":
        item = to_item(job_to_attributes(job))
        return {
            "TableName": self._table_name,
            "Item": {**item, **_key(job.network_id, job.job_id)},
        }

    def _is_written(self, writes: Sequence[Any]) -> bool:
        """Whether all was written; false if a condition did not hold."""
        try:
            retry_conflicts(lambda: self._client.transact_write_items(TransactItems=writes))
        except self._client.exceptions.TransactionCanceledException as cancelled:
            reasons = {reason["Code"] for reason in cancellation_reasons(cancelled)}
            if CONDITION_FAILED in reasons:
                return False
            raise
        return True


def _partition(network_id: str, job_id: str) -> str:
    return f"{network_id}#JOB#{job_id}"


def _key(network_id: str, job_id: str) -> dict[str, Any]:
    return {"job_key": {"S": _partition(network_id, job_id)}, "item_key": {"S": "JOB"}}


def is_job_position(text: str) -> bool:
    """Whether a list of jobs could go on behind it: what a cursor holds may be anything."""
    return is_job_id(text.rpartition("#")[2])
