"""POST activities with `?dry_run=true`: what would come of them, and nothing is written."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from accrue.domain.activity import MembershipRef
from accrue.domain.ids import id_of_membership
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.users import UserTable
from tests.integration.bodies import HANG_EXAMPLE
from tests.integration.dry_runs import Send, hang, try_out, try_out_and_record, village
from tests.integration.faults import Faults
from tests.integration.rich_network import purchase, rich_network
from tests.integration.spending import spending_network
from tests.integration.users import SUSPEND, about_user, enrol
from tests.integration.world import Answer, World

FAR_AHEAD = 12339687697
PEOPLE = ["ann@example.com", "ben@example.com", "carl@example.com"]


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, empty_world: World) -> Faults:
    """Watches the functions that start from now on."""
    installed = Faults.install(monkeypatch)
    empty_world.restart()
    return installed


# ---- What would come of it is what comes of it ----


def random_activity(world: World, random_number: random.Random, number: int) -> Send:
    """Something that the rich network's program may make something of."""
    amount = random_number.choice(["-30", "0", "8.50", "40", "99.99", "100", "260"])
    when = random_number.choice(
        [1772366400, 1772375400, FAR_AHEAD if number % 7 == 0 else 1772300000]
    )
    kind = random_number.choice(["purchase", "purchase", "purchase", "referral", "of several"])
    items = random_number.choice(
        [
            [],
            [{"item_id": "earl-grey", "value": "8.50", "group_id": "tea"}, {"item_id": "cake"}],
            [{"item_id": "espresso", "value": "3", "group_id": "coffee"}],
        ]
    )
    if kind == "purchase":
        body = purchase(number, amount, transaction_timestamp=when, line_items=items)
        if number % 11 == 0:
            body["activity"]["activity_type_id"] = "nobody-defined-it"
        return partial(world.post_membership_activity, random_number.choice(["ann", "ben"]), body)
    first, second = random_number.sample(PEOPLE, 2)
    users = {"referrer": first, "friend": second} if kind == "referral" else {"member": first}
    metadata: dict[str, Any] = {"activity_timestamp": when, "store": "north", "lost": "x"}
    if random_number.random() < 0.5:
        metadata["reference_id"] = f"reference-{random_number.randrange(3)}"
    body = {
        "activity_short_id": "referral" if kind == "referral" else "purchase",
        "amount": amount,
        "users": users,
        "metadata": metadata,
        "line_items": items,
    }
    if "reference_id" in metadata:
        body["enforceUniqueRefId"] = random_number.random() < 0.5
    headers = {"Idempotency-Key": f"key-{number}"} if random_number.random() < 0.5 else {}
    return partial(world.post_network_activity, body, headers=headers)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_told_is_what_comes_of_it(
    tea_house: World, faults: Faults, clock: time_machine.Traveller, seed: int
) -> None:
    random_number = random.Random(seed)  # noqa: S311 - draws cases, guards nothing
    outcomes = set()

    for number in range(25):
        tried, _ = try_out_and_record(
            tea_house, faults, random_activity(tea_house, random_number, number)
        )
        outcomes.add(tried.body["activity"]["outcome"] if tried.status == 200 else "refused")
        clock.shift(timedelta(hours=random_number.choice([0, 0, 1, 30])))

    assert len(outcomes & {"applied", "duplicate", "undefined_type", "held", "refused"}) > 2
    assert "applied" in outcomes


def test_why_nots_quests_and_tiers_are_told(tea_house: World, faults: Faults) -> None:
    send = partial(tea_house.post_membership_activity, "ann", purchase(1))

    try_out_and_record(tea_house, faults, send)
    tried, _ = try_out_and_record(
        tea_house, faults, partial(tea_house.post_membership_activity, "ann", purchase(2, "60"))
    )

    (result,) = tried.body["activity"]["memberships"]
    assert [line["points"] for line in result["lines"]] == ["60", "5", "30"]
    assert {q["quest_id"]: q["completions"] for q in result["quests"]} == {
        "tea-lover": 1,
        "big-spender": 0,
    }
    assert result["tier"] == {"before": None, "after": "silver"}
    assert (result["points"], result["balance_after"], result["sequence"]) == ("95", "140", 2)
    why_nots = {e["rule_id"]: e["why_not"] for e in result["considered"] if "rule_id" in e}
    assert why_nots["large-basket"] == "amount is 60, and must be at least 100"


