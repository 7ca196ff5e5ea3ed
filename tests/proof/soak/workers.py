"""The processes in which the embedded AWS runs the functions: found, and killed at random."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

# A worker takes a second or two to start anew.
SECONDS_BETWEEN = (1.0, 4.0)
PROCESSES = Path("/proc")


@dataclass
class Killer:
    """Kills a worker every few seconds; `killed` says how many."""

    keeper_pid: int
    chance: random.Random
    killed: int = 0
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
        while not self._stop.wait(self.chance.uniform(*SECONDS_BETWEEN)):
            found = workers(self.keeper_pid)
            if not found:
                continue
            # It may have ended by itself.
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(found), signal.SIGKILL)
                self.killed += 1


def workers(keeper_pid: int) -> list[int]:
    """The emulator is the keeper's child, and the functions run in children of the emulator."""
    parents = dict(_parents())
    emulators = [pid for pid, parent in parents.items() if parent == keeper_pid]
    return sorted(pid for pid, parent in parents.items() if parent in emulators)


def _parents() -> Iterator[tuple[int, int]]:
    for folder in PROCESSES.iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            # The name is in brackets, and may hold anything; the parent comes second after it.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            yield int(folder.name), int(fields[1])
