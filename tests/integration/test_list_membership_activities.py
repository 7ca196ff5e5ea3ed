"""A membership's history over HTTP: newest first, in pages, with the balance after each."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accrue.domain.decision import QuestChange, RequirementProgress
from accrue.runtime.paging import cursor_of
from tests.integration.histories_over_http import (
    HISTORY,
    asked,
    marked_cursor,
    pages,
)
from tests.integration.seeded_postings import seed_postings
from tests.integration.spending import adjust, earn, redeem, refused
from tests.integration.world import Answer, World, gateway_event
from tests.unit.postings import NOTHING

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

WITHOUT_EXPIRY = {"spendable_on": None, "last_day": None}


def ids(answer: Answer) -> list[str]:
    """Of the activities of a page."""
    assert answer.status == 200, answer
    return [each["activity_id"] for each in answer.body["activities"]]


def test_a_history_is_newest_first_with_running_points(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "30")
    clock.shift(60)
    spent = redeem(spenders, "12")

    answer = asked(spenders, HISTORY)

    (earned,) = (row for row in spenders.rows("ledger") if row["kind"] == "activity")
    assert answer.status == 200
    assert answer.body == {
        "program_membership_id": "ann",
        "activities": [
            {
                "activity_id": spent.body["redemption_id"],
                "kind": "redemption",
                "activity_type_id": "redemption",
                "occurred_at": "2026-03-01T12:01:00.000000Z",
                "recorded_at": "2026-03-01T12:01:00.000000Z",
                "reverses": None,
                "outcome": "applied",
                "reason": None,
                "points": "-12",
                "balance_after": "18",
                "available_after": "18",
                "owed_after": "0",
                "posted_at": "2026-03-01T12:01:00.000000Z",
                "sequence": 2,
                "program_version": 1,
                "lines": [{"role": "member", "points": "-12", "reason": "redeemed"}],
                "lots": [{"points": "-12", **WITHOUT_EXPIRY}],
                "holds": [],
                "matured": "0",
                "quests": [],
                "tier": None,
            },
            {
                "activity_id": earned["activity_id"],
                "kind": "activity",
                "activity_type_id": "gift",
                "occurred_at": "2026-03-01T12:00:00.000000Z",
                "recorded_at": "2026-03-01T12:00:00.000000Z",
                "reverses": None,
                "outcome": "applied",
                "reason": None,
                "points": "30",
                "balance_after": "30",
                "available_after": "30",
                "owed_after": "0",
                "posted_at": "2026-03-01T12:00:00.000000Z",
                "sequence": 1,
                "program_version": 1,
                "lines": [
                    {"rule_id": "gift", "role": "member", "points": "30", "reason": "30 x 1"}
                ],
                "lots": [{"points": "30", **WITHOUT_EXPIRY}],
                "holds": [],
                "matured": "0",
                "quests": [],
                "tier": None,
            },
        ],
        "next_cursor": None,
    }


def test_what_is_listed_is_what_the_activity_shows(spenders: World) -> None:
    earn(spenders, "30", "sale")
    adjust(spenders, "-10")

    for listed in asked(spenders, HISTORY).body["activities"]:
        shown = spenders.get_activity(listed["activity_id"]).body
        (result,) = shown["memberships"]
        expected: dict[str, Any] = {**shown, **result}
        assert listed == {name: expected[name] for name in listed}


def test_what_came_of_nothing_is_listed_too(spenders: World) -> None:
    earn(spenders, "-5", "visit")

    (listed,) = asked(spenders, HISTORY).body["activities"]

    assert (listed["outcome"], listed["points"], listed["balance_after"]) == ("rejected", "0", "0")
    assert listed["reason"] == (
        "5 would be deducted where 0 can be: balances of tea-club do not go below zero"
    )


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_neither_skip_nor_repeat_while_more_is_posted(
    spenders: World, clock: time_machine.Traveller, limit: int
) -> None:
    # Two at each moment: what sorts them is their ids.
    for _ in range(4):
        earn(spenders, "1")
        earn(spenders, "1")
        clock.shift(1)
    expected = ids(asked(spenders, HISTORY, query={"limit": "100"}))
    assert len(set(expected)) == 8

    found: list[str] = []
    for number, page in enumerate(pages(spenders, HISTORY, limit=str(limit))):
        assert len(page.body["activities"]) <= limit
        found += ids(page)
        clock.shift(1)
        earn(spenders, "1")
        assert number < 8

    assert found == expected


def test_the_last_page_is_known_as_such(spenders: World) -> None:
    earn(spenders, "1")
    earn(spenders, "1")

    assert asked(spenders, HISTORY, query={"limit": "2"}).body["next_cursor"] is None
    assert asked(spenders, HISTORY, query={"limit": "1"}).body["next_cursor"] is not None


def test_one_applied_late_stands_where_it_was_recorded(
    spenders: World, clock: time_machine.Traveller
) -> None:
    body = {
        "idempotency_key": "late",
        "activity": {
            "activity_type_id": "gift",
            "value": "5",
            "transaction_timestamp": datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp(),
        },
    }
    late = spenders.post_membership_activity("ann", body)
    clock.shift(60)
    earn(spenders, "30")
    spenders.deliver()

    listed = asked(spenders, HISTORY).body["activities"]

    assert [(each["sequence"], each["balance_after"]) for each in listed] == [(1, "30"), (2, "35")]
    assert listed[1]["activity_id"] == late.headers["Accrue-Activity-Id"]


def test_a_membership_without_postings_has_an_empty_history(spenders: World) -> None:
    answer = asked(spenders, HISTORY)

    assert answer.status == 200
    assert answer.body == {
        "program_membership_id": "ann",
        "activities": [],
        "next_cursor": None,
    }


@pytest.mark.parametrize("position", ["", "x", "2026-03-01T12:00:00.000000Z", "2026#ik_1", "ÿ"])
@pytest.mark.parametrize("made", [marked_cursor, cursor_of])
def test_what_is_no_cursor_of_a_history_is_refused(
    spenders: World, position: str, made: Callable[[str], str]
) -> None:
    earn(spenders, "1")
    query = {"cursor": made(position) or "="}

    status, code, pointer, message = refused(asked(spenders, HISTORY, query=query))

    assert (status, code, pointer) == (400, "INVALID_REQUEST", "query:cursor")
    assert message == (
        "is not a cursor of this list: send next_cursor of an earlier answer as it is"
    )


def test_unknown_parameters_are_named(spenders: World) -> None:
    answer = asked(spenders, HISTORY, query={"limt": "3", "since": "2026"})

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert answer.body["errors"] == [
        {
            "pointer": f"query:{name}",
            "message": "is no parameter here: send one of limit, cursor",
        }
        for name in ("limt", "since")
    ]


def test_every_fault_is_named_at_once(spenders: World) -> None:
    answer = asked(spenders, HISTORY, query={"foo": "1", "limit": "0", "cursor": "~"})

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert [each["pointer"] for each in answer.body["errors"]] == [
        *("query:foo", "query:limit", "query:cursor"),
    ]


def test_a_cursor_goes_with_its_membership(spenders: World) -> None:
    for _ in range(2):
        earn(spenders, "1")
        earn(spenders, "1", membership="ben")
    cursor = asked(spenders, HISTORY, query={"limit": "1"}).body["next_cursor"]

    assert refused(asked(spenders, HISTORY, "ben", query={"cursor": cursor})) == (
        400,
        "INVALID_REQUEST",
        "query:cursor",
        "is of another membership: send next_cursor of an earlier answer about this one",
    )
    assert len(ids(asked(spenders, HISTORY, query={"cursor": cursor}))) == 1


def test_a_page_has_as_many_as_an_answer_holds(
    spenders: World, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    for _ in range(5):
        earn(spenders, "1")
        clock.shift(1)
    whole = asked(spenders, HISTORY).body["activities"]
    room = 2 * len(json.dumps(whole[0])) + 10
    monkeypatch.setattr("accrue.services.list_membership_activities.MOST_ANSWER_BYTES", room)

    found = [page.body["activities"] for page in pages(spenders, HISTORY)]

    assert [len(page) for page in found] == [2, 2, 1]
    assert [each for page in found for each in page] == whole
    # One that is larger than all of it comes alone.
    monkeypatch.setattr("accrue.services.list_membership_activities.MOST_ANSWER_BYTES", 3)
    assert [ids(page) for page in pages(spenders, HISTORY)] == [
        [each["activity_id"]] for each in whole
    ]


def test_an_answer_of_the_largest_postings_is_one_that_lambda_can_give(
    spenders: World, clock: time_machine.Traveller
) -> None:
    # As text in a posting, quests are the shortest of what an answer has in full.
    steps = (RequirementProgress("cups", Decimal(1), Decimal(1), Decimal(3)),)
    quests = tuple(QuestChange(f"quest-{number}", steps, 0, 0) for number in range(1000))
    seed_postings(spenders, 60, NOW, like=replace(NOTHING, quests=quests))
    clock.move_to(NOW + timedelta(days=1))
    resource = HISTORY.split()[1]
    event = gateway_event("GET", resource, {"program_membership_id": "ann"}, None)
    event["queryStringParameters"] = {"limit": "100"}

    answer = spenders.invoke("list_membership_activities", event)

    assert answer["statusCode"] == 200
    assert len(json.loads(answer["body"])["activities"]) > 10
    assert len(json.dumps(answer)) < 6_000_000


def test_a_limit_out_of_range_is_refused(spenders: World) -> None:
    assert refused(asked(spenders, HISTORY, query={"limit": "101"})) == (
        400,
        "INVALID_REQUEST",
        "query:limit",
        "must be a whole number from 1 to 100",
    )
