"""All that contradicts in a program."""

from collections import Counter
from collections.abc import Iterator

from accrue.domain.program.contradictions.bonuses import in_bonuses
from accrue.domain.program.contradictions.conditions import in_segment
from accrue.domain.program.contradictions.expiry import in_expiry
from accrue.domain.program.contradictions.quests import in_quests
from accrue.domain.program.contradictions.rules import in_rule
from accrue.domain.program.contradictions.surroundings import (
    Contradiction,
    Surroundings,
    repeated,
)
from accrue.domain.program.contradictions.tiers import in_tiers
from accrue.domain.program.program import Program
from accrue.domain.program.stored import stored_text

# Of a program as it is stored; a version is one DynamoDB item, which has at most 400 KB.
MAX_PROGRAM_BYTES = 300_000
# Each may become a line or an explanation, of a hundred bytes or less. A transaction takes 4 MB
# and has up to 99 postings.
MAX_PARTS_AN_ACTIVITY = 300


def find_contradictions(program: Program, around: Surroundings) -> Iterator[Contradiction]:
    """What the program contradicts, of itself and of what is around it."""
    yield from _repeated_ids(program)
    for index, segment in enumerate(program.segments):
        yield from in_segment(segment, index, around)
    if program.tiers:
        yield from in_tiers(program.tiers)
    for index, rule in enumerate(program.rules):
        yield from in_rule(rule, ("rules", index), program.points, around)
    yield from in_expiry(program, around)
    yield from in_bonuses(program, around)
    yield from in_quests(program, around)
    yield from _too_much_at_once(program)
    if (size := len(stored_text(program).encode())) > MAX_PROGRAM_BYTES:
        yield Contradiction(
            (),
            f"takes {size:,} bytes, and a program at most {MAX_PROGRAM_BYTES:,}: take something "
            "out, or make two programs of it",
        )


def _too_much_at_once(program: Program) -> Iterator[Contradiction]:
    """One activity may meet every rule on its type, with every bonus, and every requirement."""
    parts = Counter[str]()
    for rule in program.rules:
        bonuses = [b for b in program.bonuses if not b.rule_ids or rule.rule_id in b.rule_ids]
        parts[rule.activity_type_id] += 1 + len(bonuses)
    for quest in program.quests:
        parts.update(requirement.activity_type_id for requirement in quest.requirements)
    for activity_type_id, number in parts.items():
        if number > MAX_PARTS_AN_ACTIVITY:
            yield Contradiction(
                (),
                f"has {number:,} rules, bonuses on them and requirements on {activity_type_id}, "
                f"and {MAX_PARTS_AN_ACTIVITY} is the most for one activity: take some out, say by "
                "rule_ids which rules a bonus is on, or make two activity types of it",
            )


def _repeated_ids(program: Program) -> Iterator[Contradiction]:
    yield from repeated((s.segment_id for s in program.segments), "segments", "segment_id")
    for found in repeated((level.tier_id for level in program.levels), "levels", "tier_id"):
        yield found.inside("tiers")
    yield from repeated((rule.rule_id for rule in program.rules), "rules", "rule_id")
    yield from repeated((b.bonus_id for b in program.bonuses), "bonuses", "bonus_id")
    yield from repeated((quest.quest_id for quest in program.quests), "quests", "quest_id")
