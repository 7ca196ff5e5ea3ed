"""Orders with `?dry_run=true`: what they would do, and nothing is written."""

import random
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from tests.integration.dry_runs import DRY_RUN, Send, try_out
from tests.integration.faults import Faults
from tests.integration.spending import (
    ADJUSTMENTS,
    CAPTURE,
    HOLDS,
    NO_HOLD,
    REDEMPTIONS,
    RELEASE,
    ROUTES,
    adjust,
    body_for,
    earn,
    held,
    hold,
    redeem,
    refused,
    release,
    send,
)
from tests.integration.world import Answer, World


def order_again(
    world: World, route: str, body: Any, hold_id: str = NO_HOLD, **request: Any
) -> Send:
    """An order that can be sent any number of times."""
    return partial(send, world, route, body, hold_id, **request)


def try_out_and_order(world: World, faults: Faults, sent: Send) -> Answer:
    """Try an order out and carry it out at the same moment: what is told must be what comes of it.
    The answer in earnest.
    """
    tried = try_out(world, faults, sent)
    real = sent()
    if real.status != 200:
        assert tried == real
        return real
    activity_id = real.headers["Accrue-Activity-Id"]
    assert tried.body == {"dry_run": True, **real.body}
    named = {"Accrue-Activity-Id": activity_id}
    own = {} if "Idempotent-Replayed" in real.headers else named
    assert {**tried.headers, **own} == {**real.headers, "Accrue-Dry-Run": "true"}
    return real


@pytest.mark.parametrize("seed", range(5))
def test_what_is_told_is_what_comes_of_it(
    spenders: World, faults: Faults, clock: time_machine.Traveller, seed: int
) -> None:
    drawn = random.Random(seed)  # noqa: S311 - draws cases, guards nothing
    holds, told = [NO_HOLD], set()

    for number in range(40):
        if number % 5 == 0:
            kind = drawn.choice(["visit", "sale", "gift"])
            earn(spenders, "30", kind, on=f"{datetime.now(UTC):%Y-%m-%d}")
        route = drawn.choice(ROUTES)
        body = body_for(route, drawn.choice([f"key-{number}", "key-1"]))
        if "points" in body:
            body["points"] = drawn.choice(["5", "12.50", "40", "-3", "0.001"])
        sent = order_again(spenders, route, body, drawn.choice(holds[-3:]))
        real = try_out_and_order(spenders, faults, sent)
        told.add((route, real.body.get("code", "done")))
        if route == HOLDS and real.status == 200:
            holds.append(real.body["hold_id"])
        clock.shift(timedelta(hours=drawn.choice([0, 1, 50, 200])))

    done = {route for route, code in told if code == "done"}
    assert {REDEMPTIONS, HOLDS, ADJUSTMENTS} <= done
    assert len({code for _, code in told}) > 3


@pytest.mark.parametrize("route", ROUTES)
def test_each_order_can_be_tried_out(spenders: World, faults: Faults, route: str) -> None:
    earn(spenders, "100", "visit")
    hold_id = held(spenders, "30")
    sent = order_again(spenders, route, body_for(route), hold_id)

    for _ in range(2):
        assert try_out(spenders, faults, sent).body["dry_run"] is True
    assert try_out_and_order(spenders, faults, sent).status == 200


def test_the_whole_answer(spenders: World, faults: Faults) -> None:
    earn(spenders, "100.50", "visit")

    answer = try_out(spenders, faults, partial(redeem, spenders, "60.25"))

    redemption_id = answer.body["redemption_id"]
    assert answer.headers == {"Content-Type": "application/json", "Accrue-Dry-Run": "true"}
    assert answer.body == {
        "dry_run": True,
        "idempotency_key": "redeem-1",
        "program_membership_id": "ann",
        "redemption_id": redemption_id,
        "points": "60.25",
        "lots": [{"points": "-60.25", "spendable_on": None, "last_day": "2026-03-31"}],
        "balance_after": "40.25",
        "available_after": "40.25",
        "owed_after": "0",
        "recorded_at": "2026-03-01T12:00:00.000000Z",
    }
    assert redeem(spenders, "60.25").body["redemption_id"] == redemption_id


