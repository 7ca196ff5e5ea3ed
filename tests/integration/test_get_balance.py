"""A membership's balance as of a moment, over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accrue.domain.query_fields import NO_TIME
from tests.integration.histories_over_http import BALANCE, asked, balances, faults_in
from tests.integration.seeded_postings import seed_postings
from tests.integration.spending import (
    adjust,
    earn,
    held,
    redeem,
    refused,
    release,
    spending_network,
)
from tests.integration.world import World, gateway_event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def test_a_balance_by_when_it_was_known_and_by_when_it_was_so(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "30")
    clock.shift(60)
    earn(spenders, "8", on="2026-02-20")

    answer = asked(spenders, BALANCE, query={"as_of": "2026-03-01T13:00:00.5+01:00"})

    assert answer.status == 200
    assert answer.body == {
        "program_membership_id": "ann",
        "as_of": "2026-03-01T12:00:00.500000Z",
        "points_unit": "leaves",
        "by_recorded_at": "30",
        "by_occurred_at": "38",
    }


def test_each_moment_has_its_balance(spenders: World, clock: time_machine.Traveller) -> None:
    earn(spenders, "30")
    clock.move_to(NOW + timedelta(hours=1))
    redeem(spenders, "12")
    clock.move_to(NOW + timedelta(hours=2))
    adjust(spenders, "-3")

    asked_for = {
        "2026-03-01T11:59:59.999999Z": "0",
        "2026-03-01T12:00:00Z": "30",
        "2026-03-01T12:59:59.999999Z": "30",
        "2026-03-01T13:00:00Z": "18",
        "2026-03-01T14:00:00Z": "15",
        "1969-12-31T23:00:00Z": "0",
        "0001-01-01T00:00:00Z": "0",
    }
    for as_of, points in asked_for.items():
        assert balances(spenders, as_of) == (points, points), as_of


def test_what_is_dated_ahead_has_not_occurred_yet(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "30", on="2026-03-02")
    clock.shift(1)

    assert balances(spenders, "2026-03-01T12:00:00Z") == ("30", "0")
    clock.shift(86_400)
    assert balances(spenders, "2026-03-02T11:59:59.999999Z") == ("30", "0")
    assert balances(spenders, "2026-03-02T12:00:00Z") == ("30", "30")


def test_what_expired_had_expired_whenever_that_is_posted(
    spenders: World, clock: time_machine.Traveller
) -> None:
    # Good to the end of 2026-03-31 and of 2026-04-05, in Berlin.
    earn(spenders, "30", "visit", on="2026-03-01")
    clock.move_to(datetime(2026, 3, 6, 13, tzinfo=UTC))
    earn(spenders, "8", "visit", on="2026-03-06")
    midnights = [datetime(2026, 3, 31, 22, tzinfo=UTC), datetime(2026, 4, 5, 22, tzinfo=UTC)]
    clock.move_to(datetime(2026, 4, 8, 12, tzinfo=UTC))

    def expected(posted_by_then: tuple[str, str]) -> None:
        for midnight, before, after in zip(midnights, ("38", "8"), ("8", "0"), strict=True):
            assert balances(spenders, (midnight - MICROSECOND).isoformat())[1] == before
            assert balances(spenders, midnight.isoformat())[1] == after
        assert balances(spenders, "2026-04-08T12:00:00Z") == posted_by_then

    expected(("38", "0"))
    spenders.invoke("apply_due", {})
    assert len(spenders.postings()) == 3
    expected(("0", "0"))
    assert balances(spenders, "2026-04-08T11:59:59Z") == ("38", "0")


def test_what_was_held_expired_when_the_hold_lapsed(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "30", "visit", on="2026-03-01")
    clock.move_to(datetime(2026, 3, 31, 12, tzinfo=UTC))
    held(spenders, "20", seconds=3 * 86_400)
    clock.move_to(datetime(2026, 4, 8, 12, tzinfo=UTC))
    spenders.invoke("apply_due", {})

    assert balances(spenders, "2026-03-31T21:59:59Z")[1] == "30"
    assert balances(spenders, "2026-03-31T22:00:00Z")[1] == "20"
    assert balances(spenders, "2026-04-03T11:59:59Z")[1] == "20"
    assert balances(spenders, "2026-04-03T12:00:00Z") == ("30", "0")


def test_what_came_back_too_late_expired_as_it_came_back(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "30", "visit", on="2026-03-01")
    clock.move_to(datetime(2026, 3, 31, 12, tzinfo=UTC))
    hold_id = held(spenders, "30")
    clock.move_to(datetime(2026, 4, 3, 12, tzinfo=UTC))
    release(spenders, hold_id)

    assert balances(spenders, "2026-04-03T11:59:59Z") == ("30", "30")
    assert balances(spenders, "2026-04-03T12:00:00Z") == ("0", "0")


def test_what_is_posted_meanwhile_is_not_in_it(
    spenders: World, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    earn(spenders, "30")
    clock.shift(60)
    from accrue.storage.history import MembershipHistory  # noqa: PLC0415 - once the world is made

    read = MembershipHistory.movements_since

    def after_more(history: MembershipHistory, *about: Any) -> Any:
        earn(spenders, "5")
        return read(history, *about)

    monkeypatch.setattr(MembershipHistory, "movements_since", after_more)

    assert balances(spenders, "2026-03-01T12:00:30Z") == ("30", "30")
    monkeypatch.undo()


def test_a_membership_without_postings_has_nothing(spenders: World) -> None:
    assert balances(spenders, "2026-03-01T12:00:00Z") == ("0", "0")


def test_a_sandbox_goes_by_its_own_clock(empty_world: World) -> None:
    network = spending_network()
    network["network"]["is_sandbox"] = True
    empty_world.import_network(network)
    empty_world.restart()
    earn(empty_world, "30", "visit")
    moved = empty_world.call("POST /networks/{network_id}/clock", {"now": "2026-05-01T00:00:00Z"})
    assert moved.status == 200

    assert balances(empty_world, "2026-04-30T00:00:00Z") == ("30", "0")
    assert balances(empty_world, "2026-03-31T21:59:59Z") == ("30", "30")
    future = refused(asked(empty_world, BALANCE, query={"as_of": "2026-05-01T00:00:01Z"}))
    assert future[2:] == (
        "query:as_of",
        "is in the future: it is 2026-05-01T00:00:00.000000Z for this network",
    )


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        (
            {},
            {"query:as_of": "is missing: send a time with its zone, as 2026-03-01T12:00:00Z"},
        ),
        (
            {"as_of": "2026-03-01"},
            {"query:as_of": NO_TIME},
        ),
        (
            {"as_of": "2026-03-01T12:00:00.000001Z"},
            {"query:as_of": "is in the future: it is 2026-03-01T12:00:00.000000Z for this network"},
        ),
        (
            {"asof": "2026-03-01T12:00:00Z"},
            {
                "query:asof": "is no parameter here: send one of as_of",
                "query:as_of": "is missing: send a time with its zone, as 2026-03-01T12:00:00Z",
            },
        ),
    ],
)
def test_a_moment_that_is_none_is_refused(
    spenders: World, query: dict[str, str], faults: dict[str, str]
) -> None:
    assert faults_in(asked(spenders, BALANCE, query=query)) == faults


def test_too_much_since_then_is_refused(
    spenders: World, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    seed_postings(spenders, 4, NOW)
    clock.move_to(NOW + timedelta(days=2))
    monkeypatch.setattr("accrue.services.read_since.MOST_POSTINGS", 3)

    answer = asked(spenders, BALANCE, query={"as_of": "2026-03-01T12:00:00Z"})

    assert answer.status == 422
    assert answer.body == {
        "message": "Too much was posted for the membership since then to be added up in one"
        " answer.",
        "code": "TOO_MANY_POSTINGS",
        "errors": [
            {
                "pointer": "query:as_of",
                "message": "is too long ago for this membership: at most 3 postings since, and 25"
                " MB of them",
            }
        ],
        "request_id": "gateway-request",
    }
    assert balances(spenders, "2026-03-03T12:00:00Z") == ("4", "4")


@pytest.mark.parametrize(
    ("operation", "name", "missing"),
    [
        ("list_membership_activities", "limit", []),
        ("get_balance", "until", ["as_of"]),
        ("get_statement", "limit", ["from"]),
    ],
)
def test_a_parameter_that_is_there_twice_is_named_with_all_else(
    spenders: World, operation: str, name: str, missing: list[str]
) -> None:
    resource = "/v2/program-memberships/{program_membership_id}/..."
    path = {"program_membership_id": "ann"}
    # The gateway gives the last one here, and all of them in a field of their own.
    event = gateway_event("GET", resource, path, None, query={name: "2", "foo": "1"})
    event["multiValueQueryStringParameters"] = {name: ["1", "2"], "foo": ["1"]}

    answer = spenders.invoke(operation, event)

    assert answer["statusCode"] == 400
    errors = {
        (each["pointer"], each["message"].partition(":")[0])
        for each in json.loads(answer["body"])["errors"]
    }
    assert errors >= {
        (f"query:{name}", "is there more than once"),
        ("query:foo", "is no parameter here"),
        *((f"query:{each}", "is missing") for each in missing),
    }
