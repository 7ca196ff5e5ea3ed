"""What became of an activity as a whole, by what became of it for each membership."""

from dataclasses import replace

import pytest

from accrue.domain.activity import Outcome
from accrue.services.get_activity import ActivityView, MembershipResult
from tests.unit.activities import ANN, activity
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