@pytest.mark.parametrize("city", ["Bonn", "Rome"])
def test_traits_are_looked_up(empty_world: World, faults: Faults, city: str) -> None:
    document = rich_network()
    (program,) = document["programs"]
    program["segments"].append(
        {"segment_id": "of-bonn", "when": {"traits": [{"trait": "city", "equals": "Bonn"}]}}
    )
    program["rules"][0]["when"] = {"segments": {"any_of": ["of-bonn"]}}
    document["users"][0]["traits"] = {"city": city}
    empty_world.import_network(document)
    empty_world.restart()

    tried, _ = try_out_and_record(
        empty_world, faults, partial(empty_world.post_membership_activity, "ann", purchase(1))
    )

    (result,) = tried.body["activity"]["memberships"]
    assert result["points"] == {"Bonn": "45", "Rome": "5"}[city]


def test_what_keeps_it_from_being_applied_is_a_failure(
    world: World, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("accrue.services.fold.decide", fail)

    answer = try_out(world, faults, hang(world))

    assert (answer.status, answer.body["code"]) == (500, "INTERNAL_ERROR")


def test_what_fell_due_comes_first_and_is_not_posted(
    empty_world: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    world = empty_world
    world.import_network(spending_network())
    world.restart()

    def report(key: str, kind: str) -> Send:
        activity = {
            "activity_type_id": kind,
            "value": "10",
            "transaction_timestamp": int(datetime.now(UTC).timestamp()),
        }
        body = {"idempotency_key": key, "activity": activity}
        return partial(world.post_membership_activity, "ann", body)

    sequences = []
    for number, days in enumerate([0, 10, 25, 40, 3]):
        clock.shift(timedelta(days=days))
        for kind in ("visit", "sale"):
            tried, _ = try_out_and_record(world, faults, report(f"{kind}-{number}", kind))
            sequences.append(tried.body["activity"]["memberships"][0]["sequence"])

    due = sum(row["kind"] == "due" for row in world.rows("ledger"))
    assert due > 1
    assert sequences[-1] == len(sequences) + due


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"/activity_short_id": "Sale"}, "undefined_type"),
        ({"/metadata/activity_timestamp": FAR_AHEAD}, "held"),
        ({"/users": {"buyer": "not.enrolled@example.com"}}, "nobody_enrolled"),
        ({}, "applied"),
        ({"/amount": 12, "/unknown": 1}, "applied"),
        ({"/activity_short_id": "visit", "/users": {"visitor": PEOPLE[0]}}, "refused"),
    ],
)
@pytest.mark.parametrize("key", [None, "key-1"])
def test_each_outcome_is_told(
    world: World, faults: Faults, changes: Mapping[str, object], outcome: str, key: str | None
) -> None:
    tried, real = try_out_and_record(world, faults, village(world, changes, key))

    if outcome == "refused":
        assert (real.status, real.body["code"]) == (400, "UNKNOWN_USER")
        return
    assert tried.body["activity"]["outcome"] == outcome
    assert (tried.body["activity"]["activity_id"] is None) == (key is None)
    assert "Accrue-Activity-Id" not in tried.headers
    assert "events" not in tried.body["activity"]


def test_the_whole_answer(world: World, faults: Faults) -> None:
    answer = try_out(world, faults, hang(world, surprise=1))

    activity = answer.body.pop("activity")
    assert answer == Answer(
        200,
        {
            "Content-Type": "application/json",
            "Accrue-Dry-Run": "true",
            "Accrue-Warnings": answer.headers["Accrue-Warnings"],
        },
        {"dry_run": True, "replays": None, "enrols": [], "warnings": answer.warnings},
    )
    assert answer.warnings == ['unknown field "surprise" is ignored']
    assert activity["activity_id"].startswith("ik_")
    assert activity["memberships"][0] == {
        "program_membership_id": "12345",
        "program_id": "coffee-club",
        "roles": ["member"],
        "outcome": "applied",
        "reason": None,
        "points": "50",
        "balance_after": "50",
        "available_after": "50",
        "owed_after": "0",
        "posted_at": "2026-03-01T12:00:00.000000Z",
        "sequence": 1,
        "program_version": 1,
        "lines": activity["memberships"][0]["lines"],
        "lots": [{"points": "50", "spendable_on": None, "last_day": None}],
        "holds": [],
        "matured": "0",
        "considered": [],
        "quests": [],
        "tier": None,
    }


