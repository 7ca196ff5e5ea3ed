"""What a row of a file is, once it was read."""

from collections.abc import Mapping
from dataclasses import dataclass

from accrue.domain.errors import Fault
from accrue.runtime.json_body import MAX_BODY_BYTES

MAX_ROW_BYTES = MAX_BODY_BYTES


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that can be sent: a JSON object, and the line on which it begins.

    `content` is its canonical JSON, of which its key is made; None if it has a key of its own.
    `last_line` is where it ends, if that is another.
    """

    line: int
    text: str
    content: str | None
    last_line: int | None = None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is not sent, and why not."""

    line: int
    status: int
    code: str
    faults: tuple[Fault, ...]
    last_line: int | None = None

    def result(self) -> Mapping[str, object]:
        """As the batch endpoint would refuse it."""
        first = self.faults[0]
        lines = f"lines {self.line} to {self.last_line}: " if self.last_line else ""
        return {
            "status": self.status,
            "code": self.code,
            "message": f"{lines}{first.pointer or 'row'}: {first.message}",
            "errors": [{"pointer": each.pointer, "message": each.message} for each in self.faults],
        }


type FileRow = ReadRow | RefusedRow


def unreadable(line: int, *faults: Fault) -> RefusedRow:
    """A row out of which no activity can be made."""
    return RefusedRow(line, 400, "INVALID_REQUEST", faults)


def too_large(line: int, last_line: int | None = None) -> RefusedRow:
    """A row that the endpoint would not take."""
    message = f"is longer than {MAX_ROW_BYTES} bytes: shorten it"
    return RefusedRow(line, 413, "REQUEST_TOO_LARGE", (Fault("", message),), last_line)


def bytes_of(text: str) -> int:
    """How long it is in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
