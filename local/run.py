"""`make run`: serves the local stack until it is stopped. `PORT=` chooses the port."""

import os
import sys

from local.errors import LocalError, StepError
from local.live_stack import LiveStack
from local.ports import read_port
from local.stack import running_stack
from local.stack_file import stack_file
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
    with stack_file(stack.as_document()):
        print(welcome(stack), flush=True)
        while not stop.requested:
            stop.pause()
            stack.emulator.check()


def _complain(error: LocalError) -> None:
    if isinstance(error, StepError) and error.output:
        print(error.output, file=sys.stderr)
    print(f"make run: {error}", file=sys.stderr, flush=True)
