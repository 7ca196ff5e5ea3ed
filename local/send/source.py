"""The lines of a file, and how far it was read."""

import hashlib
from collections.abc import Iterator
from typing import IO, Self

BOM = b"\xef\xbb\xbf"
# A row has at most 64 KB, and a line of a CSV is a row or less. One that is longer than this is
# none, and must not fill the memory.
MAX_LINE_BYTES = 1024 * 1024
_CHUNK_BYTES = 1024 * 1024


class SourceLines:
    """Each line of the file as text, with its end, counted and hashed as it is read.

    What is not UTF-8 comes as lone surrogates, which no text has: a row can tell. Of a line that
    is too long only the beginning comes.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.offset = 0
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if content := self.read_line():
            return content.decode("utf-8", "surrogateescape")
        raise StopIteration

    def read_line(self) -> bytes:
        """The next line; empty at the end of the file. The mark of UTF-8 is no part of it."""
        content = self._take(MAX_LINE_BYTES)
        if not content:
            return content
        is_first = self.line == 0
        self.line += 1
        end = content
        while len(end) == MAX_LINE_BYTES and not end.endswith(b"\n"):
            end = self._take(MAX_LINE_BYTES)
        return content.removeprefix(BOM) if is_first else content

    def skip_to(self, offset: int, line: int) -> Self:
        """Read as far as an earlier run did, but for where the file ends before."""
        while self.offset < offset and (chunk := self._file.read(self._next_size(offset))):
            self._note(chunk)
        self.line = line
        return self

    def fingerprint(self) -> bytes:
        """The hash of everything that was read."""
        return self._hash.digest()

    def _take(self, limit: int) -> bytes:
        content = self._file.readline(limit)
        self._note(content)
        return content

    def _note(self, content: bytes) -> None:
        self._hash.update(content)
        self.offset += len(content)

    def _next_size(self, offset: int) -> int:
        return min(_CHUNK_BYTES, offset - self.offset)


def is_utf8(text: str) -> bool:
    """Whether all of it could be decoded."""
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)
