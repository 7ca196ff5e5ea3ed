"""GET /networks/{network_id}/activities."""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accrue.domain.activity_query import LISTED_KINDS, OUTCOMES, PARAMETERS, filters_hash
from accrue.domain.ids import fresh_id
from accrue.domain.ledger_pages import LIST_DELAY
from accrue.domain.query_fields import NO_TIME
from accrue.domain.timestamps import to_text
from tests.integration.bodies import VILLAGE_SAMPLE, hang_activity, village_activity
from tests.integration.faults import Faults
from tests.integration.networks import demo_network
from tests.integration.rich_network import rich_network
from tests.integration.sandboxes import CLOCK, SANDBOX, sandbox_network
from tests.integration.test_get_activity import (
    ANN,
    BEN,
    CARL,
    FIRST_FRESH_ID,
    JSON,
    NOW,
    buy,
    refer,
    report,
)
from tests.integration.world import Answer, World

type Json = dict[str, Any]

ROUTE = "GET /networks/{network_id}/activities"
# What stands for all that there is in a cursor.
ALL = filters_hash({})
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SHORT = ("outcome", "reason", "points", "balance_after", "sequence")
OF_WHOM = ("program_membership_id", "program_id", "roles")


def answered(world: World, *, role: str = "partner", **query: str) -> Answer:
    """The answer to the partner of demo."""
    return world.call(ROUTE, query=query or None, role=role)


def listed(world: World, **query: str) -> list[str]:
    """The ids of a page."""
    answer = answered(world, **query)
    assert answer.status == 200, answer.body
    return [each["activity_id"] for each in answer.body["activities"]]


def pages(world: World, **query: str) -> Iterator[list[Json]]:
    """Pages until there are no more."""
    while True:
        body = answered(world, **query).body
        yield body["activities"]
        if body["next_cursor"] is None:
            return
        query["cursor"] = body["next_cursor"]


def shortened(world: World, activity_id: str) -> Json:
    """What a list is to show of an activity, by what is shown of it alone."""
    whole: Json = world.get_activity(activity_id).body
    results = [{name: each[name] for name in OF_WHOM + SHORT} for each in whole["memberships"]]
    left_out = ("settled_at", "events", "reversals", "replays")
    kept = {name: value for name, value in whole.items() if name not in left_out}
    return {**kept, "memberships": results}


def settle(clock: time_machine.Traveller) -> None:
    """So long that nothing of before is under way."""
    clock.shift(LIST_DELAY + timedelta(seconds=1))


def faults(answer: Answer) -> dict[str, str]:
    """What is wrong by parameter."""
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    return {
        each["pointer"].removeprefix("query:"): each["message"] for each in answer.body["errors"]
    }


# ---- What is shown ----