def test_what_expired_can_not_be_spent_in_a_dry_run_either(
    spenders: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    earn(spenders, "10", "visit")
    earn(spenders, "5", "gift")
    clock.shift(timedelta(days=60))

    answer = try_out_and_order(spenders, faults, partial(redeem, spenders, "6"))
    assert refused(answer)[:2] == (409, "INSUFFICIENT_POINTS")
    assert answer.headers["Accrue-Available-Points"] == "5"
    assert try_out_and_order(spenders, faults, partial(redeem, spenders, "5")).status == 200


@pytest.mark.parametrize("route", ROUTES)
def test_a_used_key_answers_as_it_was_answered(
    spenders: World, faults: Faults, clock: time_machine.Traveller, route: str
) -> None:
    earn(spenders, "100", "visit")
    sent = order_again(spenders, route, body_for(route), held(spenders, "30"))
    first = sent()
    adjust(spenders, "-50", "take the rest")
    clock.shift(timedelta(days=60))

    tried = try_out(spenders, faults, sent)

    assert tried.body == {"dry_run": True, **first.body}
    assert tried.headers == {**first.replayed().headers, "Accrue-Dry-Run": "true"}


@pytest.mark.parametrize("route", ROUTES)
def test_a_used_key_with_another_payload_is_refused(
    spenders: World, faults: Faults, route: str
) -> None:
    earn(spenders, "100", "visit")
    hold_id = held(spenders, "30", key="k")
    sent = order_again(spenders, route, body_for(route) | {"points": "7"}, hold_id)

    answer = try_out_and_order(spenders, faults, sent)

    assert refused(answer)[:2] == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_hold_that_was_only_tried_out_is_none(spenders: World, faults: Faults) -> None:
    earn(spenders, "100", "visit")
    hold_id = try_out(spenders, faults, partial(hold, spenders, "30")).body["hold_id"]

    answer = try_out_and_order(spenders, faults, partial(release, spenders, hold_id))

    assert refused(answer)[:2] == (404, "HOLD_NOT_FOUND")


@pytest.mark.parametrize("route", [CAPTURE, RELEASE])
def test_a_closed_hold_is_closed(spenders: World, faults: Faults, route: str) -> None:
    earn(spenders, "100", "visit")
    hold_id = held(spenders, "30")
    release(spenders, hold_id)

    answer = try_out_and_order(
        spenders, faults, order_again(spenders, route, {"idempotency_key": "again"}, hold_id)
    )

    assert refused(answer)[:2] == (409, "HOLD_CLOSED")


def test_only_an_administrator_tries_an_adjustment_out(spenders: World) -> None:
    answer = adjust(spenders, "5", role="partner", query=DRY_RUN)

    assert (answer.status, answer.body["code"]) == (403, "ADMIN_KEY_REQUIRED")


@pytest.mark.parametrize("route", ROUTES)
def test_the_query_string_is_read(spenders: World, faults: Faults, route: str) -> None:
    earn(spenders, "100", "visit")
    sent = order_again(spenders, route, body_for(route), held(spenders, "30"))

    faults.calls.clear()
    wrong = sent(query={"dry_run": "yes"})
    assert faults.calls == []
    assert refused(wrong)[:3] == (400, "INVALID_REQUEST", "query:dry_run")

    assert refused(sent(query={"dryrun": "true"}))[2] == "query:dryrun"

    real = sent(query={"utm_source": "x"})
    assert real.warnings == ['unknown query parameter "utm_source" is ignored']
    assert "dry_run" not in real.body
    again = sent(query={"dry_run": "false"})
    assert (again.body, "Accrue-Dry-Run" in again.headers) == (real.body, False)
