"""`make run`: serves the local stack until it is stopped. `PORT=` chooses the port."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local.errors import LocalError, StepError
from local.live_stack import LiveStack
from local.paths import STACK_FILE
from local.ports import read_port
from local.stack import running_stack
from local.stopping import Stop, stop_on_signals
from local.welcome import welcome


def main() -> int:
    """Exit status 0 when it served and was stopped, 1 when it did not come up or broke down."""
    # What is there for a real account must not get into the clients.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    stop = Stop()
    try:
        with (
            stop_on_signals(stop),
            running_stack(read_port(os.environ.get("PORT")), stop=stop) as stack,
        ):
            _serve(stack, stop)
    except LocalError as error:
        _complain(error)
        return 1
    return 0


def _serve(stack: LiveStack, stop: Stop) -> None:
    with _stack_file(stack):
        print(welcome(stack), flush=True)
        while not stop.requested:
            stop.pause()
            stack.emulator.check()


@contextmanager
def _stack_file(stack: LiveStack) -> Iterator[None]:
    """Where other programs find the stack while it is there. It appears whole or not at all."""
    text = json.dumps(stack.as_document(), indent=2) + "\n"
    unfinished = STACK_FILE.with_suffix(".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(STACK_FILE)
    try:
        yield
    finally:
        # A second stack, on another port, may have put its own there.
        if STACK_FILE.exists() and STACK_FILE.read_text(encoding="utf-8") == text:
            STACK_FILE.unlink()


def _complain(error: LocalError) -> None:
    if isinstance(error, StepError) and error.output:
        print(error.output, file=sys.stderr)
    print(f"make run: {error}", file=sys.stderr, flush=True)
