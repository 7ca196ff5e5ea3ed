"""`.local/stack.json`: where other programs find the stack that was started last."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local.emulator import answers
from local.errors import NotRunningError
from local.paths import STACK_FILE


@contextmanager
def stack_file(document: Mapping[str, str]) -> Iterator[None]:
    """The file holds `document` while the block runs; it appears whole or not at all.

    Afterwards the stack that it named before is named again, if that one still runs.
    """
    earlier = _read()
    _write(document)
    try:
        yield
    finally:
        # A stack that was started after this one has put its own there.
        if _read() == document:
            if earlier and answers(earlier["endpoint_url"]):
                _write(earlier)
            else:
                STACK_FILE.unlink()


def running_stack_document() -> Mapping[str, str]:
    """What the file says of a stack that answers; raises NotRunningError if none does."""
    document = _read()
    if document is None or not answers(document["endpoint_url"]):
        raise NotRunningError("nothing is running. Start it with: make run")
    return document


def _read() -> dict[str, str] | None:
    if not STACK_FILE.exists():
        return None
    document: dict[str, str] = json.loads(STACK_FILE.read_text(encoding="utf-8"))
    return document


def _write(document: Mapping[str, str]) -> None:
    unfinished = STACK_FILE.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(STACK_FILE)
