"""The processes in which the embedded AWS runs the functions: found by function, and killed."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

# Those that an activity goes through, the stream's every other time. The emulator's folder of a
# function has its name.
VICTIMS = (
    "RecordMembershipActivityFunction",
    "ApplyRulesFunction",
    "RecordNetworkActivityFunction",
    "ApplyRulesFunction",
    "AuthorizeBearerFunction",
    "ApplyRulesFunction",
)
PROCESSES = Path("/proc")
LOOK_EVERY_SECONDS = 0.05


@dataclass
class Killer:
    """Kills all workers of one function after the other, each time so many more requests were
    answered: as often on a slow machine as on a quick one. `killed` says how many of each.
    """

    keeper_pid: int
    answered: Callable[[], int]
    every: int
    killed: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the block ends."""
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _work(self) -> None:
        due = self.every
        for victim in cycle(VICTIMS):
            while self.answered() < due:
                if self._stop.is_set():
                    return
                time.sleep(LOOK_EVERY_SECONDS)
            due += self.every
            for pid in _workers(self.keeper_pid, victim):
                # It may have ended by itself.
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed[victim] += 1


def _workers(keeper_pid: int, function: str) -> list[int]:
    """The emulator is the keeper's child, and the functions run in children of the emulator."""
    parents = dict(_parents())
    emulators = [pid for pid, parent in parents.items() if parent == keeper_pid]
    return [
        pid
        for pid, parent in parents.items()
        if parent in emulators and f"-{function}-" in _command(pid)
    ]


def _command(pid: int) -> str:
    with suppress(OSError):
        return (PROCESSES / str(pid) / "cmdline").read_text()
    return ""


def _parents() -> Iterator[tuple[int, int]]:
    for folder in PROCESSES.iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            # The name is in brackets, and may hold anything; the parent comes second after it.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            yield int(folder.name), int(fields[1])
