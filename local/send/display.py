"""What the person at the terminal sees while a file is sent."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from local.send.position import Position

_LINE_EVERY_SECONDS = 10.0


class Display(Protocol):
    """Shows how far it is, and what somebody should know."""

    def show(self, position: Position) -> None: ...

    def tell(self, text: str) -> None: ...


@contextmanager
def open_display(file_bytes: int) -> Iterator[Display]:
    """A bar on a terminal, else a line now and then; on stderr, as no part of the result."""
    console = Console(stderr=True, highlight=False, markup=False)
    if not console.is_terminal:
        yield Lines(file_bytes)
        return
    with Progress(
        BarColumn(bar_width=24),
        DownloadColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        console=console,
        transient=True,
    ) as progress:
        yield Bar(progress, file_bytes)


class Rate:
    """Rows a second since the beginning of this run."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._first_row = 0

    def told(self, position: Position) -> str:
        counts, now = position.counts, time.monotonic()
        if self._began is None:
            self._began, self._first_row = now, counts.rows
        seconds = now - self._began
        rate = (counts.rows - self._first_row) / seconds if seconds else 0
        return f"{counts.rows:,} rows, {rate:,.0f}/s: {summed_up(position)}"


class Bar:
    """A progress bar over the bytes of the file."""

    def __init__(self, progress: Progress, file_bytes: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=file_bytes, told="")
        self._rate = Rate()

    def show(self, position: Position) -> None:
        told = self._rate.told(position)
        self._progress.update(self._task, completed=position.offset, told=told)

    def tell(self, text: str) -> None:
        self._progress.console.print(text)


class Lines:
    """A line now and then, for logs."""

    def __init__(self, file_bytes: int) -> None:
        self._file_bytes = file_bytes
        self._rate = Rate()
        self._last = time.monotonic()

    def show(self, position: Position) -> None:
        told = self._rate.told(position)
        if time.monotonic() - self._last < _LINE_EVERY_SECONDS:
            return
        self._last = time.monotonic()
        share = position.offset / max(self._file_bytes, 1)
        self.tell(f"{min(share, 1):.0%}, {told}")

    def tell(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


def summed_up(position: Position) -> str:
    """The counts in words."""
    counts = position.counts
    duplicates = f"{counts.duplicates:,} duplicates, " if counts.duplicates else ""
    return (
        f"{counts.recorded:,} recorded, {counts.replayed:,} replayed, {duplicates}"
        f"{counts.refused:,} refused"
    )
