"""Sends a file: reads a batch, has it settled, writes its results, notes how far that is."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.errors import ActivityFileError, InterruptedSendError, SendError
from local.send.batching import next_batch
from local.send.display import Display, open_display
from local.send.job import Job
from local.send.keys import RowKeys, name_of
from local.send.position import Counts, Position
from local.send.posting import Poster
from local.send.progress_file import ProgressFile, open_progress_file, remove_progress_file
from local.send.results_file import ResultsFile, open_results_file
from local.send.resuming import Beginning, find_beginning
from local.send.rows import FileRow, ReadRow
from local.send.settling import Settler, Waits
from local.stopping import Stop


def send(job: Job, stop: Stop, waits: Waits) -> Position:
    """Send what is left of the file. Raises SendError, which says how to go on.

    Then the progress file is there still, unless nothing was sent yet.
    """
    with (
        _opened(job.file) as file,
        open_progress_file(job.progress, job.destination) as progress,
        open_display(job.file.stat().st_size) as display,
        closing(Poster(job.target)) as poster,
    ):
        settler = Settler(poster, waits, stop, display.tell)
        beginning = find_beginning(job, file, progress, display.tell)
        with open_results_file(job.results, beginning.position.results_bytes) as results:
            run = Run(beginning, progress, results, settler, display)
            position = run.to_the_end(RowKeys(name_of(job.file), progress.count), stop)
    remove_progress_file(job.progress)
    return position


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise ActivityFileError(f"{path} can't be read ({error.strerror})") from error
    with file:
        yield file


@dataclass(frozen=True, slots=True)
class Run:
    """From where it begins to the end of the file."""

    beginning: Beginning
    progress: ProgressFile
    results: ResultsFile
    settler: Settler
    display: Display

    def to_the_end(self, keys: RowKeys, stop: Stop) -> Position:
        """Batch by batch; where it came to. A stop is heeded between two."""
        position = self.beginning.position
        try:
            self.display.show(position)
            while batch := next_batch(self.beginning.rows):
                position = self._sent(keys.with_keys(batch), position.counts)
                self.display.show(position)
                if stop.requested:
                    raise InterruptedSendError("stopped")
        except SendError as error:
            raise type(error)(f"{error}. {_how_to_go_on(position)}") from error
        return position

    def _sent(self, batch: Sequence[FileRow], counts: Counts) -> Position:
        """Settled, then in the results, then noted: in this order nothing is lost or doubled."""
        settled = iter(self.settler.settle([row.text for row in batch if isinstance(row, ReadRow)]))
        results = [
            _line(number, row, next(settled) if isinstance(row, ReadRow) else row.result())
            for number, row in enumerate(batch, counts.rows + 1)
        ]
        self.results.append(results)
        lines, counts = self.beginning.lines, counts.with_results(results)
        position = Position(
            lines.offset, lines.line, lines.fingerprint(), self.results.size, counts
        )
        self.progress.commit(position)
        return position


def _line(number: int, row: FileRow, result: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    told = {name: value for name, value in result.items() if name not in ("row", "retryable")}
    lines = {"lines": [row.line, row.last_line]} if row.last_line else {}
    return {"row": number, "line": row.line, **lines, **told}


def _how_to_go_on(position: Position) -> str:
    rows = position.counts.rows
    return f"{rows:,} rows are done, and the same command goes on from there"
