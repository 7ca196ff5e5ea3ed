"""How postings hold lines and quests: packed, so that the usual case is one write unit.

A line is `[points, role, reason, "rule_id:earn"]`, with `"bonus_id:double"` behind it or
`"quest_id:barista"` instead. A quest is text, `<quest_id> <completions> <completions_after>` and
for each requirement that was advanced ` <requirement_id> <gained> <progress> <threshold>`; ids of a
program have no spaces. Both keep their order, which DynamoDB's maps do not.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import batched
from typing import Any

from accrue.domain.amounts import canonical_text
from accrue.domain.decision import PointLine, QuestChange, RequirementProgress


def pack_line(line: PointLine) -> list[Any]:
    """A line as a list."""
    sources = (f"{name}:{value}" for name, value in line.ids.items())
    return [line.points, line.role, line.reason, *sources]


def unpack_line(packed: Sequence[Any] | Mapping[str, Any]) -> PointLine:
    """What `pack_line` made, or a line of posting schema 1: a map with a rule's id."""
    if isinstance(packed, Mapping):
        return PointLine(**packed)
    points, role, reason, *sources = packed
    ids = dict(source.split(":", 1) for source in sources)
    if not ids:
        raise ValueError(f"a line of {sources}")
    return PointLine(role=role, points=points, reason=reason, **ids)


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