def test_earlier_activities_that_are_still_pending_are_not_counted(
    world: World, faults: Faults
) -> None:
    assert hang(world, idempotency_key="pending")().status == 200

    tried = try_out(world, faults, hang(world))

    assert tried.body["activity"]["memberships"][0]["balance_after"] == "50"


def test_a_suspended_user_is_told(world: World, faults: Faults) -> None:
    about_user(world, SUSPEND, "user-1")

    tried, _ = try_out_and_record(world, faults, hang(world))

    assert tried.body["activity"]["outcome"] == "rejected"
    assert tried.warnings == ["a user in this activity is suspended and earns nothing"]


# ---- Enrolment ----


@pytest.fixture
def automatic_world(empty_world: World, faults: Faults) -> World:
    """A network that wants all its users in its program."""
    assert faults is not None
    document = rich_network()
    document["users"].append({"user_id": "user-9", "email": "nina@example.com"})
    document["programs"].append(
        {"program_id": "cakes", "name": "Cakes", "points": {"unit": "crumbs"}}
    )
    empty_world.import_network(document)
    # From now on: whoever was made before is enrolled by an activity.
    document["network"]["automatic_programs"] = ["tea-club"]
    empty_world.import_network(document)
    empty_world.restart()
    return empty_world


def referral(world: World, *people: str) -> Send:
    """A referral of these people."""
    users = dict(zip(["referrer", "friend"], people, strict=False))
    body = {"activity_short_id": "referral", "amount": "1", "users": users}
    return partial(world.post_network_activity, body)


def test_who_would_be_enrolled_is_told_and_is_not(automatic_world: World, faults: Faults) -> None:
    world = automatic_world
    send = referral(world, "nina@example.com", "ann@example.com")

    tried, _ = try_out_and_record(world, faults, send)

    (enrols,) = tried.body["enrols"]
    assert (enrols["user_id"], enrols["program_id"]) == ("user-9", "tea-club")
    made = about_user(world, "GET /networks/{network_id}/users/{user_id}", "user-9").body
    assert made["memberships"] == [
        {name: enrols[name] for name in ("program_id", "program_membership_id")}
    ]
    first, second = tried.body["activity"]["memberships"]
    assert first["program_membership_id"] == enrols["program_membership_id"]
    assert (first["points"], second["points"]) == ("25", "10")
    assert try_out(world, faults, send).body["enrols"] == []


def test_whoever_is_enrolled_already_is_not_told(automatic_world: World, faults: Faults) -> None:
    world = automatic_world
    send = referral(world, "nina@example.com")
    assert len(try_out(world, faults, send).body["enrols"]) == 1
    enrol(world, program_id="tea-club", user_id="user-9")

    tried, _ = try_out_and_record(world, faults, send)

    assert tried.body["enrols"] == []


def test_what_a_user_has_already_would_not_be_made(automatic_world: World, faults: Faults) -> None:
    world = automatic_world
    enrol(world, program_id="cakes", user_id="user-9")

    tried, _ = try_out_and_record(world, faults, referral(world, "nina@example.com"))

    assert [each["program_id"] for each in tried.body["enrols"]] == ["tea-club"]


def test_a_membership_that_somebody_took_would_not_be_made(
    automatic_world: World, faults: Faults
) -> None:
    world = automatic_world
    users = UserTable(AdministrationTable(world.client, "catalog"))
    present = users.find_user("demo", "user-3")
    assert present
    taken = MembershipRef("tea-club", id_of_membership("demo", "tea-club", "user-9"))
    users.save_user("demo", present, present.enrolled([taken]))

    tried, _ = try_out_and_record(world, faults, referral(world, "nina@example.com"))

    assert (tried.body["enrols"], tried.body["activity"]["outcome"]) == ([], "nobody_enrolled")


def test_a_refused_activity_would_enrol_nobody(automatic_world: World, faults: Faults) -> None:
    send = referral(automatic_world, "nina@example.com", "nobody@example.com")

    tried, _ = try_out_and_record(automatic_world, faults, send)

    assert (tried.status, tried.body["code"]) == (400, "UNKNOWN_USER")


def test_a_verbatim_example_can_be_tried_out(world: World, faults: Faults) -> None:
    tried, _ = try_out_and_record(
        world, faults, partial(world.post_membership_activity, "12345", HANG_EXAMPLE)
    )

    assert tried.body["activity"]["memberships"][0]["points"] == "50"
