"""Rows of a file, as many as one request takes."""

from collections.abc import Iterator

from local.send.keys import sendable, size_with_key
from local.send.rows import MAX_ROW_BYTES, FileRow, ReadRow

MAX_BATCH_ROWS = 500
MAX_BATCH_BYTES = 2 * 1024 * 1024


def next_batch(rows: Iterator[FileRow]) -> list[FileRow]:
    """The rows that come next; none at the end of the file. Rows that are too large are refused.

    Not one more is read than is in it, so that where it ends is where the file was read to: it is
    full once the largest row there can be would be too much.
    """
    batch: list[FileRow] = []
    size = 0
    while len(batch) < MAX_BATCH_ROWS and size + MAX_ROW_BYTES <= MAX_BATCH_BYTES:
        row = next(rows, None)
        if row is None:
            break
        batch.append(checked := sendable(row))
        if isinstance(checked, ReadRow):
            # With the end of the line.
            size += size_with_key(checked) + 1
    return batch
