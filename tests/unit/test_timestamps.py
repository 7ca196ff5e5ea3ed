from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.json_values import WrongValueError
from accrue.domain.timestamps import from_text, to_datetime, to_text, unix_seconds


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (Decimal(1633887337), "2021-10-10T17:35:37.000000Z"),
        ("1633887337", "2021-10-10T17:35:37.000000Z"),
        ("1.633887337e9", "2021-10-10T17:35:37.000000Z"),
        (Decimal("1633887337.25"), "2021-10-10T17:35:37.250000Z"),
        (Decimal("1633887337.999999999"), "2021-10-10T17:35:37.999999Z"),
        (Decimal("0.0000009"), "1970-01-01T00:00:00.000000Z"),
        (Decimal("-0"), "1970-01-01T00:00:00.000000Z"),
        (Decimal(12345678910), "2361-03-21T19:15:10.000000Z"),
        ("99999999999.999999999", "5138-11-16T09:46:39.999999Z"),
    ],
)
def test_unix_seconds_become_a_time_in_utc(sent: object, text: str) -> None:
    moment = to_datetime(unix_seconds(sent))

    assert to_text(moment) == text
    assert from_text(text) == moment


@pytest.mark.parametrize(
    ("sent", "fragment"),
    [
        (Decimal(10**11), "looks like milliseconds: send seconds"),
        (Decimal(1633887337000), "looks like milliseconds: send seconds"),
        ("1633887337000", "looks like milliseconds: send seconds"),
        (Decimal("1e30"), "looks like milliseconds"),
        (Decimal("1e2000000"), "out of range"),
        (Decimal(-1), "is before 1970"),
        (Decimal("-0.1"), "is before 1970"),
        (Decimal("1.0000000001"), "too many decimal places: send at most 9"),
        ("2021-10-10T17:35:37Z", "is not a number"),
        ("", "is blank"),
        (True, "must be a number, not a boolean"),
        (None, "must be a number, not null"),
        (Decimal("NaN"), "not a finite number"),
    ],
)
def test_what_is_no_time_is_refused_with_a_remedy(sent: object, fragment: str) -> None:
    with pytest.raises(WrongValueError) as refusal:
        to_datetime(unix_seconds(sent))

    assert fragment in str(refusal.value)


def test_seconds_are_kept_as_sent_beside_the_truncated_time() -> None:
    assert str(unix_seconds(Decimal("1.1234567890"))) == "1.123456789"


def test_text_is_utc_whatever_the_zone() -> None:
    moment = datetime(2021, 10, 10, 19, 35, 37, tzinfo=timezone(timedelta(hours=2)))

    assert to_text(moment) == "2021-10-10T17:35:37.000000Z"


def test_an_hour_that_comes_twice_has_two_texts() -> None:
    # Python takes the two for equal.
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    assert to_text(first) == "2026-10-25T00:30:00.000000Z"
    assert to_text(first.replace(fold=1)) == "2026-10-25T01:30:00.000000Z"


def test_a_time_without_a_zone_has_no_text() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        to_text(datetime(2021, 10, 10))  # noqa: DTZ001


@pytest.mark.parametrize(
    "text",
    [
        "2021-10-10T17:35:37Z",
        "2021-10-10T17:35:37.000Z",
        "2021-10-10T17:35:37.000000",
        "2021-10-10T17:35:37.000000+00:00",
        "2021-10-10 17:35:37.000000Z",
        "2021-10-10T17:35:37.000000Z\n",
        "٢021-10-10T17:35:37.000000Z",
        "2021-13-10T17:35:37.000000Z",
        "",
    ],
)
def test_only_our_own_spelling_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a time|month"):
        from_text(text)


def test_what_is_no_time_is_not_told() -> None:
    with pytest.raises(ValueError, match="not a time") as refused:
        from_text("poison.person@example.com")

    assert "poison" not in str(refused.value)


moments = st.datetimes(timezones=st.just(UTC))


@given(moments)
def test_text_can_be_read_back(moment: datetime) -> None:
    assert from_text(to_text(moment)) == moment


@given(moments, moments)
def test_text_sorts_as_time_does(one: datetime, other: datetime) -> None:
    assert (to_text(one) < to_text(other)) == (one < other)
