"""Why each rule, bonus and quest took effect or not, as text.

A decision and its posting hold only positions, places and the values met. The words come from the
program version that decided, which never changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accrue.domain.decision import Considered, Part
from accrue.domain.explaining.conditions import CONDITIONS
from accrue.domain.explaining.failed_place import FailedPlace
from accrue.domain.explaining.parts import BONUSES, QUESTS, REQUIREMENTS, RULES
from accrue.domain.program.bonuses import Bonus
from accrue.domain.program.program import Program
from accrue.domain.program.quests import Quest, Requirement
from accrue.domain.program.rules import Rule

# What a document that is not the one that decided, or a packed value that no release wrote, raises
# on the way to a sentence.
_UNEXPECTED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)

type ProgramPart = Rule | Bonus | Quest | Requirement


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of a rule, bonus or quest (or one of its requirements).

    `why_not` is a sentence without a full stop, and None if the part took effect. The ids are
    those that the part has; none of them only if the version that decided is unknown.
    """

    rule_id: str | None = None
    bonus_id: str | None = None
    quest_id: str | None = None
    requirement_id: str | None = None
    why_not: str | None = None

    @property
    def matched(self) -> bool:
        """Whether it took effect."""
        return self.why_not is None


def explain(considered: Iterable[Considered], program: Program | None) -> tuple[Explanation, ...]:
    """An explanation of each, in their order.

    `program` is that of the version which decided. Whatever does not fit to it is explained in
    general terms: a posting is shown in any case.
    """
    return tuple(_explained(each, program) for each in considered)


def _explained(considered: Considered, program: Program | None) -> Explanation:
    whole, requirement = _parts(considered, program)
    why_not = considered.failed and _why_not(considered, requirement or whole, program)
    return Explanation(
        rule_id=whole.rule_id if isinstance(whole, Rule) else None,
        bonus_id=whole.bonus_id if isinstance(whole, Bonus) else None,
        quest_id=whole.quest_id if isinstance(whole, Quest) else None,
        requirement_id=requirement.requirement_id if requirement else None,
        why_not=why_not,
    )


def _parts(
    considered: Considered, program: Program | None
) -> tuple[Rule | Bonus | Quest | None, Requirement | None]:
    """The part of the document that was considered, and its requirement if it was one."""
    if program is None:
        return None, None
    lists: Mapping[Part, tuple[Rule | Bonus | Quest, ...]] = {
        Part.RULE: program.rules,
        Part.BONUS: program.bonuses,
        Part.QUEST: program.quests,
    }
    whole = _at(lists[considered.part], considered.position)
    if isinstance(whole, Quest) and considered.requirement is not None:
        return whole, _at(whole.requirements, considered.requirement)
    return whole, None


def _at[T](parts: tuple[T, ...], position: int) -> T | None:
    return parts[position] if 0 <= position < len(parts) else None


def _why_not(considered: Considered, part: ProgramPart | None, program: Program | None) -> str:
    assert considered.failed is not None
    try:
        assert program is not None
        assert part is not None
        return _sentence(part, FailedPlace.at(considered.failed, considered.seen, program))
    except _UNEXPECTED:
        seen = f" (it met {considered.seen})" if considered.seen else ""
        return f"its condition {considered.failed} did not hold{seen}"


def _sentence(part: ProgramPart, failure: FailedPlace) -> str:
    if failure.place in CONDITIONS:
        return CONDITIONS[failure.place](part.when, failure)
    match part:
        case Rule():
            return RULES[failure.place](part, failure)
        case Bonus():
            return BONUSES[failure.place](part, failure)
        case Quest():
            return QUESTS[failure.place](part, failure)
        case Requirement():
            return REQUIREMENTS[failure.place](part, failure)
