"""How postings hold lines and quests: packed, so that the usual case is one write unit.

A line is `[points, role, reason, "rule_id:earn"]`, with `"bonus_id:double"` behind it or
`"quest_id:barista"` instead, or `"debt:owed"`. A quest is text, `<quest_id> <completions>
<completions_after>` and for each requirement that was advanced ` <requirement_id> <gained>
<progress> <threshold>`; ids of a program have no spaces. Both keep their order, which DynamoDB's
maps do not. A hold is text too: `<hold_id> <status> <points> <captured> <expires_at>`, and for each
lot that was spent ` <points> <lot>` (domain.stored_purse).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import batched
from typing import Any

from accrue.domain.amounts import canonical_text
from accrue.domain.decision import (
    Debt,
    HoldChange,
    HoldStatus,
    PointLine,
    QuestChange,
    RequirementProgress,
)
from accrue.domain.stored_purse import pack_lot_change, unpack_lot_change
from accrue.domain.timestamps import from_text, to_text


def pack_line(line: PointLine) -> list[Any]:
    """A line as a list."""
    said = line.ids if line.debt is None else {**line.ids, "debt": line.debt.value}
    sources = (f"{name}:{value}" for name, value in said.items())
    return [line.points, line.role, line.reason, *sources]


def unpack_line(packed: Sequence[Any] | Mapping[str, Any]) -> PointLine:
    """What `pack_line` made, or a line of posting schema 1: a map with a rule's id."""
    if isinstance(packed, Mapping):
        return PointLine(**packed)
    points, role, reason, *sources = packed
    ids = dict(source.split(":", 1) for source in sources)
    debt = ids.pop("debt", None)
    return PointLine(
        role=role, points=points, reason=reason, **ids, debt=None if debt is None else Debt(debt)
    )


def pack_quest(change: QuestChange) -> str:
    """A quest's change as text."""
    parts = [change.quest_id, str(change.completions), str(change.completions_after)]
    for each in change.requirements:
        numbers = (each.gained, each.progress, each.threshold)
        parts += [each.requirement_id, *map(canonical_text, numbers)]
    return " ".join(parts)


def unpack_quest(packed: str) -> QuestChange:
    """What `pack_quest` made."""
    quest_id, completions, completions_after, *requirements = packed.split(" ")
    return QuestChange(
        quest_id=quest_id,
        requirements=tuple(
            RequirementProgress(name, Decimal(gained), Decimal(progress), Decimal(threshold))
            for name, gained, progress, threshold in batched(requirements, 4, strict=True)
        ),
        completions=int(completions),
        completions_after=int(completions_after),
    )


def pack_hold(change: HoldChange) -> str:
    """A hold's change as text."""
    numbers = map(canonical_text, (change.points, change.captured))
    spent = map(pack_lot_change, change.spent)
    return " ".join((change.hold_id, change.status, *numbers, to_text(change.expires_at), *spent))


def unpack_hold(packed: str) -> HoldChange:
    """What `pack_hold` made."""
    hold_id, status, points, captured, expires_at, *spent = packed.split(" ")
    return HoldChange(
        hold_id=hold_id,
        status=HoldStatus(status),
        points=Decimal(points),
        captured=Decimal(captured),
        expires_at=from_text(expires_at),
        spent=tuple(unpack_lot_change(" ".join(each)) for each in batched(spent, 2, strict=True)),
    )
