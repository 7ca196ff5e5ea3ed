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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.send.csv_columns import KEY_COLUMN
from local.send.rows import MAX_ROW_BYTES, FileRow, ReadRow, bytes_of, too_large

_FORM = "row_of_file/1"
# 128 bits: no two contents of a file have the same.
_CONTENT_BYTES = 16


@dataclass(frozen=True, slots=True)
class KeyedRows:
    """Gives the rows of the file `name` their keys.

    `count` notes that a content came once more, and says how often it came by now.
    """

    name: str
    count: Callable[[bytes], int]

    def with_key(self, row: FileRow) -> FileRow:
        """The row with a key in it."""
        if not isinstance(row, ReadRow):
            return row
        text = row.text if row.content is None else self._keyed(row.text, row.content)
        if bytes_of(text) > MAX_ROW_BYTES:
            return too_large(row.line)
        return ReadRow(row.line, text, None)

    def _keyed(self, text: str, content: str) -> str:
        occurrence = self.count(hashlib.sha256(content.encode()).digest()[:_CONTENT_BYTES])
        key = derived_key(self.name, content, occurrence)
        rest = text[1:].lstrip()
        return f'{{"{KEY_COLUMN}":"{key}"{"" if rest.startswith("}") else ","}{rest}'


def derived_key(name: str, content: str, occurrence: int) -> str:
    """The key of the n-th row with this content, from 1, in a file of this name."""
    hashed = f"{json.dumps([_FORM, name, occurrence])}{content}"
    return f"file-{hashlib.sha256(hashed.encode()).hexdigest()}"


def name_of(path: Path) -> str:
    """The file's name without its folder, spelt alike on all systems."""
    return unicodedata.normalize("NFC", path.name)
