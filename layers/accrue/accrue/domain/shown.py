"""Parts of postings as answers and events show them: numbers as decimal strings."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.decision import HoldChange, HoldStatus, PointLine, QuestChange
from accrue.domain.posting import Posting
from accrue.domain.purse import ANY_TIME, LotChange
from accrue.domain.timestamps import to_text

_NONE = Decimal(0)


def shown_line(line: PointLine) -> dict[str, str]:
    """What awarded how many points to which role."""
    return {**line.ids, "role": line.role, "points": canonical_text(line.points)}


def shown_requirements(change: QuestChange) -> list[dict[str, str]]:
    """The requirements that were advanced, and how far they are."""
    return [
        {
            "requirement_id": each.requirement_id,
            "gained": canonical_text(each.gained),
            "progress": canonical_text(each.progress),
            "threshold": canonical_text(each.threshold),
        }
        for each in change.requirements
    ]


def shown_lots(posting: Posting, limit: int | None = None) -> list[dict[str, Any]]:
    """Which points a posting put into the membership's lots, or took if negative: how many, from
    when and to which day they are good. Dates are null where that is at once, or for ever.
    """
    return [
        {
            "points": canonical_text(change.points),
            "spendable_on": _shown_day(change.lot.spendable_on),
            "last_day": _shown_day(change.lot.last_day),
        }
        for change in (posting.lots or _plain_change(posting))[:limit]
    ]


def shown_holds(changes: Iterable[HoldChange]) -> list[dict[str, Any]]:
    """The holds that were opened or closed, and which of their points were captured."""
    return [
        {
            "hold_id": change.hold_id,
            "status": change.status.value,
            "points": canonical_text(change.points),
            "captured": canonical_text(change.captured),
            "captured_lots": shown_spent(change),
            "expires_at": to_text(change.expires_at),
        }
        for change in changes
    ]


def shown_spent(change: HoldChange, limit: int | None = None) -> list[dict[str, str | None]]:
    """Which points of a hold were captured."""
    plain = (LotChange(ANY_TIME, change.captured.copy_negate()),) if change.captured else ()
    return [
        {"points": canonical_text(each.points), "last_day": _shown_day(each.lot.last_day)}
        for each in (change.spent or plain)[:limit]
    ]


def shown_available(posting: Posting) -> dict[str, str]:
    """What could be spent then, and what was owed: one of the two is 0."""
    below_zero = max(posting.available_after.copy_negate(), _NONE)
    return {
        "available_after": canonical_text(max(posting.available_after, _NONE)),
        "owed_after": canonical_text(EXACT.add(below_zero, posting.debt_after)),
    }


def _plain_change(posting: Posting) -> tuple[LotChange, ...]:
    """What changed where that goes without saying: in the points that are good at any time."""
    difference = total([posting.points, *map(_of_hold, posting.holds)])
    before = EXACT.subtract(posting.available_after, difference)
    # What is owed is in no lot.
    change = EXACT.subtract(max(posting.available_after, _NONE), max(before, _NONE))
    return (LotChange(ANY_TIME, change),) if change else ()


def _of_hold(change: HoldChange) -> Decimal:
    """What it does to the points that can be spent, beside what is captured."""
    return change.points.copy_negate() if change.status is HoldStatus.HELD else change.points


def _shown_day(day: date | None) -> str | None:
    return day.isoformat() if day else None
