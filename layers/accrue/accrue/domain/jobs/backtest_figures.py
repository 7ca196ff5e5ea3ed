"""What a back-test counts: everything twice, as it was paid and under the candidate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from accrue.domain.activity import Kind
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT
from accrue.domain.jobs.job import Attributes
from accrue.domain.membership_state import MembershipState
from accrue.domain.posting import Posting
from accrue.domain.purse import Purse

_NONE = Decimal(0)
# What an order, a day or an administrator did; all else earns.
_GROUP_OF_KIND = {
    Kind.REDEMPTION: "spent",
    Kind.CAPTURE: "spent",
    Kind.ADJUSTMENT: "adjusted",
    Kind.DUE: "expired",
    Kind.REVERSAL: "reversed",
}
_AT_ONCE = frozenset({*_GROUP_OF_KIND, Kind.HOLD, Kind.RELEASE})


class Side(StrEnum):
    """Which of both."""

    PAID = "paid"
    CANDIDATE = "candidate"


@dataclass
class Figures:
    """Sums by group and name, for both sides."""

    sums: dict[tuple[str, str], dict[Side, Decimal]] = field(default_factory=dict)

    def add(self, side: Side, group: str, name: str, number: Decimal) -> None:
        """Add to a sum; it is told from then on, be it nothing."""
        sums = self.sums.setdefault((group, name), dict.fromkeys(Side, _NONE))
        sums[side] = EXACT.add(sums[side], number)

    def add_all(self, others: "Figures") -> None:
        """Add all others."""
        for (group, name), sums in others.sums.items():
            for side, number in sums.items():
                self.add(side, group, name, number)

    def of(self, side: Side, group: str, name: str) -> Decimal:
        """A sum."""
        return self.sums.get((group, name), {}).get(side, _NONE)

    def add_posting(self, side: Side, posting: Posting) -> None:
        """Count what a posting did."""
        for group, name, points in _counted(posting):
            self.add(side, group, name, points)
        for change in posting.quests:
            if change.completions:
                number = Decimal(change.completions)
                self.add(side, "completions", change.quest_id, number)

    def add_liability(self, side: Side, state: MembershipState) -> None:
        """Count what is outstanding, of a membership that is up to date."""
        purse: Purse = state.purse
        numbers = {
            "balance": purse.total,
            "available": max(purse.available, _NONE),
            "pending": purse.pending,
            "held": purse.held,
            "owed": EXACT.add(purse.owed, purse.debt),
        }
        for name, number in numbers.items():
            self.add(side, "liability", name, number)

    def to_report(self) -> dict[str, dict[str, dict[str, str]]]:
        """Both sides of each, and the difference."""
        report: dict[str, dict[str, dict[str, str]]] = {}
        for (group, name), sums in sorted(self.sums.items()):
            report.setdefault(group, {})[name] = side_by_side(sums[Side.PAID], sums[Side.CANDIDATE])
        return report

    @classmethod
    def from_report(cls, report: Attributes) -> Self:
        """Read back; what else a report has is left out."""
        figures = cls()
        for group, name, pair in _pairs(report):
            for side in Side:
                figures.add(side, group, name, Decimal(pair[side.value]))
        return figures


def side_by_side(paid: Decimal, candidate: Decimal) -> dict[str, str]:
    """Two numbers, and how much more the second is."""
    return {
        "paid": canonical_text(paid),
        "candidate": canonical_text(candidate),
        "difference": canonical_text(EXACT.subtract(candidate, paid)),
    }


def _counted(posting: Posting) -> Iterator[tuple[str, str, Decimal]]:
    earns = posting.kind not in _AT_ONCE
    if earns:
        yield "activities", "activities", Decimal(1)
    for line in posting.lines:
        yield "points", "total", line.points
        if line.is_of_debt:
            yield "points", "owed_or_paid_off", line.points
            continue
        if earns:
            yield "points", "awarded" if line.points > 0 else "deducted", line.points
        else:
            yield "points", _GROUP_OF_KIND[posting.kind], line.points
        if earns or posting.kind is Kind.REVERSAL:
            yield "points", "earned", line.points
        if line.bonus_id is not None:
            yield "bonuses", line.bonus_id, line.points
        elif line.rule_id is not None:
            yield "rules", line.rule_id, line.points
        elif line.quest_id is not None:
            yield "quests", line.quest_id, line.points


def _pairs(report: Attributes) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for group, names in report.items():
        if isinstance(names, Mapping):
            for name, pair in names.items():
                yield group, name, pair
