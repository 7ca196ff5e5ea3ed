"""Which lots an activity's points were taken from, for giving them back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from accrue.domain.activity import Kind
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.deciding.lots import lot_of
from accrue.domain.decision import PointLine
from accrue.domain.program.days import day_of
from accrue.domain.program.rules import Rule
from accrue.domain.purse import ANY_TIME, Lot, LotChange, Purse, lot_changes
from accrue.domain.undone import Undone

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class LotsTaken:
    """What the original took of lots, the last taken first, and what it took that was in none:
    that was owed, and is given back as points of today.
    """

    undone: Undone
    as_of_today: Lot

    def given_back(self, points: Decimal, *, earlier: Decimal) -> list[tuple[Lot, Decimal]]:
        """Into which lots so many of its points go, one after the other, once `earlier` of them
        were given back.
        """
        given: list[tuple[Lot, Decimal]] = []
        skipped, missing = earlier, points
        for lot, there in self._last_first():
            passed = min(skipped, there)
            skipped = EXACT.subtract(skipped, passed)
            now = min(missing, EXACT.subtract(there, passed))
            missing = EXACT.subtract(missing, now)
            if now:
                given.append((lot, now))
        return given

    def _last_first(self) -> Iterator[tuple[Lot, Decimal]]:
        deducted = total(-line.points for line in self.undone.posting.lines if _is_taken(line))
        taken = list(self._taken())
        rest = EXACT.subtract(deducted, total(points for _, points in taken))
        # What was not there was taken last of all.
        if rest > 0:
            yield self.as_of_today if self._lots_told else ANY_TIME, rest
        yield from reversed(taken)

    def _taken(self) -> Iterator[tuple[Lot, Decimal]]:
        """What a posting tells of lots is what came of all its lines: what some awarded was there
        for the others.
        """
        change = Purse(_by_lot(self._lots_told))
        awarded = Purse(_by_lot(self._awarded()))
        for each in lot_changes(awarded, change):
            if each.points < 0:
                yield each.lot, each.points.copy_negate()

    @property
    def _lots_told(self) -> tuple[LotChange, ...]:
        posting = self.undone.posting
        return posting.holds[0].spent if posting.kind is Kind.CAPTURE else posting.lots

    def _awarded(self) -> Iterator[LotChange]:
        program = self.undone.program
        today = day_of(self.undone.activity.decided_as_of, program.zone)
        for line in self.undone.posting.lines:
            if line.points > 0 and not line.is_of_debt:
                lot = lot_of(rule_of(line, self.undone), self.undone.day, program)
                waits = lot.spendable_on is not None and lot.spendable_on > today
                yield LotChange(lot if waits else Lot(None, lot.last_day), line.points)


def rule_of(line: PointLine, undone: Undone) -> Rule | None:
    """The rule by which a line of the original was awarded, if it stands in the program."""
    return next((rule for rule in undone.program.rules if rule.rule_id == line.rule_id), None)


def _is_taken(line: PointLine) -> bool:
    return line.points < 0 and not line.is_of_debt


def _by_lot(changes: Iterable[LotChange]) -> dict[Lot, Decimal]:
    lots: dict[Lot, Decimal] = {}
    for each in changes:
        lots[each.lot] = EXACT.add(lots.get(each.lot, _NONE), each.points)
    return lots
