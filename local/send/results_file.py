"""The results file: one line of JSON for each row, in the order of the rows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from local.errors import ActivityFileError

_encode = json.JSONEncoder().encode
# Of the first line of each.
_BEGINNING = b'{"row": 1, "line": '


class ResultsFile:
    """Open for appending behind what an earlier run is known to have written."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self.size = size

    def append(self, results: Sequence[Mapping[str, Any]]) -> None:
        """Write the results, which then survive the end of this process."""
        content = "".join(f"{_encode(each)}\n" for each in results).encode()
        self._file.write(content)
        self._file.flush()
        self.size += len(content)


@contextmanager
def open_results_file(path: Path, size: int) -> Iterator[ResultsFile]:
    """The file, cut off at `size`. Raises ActivityFileError if it can't be written."""
    try:
        file = path.open("r+b" if path.exists() else "w+b")
    except OSError as error:
        raise _not_written(path, error) from error
    with file:
        file.truncate(size)
        file.seek(size)
        yield ResultsFile(file, size)


def may_be_overwritten(path: Path) -> bool:
    """Whether nothing is there, or nothing but results, which may have been cut off.

    Raises ActivityFileError if that can't be read.
    """
    if not path.exists():
        return True
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return _BEGINNING.startswith(file.read(len(_BEGINNING)))
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> ActivityFileError:
    return ActivityFileError(
        f"{path} can't be written ({error.strerror}): say where, with RESULTS="
    )


def has_results(path: Path, size: int) -> bool:
    """Whether the file has at least what a run that was interrupted has written."""
    return size == 0 or (path.is_file() and path.stat().st_size >= size)
