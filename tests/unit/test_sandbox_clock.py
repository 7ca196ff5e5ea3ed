"""A sandbox's clock: forward only, and when what was recorded before a move is sure to be there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.sandbox_clock import (
    KEPT_FOR,
    MOST_AHEAD,
    UNDER_WAY_FOR,
    SandboxClock,
    offset_of,
    seconds_of,
)
from accrue.domain.sandbox_errors import ClockGoesForwardOnlyError

REAL = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2027, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# The waits before each move, and how far each goes.
MOVES = st.lists(
    st.tuples(
        st.timedeltas(timedelta(microseconds=1), timedelta(minutes=3)),
        st.timedeltas(timedelta(0), timedelta(days=40)),
    ),
    min_size=1,
    max_size=30,
)


def test_a_clock_that_was_never_moved_goes_by_real_time() -> None:
    assert SandboxClock().at(REAL) == REAL
    assert SandboxClock().settled_until(REAL) == REAL


def test_moved_it_goes_on_from_there() -> None:
    moved = SandboxClock().moved(LATER, REAL)

    assert moved.at(REAL) == LATER
    assert moved.at(REAL + SECOND) == LATER + SECOND


def test_the_last_move_again_moves_nothing_however_late() -> None:
    moved = SandboxClock().moved(LATER, REAL)

    assert moved.moved(LATER, REAL + timedelta(hours=1)) == moved


def test_to_what_it_shows_it_is_moved_and_to_what_it_showed_it_is_not() -> None:
    moved = SandboxClock().moved(LATER, REAL)
    further = moved.moved(LATER + SECOND, REAL + SECOND)

    assert further.offset == moved.offset
    assert further.moved(LATER + SECOND, REAL + timedelta(hours=1)) == further
    with pytest.raises(ClockGoesForwardOnlyError) as refused:
        further.moved(LATER, REAL + SECOND)
    (fault,) = refused.value.faults
    assert fault.pointer == "/now"
    assert fault.message == (
        "is earlier than what the clock shows: send a time after 2027-03-01T00:00:01.000000Z"
    )


def test_it_is_never_further_ahead_than_what_can_be_looked_through() -> None:
    latest = REAL + MOST_AHEAD

    assert SandboxClock().moved(latest, REAL).at(REAL) == latest
    with pytest.raises(InvalidDefinitionError) as refused:
        SandboxClock().moved(latest + timedelta(microseconds=1), REAL)
    (fault,) = refused.value.faults
    assert fault.pointer == "/now"
    assert "2046-03-01T12:00:00.000000Z is the latest now" in fault.message


def test_what_was_under_way_at_a_move_is_settled_a_while_after_it() -> None:
    moved = SandboxClock().moved(LATER, REAL)
    settled_at = REAL + UNDER_WAY_FOR
    just_before = settled_at - timedelta(microseconds=1)

    assert moved.settled_until(REAL) == REAL
    assert moved.settled_until(just_before) == just_before
    assert moved.settled_until(settled_at) == moved.at(settled_at)


@given(moves=MOVES)
def test_nothing_is_recorded_far_behind_what_counts_as_settled(
    moves: list[tuple[timedelta, timedelta]],
) -> None:
    """What was recorded a short while ago may not be there to be found, but is not far behind."""
    clock, real = SandboxClock(), REAL
    recorded = [(real, clock.at(real))]
    for wait, jump in moves:
        real += wait
        # The last row before the move, and the first one after it.
        recorded.append((real, clock.at(real)))
        clock = clock.moved(clock.at(real) + jump, real)
        recorded.append((real, clock.at(real)))

    for ago in (timedelta(0), UNDER_WAY_FOR, timedelta(minutes=5), timedelta(minutes=15)):
        asked = real - ago
        settled = clock.settled_until(asked)
        under_way = [at for written, at in recorded if written > asked - UNDER_WAY_FOR]
        assert min(under_way) >= settled - UNDER_WAY_FOR


@given(moves=MOVES)
def test_it_goes_forward_only_and_comes_to_be_settled(
    moves: list[tuple[timedelta, timedelta]],
) -> None:
    clock, real = SandboxClock(), REAL
    for wait, jump in moves:
        real += wait
        before = clock.at(real)
        clock = clock.moved(before + jump, real)
        assert clock.at(real) >= before
        # However often it is moved, it is no large item.
        assert len(clock.steps) <= KEPT_FOR / timedelta(seconds=10) + 3

    after = real + UNDER_WAY_FOR
    assert clock.settled_until(after) == clock.at(after)


def test_the_move_before_still_counts_however_long_ago_it_was() -> None:
    """Until the new one is settled: nothing is asked about what was long swept."""
    first = SandboxClock().moved(LATER, REAL)
    at = REAL + KEPT_FOR + SECOND
    second = first.moved(first.at(at) + timedelta(days=1), at)
    settled_at = at + UNDER_WAY_FOR

    assert second.settled_until(at) == first.at(at)
    assert second.settled_until(settled_at - SECOND) == first.at(settled_at - SECOND)
    assert second.settled_until(settled_at) == second.at(settled_at)


def test_moved_without_a_pause_it_keeps_one_step_for_some_seconds() -> None:
    clock, real = SandboxClock(), REAL
    for _ in range(2_000):
        real += SECOND / 20
        clock = clock.moved(clock.at(real) + SECOND, real)

    # Of 100 seconds.
    assert len(clock.steps) <= 11
    # The last move of each ten seconds is known: here that of 60 seconds and a bit ago.
    assert clock.settled_until(real) == real + SECOND * 799
    assert clock.settled_until(real + UNDER_WAY_FOR) == clock.at(real + UNDER_WAY_FOR)


def test_steps_of_long_ago_are_forgotten() -> None:
    clock, real = SandboxClock(), REAL
    for _ in range(500):
        real += timedelta(seconds=15)
        clock = clock.moved(clock.at(real) + SECOND, real)

    # Of 20 minutes, and the one before those.
    assert len(clock.steps) <= 81


@given(offset=st.timedeltas(timedelta(0), MOST_AHEAD))
def test_offsets_are_kept_exactly(offset: timedelta) -> None:
    assert offset_of(seconds_of(offset)) == offset


def test_an_offset_is_said_in_seconds() -> None:
    assert seconds_of(timedelta(days=1, microseconds=1)) == Decimal("86400.000001")
