"""Parameters of query strings: times and pages."""

from datetime import UTC, datetime

import pytest

from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.query_fields import NO_TIME, OUT_OF_YEARS, moment_of, time_of
from accrue.runtime.paging import page_of

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01t12:00:00z",
        "2026-03-01T12:00:00.000Z",
        "2026-03-01T12:00:00.0000000009Z",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T06:30:00-05:30",
    ],
)
def test_times_are_those_of_rfc_3339(text: str) -> None:
    assert moment_of(text) == NOON


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-03-01T12:00Z",
        "2026-03-01x12:00:00Z",
        "2026-03-01 12:00:00Z",
        "2026-W09-7T12Z",
        "2026-W09-7T12:00:00Z",
        "20260301T120000Z",
        "2026-03-01T12:00:00,5Z",
        "2026-03-01T12:00:00+0100",
        "2026-03-01T12:00:00+01:00:30",
        "2026-03-01T12:00:00Z ",
        "2026-03-01T12:00:00Z\n",
        "2026-02-30T12:00:00Z",
        "2026-03-01T25:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "\u0662026-03-01T12:00:00Z",
    ],
)
def test_nothing_else_is_a_time(text: str) -> None:
    assert moment_of(text) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:01:00+01:29", "9999-12-31T23:59:59-00:01"])
def test_a_time_that_utc_has_not_is_told_from_what_is_no_time(text: str) -> None:
    faults: list[Fault] = []

    for name in ("as_of", "from"):
        time_of({"as_of": text, "from": "2026-02-30T12:00:00Z"}, name, faults)

    assert faults == [Fault("query:as_of", OUT_OF_YEARS), Fault("query:from", NO_TIME)]


@pytest.mark.parametrize("cursor", ["", "=", "~", "a"])
def test_what_is_no_cursor_is_not_the_first_page(cursor: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        page_of({"cursor": cursor})

    assert [fault.pointer for fault in refused.value.faults] == ["query:cursor"]
