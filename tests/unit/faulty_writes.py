"""A book whose writes go wrong, by chance."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import override

from accrue.domain.balance import BalanceChange
from accrue.domain.errors import WriteRaceError
from accrue.domain.ledger_row import ReversalMarker
from tests.unit.fakes import FakeBook


class Fault(Enum):
    """What goes wrong with a write."""

    CONFLICT = "somebody else's transaction is under way, for a while"
    CONFLICTS = "and for too long"
    LOST = "it is written, and the answer is lost"
    SDK_RETRY = "it is written, the answer is lost, and the SDK sends it again"
    DIED_BEFORE = "the process dies before it"
    DIED_AFTER = "the process dies after it"


# What the report of the proof calls them, as of whole handlers.
_NAMES = {
    Fault.CONFLICT: "conflict in a transaction",
    Fault.CONFLICTS: "conflict in a transaction",
    Fault.LOST: "answer lost, SDK gives up",
    Fault.SDK_RETRY: "answer lost, SDK gets through",
    Fault.DIED_BEFORE: "crash before a call",
    Fault.DIED_AFTER: "crash after a call",
}


def fault_figures(seen: Mapping[object, int]) -> dict[str, int]:
    """How often each went wrong, as figures of the proof."""
    sums = Counter[str]()
    for fault, name in _NAMES.items():
        sums[name] += seen[fault]
    return dict(sums)


class BrokenError(Exception):
    """What a store raises that nobody expects; the client hears 500, or nothing."""


class Died(BaseException):
    """The process is gone. Its client hears nothing and tries again."""


@dataclass
class FaultyWrites(FakeBook):
    """A book to which it happens; `seen` counts what did."""

    chance: random.Random = field(default_factory=random.Random)
    rate: float = 0
    seen: Counter[object] = field(default_factory=Counter)

    @override
    def _write(
        self,
        changes: Sequence[BalanceChange],
        markers: Mapping[tuple[str, str], ReversalMarker],
    ) -> None:
        fault = self.chance.choice(list(Fault)) if self.chance.random() < self.rate else None
        if fault is Fault.CONFLICT:
            self.seen[fault] += 1
            self.pause()
        elif fault is Fault.CONFLICTS:
            self.seen[fault] += 1
            raise BrokenError
        elif fault is Fault.DIED_BEFORE:
            self.seen[fault] += 1
            raise Died
        self._really_write(changes, markers)
        if fault is None or fault is Fault.CONFLICT:
            return
        # Only what was written is worth losing.
        self.seen[fault] += 1
        if fault is Fault.LOST:
            raise BrokenError
        if fault is Fault.DIED_AFTER:
            raise Died
        self._really_write(changes, markers)

    def _really_write(
        self,
        changes: Sequence[BalanceChange],
        markers: Mapping[tuple[str, str], ReversalMarker],
    ) -> None:
        try:
            FakeBook._write(self, changes, markers)
        except WriteRaceError as race:
            self.seen[type(race).__name__] += 1
            raise
