"""What became of an activity as a whole, by what became of it for each membership."""

from dataclasses import replace

import pytest

from accrue.domain.activity import Kind, Outcome
from accrue.runtime.activity_json import received, result
from accrue.services.get_activity import ActivityView, MembershipResult
from tests.unit.activities import ANN, NOON, activity
from tests.unit.purse_postings import CAPTURED, HELD
from tests.unit.test_stored_forms import POSTING

APPLIED, REJECTED, NO_RULE = Outcome.APPLIED, Outcome.REJECTED, Outcome.NO_RULE


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ([REJECTED, APPLIED, NO_RULE], APPLIED),
        ([NO_RULE, REJECTED], REJECTED),
        ([NO_RULE, NO_RULE], NO_RULE),
        # One still waits for its posting.
        ([APPLIED, None], None),
    ],
)
def test_the_outcome_of_the_whole(outcomes: list[Outcome | None], whole: Outcome | None) -> None:
    postings = [replace(POSTING, outcome=each) if each else None for each in outcomes]
    results = tuple(MembershipResult(ANN, ("buyer",), posting, ()) for posting in postings)

    assert ActivityView(activity(), results, None).outcome == whole


@pytest.mark.parametrize(
    ("kind", "of", "duplicate_of", "hold_id"),
    [
        (Kind.ACTIVITY, None, None, None),
        (Kind.DUPLICATE, "fr_first", "fr_first", None),
        (Kind.HOLD, None, None, "own"),
        (Kind.CAPTURE, "ik_hold", None, "ik_hold"),
        (Kind.RELEASE, "ik_hold", None, "ik_hold"),
        (Kind.REDEMPTION, None, None, None),
    ],
)
def test_a_row_names_what_it_speaks_of(
    kind: Kind, of: str | None, duplicate_of: str | None, hold_id: str | None
) -> None:
    row = replace(activity(), kind=kind, of=of)

    shown = received(row)

    assert shown["kind"] == kind.value
    assert shown["duplicate_of"] == duplicate_of
    assert shown["hold_id"] == (row.activity_id if hold_id == "own" else hold_id)


def test_a_hold_shows_until_when_and_what_became_of_it() -> None:
    shown = received(replace(activity(), kind=Kind.HOLD, hold_expires_at=NOON))
    hold = {
        "hold_id": "ik_hold",
        "status": "held",
        "points": "40",
        "captured": "0",
        "captured_lots": [],
        "expires_at": "2026-03-08T12:00:00.000000Z",
    }

    assert shown["hold_expires_at"] == "2026-03-01T12:00:00.000000Z"
    assert result(HELD, ())["holds"] == [hold]
    spent = [{"points": "-15", "last_day": None}]
    assert result(CAPTURED, ())["holds"] == [
        hold | {"status": "captured", "captured": "15", "captured_lots": spent}
    ]
    assert result(HELD, ()).keys() == result(None, ()).keys()
