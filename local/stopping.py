"""Stopping on request.

A signal only sets a flag, and everything that waits looks at the flag: so nothing is ever
interrupted between starting a program and knowing about it.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from local.errors import StoppedError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.1


class Stop:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self._requested = threading.Event()

    def request(self) -> None:
        self._requested.set()

    @property
    def requested(self) -> bool:
        return self._requested.is_set()

    def check(self) -> None:
        """Raise StoppedError once stopping was asked for."""
        if self.requested:
            raise StoppedError("stopped")

    def pause(self) -> None:
        """Wait a moment."""
        time.sleep(POLL_SECONDS)

    def wait_until(self, happened: Callable[[], bool], timeout_seconds: float) -> bool:
        """Wait for something; False when it did not happen in time. Raises StoppedError."""
        deadline = time.monotonic() + timeout_seconds
        while not happened():
            self.check()
            if time.monotonic() > deadline:
                return False
            self.pause()
        return True


@contextmanager
def stop_on_signals(stop: Stop) -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into a request to stop.

    SIGINT is taken even where it was ignored before, as it is in a background job of a script.
    """

    def request(_signal: int, _frame: FrameType | None) -> None:
        stop.request()

    before = {number: signal.signal(number, request) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
