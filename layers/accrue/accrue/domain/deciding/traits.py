"""Which of a program's questions about a person are answered with yes."""

from collections.abc import Mapping

from accrue.domain.program.conditions import TraitCondition
from accrue.domain.program.program import Program


def traits_held(program: Program, traits: Mapping[str, str]) -> frozenset[TraitCondition]:
    """The conditions on traits that hold for a person with these traits."""
    return frozenset(
        condition
        for condition in program.trait_conditions
        if condition.holds_for(traits.get(condition.trait))
    )
