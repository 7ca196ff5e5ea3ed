"""Where a run begins: where an earlier one stopped, if the file is still what that one read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from local.send.csv_columns import Columns, read_columns
from local.send.csv_rows import csv_rows
from local.send.job import Job
from local.send.ndjson_rows import ndjson_rows
from local.send.position import Position
from local.send.progress_file import ProgressFile
from local.send.results_file import has_results
from local.send.rows import FileRow
from local.send.source import SourceLines


@dataclass(frozen=True, slots=True)
class Beginning:
    """The rows that are left, the lines they are read from, and what is behind them already."""

    rows: Iterator[FileRow]
    lines: SourceLines
    position: Position


def find_beginning(
    job: Job, file: IO[bytes], progress: ProgressFile, tell: Callable[[str], None]
) -> Beginning:
    """Starting over is safe, as each row gets the key that it had; `tell` hears why.

    Raises ActivityFileError if the header can't be used.
    """
    columns = read_columns(SourceLines(file).read_line()) if job.is_csv else None
    earlier = progress.position()
    if earlier:
        lines = _lines(file).skip_to(earlier.offset, earlier.line)
        why_not = _why_not(job, file, lines, earlier)
        if why_not is None:
            tell(f"going on after row {earlier.counts.rows:,}")
            return Beginning(_rows(lines, columns), lines, earlier)
        tell(f"{why_not}: starting over, nothing is recorded twice")
    elif not progress.is_empty():
        tell("it was sent elsewhere, or had other results, before: starting over")
    progress.forget()
    lines = _lines(file)
    if columns:
        lines.read_line()
    return Beginning(
        _rows(lines, columns), lines, Position(lines.offset, lines.line, lines.fingerprint())
    )


def _lines(file: IO[bytes]) -> SourceLines:
    file.seek(0)
    return SourceLines(file)


def _rows(lines: SourceLines, columns: Columns | None) -> Iterator[FileRow]:
    return csv_rows(lines, columns) if columns else ndjson_rows(lines)


def _why_not(job: Job, file: IO[bytes], lines: SourceLines, earlier: Position) -> str | None:
    if lines.fingerprint() != earlier.fingerprint or _is_within_a_line(file, lines.offset):
        return f"{job.file} has changed where it was sent already"
    if not has_results(job.results, earlier.results_bytes):
        return f"{job.results} is gone"
    return None


def _is_within_a_line(file: IO[bytes], offset: int) -> bool:
    """Whether the last line that was read became longer since: it was the end of the file."""
    file.seek(max(0, offset - 1))
    last, following = file.read(1), file.read(1)
    file.seek(offset)
    return last != b"\n" and following not in (b"", b"\r", b"\n")
