"""Back-tests over the API of a network with some of everything."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from tests.integration.jobs import JobDesk
from tests.integration.reversals import reverse
from tests.integration.rich_network import purchase, rich_network
from tests.integration.spending import redeem
from tests.integration.world import Answer, World

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FROM, UNTIL = "2026-03-05T00:00:00Z", "2026-03-20T00:00:00Z"


@pytest.fixture
def desk(empty_world: World, clock: time_machine.Traveller) -> JobDesk:
    """A tea house in which two have bought tea for weeks, now and then too late or reversed."""
    network = rich_network()
    network["api_keys"].append({"key_id": "admin", "role": "admin"})
    empty_world.import_network(network)
    empty_world.restart()
    live(empty_world, clock)
    return JobDesk.of(empty_world, clock)


def live(world: World, clock: time_machine.Traveller) -> None:
    late: list[str] = []
    for number in range(24):
        membership = "ann" if number % 3 else "ben"
        amount = str(20 + 17 * number % 90)
        at = datetime.now(UTC) - timedelta(hours=3)
        body = purchase(number, amount, transaction_timestamp=at.timestamp())
        answer = world.post_membership_activity(membership, body)
        assert answer.status == 200, answer
        activity_id = answer.headers["Accrue-Activity-Id"]
        if number % 7 == 3:
            late.append(activity_id)
        else:
            deliver(world, activity_id)
        if number % 8 == 5:
            assert redeem(world, "9", f"redeem-{number}", membership=membership).status == 200
        if number % 9 == 8:
            assert reverse(world, activity_id, f"reversal-{number}", amount="5").status == 200
        if number % 10 == 9:
            deliver(world, *late)
            late.clear()
        clock.shift(DAY)
    deliver(world, *late)


def deliver(world: World, *activity_ids: str) -> None:
    rows = [
        item
        for item in world.items("ledger")
        if item["activity_key"]["S"].partition("#")[2] in activity_ids
    ]
    assert world.deliver(rows) == {"batchItemFailures": []}


def candidate(**changes: Any) -> dict[str, Any]:
    """The program with changes."""
    (program,) = rich_network()["programs"]
    return {**program, **changes}


def backtest(desk: JobDesk, key: str = "backtest-1", **of: Any) -> dict[str, Any]:
    period = {"from": FROM, "until": UNTIL}
    job = desk.run("backtest", idempotency_key=key, program_id="tea-club", **{**period, **of})
    assert job["status"] == "completed", job
    return job


def differing(report: dict[str, Any]) -> list[str]:
    return [
        f"{group}.{name}"
        for group, names in report.items()
        if isinstance(names, dict)
        for name, pair in names.items()
        if pair["difference"] != "0"
    ]


def posted(world: World) -> list[dict[str, Any]]:
    """The postings of the period."""
    return [p for p in world.postings() if FROM <= p["recorded_at"] < UNTIL]


def tables(world: World) -> list[Any]:
    return [world.items(name) for name in ("ledger", "balance", "catalog", "events")]


def test_the_version_in_force_comes_to_what_was_paid(desk: JobDesk) -> None:
    before = tables(desk.world)

    job = backtest(desk, version=1)

    assert tables(desk.world) == before
    report = job["report"]
    assert differing(report) == []
    assert (report["largest_gains"], report["largest_losses"]) == ([], [])
    postings = posted(desk.world)
    points = report["points"]
    assert Decimal(points["total"]["paid"]) == sum(p["points"] for p in postings)
    assert Decimal(points["spent"]["paid"]) == sum(
        p["points"] for p in postings if p.get("kind") == "redemption"
    )
    lines = [line for p in postings for line in p["lines"]]
    earn = sum(line[0] for line in lines if line[3:] == ["rule_id:earn"])
    assert Decimal(report["rules"]["earn"]["paid"]) == earn
    assert job["counts"]["postings"] == len(postings)
    assert (job["counts"]["memberships"], job["counts"]["memberships_active"]) == (2, 2)
    assert desk.findings(job) == []
    tenths = sum(Decimal(each["paid"]) for each in report["tenths"].values())
    assert tenths == Decimal(points["earned"]["paid"])


def test_doubled_rates_pay_double(desk: JobDesk) -> None:
    """Of rules alone: what quests, tiers and bonuses give hangs on more than rates."""
    simple: dict[str, Any] = {"bonuses": [], "bonus_stacking": None, "quests": [], "segments": []}
    single, double = (
        candidate(
            **simple,
            rules=[
                {
                    "rule_id": "earn",
                    "activity_type_id": "purchase",
                    "role": "member",
                    "award": {"kind": "amount_times_rate", "rate": rate},
                }
            ],
        )
        for rate in ("1", "2")
    )

    once, twice = (
        backtest(desk, f"backtest-{number}", program=program)["report"]
        for number, program in enumerate((single, double))
    )

    for figures in ("rules", "tenths", "quantiles"):
        for name, pair in once[figures].items():
            assert Decimal(twice[figures][name]["candidate"]) == 2 * Decimal(pair["candidate"])
            assert twice[figures][name]["paid"] == pair["paid"]
    awarded = Decimal(once["points"]["awarded"]["candidate"])
    assert Decimal(twice["points"]["awarded"]["candidate"]) == 2 * awarded > 0
    assert once["points"]["spent"]["difference"] == "0"


def test_orders_that_the_candidate_has_no_points_for_are_counted_and_left_out(
    desk: JobDesk,
) -> None:
    nothing = candidate(
        rules=[], bonuses=[], bonus_stacking=None, quests=[], segments=[], tiers=None
    )
    (rule,) = (r for r in candidate()["rules"] if r["rule_id"] == "welcome")

    job = backtest(
        desk,
        program={
            **nothing,
            "rules": [
                rule,
                {
                    **rule,
                    "rule_id": "none",
                    "activity_type_id": "purchase",
                    "role": "member",
                    "award": {"kind": "flat", "points": "0"},
                },
            ],
        },
        **{"from": "2026-01-01T00:00:00Z"},
    )

    redemptions = [
        p
        for p in desk.world.postings()
        if p.get("kind") == "redemption" and p["recorded_at"] < UNTIL
    ]
    report = job["report"]
    assert job["counts"]["orders_refused"] == len(redemptions) > 0
    refused = Decimal(report["points"]["refused"]["candidate"])
    assert refused == -sum(p["points"] for p in redemptions)
    assert report["points"]["spent"]["candidate"] == "0"
    losses = report["largest_losses"]
    assert [Decimal(each["difference"]) for each in losses] == sorted(
        Decimal(each["difference"]) for each in losses
    )
    assert {each["program_membership_id"] for each in losses} == {"ann", "ben"}


def start(desk: JobDesk, **of: Any) -> Answer:
    body = {"from": FROM, "until": UNTIL, "program_id": "tea-club", "version": 1, **of}
    said = {name: value for name, value in body.items() if value is not None}
    return desk.start("backtest", idempotency_key="backtest-1", **said)


def test_what_cannot_be_back_tested_is_refused_with_pointers(desk: JobDesk) -> None:
    wrong = deepcopy(candidate())
    wrong["rules"][0]["activity_type_id"] = "purchse"
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"program_id": "nothing"}, "/program_id", "is no program"),
        ({"version": 9}, "/version", "is no version"),
        ({"until": "2030-01-01T00:00:00Z"}, "/until", "is too late"),
        ({"from": UNTIL}, "", "over before it starts"),
        ({"version": None}, "", "needs one candidate"),
        ({"program": candidate()}, "", "needs one candidate"),
        ({"version": None, "program": wrong}, "/program/rules/0/activity_type_id", "purch"),
        (
            {"version": None, "program": {**candidate(), "program_id": "other"}},
            "/program/program_id",
            "differs",
        ),
        ({"form": 1}, "/form", ""),
    ]
    for body, where, what in cases:
        answer = start(desk, **body)
        assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION"), body
        faults = {each["pointer"]: each["message"] for each in answer.body["errors"]}
        assert where in faults, (body, faults)
        assert what in faults[where]
