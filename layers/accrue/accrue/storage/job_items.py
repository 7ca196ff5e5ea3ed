"""Jobs as items of JobTable, and lists of small things packed into sheets, each of which is one
item.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from accrue.domain.errors import WRONG_SHAPE, UnreadableRowError
from accrue.domain.jobs.job import Attributes, Job, JobFailure, JobKind, JobStatus
from accrue.domain.timestamps import from_text, to_text

KEPT_FOR = timedelta(days=90)
# DynamoDB takes 400 KB an item; counted as JSON, in which things are longer than there.
MAX_SHEET_BYTES = 300_000
MAX_THINGS_A_SHEET = 200
# Of a step, a sheet of it, and a thing on that.
_PLACE = re.compile(r"[0-9]{8}#[0-9]{4}#[0-9]{4}")


def job_to_attributes(job: Job) -> dict[str, Any]:
    """The job as plain attributes."""
    return {
        "network_id": job.network_id,
        "job_id": job.job_id,
        "kind": job.kind.value,
        "definition": job.definition,
        "definition_hash": job.definition_hash,
        "created_at": to_text(job.created_at),
        "updated_at": to_text(job.updated_at),
        "request_id": job.request_id,
        "key_id": job.key_id,
        "of": job.of,
        "job_status": job.status.value,
        "step": job.step,
        "ordered_step": job.ordered_step,
        "cursor": job.cursor,
        "done": job.done,
        "total": job.total,
        "counts": job.counts,
        "report": job.report,
        "findings": job.findings,
        "failure": job.failure
        and {"message": job.failure.message, "request_id": job.failure.request_id},
        "expires_at": expires_at(job),
    }


def job_from_attributes(attributes: Mapping[str, Any]) -> Job:
    """Read a job back. In a list it is read without its definition, cursor and report.

    Raises UnreadableRowError, which says nothing of what is in it.
    """
    try:
        return _job(attributes)
    except WRONG_SHAPE:
        # Without the cause: it tells the value, and would be logged.
        raise UnreadableRowError("job: not as it was written") from None


def _job(attributes: Mapping[str, Any]) -> Job:
    failure = attributes["failure"]
    total = attributes["total"]
    return Job(
        network_id=attributes["network_id"],
        job_id=attributes["job_id"],
        kind=JobKind(attributes["kind"]),
        definition=attributes.get("definition", {}),
        definition_hash=attributes["definition_hash"],
        created_at=from_text(attributes["created_at"]),
        updated_at=from_text(attributes["updated_at"]),
        request_id=attributes["request_id"],
        key_id=attributes["key_id"],
        of=attributes["of"],
        status=JobStatus(attributes["job_status"]),
        step=int(attributes["step"]),
        ordered_step=int(attributes["ordered_step"]),
        cursor=attributes.get("cursor", {}),
        done=int(attributes["done"]),
        total=None if total is None else int(total),
        counts={name: int(count) for name, count in attributes["counts"].items()},
        report=attributes.get("report", {}),
        findings=int(attributes["findings"]),
        failure=failure and JobFailure(failure["message"], failure["request_id"]),
    )


def expires_at(job: Job) -> int:
    """When DynamoDB may delete what belongs to the job, in seconds."""
    return int((job.created_at + KEPT_FOR).timestamp())


def sheets_of(name: str, step: int, things: Sequence[Attributes]) -> Iterator[dict[str, Any]]:
    """The things of a step as items, in their order. `name` says what they are."""
    for number, sheet in enumerate(_sheets(things)):
        yield {"item_key": f"{name}#{step:08d}#{number:04d}", "things": sheet}


def _sheets(things: Sequence[Attributes]) -> Iterator[list[Attributes]]:
    sheet: list[Attributes] = []
    size = 0
    for thing in things:
        length = len(json.dumps(thing, default=str))
        if sheet and (size + length > MAX_SHEET_BYTES or len(sheet) == MAX_THINGS_A_SHEET):
            yield sheet
            sheet, size = [], 0
        sheet.append(thing)
        size += length
    if sheet:
        yield sheet


def places_on(sheet: Mapping[str, Any]) -> Iterator[tuple[str, Attributes]]:
    """The things on a sheet, each with where it is: text that sorts as they do."""
    _, _, place = sheet["item_key"].partition("#")
    return ((f"{place}#{n:04d}", thing) for n, thing in enumerate(sheet["things"]))


def sheet_of(place: str) -> str:
    """The part of a place that names its sheet; "" of what is no place."""
    return place.rpartition("#")[0]


def is_finding_position(text: str) -> bool:
    """Whether a list of findings could go on behind it: what a cursor holds may be anything."""
    return _PLACE.fullmatch(text) is not None
