"""A membership's statement for a period over HTTP: it adds up, whatever is posted meanwhile."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import time_machine

from accrue.domain.query_fields import NO_TIME
from tests.integration.histories_over_http import (
    STATEMENT,
    asked,
    balances,
    faults_in,
    marked_cursor,
    pages,
)
from tests.integration.seeded_postings import seed_postings
from tests.integration.spending import earn, redeem, refused
from tests.integration.world import Answer, World

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
WHOLE = {"from": "2026-01-01T00:00:00Z"}


def stated(world: World, **query: str) -> Answer:
    """One page."""
    answer = asked(world, STATEMENT, query=query)
    assert answer.status == 200, answer
    return answer


def assert_adds_up(page: dict[str, Any]) -> None:
    """From the opening balance, line by line, to the closing one."""
    balance = Decimal(page["opening_balance"])
    for line in page["lines"]:
        balance += Decimal(line["points"])
        assert Decimal(line["balance"]) == balance
    assert Decimal(page["closing_balance"]) == balance


def report(world: World, key: str, points: str = "5") -> None:
    """An activity that is recorded, and not applied."""
    body = {
        "idempotency_key": key,
        "activity": {
            "activity_type_id": "gift",
            "value": points,
            "transaction_timestamp": NOW.timestamp(),
        },
    }
    assert world.post_membership_activity("ann", body).status == 200


def test_a_statement_has_opening_lines_and_closing(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "30")
    clock.move_to(NOW + timedelta(hours=1))
    earn(spenders, "7", "visit")
    clock.move_to(NOW + timedelta(hours=2))
    spent = redeem(spenders, "12")
    clock.move_to(NOW + timedelta(hours=3))
    earn(spenders, "2")

    answer = stated(spenders, **{"from": "2026-03-01T13:00:00Z", "until": "2026-03-01T15:00:00Z"})

    (visit,) = (r for r in spenders.rows("ledger") if r["activity_type_id"] == "visit")
    assert answer.body == {
        "program_membership_id": "ann",
        "from": "2026-03-01T13:00:00.000000Z",
        "until": "2026-03-01T15:00:00.000000Z",
        "points_unit": "leaves",
        "opening_balance": "30",
        "lines": [
            {
                "activity_id": visit["activity_id"],
                "kind": "activity",
                "activity_type_id": "visit",
                "occurred_at": "2026-03-01T12:00:00.000000Z",
                "recorded_at": "2026-03-01T13:00:00.000000Z",
                "outcome": "applied",
                "points": "7",
                "balance": "37",
                "reasons": ["7 x 1"],
            },
            {
                "activity_id": spent.body["redemption_id"],
                "kind": "redemption",
                "activity_type_id": "redemption",
                "occurred_at": "2026-03-01T14:00:00.000000Z",
                "recorded_at": "2026-03-01T14:00:00.000000Z",
                "outcome": "applied",
                "points": "-12",
                "balance": "25",
                "reasons": ["redeemed"],
            },
        ],
        "closing_balance": "25",
        "next_cursor": None,
    }


def test_without_an_end_it_goes_up_to_now(spenders: World, clock: time_machine.Traveller) -> None:
    earn(spenders, "30")

    before = stated(spenders, **WHOLE).body
    clock.shift(1)
    after = stated(spenders, **WHOLE).body

    assert (before["until"], before["closing_balance"]) == ("2026-03-01T12:00:00.000000Z", "0")
    assert (after["until"], after["closing_balance"]) == ("2026-03-01T12:00:01.000000Z", "30")


def test_what_expired_is_a_line(spenders: World, clock: time_machine.Traveller) -> None:
    earn(spenders, "30", "visit")
    clock.move_to(datetime(2026, 4, 8, 12, tzinfo=UTC))
    spenders.invoke("apply_due", {})
    clock.shift(1)

    april = stated(spenders, **{"from": "2026-04-01T00:00:00Z"}).body

    (line,) = april["lines"]
    assert (april["opening_balance"], april["closing_balance"]) == ("30", "0")
    assert (line["kind"], line["points"], line["reasons"]) == ("due", "-30", ["expired"])


def test_periods_that_follow_each_other_add_up(
    spenders: World, clock: time_machine.Traveller
) -> None:
    report(spenders, "late")
    for number in range(12):
        clock.shift(600)
        earn(spenders, str(number))
    spenders.deliver()
    clock.shift(600)
    edges = [NOW - timedelta(hours=1), NOW, NOW + timedelta(seconds=600), NOW + timedelta(hours=1)]
    edges += [NOW + timedelta(hours=1, seconds=1), NOW + timedelta(seconds=7800)]

    closing = "0"
    found = []
    for start, end in pairwise(edges):
        page = stated(spenders, **{"from": start.isoformat(), "until": end.isoformat()}).body
        assert_adds_up(page)
        assert page["opening_balance"] == closing
        closing = page["closing_balance"]
        assert closing == balances(spenders, (end - MICROSECOND).isoformat())[0]
        found += [line["recorded_at"] for line in page["lines"]]

    assert closing == spenders.balance("ann") == "71"
    assert found == sorted(found)
    assert len(found) == 13


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("until", [{}, {"until": "2026-03-01T12:00:08Z"}])
def test_pages_add_up_while_late_ones_are_applied(
    spenders: World, clock: time_machine.Traveller, limit: int, until: dict[str, str]
) -> None:
    for number in range(8):
        report(spenders, f"late-{number}", "100")
        earn(spenders, "1")
        clock.shift(1)
    rows = spenders.items("ledger")
    late = [row for row in rows if row["amount"]["N"] == "100"]
    whole = stated(spenders, **WHOLE, **until).body
    assert (len(whole["lines"]), whole["closing_balance"]) == (8, "8")

    lines: list[dict[str, Any]] = []
    balance = whole["opening_balance"]
    for page in pages(spenders, STATEMENT, limit=str(limit), **WHOLE, **until):
        assert_adds_up(page.body)
        assert page.body["opening_balance"] == balance
        assert page.body["until"] == whole["until"]
        assert len(page.body["lines"]) <= limit
        balance = page.body["closing_balance"]
        lines += page.body["lines"]
        # Recorded before what is to come, and behind it; applied and posted only now.
        if late:
            spenders.deliver([late.pop()])
        clock.shift(1)
        earn(spenders, "1000")

    assert lines == whole["lines"]
    assert balance == whole["closing_balance"]


def test_a_membership_without_postings_has_an_empty_statement(spenders: World) -> None:
    assert stated(spenders, **WHOLE).body == {
        "program_membership_id": "ann",
        "from": "2026-01-01T00:00:00.000000Z",
        "until": "2026-03-01T12:00:00.000000Z",
        "points_unit": "leaves",
        "opening_balance": "0",
        "lines": [],
        "closing_balance": "0",
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        (
            {"until": "2026-03-01T12:00:01Z"},
            {
                "query:from": "is missing: send a time with its zone, as 2026-03-01T12:00:00Z",
                "query:until": "is in the future: it is 2026-03-01T12:00:00.000000Z for this"
                " network",
            },
        ),
        (
            {"from": "2026-03-01T12:00:01Z"},
            {"query:from": "is in the future: it is 2026-03-01T12:00:00.000000Z for this network"},
        ),
        (
            {"from": "2026-03-01T10:00:00Z", "until": "2026-03-01T10:00:00Z", "to": "now"},
            {
                "query:to": "is no parameter here: send one of from, until, limit, cursor",
                "query:until": "must be later than from",
            },
        ),
        (
            {"from": "yesterday", "until": "2026-03-01"},
            {f"query:{name}": NO_TIME for name in ("from", "until")},
        ),
        ({**WHOLE, "limit": "0"}, {"query:limit": "must be a whole number from 1 to 100"}),
        (
            {"limit": "all", "cursor": "*"},
            {
                "query:limit": "must be a whole number from 1 to 100",
                "query:cursor": "is not a cursor of this list: send next_cursor of an earlier"
                " answer as it is",
                "query:from": "is missing: send a time with its zone, as 2026-03-01T12:00:00Z",
            },
        ),
    ],
)
def test_a_period_that_is_none_is_refused(
    spenders: World, query: dict[str, str], faults: dict[str, str]
) -> None:
    assert faults_in(asked(spenders, STATEMENT, query=query)) == faults


GOOD = "#".join(
    [
        "2026-01-01T00:00:00.000000Z",
        "2026-03-01T12:00:00.000000Z",
        "2",
        "30",
        "2026-03-01T11:00:00.000000Z",
        "ik_" + "a" * 32,
    ]
)


@pytest.mark.parametrize(
    ("sent", "instead"),
    [
        ("#2#", "#0#"),
        ("#2#", "#-1#"),
        ("#30#", "#1e5#"),
        ("#30#", "#NaN#"),
        ("#30#", "##"),
        ("#30#", f"#{'9' * 31}#"),
        ("2026-01-01T", "2026-13-01T"),
        # Outside of the period that it is of.
        ("2026-03-01T11", "2026-03-01T13"),
        ("2026-03-01T11", "2025-03-01T11"),
        ("ik_", "xx_"),
        (GOOD, "2026-03-01T11:00:00.000000Z"),
    ],
)
def test_a_cursor_that_nobody_got_is_refused(spenders: World, sent: str, instead: str) -> None:
    assert stated(spenders, **WHOLE, cursor=marked_cursor(GOOD)).body["opening_balance"] == "30"

    answer = asked(
        spenders, STATEMENT, query={**WHOLE, "cursor": marked_cursor(GOOD.replace(sent, instead))}
    )

    assert refused(answer) == (
        400,
        "INVALID_REQUEST",
        "query:cursor",
        "is not a cursor of this list: send next_cursor of an earlier answer as it is",
    )


@pytest.mark.parametrize(
    "period",
    [
        {"from": "2026-01-02T00:00:00Z"},
        {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    ],
)
def test_a_cursor_goes_with_its_period(spenders: World, period: dict[str, str]) -> None:
    assert refused(asked(spenders, STATEMENT, query={**period, "cursor": marked_cursor(GOOD)})) == (
        400,
        "INVALID_REQUEST",
        "query:cursor",
        "is of another period: send the same from and until as for the first page",
    )


def test_a_cursor_goes_with_its_membership(spenders: World, clock: time_machine.Traveller) -> None:
    earn(spenders, "30")
    earn(spenders, "5")
    earn(spenders, "7", membership="ben")
    clock.shift(1)
    cursor = stated(spenders, **WHOLE, limit="1").body["next_cursor"]

    assert refused(asked(spenders, STATEMENT, "ben", query={**WHOLE, "cursor": cursor})) == (
        400,
        "INVALID_REQUEST",
        "query:cursor",
        "is of another membership: send next_cursor of an earlier answer about this one",
    )
    assert len(stated(spenders, **WHOLE, cursor=cursor).body["lines"]) == 1


def test_a_made_up_cursor_leads_to_no_other_membership(spenders: World) -> None:
    earn(spenders, "30", membership="ben")

    page = stated(spenders, **WHOLE, cursor=marked_cursor(GOOD)).body

    assert (page["lines"], page["opening_balance"], page["closing_balance"]) == ([], "30", "30")


def test_too_much_since_then_is_refused(
    spenders: World, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    seed_postings(spenders, 4, NOW)
    clock.move_to(NOW + timedelta(days=2))
    monkeypatch.setattr("accrue.services.read_since.MOST_POSTINGS", 3)

    answer = asked(spenders, STATEMENT, query=WHOLE)

    assert (answer.status, answer.body["code"]) == (422, "TOO_MANY_POSTINGS")
    assert answer.body["errors"] == [
        {
            "pointer": "query:from",
            "message": "is too long ago for this membership: at most 3 postings since, and 25 MB"
            " of them",
        }
    ]
    assert stated(spenders, **{"from": "2026-03-01T12:00:01Z"}).body["opening_balance"] == "1"


def test_a_period_before_everything_is_empty(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "30")
    clock.shift(1)

    page = stated(spenders, **{"from": "0001-01-01T00:00:00Z", "until": "1970-01-01T00:00:00Z"})

    assert (page.body["opening_balance"], page.body["closing_balance"]) == ("0", "0")
    assert page.body["lines"] == []
