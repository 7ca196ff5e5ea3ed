"""POST /networks/{network_id}/activities/batch: dry runs, users, sandboxes, and what is large."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accrue.domain.ids import id_from_idempotency_key
from tests.integration.batches import (
    counted,
    ids,
    membership_row,
    network_row,
    reference_row,
    statuses,
)
from tests.integration.dry_runs import DRY_RUN, only_read
from tests.integration.faults import Faults
from tests.integration.invariants import activity_rows
from tests.integration.networks import demo_network
from tests.integration.sandboxes import A_YEAR_ON, SANDBOX, move_clock, sandbox_network
from tests.integration.users import FORGET, SUSPEND, about_user, assert_users_agree, enrol
from tests.integration.world import World

ROWS = [
    network_row("n-1"),
    membership_row("m-1"),
    reference_row("R", "n-2"),
    reference_row("R", "n-3", enforced=True),
    reference_row("R", enforced=True),
    network_row("n-1"),
    network_row("n-1", "7"),
    network_row("n-4", changes={"/users": {"buyer": "nobody@example.com"}}),
    {"activity": {}},
]
FIRST = id_from_idempotency_key("demo", "n-2")


def test_a_dry_run_says_what_would_be_and_writes_nothing(world: World, faults: Faults) -> None:
    with only_read(world, faults):
        tried = world.post_batch(ROWS, query=DRY_RUN)
    recorded = world.post_batch(ROWS)

    assert tried.headers["Accrue-Dry-Run"] == "true"
    assert tried.body["dry_run"] is True
    assert tried.body["counts"] == recorded.body["counts"]
    assert tried.body["counts"] == counted(recorded=3, duplicates=2, replayed=1, refused=3)
    for would_be, came_to in zip(tried.body["results"], recorded.body["results"], strict=True):
        nothing_yet = {"activity_id": None} if "activity_id" in came_to else {}
        assert would_be == {**came_to, **nothing_yet}


def test_a_dry_run_names_what_is_there(world: World, faults: Faults) -> None:
    recorded = world.post_batch(ROWS)

    with only_read(world, faults):
        tried = world.post_batch([*ROWS, network_row("n-9")], query=DRY_RUN)

    assert tried.body["counts"] == counted(recorded=1, duplicates=1, replayed=5, refused=3)
    shown = [each.get("activity_id") for each in tried.body["results"]]
    assert shown == [*(each.get("activity_id") for each in recorded.body["results"]), None]
    assert tried.body["results"][4]["duplicate_of"] == FIRST


def test_a_dry_run_enrols_nobody(world: World, faults: Faults) -> None:
    world.import_network(automatic())
    world.restart()
    row = network_row("k", changes={"/users": {"buyer": "not.enrolled@example.com"}})

    with only_read(world, faults):
        tried = world.post_batch([row, {**row, "idempotency_key": "l"}], query=DRY_RUN)

    # Not warned of: they would be enrolled.
    assert [each["warnings"] for each in tried.body["results"]] == [[], []]


@pytest.mark.parametrize("value", ["maybe", "TRUE", ""])
def test_what_may_be_a_dry_run_is_not_done_in_earnest(world: World, value: str) -> None:
    answer = world.post_batch(ROWS, query={"dry_run": value})

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert world.items("ledger") == []


def automatic() -> dict[str, Any]:
    document = demo_network()
    document["network"]["automatic_programs"] = ["coffee-club"]
    return document


def test_whoever_lacks_a_program_is_enrolled_once(world: World, faults: Faults) -> None:
    world.import_network(automatic())
    world.restart()
    changes = {"/users": {"buyer": "not.enrolled@example.com"}}
    faults.calls.clear()

    answer = world.post_batch([network_row(f"k{n}", changes=changes) for n in range(50)])

    assert answer.body["counts"] == counted(recorded=50)
    pinned = {
        json.dumps([each["memberships"] for each in row["participants"]], sort_keys=True)
        for row in activity_rows(world)
    }
    assert len(pinned) == 1
    assert "coffee-club" in pinned.pop()
    assert faults.counts()["TransactWriteItems"] == 1
    assert_users_agree(world)


def test_suspended_and_forgotten_users(world: World) -> None:
    rows = [membership_row("m"), network_row("n", changes={"/users": {"buyer": JOHN}})]
    assert about_user(world, SUSPEND, "user-1", {}).status == 200
    assert about_user(world, FORGET, "user-3").status == 200

    answer = world.post_batch([*rows, membership_row("o", membership="12347")])

    assert statuses(answer) == [200, 400, 200]
    assert [each.get("warnings") for each in answer.body["results"]] == [
        ["a user in this activity is suspended and earns nothing"],
        None,
        ["a user in this activity was forgotten and earns nothing"],
    ]


JOHN = "john.buyer@villagelabs.co"


def test_a_sandbox_has_its_own_time(world: World) -> None:
    world.import_network(sandbox_network())
    assert move_clock(world, A_YEAR_ON).status == 200
    row = network_row("k", changes={"/metadata": {}})

    answer = world.post_batch([row, membership_row("m")], network=SANDBOX, path_network=SANDBOX)

    assert answer.body["counts"] == counted(recorded=2)
    times = sorted(row["recorded_at"] for row in activity_rows(world))
    assert times == [A_YEAR_ON, A_YEAR_ON.replace("000000Z", "000001Z")]


def test_a_definition_counts_as_soon_as_it_is_made(world: World) -> None:
    row = membership_row("k", membership="99999")
    assert statuses(world.post_batch([row])) == [404]
    document = demo_network()
    document["memberships"].append(
        {"program_membership_id": "99999", "program_id": "coffee-club", "user_id": "user-5"}
    )
    world.import_network(document)

    # The same function, with whatever it remembers.
    assert statuses(world.post_batch([row])) == [200]


def test_two_networks_have_their_own_keys(world: World) -> None:
    world.import_network(demo_network("other"))
    rows = [network_row("k"), membership_row("m")]

    here = world.post_batch(rows)
    there = world.post_batch(rows, network="other", path_network="other")

    assert there.body["counts"] == counted(recorded=2)
    assert not set(ids(here)) & set(ids(there))
    assert {row["activity_key"].partition("#")[0] for row in world.rows("ledger")} == {
        "demo",
        "other",
    }


def test_rows_of_the_largest_size_fit(world: World) -> None:
    """Two mebibytes of rows, most of it in what no row keeps."""
    filler = {"/metadata": {"note": "é" * 30_000, "activity_timestamp": 1772362800}}
    rows = [network_row(f"k{n}", changes=filler) for n in range(34)]
    body = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    assert 2_000_000 < len(body.encode()) <= 2 * 1024 * 1024

    answer = world.post_batch(body)

    assert answer.body["counts"] == counted(recorded=34)
    assert world.post_batch(body).body["counts"] == counted(replayed=34)


def test_rows_that_are_not_of_now_are_recorded_now(world: World) -> None:
    ahead = int((datetime.now(UTC) + timedelta(days=3)).timestamp())

    answer = world.post_batch(
        [membership_row("m", changes={"/activity/transaction_timestamp": ahead})]
    )

    warning = "the activity's time is more than a day ahead: it is held, without points"
    assert answer.body["results"][0]["warnings"] == [warning]


def test_what_was_read_is_remembered_for_other_batches(world: World, faults: Faults) -> None:
    world.post_batch([network_row("a"), membership_row("b")])
    faults.calls.clear()

    world.post_batch([network_row("c"), membership_row("d")])

    assert faults.counts() == {"BatchExecuteStatement": 1}


def test_a_first_enrolment_counts_at_once(world: World) -> None:
    changes = {"/users": {"buyer": "not.enrolled@example.com"}}
    world.post_batch([network_row("a", changes=changes)])
    enrol(world, program_id="coffee-club", user_id="user-5")

    answer = world.post_batch([network_row("b", changes=changes)])

    assert answer.body["results"][0]["warnings"] == []
