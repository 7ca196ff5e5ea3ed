"""Parts of postings as answers and events show them: numbers as decimal strings."""

from accrue.domain.amounts import canonical_text
from accrue.domain.decision import PointLine, QuestChange


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
