"""A new version of the program comes between: nothing that was begun is lost or counted twice."""

from datetime import timedelta
from decimal import Decimal

from accrue.domain.activity import Outcome
from accrue.domain.decide import decide
from accrue.domain.decision import Decision, Facts, TierChange
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.program import Program
from tests.unit.activities import (
    ANN,
    NOON,
    Story,
    activity,
    earn,
    in_force,
    lifetime_tiers,
    lines_of,
    quest,
    require,
    written,
)

BOTH = written(quests=[quest(require("10"), require("100", requirement_id="much"))])


def under(story: Story, document: Program) -> Story:
    """The same member, under another version."""
    return Story(document, story.state)


def test_progress_in_a_requirement_that_another_version_lacks_is_kept() -> None:
    story = Story(BOTH)
    story.report("60")
    other = written(quests=[quest(require("10"), require("500", requirement_id="other"))])

    story = under(story, other)
    story.report("1")

    story = under(story, BOTH)
    assert lines_of(story.report("40")) == [("quest", "100")]


def test_a_quest_that_a_version_lacks_stays_completed() -> None:
    once = written(quests=[quest(require("10"))])
    story = Story(once)
    assert lines_of(story.report("10")) == [("quest", "100")]

    story = under(story, written())
    story.report("10")

    story = under(story, once)
    assert lines_of(story.report("10")) == []


def test_what_a_lower_threshold_leaves_fulfilled_is_completed_by_the_next_activity() -> None:
    story = Story(written(quests=[quest(require("50"))]))
    story.report("40")

    story = under(story, written(quests=[quest(require("30"))]))
    decided = story.report("1")

    assert lines_of(decided) == [("quest", "100")]
    (change,) = decided.quests
    assert (change.requirements, change.completions, change.completions_after) == ((), 1, 1)


def test_a_limit_goes_on_where_an_earlier_version_left_it() -> None:
    a_day = {"per": "day", "points": "50"}
    story = Story(written(rules=[earn(limits=[a_day])]))
    story.report("40")

    story = under(story, written(rules=[earn("2", limits=[a_day])]))

    assert lines_of(story.report("40")) == [("earn", "10")]


def test_what_is_left_of_a_limit_is_never_more_than_points_can_be() -> None:
    """Half a point was used while points had decimals: of 10, 9 whole points are left."""
    limit = {"per": "lifetime", "points": "10"}
    story = Story(written(rules=[earn(limits=[limit])], points={"unit": "points", "scale": 2}))
    story.report("0.5")

    story = under(story, written(rules=[earn(limits=[limit])]))

    assert lines_of(story.report("40")) == [("earn", "9")]
    assert lines_of(story.report("40")) == []


def test_tiers_that_a_version_takes_away_are_lost() -> None:
    story = Story(written(rules=[earn()], tiers=lifetime_tiers(silver="10")))
    story.report("10")

    story = under(story, written(rules=[earn()]))

    assert story.report("10").tier == TierChange("silver", None)


ROLLING = {
    "by": {"kind": "rolling_points", "days": 30},
    "levels": [
        {"tier_id": "silver", "name": "Silver", "enters_at": "100"},
        {"tier_id": "gold", "name": "Gold", "enters_at": "200", "stays_at": "150"},
    ],
}


def decided_by(version: int, document: Program, state: MembershipState, amount: str) -> Decision:
    """Ann's purchase, decided by this version."""
    return decide(activity(amount), Facts(("buyer",)), state, in_force(document, version))


def test_what_an_older_version_decides_late_takes_no_tier_away() -> None:
    """It has no tiers, and knows nothing of the window in which gold was earned."""
    old, new = written(rules=[earn()]), written(rules=[earn()], tiers=ROLLING)
    gold = decided_by(2, new, MembershipState(), "200").after
    assert gold.tier_id == "gold"

    late = decided_by(1, old, gold, "10")
    after = decided_by(2, new, late.after, "1")

    assert (late.tier, after.tier) == (None, None)
    assert after.after.tier_id == "gold"
    assert sum(after.after.earned_by_day.values()) == 211


def test_what_an_older_version_decides_late_may_raise_the_tier() -> None:
    tiers = lifetime_tiers(silver="100")
    document = written(rules=[earn()], tiers=tiers)
    state = decided_by(2, document, MembershipState(), "90").after

    late = decided_by(1, document, state, "10")

    assert late.tier == TierChange(None, "silver")
    assert late.after.program_version == 2


def test_a_rejection_pins_what_it_was_told_about_the_person() -> None:
    """Else deciding it again, from the posting, could come to something else."""
    vip = {"trait": "plan", "equals": "vip"}
    document = written(rules=[earn("1000000", when={"traits": [vip]})])
    (asked,) = document.trait_conditions
    full = MembershipState(points=Decimal(10) ** 24)

    decided = decide(
        activity("1", roles={"buyer": [ANN]}),
        Facts(("buyer",), frozenset({asked})),
        full,
        in_force(document),
    )

    assert (decided.outcome, decided.after) == (Outcome.REJECTED, full)
    assert decided.traits_held == (0,)
    assert decided.reason == "the balance would pass 1e+24"


def test_what_comes_late_for_a_day_before_the_window_is_not_kept() -> None:
    """Else the state would grow with what an older version decides."""
    a_day = {**ROLLING, "by": {"kind": "rolling_points", "days": 1}}
    state = decided_by(2, written(rules=[earn()], tiers=a_day), MembershipState(), "10").after
    assert state.as_of is not None

    reported = activity("10", occurred_at=NOON - timedelta(days=5))
    old = in_force(written(rules=[earn()]), 1)
    late = decide(reported, Facts(("buyer",)), state, old).after

    assert all(day >= state.as_of for day in late.earned_by_day)
    assert late.points == Decimal(20)
