"""What a verification found: in each chain the first item that is not what it was."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import override


class Change(StrEnum):
    """What somebody did to an item."""

    CHANGED = "was changed"
    MISSING = "is missing"
    ADDED = "was added"
    MOVED = "is not where it belongs"
    SILENT = "are silent"


# What is in no membership's chain.
LEDGER, SEALS = "ledger", "seals"


@dataclass(frozen=True, slots=True)
class Finding:
    """One item of a network. `chain` is a membership's, or that of rows or seals; `at` and `number`
    say where in it.
    """

    network_id: str
    chain: str
    name: str
    change: Change
    because: str
    at: str = ""
    number: int = 0
    seal: int | None = None

    @override
    def __str__(self) -> str:
        """The finding in one line."""
        attested = "" if self.seal is None else f" Attested by seal {self.seal}."
        return f"{self.network_id}: {self.name} {self.change}: {self.because}{attested}"


@dataclass
class Findings:
    """The first finding of each chain, and how many there are. An item is told once."""

    count: int = 0
    firsts: dict[tuple[str, str], Finding] = field(default_factory=dict)
    _names: set[tuple[str, str]] = field(default_factory=set)

    def add(self, finding: Finding) -> None:
        """Take a finding, whatever the order in which they come."""
        name = (finding.network_id, finding.name)
        if name in self._names:
            return
        self._names.add(name)
        self.count += 1
        chain = (finding.network_id, finding.chain)
        first = self.firsts.get(chain)
        if first is None or _place(finding) < _place(first):
            self.firsts[chain] = finding

    def in_order(self) -> list[Finding]:
        """The first of each chain, the one that happened first first; seals before all else, for
        what is held against them.
        """
        return sorted(
            self.firsts.values(), key=lambda f: (f.chain != SEALS, f.at or "~", _place(f), f.name)
        )


def _place(finding: Finding) -> tuple[int, str]:
    # In a membership's chain and among seals by number, in the ledger by time.
    return finding.number, finding.at
