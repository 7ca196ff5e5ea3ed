"""What storing a program takes: its text, and the state that memberships keep for it."""

from accrue.domain.program.program import Program


def stored_text(program: Program) -> str:
    """The program as it is stored. Equal programs have equal texts."""
    return program.model_dump_json(exclude_none=True)


def stateful_ids(program: Program) -> frozenset[str]:
    """The quests and the rules of which something is kept in each membership's state for ever."""
    quests = (f"quest {quest.quest_id}" for quest in program.quests)
    rules = (f"rule {rule.rule_id}" for rule in program.rules if rule.limits or rule.when.nth)
    return frozenset((*quests, *rules))
