"""Purses as balances hold them, and what postings say of them: nothing more than is needed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accrue.domain.balance import Balance
from accrue.domain.errors import UnreadableRowError
from accrue.domain.membership_state import MembershipState
from accrue.domain.posting import Posting
from accrue.domain.purse import Hold, Lot, LotChange, Purse
from accrue.domain.stored_purse import (
    is_plain,
    pack_lot_change,
    purse_from_attributes,
    purse_to_attributes,
    unpack_lot_change,
)
from accrue.storage.dynamo import to_attributes, to_item
from tests.unit.activities import ANN
from tests.unit.postings import EVERYTHING, NOTHING
from tests.unit.purse_postings import (
    ADJUSTED,
    AWARDED,
    CAPTURED,
    FELL_DUE,
    HELD,
    REDEEMED,
    RELEASED,
)
from tests.unit.purses import purse

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
days = st.none() | st.dates(date(1999, 1, 1), date(3100, 1, 1))
some = st.decimals(Decimal("0.000001"), Decimal(10) ** 24, places=6)
moments = st.integers(0, 10**16).map(lambda us: EPOCH + timedelta(microseconds=us))
lots = st.builds(Lot, days, days)
purses = st.builds(
    Purse,
    st.dictionaries(lots, some, max_size=4),
    st.dictionaries(
        st.from_regex(r"ik_[a-z2-7]{32}", fullmatch=True),
        st.builds(Hold, moments, st.dictionaries(days, some, min_size=1, max_size=3)),
        max_size=3,
    ),
    st.just(Decimal(0)) | some,
)


def stored(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """As a table gives them back."""
    return to_attributes(to_item(attributes))


@given(purses)
def test_what_is_stored_is_what_is_read(present: Purse) -> None:
    # Spendable points would have paid what is owed.
    assume(not present.owed or present.available <= 0)
    attributes = stored({"points": present.total, **_present(purse_to_attributes(present))})

    assert purse_from_attributes(attributes) == present
    assert ("lots" in attributes or "holds" in attributes or "owed" in attributes) is not (
        is_plain(present)
    )


@given(purses)
def test_a_balance_is_read_as_it_was_written(present: Purse) -> None:
    balance = Balance(MembershipState(points=present.total, purse=present), 3, "hash")
    attributes = stored(balance.to_attributes("demo", ANN))

    assert Balance.from_attributes(attributes) == balance
    assert attributes["schema_version"] == (2 if is_plain(present) else 3)


@given(lots, some.map(lambda points: points.copy_negate()) | some)
def test_a_change_is_read_as_it_was_written(lot: Lot, points: Decimal) -> None:
    change = LotChange(lot, points)

    assert unpack_lot_change(pack_lot_change(change)) == change


@pytest.mark.parametrize(
    ("present", "written"),
    [
        (purse(), {}),
        (purse("5 ever"), {}),
        (purse(owed="5"), {}),
        (purse("5 to 03-31"), {"lots": {"2026-03-31": 5}}),
        (
            purse("5 ever, 4 from 03-05, 3 from 03-05 to 03-31"),
            {"lots": {"never": 5, "2026-03-05>never": 4, "2026-03-05>2026-03-31": 3}},
        ),
        (purse("4 from 03-05", owed="7"), {"lots": {"2026-03-05>never": 4}, "owed": 7}),
        (
            purse(h="03-08T12:00: 5 to 03-31, 2 ever"),
            {
                "holds": {
                    "h": {
                        "expires_at": "2026-03-08T12:00:00.000000Z",
                        "parts": {"2026-03-31": 5, "never": 2},
                    }
                }
            },
        ),
    ],
)
def test_how_it_is_written(present: Purse, written: dict[str, Any]) -> None:
    assert _present(purse_to_attributes(present)) == written


def _present(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value not in (None, {})}


# ---- Balances ----

BEFORE: dict[str, Any] = {
    "schema_version": 2,
    "network_id": "demo",
    "program_id": "coffee-club",
    "program_membership_id": "ann",
    "points": Decimal("12.5"),
    "lifetime_points": Decimal(20),
    "sequence": Decimal(7),
    "last_posting_hash": "hash",
}


@pytest.mark.parametrize("schema_version", [1, 2])
@pytest.mark.parametrize(("points", "read"), [("12.5", "12.5 ever"), ("0", ""), ("-3", None)])
def test_balances_of_before_are_read_as_before(
    schema_version: int, points: str, read: str | None
) -> None:
    item = {**BEFORE, "schema_version": schema_version, "points": Decimal(points)}

    balance = Balance.from_attributes(stored(item))

    assert balance.state.points == Decimal(points)
    assert balance.state.purse == (purse(owed="3") if read is None else purse(read))
    assert (balance.sequence, balance.due_at) == (7, None)
    # And are written as they were.
    assert balance.to_attributes("demo", ANN) == {**item, "schema_version": 2}


@pytest.mark.parametrize(
    "wrong",
    [
        {"lots": {"never": Decimal(12)}},
        {"lots": {"never": Decimal("12.5"), "2026-03-31": Decimal(1)}},
        {"owed": Decimal(1)},
        {"lots": {"soon": Decimal("12.5")}},
        {"holds": {"h": {"parts": {"never": Decimal("12.5")}}}},
    ],
)
def test_a_purse_that_is_not_the_points_can_not_be_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnreadableRowError):
        Balance.from_attributes(stored({**BEFORE, "schema_version": 3, **wrong}))


def test_the_moment_at_which_something_falls_due_is_kept() -> None:
    due_at = EPOCH + timedelta(days=20000)
    balance = Balance(MembershipState(purse=purse()), due_at=due_at)

    assert Balance.from_attributes(stored(balance.to_attributes("demo", ANN))).due_at == due_at


# ---- Postings ----


@pytest.mark.parametrize(
    "posting", [AWARDED, REDEEMED, ADJUSTED, HELD, CAPTURED, RELEASED, FELL_DUE]
)
def test_a_posting_of_lots_is_read_as_it_was_written(posting: Posting) -> None:
    attributes = stored(posting.to_attributes())

    again = Posting.from_attributes(attributes)

    assert again == posting
    assert again.content_hash == posting.content_hash == attributes["content_hash"]
    assert attributes["schema_version"] == 3


@pytest.mark.parametrize("posting", [NOTHING, EVERYTHING])
def test_a_plain_one_is_written_as_the_release_before_reads_it(posting: Posting) -> None:
    attributes = stored(posting.to_attributes())

    assert attributes["schema_version"] == 2
    said = {"kind", "lots", "holds", "matured", "available_after"}
    assert said.isdisjoint(attributes)
    assert Posting.from_attributes(attributes) == posting


@pytest.mark.parametrize(
    "said",
    [
        {"available_after": Decimal(3)},
        {"matured": Decimal(1)},
        {"kind": HELD.kind},
        {"lots": AWARDED.lots},
        {"holds": HELD.holds},
    ],
)
def test_whatever_it_says_of_lots_is_covered_by_its_hash(said: dict[str, Any]) -> None:
    posting = replace(NOTHING, **said)

    assert posting.content_hash != NOTHING.content_hash
    attributes = stored(posting.to_attributes())
    assert Posting.from_attributes(attributes) == posting
    for name in said:
        lacking = {key: value for key, value in attributes.items() if key != name}
        with pytest.raises(UnreadableRowError):
            Posting.from_attributes(lacking)
