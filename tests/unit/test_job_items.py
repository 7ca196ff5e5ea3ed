"""Jobs read back, and what is told of one that can't be."""

import traceback
from datetime import UTC, datetime

import pytest

from accrue.domain.errors import UnreadableRowError
from accrue.domain.jobs.job import Job, JobKind
from accrue.storage.job_items import job_from_attributes, job_to_attributes

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CANARY = "poison.person@example.com"
JOB = Job(
    network_id="demo",
    job_id="job_1",
    kind=JobKind.AUDIT,
    definition={},
    definition_hash="hash",
    created_at=NOW,
    updated_at=NOW,
    request_id="request",
    key_id="admin",
)
PARSED = ("kind", "created_at", "updated_at", "job_status", "step", "ordered_step", "done")


def test_a_job_is_read_back_as_it_was_written() -> None:
    assert job_from_attributes(job_to_attributes(JOB)) == JOB


@pytest.mark.parametrize("name", [*PARSED, "total", "counts", "findings", "failure"])
def test_of_an_attribute_that_is_something_else_nothing_is_told(name: str) -> None:
    with pytest.raises(UnreadableRowError) as raised:
        job_from_attributes({**job_to_attributes(JOB), name: CANARY})

    # As the log has it: with the causes that are shown.
    assert CANARY not in "".join(traceback.format_exception(raised.value))
