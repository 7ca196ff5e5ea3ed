"""Purses, by tables: what comes in, what is taken, what time does."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from accrue.domain.purse import Purse, TooFewPointsError, lot_changes
from tests.unit.purses import day, lots, moment, purse

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = day("03-10")


@pytest.mark.parametrize(
    ("before", "put", "after"),
    [
        (purse(), "5 ever", purse("5 ever")),
        (purse("1 ever"), "5 ever", purse("6 ever")),
        (purse("1 to 03-31"), "5 to 03-31, 2 to 04-30", purse("6 to 03-31, 2 to 04-30")),
        # What waits for a day that has come waits no more.
        (purse(), "5 from 03-10 to 03-31, 2 from 03-11", purse("5 to 03-31, 2 from 03-11")),
        # Owed points are paid off, the earliest expiring first; not by what waits.
        (purse(owed="7"), "5 ever", purse(owed="2")),
        (purse(owed="7"), "7 ever", purse()),
        (purse(owed="7"), "5 ever, 5 to 03-10", purse("3 ever")),
        (purse(owed="7"), "5 from 03-11", purse("5 from 03-11", owed="7")),
        (purse("4 from 03-11", owed="7"), "9 from 03-09", purse("4 from 03-11, 2 ever")),
        # Nor by what is past its last day.
        (purse(owed="7"), "5 to 03-09", purse("5 to 03-09", owed="7")),
        (purse(owed="7"), "5 from 03-01 to 03-09, 1 ever", purse("5 to 03-09", owed="6")),
    ],
)
def test_put(before: Purse, put: str, after: Purse) -> None:
    assert before.put(lots(put), TODAY) == after


@pytest.mark.parametrize(
    ("before", "points", "after"),
    [
        (purse("5 ever"), "5", purse()),
        (purse("5 ever, 5 to 03-31, 5 to 03-12"), "1", purse("5 ever, 5 to 03-31, 4 to 03-12")),
        (purse("5 ever, 5 to 03-31, 5 to 03-12"), "7", purse("5 ever, 3 to 03-31")),
        (purse("5 ever, 5 to 03-31, 5 to 03-12"), "15", purse()),
        (purse("5 ever, 9 from 03-11"), "5", purse("9 from 03-11")),
        (purse("0.05 ever"), "0.03", purse("0.02 ever")),
        (purse("5 ever, 9 from 03-11"), "5.01", None),
        (purse("5 to 03-31", h="03-12T00:00: 9 ever"), "6", None),
        (purse(), "1", None),
        (purse("9 from 03-11", owed="1"), "1", None),
    ],
)
def test_take(before: Purse, points: str, after: Purse | None) -> None:
    if after is None:
        with pytest.raises(TooFewPointsError):
            before.take(Decimal(points))
    else:
        assert before.take(Decimal(points)) == after


@pytest.mark.parametrize(
    ("before", "points", "after"),
    [
        (purse("5 ever, 5 to 03-31"), "7", purse("3 ever")),
        # Then what waits, the earliest spendable first; then it is owed.
        (purse("5 ever, 5 from 03-12, 5 from 03-11"), "8", purse("5 from 03-12, 2 from 03-11")),
        (
            purse("5 from 03-11 to 04-30, 5 from 03-11 to 03-31, 1 to 05-01"),
            "5",
            purse("5 from 03-11 to 04-30, 1 from 03-11 to 03-31"),
        ),
        (purse("5 ever, 5 from 03-12"), "12", purse(owed="2")),
        (purse(owed="2"), "3", purse(owed="5")),
        # What is past its last day pays nothing.
        (purse("5 to 03-09, 5 ever"), "7", purse("5 to 03-09", owed="2")),
        (purse("4 from 03-11", owed="2"), "3", purse("1 from 03-11", owed="2")),
        # Never what is held.
        (
            purse("1 ever", h="03-12T00:00: 9 ever"),
            "3",
            purse(owed="2", h="03-12T00:00: 9 ever"),
        ),
    ],
)
def test_deduct(before: Purse, points: str, after: Purse) -> None:
    assert before.deduct(Decimal(points), TODAY) == after


def test_hold() -> None:
    before = purse("5 ever, 5 to 03-31, 5 to 03-12, 9 from 03-11", g="03-11T00:00: 1 ever")

    held = before.hold("h", Decimal(7), moment("03-17T12:00"))

    assert held == purse(
        "5 ever, 3 to 03-31, 9 from 03-11",
        g="03-11T00:00: 1 ever",
        h="03-17T12:00: 5 to 03-12, 2 to 03-31",
    )
    assert [held.total, held.available, held.pending, held.held] == [25, 8, 9, 8]
    with pytest.raises(TooFewPointsError):
        held.hold("i", Decimal(9), moment("03-17T12:00"))


HELD = "03-17T12:00: 5 to 03-09, 4 to 03-31, 3 ever"


@pytest.mark.parametrize(
    ("before", "captured", "after"),
    [
        (purse("1 ever", h=HELD), "12", purse("1 ever")),
        (purse("1 ever", h=HELD), "0", purse("4 ever, 4 to 03-31, 5 to 03-09")),
        # The earliest expiring of it is spent; what is past its last day is left to expire.
        (purse(h=HELD), "2", purse("3 to 03-09, 4 to 03-31, 3 ever")),
        (purse("1 to 03-31", h=HELD), "6", purse("4 to 03-31, 3 ever")),
        (purse(h=HELD, g=HELD), "12", purse(g=HELD)),
        # What comes back pays what is owed; not what is past its last day.
        (purse(owed="2", h=HELD), "6", purse("1 to 03-31, 3 ever")),
        (purse(owed="9", h=HELD), "0", purse("5 to 03-09", owed="2")),
        (purse(h=HELD), "12.01", TooFewPointsError),
        (purse(g=HELD), "1", KeyError),
    ],
)
def test_close_hold(before: Purse, captured: str, after: Purse | type[Exception]) -> None:
    if isinstance(after, Purse):
        assert before.close_hold("h", Decimal(captured), TODAY) == after
    else:
        with pytest.raises(after):
            before.close_hold("h", Decimal(captured), TODAY)


# In Berlin, summer begins on 29 March at 02:00 and ends on 25 October at 03:00.
@pytest.mark.parametrize(
    ("present", "due_at"),
    [
        (purse(), None),
        (purse("5 ever", owed="0"), None),
        (purse(owed="3"), None),
        (purse("5 to 03-28"), "03-28T23:00"),
        (purse("5 to 03-29"), "03-29T22:00"),
        (purse("5 to 10-25, 1 to 10-26"), "10-25T23:00"),
        (purse("5 to 10-24"), "10-24T22:00"),
        (purse("5 from 03-29"), "03-28T23:00"),
        (purse("5 from 03-30 to 04-30"), "03-29T22:00"),
        (purse("5 from 05-30 to 04-30"), "04-30T22:00"),
        (purse("5 to 03-29", h="03-29T21:59: 1 ever"), "03-29T21:59"),
        (purse("5 to 03-29", h="03-29T22:01: 1 to 03-01"), "03-29T22:00"),
    ],
)
def test_next_due_at(present: Purse, due_at: str | None) -> None:
    assert present.next_due_at(BERLIN) == (due_at and moment(due_at))


@pytest.mark.parametrize(
    ("before", "until", "after", "fell"),
    [
        ("5 to 03-28", "03-28T22:59", "5 to 03-28", (0, 0)),
        ("5 to 03-28", "03-28T23:00", "", (5, 0)),
        ("5 to 03-29", "03-29T21:59", "5 to 03-29", (0, 0)),
        ("5 to 03-29", "03-29T22:00", "", (5, 0)),
        ("5 from 03-29", "03-28T22:59", "5 from 03-29", (0, 0)),
        ("5 from 03-29", "03-28T23:00", "5 ever", (0, 5)),
        ("5 from 03-29 to 03-29", "03-29T21:59", "5 to 03-29", (0, 5)),
        ("5 from 03-29 to 03-29", "06-01T00:00", "", (5, 5)),
        # Past its last day before it could be spent: it never could.
        ("5 from 03-30 to 03-29", "06-01T00:00", "", (5, 0)),
        ("5 to 03-01, 4 to 04-01, 3 ever", "03-15T00:00", "4 to 04-01, 3 ever", (5, 0)),
        ("5 to 03-01, 4 to 04-01, 3 from 03-02", "06-01T00:00", "3 ever", (9, 3)),
    ],
)
def test_brought_up_to(before: str, until: str, after: str, fell: tuple[int, int]) -> None:
    brought, fallen = purse(before).brought_up_to(moment(until), BERLIN)

    assert brought == purse(after)
    assert [fallen.expired, fallen.matured] == list(fell)


@pytest.mark.parametrize(
    ("before", "until", "after", "expired"),
    [
        # What is owed is paid on the day on which it can be, though all of that would be gone by
        # the end.
        (purse("5 from 03-11 to 03-12", owed="3"), "06-01T00:00", purse(), 2),
        (purse("5 from 03-11 to 03-12", owed="3"), "03-11T12:00", purse("2 to 03-12"), 0),
        (purse("5 from 03-13 to 03-12", owed="3"), "06-01T00:00", purse(owed="3"), 5),
        # Of two that come on the same day, what expires first pays.
        (purse("5 from 03-11, 5 from 03-11 to 03-31", owed="3"), "03-12T00:00",
         purse("5 ever, 2 to 03-31"), 0),
        # A hold lapses at its moment: what it holds is good, or expires at once.
        (purse(h="03-12T12:00: 5 to 03-12"), "03-12T11:59", purse(h="03-12T12:00: 5 to 03-12"), 0),
        (purse(h="03-12T12:00: 5 to 03-12"), "03-12T12:00", purse("5 to 03-12"), 0),
        (purse(h="03-12T12:00: 5 to 03-11, 2 ever"), "03-12T12:00", purse("2 ever"), 5),
        (purse(h="03-12T12:00: 5 to 03-11", owed="1"), "03-12T12:00", purse(owed="1"), 5),
        (purse(h="03-12T12:00: 5 to 03-12", owed="1"), "06-01T00:00", purse(), 4),
        # At the very moment at which the day ends, it has ended.
        (purse(h="03-12T23:00: 5 to 03-12", owed="1"), "03-12T23:00", purse(owed="1"), 5),
    ],
)  # fmt: skip
def test_what_falls_due_does_so_in_order(
    before: Purse, until: str, after: Purse, expired: int
) -> None:
    brought, fallen = before.brought_up_to(moment(until), BERLIN)

    assert brought == after
    assert fallen.expired == expired
    assert fallen.holds.keys() == before.holds.keys() - after.holds.keys()
    assert brought.brought_up_to(moment(until), BERLIN) == (brought, type(fallen)())


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("5 ever", "5 ever", []),
        ("", "5 ever, 4 to 03-31, 3 from 03-05", ["4 to 03-31", "5 ever", "3 from 03-05"]),
        ("5 ever, 4 to 03-31, 9 to 03-30", "2 ever, 4 to 03-31", ["-9 to 03-30", "-3 ever"]),
        ("5 from 03-05", "5 ever", ["5 ever", "-5 from 03-05"]),
    ],
)
def test_lot_changes(before: str, after: str, changes: list[str]) -> None:
    told = lot_changes(purse(before), purse(after))

    assert [(change.lot, change.points) for change in told] == [
        next(iter(lots(text).items())) for text in changes
    ]


@pytest.mark.parametrize(("points", "whole"), [("5", purse("5 ever")), ("0", purse())])
def test_a_purse_of_points_alone(points: str, whole: Purse) -> None:
    assert Purse.of(Decimal(points)) == whole
    assert Purse.of(Decimal(-3)) == purse(owed="3")


def test_no_digit_is_lost() -> None:
    """More of them than decimals have by default."""
    large = "999999999999999999999999.999999"
    rest = purse(f"{large} to 03-31, 0.000001 ever").take(Decimal("0.000001"))

    assert rest == purse("999999999999999999999999.999998 to 03-31, 0.000001 ever")
    _, fallen = rest.brought_up_to(moment("06-01T00:00"), BERLIN)
    assert fallen.expired == Decimal("999999999999999999999999.999998")
