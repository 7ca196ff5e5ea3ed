"""The period that an export, or a question, is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from accrue.domain.timestamps import to_text
from local.errors import PeriodError

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """What was written at `since` or after, and before `until`."""

    since: datetime
    until: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether it is in the period."""
        return self.since <= moment < self.until

    @property
    def view(self) -> str:
        """The SQL that tells a question its period; times as rows have them sort as text."""
        return (
            "CREATE OR REPLACE VIEW export_period AS\n"
            f"SELECT '{to_text(self.since)}' AS since_at, '{to_text(self.until)}' AS until_at"
        )


ALL_TIME = Period(BEGINNING, END)


def read_period(given: Mapping[str, str], end: datetime = END) -> Period | None:
    """The period of SINCE and UNTIL, up to `end` without the latter; none without both.

    Raises PeriodError.
    """
    if not given.get("SINCE") and not given.get("UNTIL"):
        return None
    since, until = _moment("SINCE", given, BEGINNING), _moment("UNTIL", given, end)
    if since >= until:
        raise PeriodError(f"SINCE={to_text(since)} is not before UNTIL={to_text(until)}: swap them")
    return Period(since, until)


def _moment(name: str, given: Mapping[str, str], default: datetime) -> datetime:
    text = given.get(name)
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PeriodError(
            f"{name}={text} is not a time: give one such as 2026-11-01 or 2026-11-01T12:00:00Z"
        ) from None
    is_day = len(text) <= len("2026-11-01")
    if moment.tzinfo is None and not is_day:
        raise PeriodError(f"{name}={text} has no zone: write {text}Z if it is UTC")
    return moment.replace(tzinfo=UTC) if is_day else moment.astimezone(UTC)