def test_an_activity_is_listed_with_what_was_received_and_a_short_result(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    activity_id = report(tea_house, refer(ANN, BEN))
    tea_house.deliver()
    settle(clock)

    answer = answered(tea_house)

    (listed_one,) = answer.body["activities"]
    assert (answer.status, answer.headers) == (200, JSON)
    assert answer.body == {
        "activities": [listed_one],
        "next_cursor": None,
        "recorded_since": "2026-01-30T12:00:01.000000Z",
        "recorded_until": "2026-03-01T12:00:01.000000Z",
    }
    results = listed_one.pop("memberships")
    assert listed_one == without_results(tea_house, activity_id) | {"outcome": "applied"}
    assert results == [
        {
            "program_membership_id": "ann",
            "program_id": "tea-club",
            "roles": ["referrer"],
            "outcome": "applied",
            "reason": None,
            "points": "25",
            "balance_after": "25",
            "sequence": 1,
        },
        {
            "program_membership_id": "ben",
            "program_id": "tea-club",
            "roles": ["friend"],
            "outcome": "applied",
            "reason": None,
            "points": "10",
            "balance_after": "10",
            "sequence": 1,
        },
    ]


def without_results(world: World, activity_id: str) -> Json:
    """What was received, as it is shown of the activity alone."""
    return {name: v for name, v in shortened(world, activity_id).items() if name != "memberships"}


def test_what_waits_for_its_results_is_pending(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    activity_id = report(tea_house, refer(ANN, BEN))
    settle(clock)

    (pending,) = answered(tea_house, outcome="pending").body["activities"]

    assert pending == shortened(tea_house, activity_id)
    assert pending["outcome"] == "pending"
    assert [each["outcome"] for each in pending["memberships"]] == ["pending", "pending"]
    assert listed(tea_house, outcome="applied") == []


def test_whatever_is_in_the_ledger_is_listed_the_newest_first(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    ids = _some_of_everything(tea_house, clock)
    settle(clock)

    shown = answered(tea_house).body["activities"]

    assert [each["activity_id"] for each in shown] == ids[::-1]
    assert shown == [shortened(tea_house, each) for each in ids[::-1]]
    assert {each["outcome"] for each in shown} >= {
        *("applied", "undefined_type", "held", "nobody_enrolled", "duplicate"),
    }


def _some_of_everything(world: World, clock: time_machine.Traveller) -> list[str]:
    """Ids in the order of recording, a second apart."""
    once = refer(ANN, BEN, metadata={"reference_id": "r-1"}, enforceUniqueRefId=True)
    bodies = [
        refer(ANN, BEN),
        refer(ANN, BEN, activity_short_id="unheard-of"),
        refer(ANN, BEN, metadata={"activity_timestamp": 1900000000}),
        refer(CARL, CARL),
        once,
        once,
    ]
    for body in bodies:
        report(world, body)
        clock.shift(1)
    buy(world, 1)
    clock.shift(1)
    world.call(
        "POST /v2/program-memberships/{program_membership_id}/adjustments",
        {"idempotency_key": "a-1", "points": "5", "reason": "sorry"},
        path={"program_membership_id": "ann"},
    )
    world.deliver()
    rows = [row for row in world.rows("ledger") if "time_shard" in row]
    return [row["activity_id"] for row in sorted(rows, key=lambda row: row["recorded_at"])]


def test_an_activity_that_cannot_be_read_hides_no_other(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    first, second = (report(tea_house, refer(ANN, BEN)) for _ in range(2))
    (item,) = (i for i in tea_house.items("ledger") if i["activity_id"]["S"] == first)
    tea_house.put_items("ledger", [{**item, "amount": {"N": "1000000"}}])
    settle(clock)

    answer = answered(tea_house)

    assert [each["activity_id"] for each in answer.body["activities"]] == [second]
    assert answer.warnings == [f"activity {first} can't be read, and is left out"]


def test_an_activity_with_a_result_that_cannot_be_read_hides_no_other(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    first, second = (report(tea_house, refer(ANN, BEN)) for _ in range(2))
    tea_house.deliver()
    item = next(
        item
        for item in tea_house.items("balance")
        if item["item_key"]["S"].startswith("POSTING#") and item["activity_id"]["S"] == first
    )
    tea_house.put_items("balance", [{**item, "outcome": {"S": "unheard-of"}}])
    settle(clock)

    for query in ({}, {"outcome": "applied"}):
        answer = answered(tea_house, **query)

        assert [each["activity_id"] for each in answer.body["activities"]] == [second]
        assert answer.warnings == [f"activity {first} can't be read, and is left out"]
    assert tea_house.get_activity(first).status == 500


def test_by_key_and_reference_what_cannot_be_read_is_named(tea_house: World) -> None:
    keyed = {"Idempotency-Key": "k-1"}
    body = refer(ANN, BEN, metadata={"reference_id": "r-1"}, enforceUniqueRefId=True)
    by_key = tea_house.post_network_activity(body, headers=keyed).body["activity_id"]
    report(tea_house, body)
    (duplicate,) = (r["activity_id"] for r in tea_house.rows("ledger") if r["kind"] == "duplicate")
    broken = [
        {**item, "schema_version": {"N": "9"}}
        for item in tea_house.items("ledger")
        if item["activity_id"]["S"] == by_key
    ]
    tea_house.put_items("ledger", broken)

    named = answered(tea_house, idempotency_key="k-1")
    referenced = answered(tea_house, reference_id="r-1")

    assert named.body["activities"] == []
    assert named.warnings == [f"activity {by_key} can't be read, and is left out"]
    assert [each["activity_id"] for each in referenced.body["activities"]] == [duplicate]
    assert f"activity {by_key} can't be read, and is left out" in referenced.warnings


def test_an_admin_sees_the_same(tea_house: World, clock: time_machine.Traveller) -> None:
    report(tea_house, refer(ANN, BEN))
    settle(clock)

    assert answered(tea_house, role="admin").body == answered(tea_house).body


# ---- Filters ----


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"activity_type_id": "unheard-of"}, [1]),
        ({"activity_type_id": "Unheard-of"}, []),
        ({"activity_type_id": "referral"}, [5, 4, 3, 2, 0]),
        ({"user_id": "user-3"}, [3]),
        ({"user_id": ANN}, []),
        ({"reference_id": "r-1"}, [5, 4]),
        ({"reference_id": "r-1", "kind": "activity"}, [4]),
        ({"reference_id": "r-1", "outcome": "duplicate"}, [5]),
        ({"reference_id": "R-1"}, []),
        ({"idempotency_key": "purchase-1"}, [6]),
        ({"idempotency_key": "a-1"}, [7]),
        ({"idempotency_key": "a-1", "kind": "adjustment"}, [7]),
        ({"idempotency_key": "a-1", "kind": "activity"}, []),
        ({"idempotency_key": "purchase-1", "reference_id": "r-1"}, []),
        ({"kind": "duplicate"}, [5]),
        ({"outcome": "undefined_type"}, [1]),
        ({"outcome": "held"}, [2]),
        ({"outcome": "nobody_enrolled"}, [3]),
        ({"outcome": "duplicate"}, [5]),
        ({"outcome": "applied"}, [7, 6, 4, 0]),
        ({"outcome": "applied", "kind": "activity", "user_id": "user-2"}, [4, 0]),
        ({"outcome": "pending"}, []),
        ({"outcome": "rejected"}, []),
        ({"recorded_since": "2026-03-01T12:00:04Z"}, [7, 6, 5, 4]),
        ({"recorded_since": "2026-03-01T13:00:04+01:00"}, [7, 6, 5, 4]),
        ({"recorded_until": "2026-03-01T12:00:01.000001Z"}, [1, 0]),
        ({"recorded_since": "2026-03-01T12:00:01Z", "recorded_until": "2026-03-01t12:00:02z"}, [1]),
        ({"occurred_since": "2027-01-01T00:00:00Z"}, [2]),
        ({"occurred_until": "2026-03-01T12:00:01Z"}, [6, 0]),
        ({"reference_id": "r-1", "recorded_since": "2026-03-01T12:00:05Z"}, [5]),
        ({"idempotency_key": "purchase-1", "recorded_until": "2026-03-01T12:00:06Z"}, []),
        ({"recorded_since": "2027-03-01T12:00:00Z"}, []),
        ({"recorded_until": "0001-01-01T00:00:00Z"}, []),
        ({"reference_id": "r-1", "recorded_until": "0001-01-01T00:00:00Z"}, []),
    ],
)
def test_filters_are_combined(
    tea_house: World, clock: time_machine.Traveller, query: dict[str, str], wanted: Sequence[int]
) -> None:
    ids = _some_of_everything(tea_house, clock)
    settle(clock)

    assert listed(tea_house, **query) == [ids[number] for number in wanted]


def test_what_no_rule_awarded_is_found_by_its_outcome_of_the_whole(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    document = rich_network()
    # A friend who is brought along gets nothing: no rule is on this role any more.
    document["programs"][0]["rules"] = [
        rule for rule in document["programs"][0]["rules"] if rule["rule_id"] != "welcome"
    ]
    tea_house.import_network(document)
    clock.shift(3600)
    tea_house.restart()
    # For Ann it is applied, though not for Ben.
    applied = report(tea_house, refer(ANN, BEN))
    nothing = report(tea_house, refer(CARL, BEN))
    tea_house.deliver()
    settle(clock)

    assert listed(tea_house, outcome="no_rule") == [nothing]
    assert listed(tea_house, outcome="applied") == [applied]


@pytest.mark.parametrize("swept", [False, True])
def test_what_is_settled_is_found_by_its_outcome_before_that_is_written_down(
    tea_house: World, clock: time_machine.Traveller, *, swept: bool
) -> None:
    early = report(tea_house, refer(ANN, BEN, activity_short_id="unheard-of"))
    tea_house.deliver()
    clock.shift(600)
    if swept:
        tea_house.invoke("reconcile", {})
    late = report(tea_house, refer(ANN, BEN, activity_short_id="unheard-of"))
    settle(clock)

    assert listed(tea_house, outcome="undefined_type") == [late, early]


def test_what_the_sweep_passed_over_before_it_was_visible_is_found_by_its_outcome(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    late = report(tea_house, refer(ANN, BEN, activity_short_id="unheard-of"))
    waiting = report(tea_house, refer(ANN, BEN))
    rows = [row for row in tea_house.items("ledger") if "time_shard" in row]
    # The index has them a little later than the sweep comes by.
    hidden = [{name: v for name, v in row.items() if name != "time_shard"} for row in rows]
    tea_house.put_items("ledger", hidden)
    clock.shift(150)
    tea_house.invoke("reconcile", {})
    swept = next(i for i in tea_house.items("balance") if i["item_key"]["S"] == "SWEPT")
    tea_house.put_items("ledger", rows)

    assert to_text(START) < swept["swept_until"]["S"]
    assert listed(tea_house, outcome="undefined_type") == [late]
    assert listed(tea_house, outcome="pending") == [waiting]
    for _ in range(4):
        clock.shift(60)
        tea_house.invoke("reconcile", {})
        assert listed(tea_house, outcome="undefined_type") == [late]
    assert listed(tea_house, outcome="pending") == []
    assert listed(tea_house, outcome="applied") == [waiting]


def test_what_would_not_apply_is_pending_however_old(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    stuck = report(tea_house, refer(ANN, BEN))
    (row,) = tea_house.items("ledger")
    # Whose membership's balance nobody can read.
    balance = {"membership_key": {"S": "demo#M#ann"}, "item_key": {"S": "BALANCE"}}
    tea_house.put_items("balance", [{**balance, "schema_version": {"N": "9"}}])
    for _ in range(4):
        clock.shift(600)
        tea_house.invoke("reconcile", {})

    assert row["activity_id"]["S"] == stuck
    assert listed(tea_house, outcome="pending") == [stuck]
    assert listed(tea_house, outcome="pending", recorded_since="2026-03-01T12:00:01Z") == []


# ---- By the partner's own words ----


def test_a_key_and_a_reference_find_their_activity_at_once(tea_house: World) -> None:
    keyed = {"Idempotency-Key": "k-1"}
    body = refer(ANN, BEN, metadata={"reference_id": "r-1"})
    first = tea_house.post_network_activity(body, headers=keyed).body["activity_id"]
    further = tea_house.post_network_activity(body).body["activity_id"]
    again = tea_house.post_network_activity({**body, "enforceUniqueRefId": True})

    by_key, by_reference = (
        answered(tea_house, idempotency_key="k-1"),
        answered(tea_house, reference_id="r-1"),
    )

    assert [each["activity_id"] for each in by_key.body["activities"]] == [first]
    assert by_key.body == {**by_key.body, "next_cursor": None}
    assert (by_key.body["recorded_since"], by_key.body["recorded_until"]) == (None, None)
    found = {each["activity_id"]: each for each in by_reference.body["activities"]}
    assert len(found) == 3
    (duplicate,) = found.keys() - {first, further}
    assert again.headers["Accrue-Duplicate-Of"] == first
    assert found[duplicate]["kind"] == "duplicate"
    assert found[duplicate]["duplicate_of"] == first
    assert found[duplicate]["outcome"] == "duplicate"


def test_a_key_of_either_front_door_is_found_however_old(
    world: World, clock: time_machine.Traveller
) -> None:
    world.post_membership_activity("12345", hang_activity({"/idempotency_key": "old"}))
    clock.shift(timedelta(days=400))
    world.restart()

    assert len(listed(world, idempotency_key="old")) == 1
    assert listed(world) == []


def test_references_are_listed_in_pages(tea_house: World, clock: time_machine.Traveller) -> None:
    body = refer(ANN, BEN, metadata={"reference_id": "r-1"})
    ids = []
    for _ in range(5):
        ids.append(report(tea_house, body))
        clock.shift(1)

    found = [
        [each["activity_id"] for each in page]
        for page in pages(tea_house, reference_id="r-1", limit="2")
    ]

    assert found == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]


# ---- Pages ----


def test_activities_of_one_moment_are_cut_between_two(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    ids = {report(tea_house, refer(ANN, BEN)) for _ in range(9)}
    settle(clock)

    found = [[each["activity_id"] for each in page] for page in pages(tea_house, limit="4")]

    assert [len(page) for page in found] == [4, 4, 1]
    assert sorted(each for page in found for each in page) == sorted(ids)


@pytest.mark.parametrize("query", [{}, {"reference_id": "r-1"}, {"outcome": "undefined_type"}])
def test_many_of_one_moment_are_each_in_one_page(
    tea_house: World, clock: time_machine.Traveller, query: dict[str, str]
) -> None:
    body = refer(ANN, BEN, metadata={"reference_id": "r-1"}, activity_short_id="unheard-of")
    ids = [report(tea_house, body) for _ in range(60)]
    tea_house.deliver()
    clock.shift(600)
    tea_house.invoke("reconcile", {})

    found = [len(page) for page in pages(tea_house, limit="7", **query)]
    whole = listed(tea_house, limit="100", **query)
    in_pages = [e["activity_id"] for page in pages(tea_house, limit="7", **query) for e in page]

    assert found == [7] * 8 + [4]
    assert in_pages == whole
    assert sorted(whole) == sorted(ids)


def test_a_cursor_goes_with_the_parameters_of_its_list(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        report(tea_house, refer(ANN, BEN))
    settle(clock)
    kind = {"kind": "activity"}
    cursor = answered(tea_house, limit="1", **kind).body["next_cursor"]

    others: list[dict[str, str]] = [
        {},
        {"kind": "hold"},
        {**kind, "recorded_since": "2026-02-28T00:00:00Z"},
        {**kind, "user_id": "user-1"},
    ]
    for other in others:
        assert faults(answered(tea_house, cursor=cursor, **other)) == {
            "cursor": "is of another list: send the parameters with which the list began,"
            " or no cursor"
        }
    assert len(listed(tea_house, cursor=cursor, limit="100", **kind)) == 2


def test_an_empty_cursor_is_not_the_first_page(world: World) -> None:
    assert faults(answered(world, cursor="")).keys() == {"cursor"}


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ({"recorded_since": "2027-01-01T00:00:00Z"}, "2027-01-01", "2027-01-01"),
        ({"recorded_until": "2025-01-01T00:00:00Z"}, "2025-01-01", "2025-01-01"),
        ({"recorded_since": "2025-01-01T00:00:00Z"}, "2026-01-01", None),
    ],
)
def test_the_times_of_an_empty_list_are_in_order(
    world: World, query: dict[str, str], since: str, until: str | None
) -> None:
    body = answered(world, **query).body

    assert (body["activities"], body["next_cursor"] is None) == ([], until is not None)
    assert body["recorded_since"] == f"{since}T00:00:00.000000Z"
    assert until is None or body["recorded_until"] == f"{until}T00:00:00.000000Z"


def test_what_is_recorded_while_somebody_reads_is_not_in_his_pages(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    ids = {report(tea_house, refer(ANN, BEN)) for _ in range(5)}
    settle(clock)
    found: list[str] = []

    for page in pages(tea_house, limit="2"):
        found += [each["activity_id"] for each in page]
        report(tea_house, refer(ANN, BEN))
        settle(clock)

    assert sorted(found) == sorted(ids)


def test_a_list_is_about_the_times_with_which_it_began(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        report(tea_house, refer(ANN, BEN))
    settle(clock)
    first = answered(tea_house, limit="2").body
    clock.shift(timedelta(days=31))
    tea_house.restart()

    second = answered(tea_house, limit="2", cursor=first["next_cursor"]).body

    times = ("recorded_since", "recorded_until")
    assert [second[name] for name in times] == [first[name] for name in times]
    assert len(second["activities"]) == 1


def test_whoever_goes_on_from_where_a_list_ended_misses_nothing(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    ids: list[str] = []
    found: list[str] = []
    since = "2026-03-01T00:00:00Z"
    for _ in range(6):
        ids.append(report(tea_house, refer(ANN, BEN)))
        clock.shift(7)
        body = answered(tea_house, recorded_since=since).body
        found += [each["activity_id"] for each in body["activities"]][::-1]
        since = body["recorded_until"]
    clock.shift(60)
    found += listed(tea_house, recorded_since=since)[::-1]

    assert found == ids


def test_what_is_younger_than_the_delay_is_not_listed_yet(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    activity_id = report(tea_house, refer(ANN, BEN))
    clock.shift(LIST_DELAY)
    early = answered(tea_house).body
    clock.shift(0.000001)

    assert (early["activities"], early["recorded_until"]) == ([], NOW)
    assert listed(tea_house) == [activity_id]


def test_a_sandbox_has_its_own_time(world: World, clock: time_machine.Traveller) -> None:
    world.import_network(sandbox_network())
    world.restart()
    at_home: Json = {"path": {"network_id": SANDBOX}, "network": SANDBOX}
    posted = world.post_network_activity(village_activity(), path_network=SANDBOX, network=SANDBOX)
    settle(clock)
    before = world.call(ROUTE, **at_home).body
    world.call(f"POST {CLOCK}", {"now": "2027-03-01T00:00:00Z"}, **at_home)
    moved = world.call(ROUTE, **at_home).body
    clock.shift(120)
    after = world.call(ROUTE, **at_home).body
    since = world.call(ROUTE, query={"recorded_since": "2026-03-01T00:00:00Z"}, **at_home).body

    assert [each["activity_id"] for each in before["activities"]] == [posted.body["activity_id"]]
    # Whoever had read the clock before may still be writing.
    assert moved == before
    assert after["activities"] == []
    assert after["recorded_until"] == "2027-03-01T00:01:40.000000Z"
    assert since["next_cursor"] is not None


# ---- What is refused ----


def test_every_fault_is_told_at_once(world: World) -> None:
    answer = answered(
        world,
        type="sale",
        email="ann@example.com",
        activity_type_id="",
        user_id="",
        outcome="lost",
        kind="reference_marker",
        recorded_since="yesterday",
        recorded_until="2026-03-01T12:00:00",
        occurred_since="2026-03-02T00:00:00Z",
        occurred_until="2026-03-01T00:00:00Z",
        limit="0",
        cursor="~",
    )

    unknown = f"is no parameter here: send one of {', '.join(PARAMETERS)}"
    empty = "is empty: send what is looked for, or leave the parameter out"
    not_ours = "is not a cursor of this list: send next_cursor of an earlier answer as it is"
    assert faults(answer) == {
        "type": unknown,
        "email": unknown,
        "activity_type_id": empty,
        "user_id": empty,
        "outcome": f"is no outcome: send one of {', '.join(OUTCOMES)}",
        "kind": f"is no kind: send one of {', '.join(LISTED_KINDS)}",
        "recorded_since": NO_TIME,
        "recorded_until": NO_TIME,
        "occurred_until": "is not after occurred_since: nothing is from then until then",
        "limit": "must be a whole number from 1 to 100",
        "cursor": not_ours,
    }
    assert answer.body["message"] == f"query:type: {unknown} (and 10 more)"


@pytest.mark.parametrize(
    "position",
    [
        "",
        "|",
        "||||",
        "2026-03-01T12:00:00.000000Z",
        f"2026-03-01T12:00:00.000000Z|{ALL}||",
        f"2026-03-01T12:00:00.000000Z|{ALL}||||",
        f"2026-03-01T12:00:00.000000Z#|{ALL}|||",
        f"2026-03-01T12:00:00.000000Z#ev_x|{ALL}|||",
        f"2026-03-01T12:00:00.000000Z#{FIRST_FRESH_ID}#|{ALL}|||",
        f"2026-13-01T12:00:00.000000Z|{ALL}|||",
        f"0001-01-01T00:00:00.000000Z|{ALL}|||",
        f"2026-03-01T12:00:00.000000Z|{ALL}|yesterday||",
        f"2026-03-01T12:00:00.000000Z|{ALL}|||yesterday",
        "2026-03-01T12:00:00.000000Z||||",
        f"demo#2026-03-01#0|{ALL}|||",
        f"~|{ALL}|||",
    ],
)
def test_a_cursor_that_somebody_made_up_is_refused(world: World, position: str) -> None:
    cursor = base64.urlsafe_b64encode(position.encode()).decode().rstrip("=") or "="

    assert faults(answered(world, cursor=cursor)).keys() == {"cursor"}


@pytest.mark.parametrize(
    "position",
    [
        f"9999-12-31T23:59:59.999999Z|{ALL}|||",
        f"2026-01-01T00:00:00.000000Z|{ALL}|0001-01-01T00:00:00.000000Z||",
        f"2026-03-01T12:00:00.000000Z#{FIRST_FRESH_ID}|{ALL}|9999-12-31T23:59:59.999999Z||",
        f"2026-03-01T12:00:00.000000Z#{FIRST_FRESH_ID}|{ALL}|||9999-12-31T23:59:59.999999Z",
    ],
)
def test_a_cursor_that_could_be_one_does_no_harm(world: World, position: str) -> None:
    cursor = base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")

    assert answered(world, cursor=cursor).body["activities"] == []


def test_a_parameter_that_is_there_twice_is_refused(world: World) -> None:
    event: Json = {
        "resource": "/networks/{network_id}/activities",
        "path": "/networks/demo/activities",
        "httpMethod": "GET",
        "headers": {},
        "pathParameters": {"network_id": "demo"},
        "queryStringParameters": {"kind": "hold"},
        "multiValueQueryStringParameters": {"kind": ["capture", "hold"]},
        "requestContext": {
            "requestId": "gateway-request",
            "authorizer": {"network_id": "demo", "role": "partner", "key_id": "partner"},
        },
        "body": None,
    }

    response = world.invoke("list_activities", event)

    assert response["statusCode"] == 400
    assert json.loads(response["body"])["errors"] == [
        {"pointer": "query:kind", "message": "is there more than once: send it once"}
    ]


@pytest.mark.parametrize(
    ("network", "path_network"), [("demo", "other"), ("other", "demo"), ("demo", "none")]
)
def test_another_networks_list_is_not_there(world: World, network: str, path_network: str) -> None:
    world.import_network(demo_network("other"))
    world.restart()

    answer = world.call(ROUTE, network=network, path={"network_id": path_network})

    assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")


def test_nothing_of_another_network_is_listed(world: World, clock: time_machine.Traveller) -> None:
    world.import_network(demo_network("other"))
    world.restart()
    keyed = {"Idempotency-Key": "k-1"}
    mine = world.post_network_activity(VILLAGE_SAMPLE, headers=keyed).body["activity_id"]
    theirs = world.post_network_activity(
        VILLAGE_SAMPLE, network="other", path_network="other", headers=keyed
    ).body["activity_id"]
    world.deliver()
    settle(clock)
    reference = json.loads(VILLAGE_SAMPLE)["metadata"]["reference_id"]

    queries: list[dict[str, str]] = [
        {},
        {"idempotency_key": "k-1"},
        {"reference_id": reference},
        {"outcome": "applied"},
        {"outcome": "undefined_type"},
    ]
    for query in queries:
        assert theirs not in listed(world, **query)
    assert listed(world) == listed(world, idempotency_key="k-1") == [mine]
    cursor = base64.urlsafe_b64encode(
        f"{to_text(START + timedelta(days=1))}|{ALL}|||".encode()
    ).decode()
    assert listed(world, cursor=cursor.rstrip("=")) == [mine]


# ---- What it costs ----


def test_results_of_a_page_are_read_together_and_nothing_is_scanned(
    tea_house: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        report(tea_house, refer(ANN, BEN))
    tea_house.deliver()
    settle(clock)
    watched = Faults.install(monkeypatch)
    tea_house.restart()

    ids = listed(tea_house, recorded_since="2026-03-01T00:00:00Z")

    assert len(ids) == 10
    assert watched.counts() == {"GetItem": 1, "Query": 8, "BatchGetItem": 1}


def test_a_rare_outcome_costs_its_index_and_what_is_found(
    tea_house: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        report(tea_house, refer(ANN, BEN))
    rare = report(tea_house, refer(ANN, BEN, activity_short_id="unheard-of"))
    tea_house.deliver()
    clock.shift(600)
    tea_house.invoke("reconcile", {})
    watched = Faults.install(monkeypatch)
    tea_house.restart()

    ids = listed(
        tea_house,
        outcome="undefined_type",
        recorded_since="2026-03-01T00:00:00Z",
        recorded_until="2026-03-01T12:01:00Z",
    )

    assert ids == [rare]
    indexes = {c.request.get("IndexName") for c in watched.calls if c.operation == "Query"}
    assert indexes == {"by_outcome"}
    # Network, progress of the reconciler; the row.
    assert watched.counts() == {"GetItem": 2, "Query": 8, "BatchGetItem": 1}


def test_an_id_that_nobody_has_is_no_position_to_worry_about() -> None:
    assert fresh_id("unique-1") == FIRST_FRESH_ID
