"""SINCE and UNTIL as they are typed."""

from datetime import UTC, datetime

import pytest

from local.errors import PeriodError
from local.export.period import BEGINNING, END, Period, read_period

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "period"),
    [
        ({}, None),
        ({"SINCE": "", "UNTIL": ""}, None),
        ({"SINCE": "2026-11-01"}, Period(MIDNIGHT, END)),
        ({"UNTIL": "2026-11-01"}, Period(BEGINNING, MIDNIGHT)),
        ({"SINCE": "2026-11-01", "UNTIL": "2026-11-01T13:00:00+01:00"}, Period(MIDNIGHT, NOON)),
        ({"SINCE": "2026-11-01", "UNTIL": "2026-11-01T12:00:00Z"}, Period(MIDNIGHT, NOON)),
    ],
)
def test_a_period_is_read(given: dict[str, str], period: Period | None) -> None:
    assert read_period(given) == period


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"SINCE": "yesterday"}, "SINCE=yesterday is not a time: give one such as 2026-11-01"),
        ({"UNTIL": "2026-11-31"}, "UNTIL=2026-11-31 is not a time"),
        ({"UNTIL": "2026-11-01T12:00"}, "UNTIL=2026-11-01T12:00 has no zone: write"),
        ({"SINCE": "2026-11-02", "UNTIL": "2026-11-01"}, "is not before UNTIL"),
        ({"SINCE": "2026-11-01", "UNTIL": "2026-11-01"}, "is not before UNTIL"),
    ],
)
def test_what_is_no_period_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(PeriodError, match=message):
        read_period(given)


def test_a_period_holds_its_first_moment_and_not_its_last() -> None:
    period = Period(MIDNIGHT, NOON)

    assert period.holds(MIDNIGHT)
    assert not period.holds(NOON)
