"""How balances and postings hold lots: as text, so that the usual item stays small.

A lot is `[<spendable_on>>]<last_day>`, with `never` for one that does not expire:
`2026-12-31`, `2026-10-05>never`.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from accrue.domain.amounts import canonical_text
from accrue.domain.purse import Hold, Lot, LotChange, Purse
from accrue.domain.timestamps import from_text, to_text

_NEVER = "never"


def purse_to_attributes(purse: Purse) -> dict[str, Any]:
    """The purse as plain attributes; none if the points alone say it."""
    if is_plain(purse):
        return {}
    return {
        "lots": {_lot_text(lot): points for lot, points in purse.lots.items()},
        "holds": {name: _hold_attributes(hold) for name, hold in purse.holds.items()},
        "owed": purse.owed or None,
        "debt": purse.debt or None,
    }


def purse_from_attributes(attributes: Mapping[str, Any]) -> Purse:
    """Read the purse of a balance back.

    ValueError if it is not all of the balance's points.
    """
    if attributes.keys().isdisjoint(("lots", "holds", "owed", "debt")):
        return Purse.of(attributes["points"])
    purse = Purse(
        lots={_lot(text): points for text, points in attributes.get("lots", {}).items()},
        holds={name: _hold(each) for name, each in attributes.get("holds", {}).items()},
        owed=attributes.get("owed", Decimal(0)),
        debt=attributes.get("debt", Decimal(0)),
    )
    if purse.total != attributes["points"]:
        raise ValueError("its lots are not its points")
    return purse


def is_plain(purse: Purse) -> bool:
    """Whether all can be spent at any time, or is owed."""
    return purse == Purse.of(purse.total)


def pack_lot_change(change: LotChange) -> str:
    """A change as text: `-30 2026-12-31`."""
    return f"{canonical_text(change.points)} {_lot_text(change.lot)}"


def unpack_lot_change(packed: str) -> LotChange:
    """What `pack_lot_change` made."""
    points, lot = packed.split(" ")
    return LotChange(_lot(lot), Decimal(points))


def _lot_text(lot: Lot) -> str:
    waits = f"{lot.spendable_on.isoformat()}>" if lot.spendable_on else ""
    return waits + _day_text(lot.last_day)


def _lot(text: str) -> Lot:
    waits, _, last_day = text.rpartition(">")
    return Lot(date.fromisoformat(waits) if waits else None, _day(last_day))


def _hold_attributes(hold: Hold) -> dict[str, Any]:
    parts = {_day_text(last_day): points for last_day, points in hold.parts.items()}
    return {"expires_at": to_text(hold.expires_at), "parts": parts}


def _hold(attributes: Mapping[str, Any]) -> Hold:
    parts = {_day(text): points for text, points in attributes["parts"].items()}
    return Hold(from_text(attributes["expires_at"]), parts)


def _day_text(day: date | None) -> str:
    return day.isoformat() if day else _NEVER


def _day(text: str) -> date | None:
    return None if text == _NEVER else date.fromisoformat(text)
