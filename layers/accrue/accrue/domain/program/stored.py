"""What storing a program takes: its text, and the state that memberships keep for it."""

from accrue.domain.program.program import Program


def stored_text(program: Program) -> str:
    """The program as it is stored. Equal programs have equal texts."""
    return program.model_dump_json(exclude_none=True)


def kept_counts(program: Program) -> frozenset[str]:
    """Names of what each membership's state keeps for ever: requirements, limits, occurrences."""
    requirements = (
        f"{quest.quest_id}/{requirement.requirement_id}"
        for quest in program.quests
        for requirement in quest.requirements
    )
    limits = (
        f"{rule.rule_id}/{'points' if limit.times is None else 'times'}/{limit.per.value}"
        for rule in program.rules
        for limit in rule.limits
    )
    occurrences = (f"{rule.rule_id}/nth" for rule in program.rules if rule.when.nth)
    return frozenset((*requirements, *limits, *occurrences))
