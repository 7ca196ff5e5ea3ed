"""What a candidate would have paid, case by case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accrue.domain.activity import Kind
from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.jobs.job import Job
from accrue.domain.program.program import Program, ProgramVersion, versions_deciding_from
from accrue.services.open_backtest import number_deciding
from tests.unit.activities import (
    ANN,
    NOON,
    PROGRAM_ID,
    earn,
    flat,
    in_force,
    quest,
    require,
    written,
)
from tests.unit.pasts import BacktestCatalog, Past
from tests.unit.reversing import reverse
from tests.unit.spending import Till, order

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SCHEDULED = datetime(2099, 1, 1, tzinfo=UTC)
PERIOD = (NOON, NOON + 30 * DAY)
STRICT = {"points": {"unit": "points", "may_go_below_zero": False, "scale": 2}}


def till(**parts: Any) -> Till:
    """Where a point is paid for each euro, unless it says otherwise."""
    return Till(written(**{"rules": [earn()], **STRICT, **parts}))


def backtested(
    past: Till,
    candidate: Program,
    traits: dict[str, dict[str, str]] | None = None,
    period: tuple[datetime, datetime] = PERIOD,
) -> Job:
    """The back-test of a scheduled version."""
    versions = [in_force(past.document), ProgramVersion(2, SCHEDULED, candidate)]
    catalog = BacktestCatalog({PROGRAM_ID: versions}, traits or {})
    job, _ = Past(past.book, catalog).backtest(versions[1], *period)
    return job


def pair(job: Job, group: str, name: str) -> tuple[str, str]:
    """A figure: paid, and under the candidate."""
    figure = job.report[group][name]
    return figure["paid"], figure["candidate"]


def test_what_was_earned_before_the_period_is_there_as_it_was() -> None:
    past = till()
    past.report(100, NOON - DAY, NOON - DAY)
    past.report(10, NOON + HOUR, NOON + HOUR)
    past.place(order(Kind.REDEMPTION, 60, NOON + 2 * HOUR))

    job = backtested(past, written(rules=[earn("2")], **STRICT))

    assert pair(job, "points", "awarded") == ("10", "20")
    assert pair(job, "points", "spent") == ("-60", "-60")
    assert pair(job, "liability", "balance") == ("50", "60")
    assert job.counts["orders_refused"] == 0


def test_an_order_without_points_is_refused_and_what_hangs_on_it_left_out() -> None:
    past = till()
    past.report(50, NOON, NOON + HOUR)
    past.place(order(Kind.HOLD, 40, NOON + 2 * HOUR, order_id="ik_hold"))
    past.place(order(Kind.CAPTURE, 30, NOON + 3 * HOUR, order_id="ik_capture", of="ik_hold"))
    spent = order(Kind.REDEMPTION, 15, NOON + 4 * HOUR, order_id="ik_spent")
    past.place(spent)
    reverse(past.book, past.catalog, spent, when=NOON + 5 * HOUR)
    past.place(order(Kind.REDEMPTION, 5, NOON + 6 * HOUR, order_id="ik_last"))

    job = backtested(past, written(rules=[earn("0.2")], **STRICT))

    # The hold and the redemption of 15; what the hold was captured for, and the reversal.
    assert (job.counts["orders_refused"], job.counts["orders_left_out"]) == (2, 2)
    assert pair(job, "points", "refused") == ("0", "55")
    assert pair(job, "points", "spent") == ("-50", "-5")
    assert pair(job, "points", "reversed") == ("15", "0")
    assert pair(job, "liability", "balance") == ("15", "5")


@pytest.mark.parametrize(
    ("recorded", "taken_back"), [(NOON + HOUR, ("-40", "-80")), (NOON - HOUR, ("-40", "-40"))]
)
def test_a_reversal_takes_back_what_the_candidate_gave_in_the_period(
    recorded: datetime, taken_back: tuple[str, str]
) -> None:
    past = till()
    past.report(40, recorded, recorded)
    reverse(past.book, past.catalog, past.reported[0], when=NOON + 2 * HOUR)

    job = backtested(past, written(rules=[earn("2")], **STRICT))

    assert pair(job, "points", "reversed") == taken_back
    assert pair(job, "liability", "balance") == ("0", "0")


def test_points_expire_for_each_side_by_itself() -> None:
    past = till()
    past.report(40, NOON, NOON + HOUR)
    past.report(1, NOON + 20 * DAY, NOON + 20 * DAY)
    candidate = written(rules=[earn(expiry={"kind": "after_days", "days": 3})], **STRICT)

    job = backtested(past, candidate)

    # The last one is noticed by nobody but the end of the period.
    assert pair(job, "points", "expired") == ("0", "-41")
    assert pair(job, "liability", "balance") == ("41", "0")


def test_questions_that_were_asked_then_are_answered_as_then_and_others_as_now() -> None:
    rome = {"traits": [{"trait": "city", "equals": "Rome"}]}
    old = {"traits": [{"trait": "age", "in_range": {"at_least": "50"}}]}
    asks = [earn(when=rome)]
    past = Till(written(rules=asks, **STRICT))
    past.report(10, NOON, NOON + HOUR)
    assert past.balance.state.points == 0
    both = written(rules=[*asks, earn("3", rule_id="old", when=old)], **STRICT)

    job = backtested(past, both, {"user-ann": {"city": "Rome", "age": "60"}})

    assert pair(job, "points", "awarded") == ("0", "30")
    assert "earn" not in job.report["rules"]


def test_quests_go_on_from_where_they_were() -> None:
    tea = quest(require("100"), points="7")
    past = till(quests=[tea])
    past.report(60, NOON - DAY, NOON - DAY)
    past.report(50, NOON, NOON + HOUR)
    generous = written(rules=[earn()], quests=[{**tea, "reward": {"points": "70"}}], **STRICT)
    none = written(rules=[earn()], **STRICT)

    assert pair(backtested(past, generous), "quests", "quest") == ("7", "70")
    assert pair(backtested(past, generous), "completions", "quest") == ("1", "1")
    assert pair(backtested(past, none), "completions", "quest") == ("1", "0")


@pytest.mark.parametrize("sequence", [None, 1])
def test_a_membership_whose_balance_is_lost_or_set_back_is_left_out_and_told(
    sequence: int | None,
) -> None:
    past = till()
    for hour in range(3):
        past.report(10, NOON + hour * HOUR, NOON + hour * HOUR)
    place = ("demo", ANN)
    balance = past.book.balances.pop(place)
    if sequence:
        past.book.balances[place] = replace(balance, sequence=sequence)
    catalog = BacktestCatalog({PROGRAM_ID: [in_force(past.document)]})

    job, jobs = Past(past.book, catalog).backtest(in_force(past.document), *PERIOD)

    assert job.counts["not_recomputed"] == 1
    (found,) = jobs.findings["jb_1"]
    assert found["program_membership_id"] == "ann"
    assert "behind its balance" in found["message"]


def test_an_old_version_counts_as_if_it_were_the_newest() -> None:
    """Under its own number it would come late, and leave a tier of the newer one alone."""
    tiers = {
        "by": {"kind": "rolling_points", "days": 3},
        "levels": [{"tier_id": "gold", "name": "Gold", "enters_at": "50"}],
    }
    first = written(rules=[earn()], tiers=tiers, **STRICT)
    extra: dict[str, Any] = {"rule_id": "gold", "when": {"tiers": ["gold"]}, "award": flat("100")}
    second = written(rules=[earn(), earn(**extra)], tiers=tiers, **STRICT)
    past = Till(second)
    past.report(60, NOON - DAY, NOON - DAY)
    past.report(10, NOON + 9 * DAY, NOON + 9 * DAY)
    versions = [ProgramVersion(1, SCHEDULED, first), in_force(second, 2)]
    catalog = BacktestCatalog({PROGRAM_ID: versions})
    candidate = ProgramVersion(1, SCHEDULED, first)

    job, _ = Past(past.book, catalog).backtest(candidate, *PERIOD)

    assert pair(job, "points", "awarded") == ("10", "10")
    assert job.counts["differing_postings"] == 0


def test_what_takes_effect_as_the_period_ends_is_not_of_it() -> None:
    """And a period before anything was in force is refused."""
    document = written(rules=[earn()])
    versions = [ProgramVersion(1, NOON, document), ProgramVersion(2, NOON + DAY, document)]

    def number(candidate: int, until: datetime) -> int:
        return number_deciding(
            candidate,
            versions[-1],
            until,
            lambda moment: versions_deciding_from(reversed(versions), moment),
        )

    assert number(1, NOON + DAY) == 1
    assert number(1, NOON + DAY + timedelta(microseconds=1)) == 3
    with pytest.raises(InvalidDefinitionError) as refused:
        number(1, NOON)
    (fault,) = refused.value.faults
    assert fault.pointer == "/until"
    assert "2026" in fault.message
