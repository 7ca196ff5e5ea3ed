"""Purses as a line of text."""

from datetime import UTC, date, datetime
from decimal import Decimal

from accrue.domain.purse import Hold, Lot, Purse

# Holds and days of tests are of this year unless they say otherwise.
_YEAR = "2026-"


def day(text: str) -> date:
    """`03-31`, of 2026, or a whole date."""
    return date.fromisoformat(text if len(text) > len("03-31") else _YEAR + text)


def moment(text: str) -> datetime:
    """`03-31T12:00`, in UTC."""
    return datetime.fromisoformat(_YEAR + text).replace(tzinfo=UTC)


def lots(text: str) -> dict[Lot, Decimal]:
    """Points by lot: `10 ever, 5 to 03-31, 3 from 03-05, 2 from 03-05 to 03-31`."""
    return dict(_lot(part) for part in _parts(text))


def purse(text: str = "", owed: str = "0", **holds: str) -> Purse:
    """Lots as in `lots`, and holds by their ids: `h="03-08T12:00: 5 to 03-31, 2 ever"`."""
    return Purse(lots(text), {name: _hold(held) for name, held in holds.items()}, Decimal(owed))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _lot(part: str) -> tuple[Lot, Decimal]:
    points, *words = part.split()
    days = dict(zip(words[::2], words[1::2], strict=False)) if words != ["ever"] else {}
    since, until = days.get("from"), days.get("to")
    return Lot(day(since) if since else None, day(until) if until else None), Decimal(points)


def _hold(text: str) -> Hold:
    expires_at, _, parts = text.partition(": ")
    held = {lot.last_day: points for lot, points in lots(parts).items()}
    return Hold(moment(expires_at), held)
