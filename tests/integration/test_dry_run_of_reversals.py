"""Reversals with `?dry_run=true`: what they would take back, and nothing is written."""

from functools import partial
from typing import Any

import pytest

from tests.integration.dry_runs import Send, try_out
from tests.integration.faults import Faults
from tests.integration.reversals import buy, reverse
from tests.integration.spending import redeem, refused
from tests.integration.world import Answer, World

ITEMS = [{"item_id": "tea", "value": "60"}, {"item_id": "cake", "value": "40"}]


def try_out_and_reverse(world: World, faults: Faults, sent: Send) -> Answer:
    """Try a reversal out and carry it out at the same moment: what is told must be what comes of
    it. The answer in earnest.
    """
    tried = try_out(world, faults, sent)
    real = sent()
    if real.status != 200:
        assert tried == real
        return real
    assert tried.body == {"dry_run": True, **real.body}
    named = {"Accrue-Activity-Id": real.headers["Accrue-Activity-Id"]}
    own = {} if "Idempotent-Replayed" in real.headers else named
    assert {**tried.headers, **own} == {**real.headers, "Accrue-Dry-Run": "true"}
    return real


@pytest.mark.parametrize(
    "parts",
    [
        [{}],
        [{"amount": "12.34"}, {"amount": "87.67"}, {}],
        [{"line_items": [{"item_id": "tea"}]}, {"line_items": [{"item_id": "tea"}]}, {}],
        [{"reason": "cold"}, {}],
        [{"amout": "5"}],
    ],
)
def test_what_is_told_is_what_comes_of_it(
    spenders: World, faults: Faults, parts: list[dict[str, Any]]
) -> None:
    purchase = buy(spenders, "100", "visit", line_items=ITEMS)
    assert redeem(spenders, "70").status == 200

    for number, part in enumerate(parts):
        sent = partial(reverse, spenders, purchase, f"part-{number}", **part)
        real = try_out_and_reverse(spenders, faults, _with_query(sent))
        if real.status == 200:
            # A retry is one in a dry run, too.
            try_out_and_reverse(spenders, faults, _with_query(sent))


def test_what_is_not_applied_yet_is_applied_for_the_dry_run_alone(
    spenders: World, faults: Faults
) -> None:
    purchase = buy(spenders, "100", is_applied=False)

    sent = _with_query(partial(reverse, spenders, purchase, amount="25"))
    tried = try_out(spenders, faults, sent)

    (result,) = tried.body["memberships"]
    assert (result["points"], result["balance_after"], result["sequence"]) == ("-25", "75", 2)
    assert spenders.postings() == []
    assert try_out_and_reverse(spenders, faults, sent).body["amount_left"] == "75"


def test_it_is_refused_as_in_earnest(spenders: World, faults: Faults) -> None:
    purchase = buy(spenders, "100")
    reverse(spenders, purchase, "k", amount="99")

    for body in ({"amount": "2"}, {"line_items": [{"item_id": "x"}]}, {"key": "k"}):
        sent = _with_query(partial(reverse, spenders, purchase, **body))
        assert refused(try_out_and_reverse(spenders, faults, sent))[0] in (400, 409, 422)


def test_other_parameters_are_warned_about(spenders: World) -> None:
    sent = _with_query(partial(reverse, spenders, buy(spenders, "100")))

    mistyped = sent(query={"dryrun": "true"})
    assert refused(mistyped)[:3] == (400, "INVALID_REQUEST", "query:dryrun")
    assert spenders.balance("ann") == "100"

    answer = sent(query={"utm_source": "x"})
    assert answer.warnings == ['unknown query parameter "utm_source" is ignored']
    assert spenders.balance("ann") == "0"


def _with_query(sent: Send) -> Send:
    return lambda query=None: sent(query=query)
