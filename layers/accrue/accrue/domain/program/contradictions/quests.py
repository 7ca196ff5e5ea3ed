"""Quests that nobody can finish."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accrue.domain.amounts import canonical_text
from accrue.domain.program.conditions import Conditions, Range
from accrue.domain.program.contradictions.conditions import in_conditions, nothing_is_in
from accrue.domain.program.contradictions.rules import in_points, not_played
from accrue.domain.program.contradictions.surroundings import (
    Contradiction,
    Surroundings,
    repeated,
)
from accrue.domain.program.places import Place
from accrue.domain.program.program import Program
from accrue.domain.program.quests import Progress, Quest, Requirement
from accrue.domain.program.segments import Segment
from accrue.domain.program.times import Window

NOT_NEGATIVE = Range(at_least=Decimal(0))
_AN_INSTANT = timedelta(microseconds=1)


def in_quests(program: Program, around: Surroundings) -> Iterator[Contradiction]:
    """What contradicts in the quests."""
    for index, quest in enumerate(program.quests):
        place: Place = ("quests", index)
        yield from in_conditions(quest.when, (*place, "when"), around)
        reward = (*place, "reward", "points")
        yield from in_points(quest.reward.points, reward, program.points, around)
        ids = (requirement.requirement_id for requirement in quest.requirements)
        for found in repeated(ids, "requirements", "requirement_id"):
            yield found.inside(*place)
        yield from _order_and_overshoot(quest, place)
        for number, requirement in enumerate(quest.requirements):
            where = (*place, "requirements", number)
            yield from not_played(requirement, where, around)
            yield from in_conditions(requirement.when, (*where, "when"), around)
            yield from _in_requirement(requirement, where, around)
            yield from _apart(quest.when, requirement.when, (*where, "when"))
            yield from _check_ins(quest, requirement, where, program.zone)
    yield from _never_open(program, around)


def _order_and_overshoot(quest: Quest, place: Place) -> Iterator[Contradiction]:
    if quest.ordered and quest.overshoot == "carries_over" and len(quest.requirements) > 1:
        yield Contradiction(
            (*place, "overshoot"),
            'can\'t carry over in an ordered quest of several requirements: say "dropped", or '
            "make ordered false",
        )


def _in_requirement(
    requirement: Requirement, place: Place, around: Surroundings
) -> Iterator[Contradiction]:
    progress, threshold = requirement.progress_by, requirement.threshold
    restrictions = ("restricted_to_item_ids", "restricted_to_group_ids")
    if (
        progress is Progress.MATCHED_ITEMS
        and not requirement.is_restricted
        and not any(around.is_unsure((*place, name)) for name in restrictions)
    ):
        yield Contradiction(
            (*place, "progress"),
            "counts restricted items, and the requirement has none: add restricted_to_item_ids or "
            "restricted_to_group_ids",
        )
    if progress is Progress.COUNT and threshold != threshold.to_integral_value():
        yield Contradiction(
            (*place, "threshold"),
            f"{canonical_text(threshold)} is no number of activities: make it whole",
        )
    wanted = requirement.when.amount
    if wanted and not nothing_is_in(wanted) and nothing_is_in(wanted, NOT_NEGATIVE):
        yield Contradiction(
            (*place, "when", "amount"),
            "has only negative amounts, which make no progress: change it or leave it out",
        )


def _apart(outer: Conditions, inner: Conditions, place: Place) -> Iterator[Contradiction]:
    """Conditions of a requirement that never hold together with the quest's."""
    if outer.window and inner.window and _common(outer.window, inner.window) is None:
        yield Contradiction(
            (*place, "window"),
            "does not overlap the quest's window, so nobody can finish: change one of the two",
        )
    if outer.amount and inner.amount and _exclude_each_other(outer.amount, inner.amount):
        yield Contradiction(
            (*place, "amount"),
            "has no amount in common with the quest's, so nobody can finish: change one of the two",
        )
    for name in ("weekdays", "tiers"):
        ours, theirs = set(getattr(inner, name)), set(getattr(outer, name))
        if ours and theirs and not ours & theirs:
            yield Contradiction(
                (*place, name),
                f"has none of the quest's {name}, so nobody can finish: change one of the two",
            )


def _exclude_each_other(one: Range, other: Range) -> bool:
    each_has_some = not nothing_is_in(one) and not nothing_is_in(other)
    return each_has_some and nothing_is_in(one, other)


def _common(one: Window, other: Window) -> Window | None:
    """The time that is in both windows."""
    starts = [w.starts_at for w in (one, other) if w.starts_at is not None]
    ends = [w.ends_at for w in (one, other) if w.ends_at is not None]
    start, end = max(starts, default=None), min(ends, default=None)
    if start is not None and end is not None and start >= end:
        return None
    return Window.model_construct(starts_at=start, ends_at=end)


def _check_ins(
    quest: Quest, requirement: Requirement, place: Place, zone: ZoneInfo
) -> Iterator[Contradiction]:
    """Check-ins of which there are more than days in the window."""
    interval, windows = requirement.check_in_interval_days, _windows(quest, requirement)
    if interval is None or requirement.progress_by is not Progress.COUNT or not windows:
        return
    window = windows[0] if len(windows) == 1 else _common(*windows)
    if window is None or window.starts_at is None or window.ends_at is None:
        return
    last = (window.ends_at - _AN_INSTANT).astimezone(zone).date()
    days = (last - window.starts_at.astimezone(zone).date()).days + 1
    check_ins = int(requirement.threshold)
    needed = (check_ins - 1) * interval + 1
    if needed > days:
        yield Contradiction(
            (*place, "check_in_interval_days"),
            f"{check_ins} check-ins {interval} days apart take {needed} days, and the window has "
            f"{days}, so nobody can finish: lower the threshold or the interval",
        )


def _windows(quest: Quest, requirement: Requirement) -> list[Window]:
    return [when.window for when in (quest.when, requirement.when) if when.window is not None]


def _never_open(program: Program, around: Surroundings) -> Iterator[Contradiction]:
    """Quests that only those may begin who have completed them, or who can't exist."""
    if around.is_unsure(("segments",)):
        return
    finished: set[str] = set()
    quests = list(enumerate(program.quests))
    for _ in quests:
        finished |= {q.quest_id for _, q in quests if not list(_closed(q, program, finished))}
    for index, quest in quests:
        for found in _closed(quest, program, finished):
            yield found.inside("quests", index)


def _closed(quest: Quest, program: Program, finished: set[str]) -> Iterator[Contradiction]:
    """The conditions of the quest that only members hold who completed what nobody can."""
    parts: list[tuple[Place, Conditions]] = [((), quest.when)]
    parts += [(("requirements", n), r.when) for n, r in enumerate(quest.requirements)]
    open_to = [s for s in program.segments if _may_have_members(s, program, finished)]
    for place, when in parts:
        asked = when.segments.any_of if when.segments else ()
        known = set(asked) <= program.segments_by_id.keys()
        if asked and known and not {s.segment_id for s in open_to} & set(asked):
            yield Contradiction(
                (*place, "when", "segments"),
                "has only members who completed this quest, or one that needs it, so nobody can "
                "finish: ask for another segment",
            )


def _may_have_members(segment: Segment, program: Program, finished: set[str]) -> bool:
    quest_ids = {quest.quest_id for quest in program.quests}
    return all(q in finished or q not in quest_ids for q in segment.when.completed_quests)
