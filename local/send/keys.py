"""Idempotency keys for rows that bring none.

A key is a hash of the file's name, the row's content and how many rows of that content the file
had so far. So it does not depend on where the row stands, or when it is sent: the same file sent
again, reordered or with rows added, gives each row the key that it had. Rows that are alike each
count, and a file of another name has other activities. It is never to be changed: a new form of
keys would record a file that is sent again a second time.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local.send.csv_columns import KEY_COLUMN
from local.send.rows import MAX_ROW_BYTES, FileRow, ReadRow, bytes_of, too_large

_FORM = "row_of_file/1"
# 128 bits: no two contents of a file have the same.
_CONTENT_BYTES = 16
# By how much a key makes a row longer.
ADDED_BYTES = len(f'{{"{KEY_COLUMN}":"file-{"0" * 64}",')

# Takes note that the contents came once more, and says of each how often it came by then.
type Count = Callable[[Sequence[bytes]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class RowKeys:
    """Gives the rows of the file `name` their keys."""

    name: str
    count: Count

    def with_keys(self, rows: Sequence[FileRow]) -> list[FileRow]:
        """The rows, which come next in the file, each with a key in it."""
        without = [row.content for row in rows if isinstance(row, ReadRow) and row.content]
        occurrences = iter(self.count([_digest(content) for content in without]))
        return [
            self._with_key(row, next(occurrences))
            if isinstance(row, ReadRow) and row.content
            else row
            for row in rows
        ]

    def _with_key(self, row: ReadRow, occurrence: int) -> ReadRow:
        key = derived_key(self.name, row.content or "", occurrence)
        rest = row.text[1:].lstrip()
        text = f'{{"{KEY_COLUMN}":"{key}"{"" if rest.startswith("}") else ","}{rest}'
        return ReadRow(row.line, text, None, row.last_line)


def derived_key(name: str, content: str, occurrence: int) -> str:
    """The key of the n-th row with this content, from 1, in a file of this name."""
    hashed = f"{_beginning(name)}{occurrence}:{content}"
    return f"file-{hashlib.sha256(hashed.encode()).hexdigest()}"


@cache
def _beginning(name: str) -> str:
    return json.dumps([_FORM, name])


def sendable(row: FileRow) -> FileRow:
    """The same, or its refusal if it would be too large with its key."""
    if isinstance(row, ReadRow) and size_with_key(row) > MAX_ROW_BYTES:
        return too_large(row.line, row.last_line)
    return row


def size_with_key(row: ReadRow) -> int:
    """Its bytes, as it will be sent."""
    return bytes_of(row.text) + (ADDED_BYTES if row.content else 0)


def name_of(path: Path) -> str:
    """The file's name without its folder, spelt alike on all systems."""
    return unicodedata.normalize("NFC", path.name)


def _digest(content: str) -> bytes:
    return hashlib.sha256(content.encode()).digest()[:_CONTENT_BYTES]
