"""What storing a program takes: its text, and the state that memberships keep for it."""

from hashlib import sha256

from accrue.domain.program.counters import counters_of
from accrue.domain.program.kept_lots import periods_of
from accrue.domain.program.program import Program


def stored_text(program: Program) -> str:
    """The program as it is stored. Equal programs have equal texts."""
    return program.model_dump_json(exclude_none=True)


def kept_digests(program: Program) -> frozenset[str]:
    """The same as `kept_counts`, each as 16 characters: a version keeps those of all before it, and
    has little room beside its text. And the periods of its lots, as they are.
    """
    counts = (sha256(name.encode()).hexdigest()[:16] for name in kept_counts(program))
    return frozenset((*counts, *(period.text for period in periods_of(program))))


def kept_counts(program: Program) -> frozenset[str]:
    """Names of what each membership's state keeps for ever: progress, check-ins, counters."""
    requirements = [
        (f"{quest.quest_id}/{requirement.requirement_id}", requirement)
        for quest in program.quests
        for requirement in quest.requirements
    ]
    check_ins = (
        f"{name}/check-in"
        for name, requirement in requirements
        if requirement.check_in_interval_days is not None
    )
    counters = (name for rule in program.rules for name in counters_of(rule))
    return frozenset((*(name for name, _ in requirements), *check_ins, *counters))
