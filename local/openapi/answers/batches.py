"""What became of the rows of a batch."""

from local.openapi.answers.errors import ErrorCode, Fault
from local.openapi.answers.part import Absent, Count, Part, Yes


class RecordedRow(Part):
    """A row that is in the ledger, or would be."""

    row: Count
    status: int
    activity_id: str | None
    replayed: bool
    duplicate_of: str | None
    warnings: list[str]


class UnrecordedRow(Part):
    """A row that is not, or of which that is unknown: then it is `retryable`."""

    row: Count
    status: int
    code: ErrorCode
    message: str
    errors: list[Fault]
    retryable: bool


class RowCounts(Part):
    """How many rows there are of each sort."""

    recorded: Count
    replayed: Count
    duplicates: Count
    refused: Count
    retryable: Count


class BatchAnswer(Part):
    """A result for each row, in their order."""

    results: list[RecordedRow | UnrecordedRow]
    counts: RowCounts
    dry_run: Yes = Absent()
