"""Which points an order takes, and that none are spent that wait, have expired or are held.

No schedule runs in these tests: whoever acts on a membership posts what fell due before.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from tests.integration.faults import Faults
from tests.integration.spending import (
    adjust,
    balance_item,
    capture,
    earn,
    held,
    hold,
    nothing_written,
    posting_of,
    redeem,
    refused,
    release,
    row_of,
    rows_of_kind,
    spending_network,
)
from tests.integration.test_redeem_points import lot
from tests.integration.world import Answer, World

INSTANT = timedelta(microseconds=1)
# In Berlin, the 15th begins an hour before it does in UTC; from the 29th on, two.
RIPE = datetime(2026, 3, 14, 23, tzinfo=UTC)
EXPIRED = datetime(2026, 3, 31, 22, tzinfo=UTC)
NO_POINTS = (409, "INSUFFICIENT_POINTS", "/points")


def due_postings(world: World) -> list[dict[str, Any]]:
    """The postings about what fell due, in their order."""
    return sorted(
        (p for p in world.postings() if p.get("kind") == "due"), key=lambda p: int(p["sequence"])
    )


def available(answer: Answer) -> str:
    """What a refusal says is there."""
    assert refused(answer)[:3] == NO_POINTS
    return answer.headers["Accrue-Available-Points"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_earliest_expiring_points_go_first_whenever_they_came(
    spenders: World, order: tuple[int, ...]
) -> None:
    earnings = [("10", "visit", "2026-02-10"), ("20", "visit", "2026-02-20"), ("30", "gift", None)]
    for index in order:
        points, activity_type, day = earnings[index]
        earn(spenders, points, activity_type, on=day or "2026-03-01")

    answers = [redeem(spenders, p, key=f"redeem-{p}") for p in ("4", "16", "25")]

    assert [answer.body["lots"] for answer in answers] == [
        [lot("-4", "2026-03-12")],
        [lot("-6", "2026-03-12"), lot("-10", "2026-03-22")],
        [lot("-10", "2026-03-22"), lot("-15")],
    ]
    assert balance_item(spenders)["points"] == 15


def test_a_hold_takes_and_gives_back_the_same_points(spenders: World) -> None:
    earn(spenders, "10", "visit", on="2026-02-10")
    earn(spenders, "20", "visit", on="2026-02-20")

    hold_id = held(spenders, "25")
    # Of what it holds, the earliest expiring is spent.
    answer = capture(spenders, hold_id, "12")

    assert answer.body["lots"] == [lot("13", "2026-03-22")]
    assert balance_item(spenders)["lots"] == {"2026-03-22": 18}


def test_points_can_be_spent_from_the_start_of_their_day(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "50", "sale")
    clock.move_to(RIPE - INSTANT)
    assert available(redeem(spenders, "50")) == "0"

    clock.move_to(RIPE)
    answer = redeem(spenders, "50")

    assert answer.body["lots"] == [lot("-50", "2026-03-31")]
    (due,) = due_postings(spenders)
    assert (due["matured"], due["points"], due["lines"]) == (50, 0, [])
    assert due["lots"] == ["50 2026-03-31", "-50 2026-03-15>2026-03-31"]
    assert balance_item(spenders)["points"] == 0


def test_points_are_good_to_the_end_of_their_last_day(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "50", "visit")
    earn(spenders, "7")
    clock.move_to(EXPIRED - INSTANT)
    assert redeem(spenders, "1", key="in time").body["lots"] == [lot("-1", "2026-03-31")]

    clock.move_to(EXPIRED)
    with nothing_written(spenders):
        assert available(redeem(spenders, "7.01")) == "7"
    assert redeem(spenders, "7").body["lots"] == [lot("-7")]

    balance = balance_item(spenders)
    assert (balance["points"], balance["sequence"]) == (0, 5)


def test_what_fell_due_is_a_row_of_its_own_in_the_same_transaction(
    spenders: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    earn(spenders, "50", "visit", on="2026-02-10")
    earn(spenders, "20", "sale")
    earn(spenders, "7")
    clock.move_to(RIPE)
    faults = Faults.install(monkeypatch)
    spenders.restart()

    answer = redeem(spenders, "25")

    assert answer.body["lots"] == [lot("-20", "2026-03-31"), lot("-5")]
    assert (answer.body["balance_after"], answer.body["available_after"]) == ("2", "2")
    assert faults.counts()["TransactWriteItems"] == 1
    (row,) = rows_of_kind(spenders, "due")
    assert row["activity_id"].startswith("du_")
    assert (row["front_door"], row["key_id"]) == ("clock", "")
    assert row["amount"] == 0
    # When it began to be due, and when it was noticed.
    assert row["occurred_at"] == "2026-03-12T23:00:00.000000Z"
    assert row["recorded_at"] == row_of(spenders, answer)["recorded_at"]
    (due,) = due_postings(spenders)
    assert due["activity_id"] == row["activity_id"]
    assert due["lines"] == [[Decimal(-50), "member", "expired"]]
    assert (due["points"], due["matured"]) == (-50, 20)
    assert due["sequence"] + 1 == posting_of(spenders, answer)["sequence"]


def test_what_is_refused_posts_nothing_that_fell_due(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "50", "visit")
    clock.move_to(EXPIRED)

    with nothing_written(spenders):
        assert available(redeem(spenders, "50")) == "0"
        assert available(hold(spenders, "50")) == "0"
        assert available(adjust(spenders, "-50")) == "0"


def test_a_hold_lapses_and_its_points_can_be_spent_again(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "50", "visit")
    hold_id = held(spenders, "50", seconds=3600)
    clock.shift(3600 - 0.000001)
    assert available(redeem(spenders, "1")) == "0"

    clock.shift(0.000001)
    answer = redeem(spenders, "50")

    assert answer.body["lots"] == [lot("-50", "2026-03-31")]
    (due,) = due_postings(spenders)
    assert due["holds"] == [f"{hold_id} lapsed 50 0 2026-03-01T13:00:00.000000Z"]
    assert (due["points"], due["lots"]) == (0, ["50 2026-03-31"])
    assert "holds" not in balance_item(spenders)


def test_points_under_a_hold_do_not_expire_and_can_be_captured(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "50", "visit")
    hold_id = held(spenders, "30", seconds=2_592_000)
    earn(spenders, "5", "visit", on="2026-02-10")
    clock.move_to(datetime(2026, 3, 31, 11, 59, tzinfo=UTC))

    answer = capture(spenders, hold_id, "30")

    assert (answer.body["captured"], answer.body["lots"]) == ("30", [])
    assert (answer.body["balance_after"], answer.body["available_after"]) == ("20", "20")


def test_what_is_released_after_its_last_day_expires_at_once(
    spenders: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    earn(spenders, "50", "visit", on="2026-02-10")
    earn(spenders, "7")
    hold_id = held(spenders, "30", seconds=2_592_000)
    clock.move_to(datetime(2026, 3, 20, tzinfo=UTC))
    faults = Faults.install(monkeypatch)
    spenders.restart()

    answer = release(spenders, hold_id)

    assert (answer.body["captured"], answer.body["released"]) == ("0", "30")
    assert answer.body["lots"] == [lot("30", "2026-03-12")]
    assert answer.body["available_after"] == "7"
    assert faults.counts()["TransactWriteItems"] == 1
    before, after = due_postings(spenders)
    assert (before["points"], after["points"]) == (-20, -30)
    middle = posting_of(spenders, answer)
    assert [p["sequence"] for p in (before, middle, after)] == [4, 5, 6]
    balance = balance_item(spenders)
    assert (balance["points"], balance["schema_version"]) == (7, 2)


def test_the_rest_of_a_capture_after_its_last_day_expires_at_once(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "50", "visit", on="2026-02-10")
    hold_id = held(spenders, "50", seconds=2_592_000)
    clock.move_to(datetime(2026, 3, 20, tzinfo=UTC))

    answer = capture(spenders, hold_id, "20")

    assert (answer.body["captured"], answer.body["released"]) == ("20", "30")
    assert answer.body["available_after"] == "0"
    (due,) = due_postings(spenders)
    assert due["lines"] == [[Decimal(-30), "member", "expired"]]
    assert balance_item(spenders)["points"] == 0


def test_a_hold_that_lapses_after_the_last_day_of_its_points_leaves_nothing(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "50", "visit", on="2026-02-10")
    earn(spenders, "7")
    hold_id = held(spenders, "57", seconds=2_592_000)
    clock.move_to(datetime(2026, 3, 31, 12, tzinfo=UTC))

    assert available(redeem(spenders, "8")) == "7"
    assert refused(capture(spenders, hold_id))[:2] == (409, "HOLD_CLOSED")
    assert redeem(spenders, "7").body["lots"] == [lot("-7")]

    (due,) = due_postings(spenders)
    assert due["points"] == -50
    assert balance_item(spenders)["points"] == 0


def test_points_that_become_spendable_pay_what_is_owed(
    empty_world: World, clock: time_machine.Traveller
) -> None:
    empty_world.import_network(spending_network(may_go_below_zero=True))
    empty_world.restart()
    adjust(empty_world, "-30")
    earn(empty_world, "50", "sale")
    assert available(redeem(empty_world, "1")) == "0"
    clock.move_to(RIPE)

    assert available(redeem(empty_world, "20.01")) == "20"
    assert redeem(empty_world, "20").body["lots"] == [lot("-20", "2026-03-31")]


def test_what_is_reported_after_its_last_day_is_posted_and_expires(spenders: World) -> None:
    earn(spenders, "50", "visit", on="2026-01-01")

    assert available(redeem(spenders, "1")) == "0"
    first, second = sorted(spenders.postings(), key=lambda p: int(p["sequence"]))
    assert (first["points"], second["points"], second["kind"]) == (50, -50, "due")
    assert balance_item(spenders)["lifetime_points"] == 50


def test_a_year_of_looking_away_is_told_in_one_row(
    spenders: World, clock: time_machine.Traveller
) -> None:
    for day in range(1, 10):
        earn(spenders, "10", "visit", on=f"2026-02-{day:02d}")
        earn(spenders, "1", "sale", on=f"2026-02-{day + 19}")
    clock.move_to(datetime(2027, 3, 1, tzinfo=UTC))
    earn(spenders, "5", on="2027-03-01")

    assert redeem(spenders, "5").status == 200
    (due,) = due_postings(spenders)
    assert (due["points"], due["matured"]) == (-99, 9)
