"""Dry runs beside what is recorded already, and what is refused; the query string."""

from functools import partial
from typing import Any

import pytest

from tests.integration.bodies import hang_activity
from tests.integration.dry_runs import (
    DRY_RUN,
    hang,
    only_read,
    try_out,
    try_out_and_record,
    village,
)
from tests.integration.faults import Faults
from tests.integration.spending import refused
from tests.integration.users import about_user, put_user
from tests.integration.world import World

# ---- Keys and references ----


@pytest.mark.parametrize("door", ["hang", "village"])
def test_a_used_key_shows_what_is_recorded(world: World, faults: Faults, door: str) -> None:
    send = hang(world) if door == "hang" else village(world, key="key-1")
    real = send()
    activity_id = real.headers["Accrue-Activity-Id"]
    pending = world.get_activity(activity_id).body
    assert try_out(world, faults, send).body["activity"] == pending
    world.deliver()

    tried = try_out(world, faults, send)

    assert tried.body["activity"] == world.get_activity(activity_id).body
    assert tried.body["activity"]["events"] == []
    assert tried.body["replays"] == activity_id
    assert tried.headers["Accrue-Activity-Id"] == activity_id
    assert tried.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("door", ["hang", "village"])
def test_a_used_key_with_another_payload_is_refused(
    world: World, faults: Faults, door: str
) -> None:
    if door == "hang":
        hang(world)()
        other = hang(world, activity__value="51")
    else:
        village(world, key="key-1")()
        other = village(world, {"/amount": "51"}, key="key-1")

    tried = try_out(world, faults, other)

    assert tried == other()
    assert (tried.status, tried.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_used_key_answers_before_what_the_catalog_refuses(world: World, faults: Faults) -> None:
    sent = village(world, key="key-1")
    real = sent()
    about_user(world, "POST /networks/{network_id}/users/{user_id}/forget", "user-1")
    world.restart()

    tried = try_out(world, faults, sent)

    assert tried.body["replays"] == real.body["activity_id"]


REFERENCE = {"/metadata/reference_id": "r-1"}
ENFORCED = REFERENCE | {"/enforceUniqueRefId": True}


@pytest.mark.parametrize("first_key", [None, "key-1"])
@pytest.mark.parametrize("key", [None, "key-2"])
def test_a_duplicate_is_told_and_leaves_no_row(
    world: World, faults: Faults, first_key: str | None, key: str | None
) -> None:
    first = village(world, REFERENCE, first_key)()

    tried, real = try_out_and_record(world, faults, village(world, ENFORCED, key))

    activity = tried.body["activity"]
    assert activity["outcome"] == "duplicate"
    assert activity["duplicate_of"] == first.body["activity_id"] == real.body["activity_id"]
    assert tried.headers["Accrue-Duplicate-Of"] == first.body["activity_id"]
    assert (activity["activity_id"] is None) == (key is None)


@pytest.mark.parametrize("key", [None, "key-2"])
def test_a_reference_that_is_not_enforced_claims_nothing(
    world: World, faults: Faults, key: str | None
) -> None:
    for _ in range(2):
        tried = try_out(world, faults, village(world, REFERENCE, key))
        assert tried.body["activity"]["activity_id"].startswith("ik_" if key else "rf_")
    village(world, REFERENCE)()

    tried, _ = try_out_and_record(world, faults, village(world, REFERENCE, key))

    assert tried.body["activity"]["outcome"] == "applied"


# ---- Refusals, the query string, and rights ----


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        hang_activity({"/activity/value": "fifty", "/idempotency_key": ""}),
        hang_activity({"/activity/value": "-5"}),
        hang_activity(
            {"/activity/activity_type_id": "none", "/activity/metadata": {"channel": {}}}
        ),
        hang_activity({"/program_membership_id": "1"}),
    ],
)
def test_what_is_refused_is_refused_alike(world: World, body: Any) -> None:
    before = world.items("ledger")

    tried = world.post_membership_activity("12345", body, query=DRY_RUN)

    assert tried.status in {400, 422}
    assert tried == world.post_membership_activity("12345", body)
    assert world.items("ledger") == before


@pytest.mark.parametrize(("query", "is_dry_run"), [(DRY_RUN, True), ({}, False)])
def test_a_refused_dry_run_is_logged_as_one(
    world: World, caplog: pytest.LogCaptureFixture, *, query: dict[str, str], is_dry_run: bool
) -> None:
    answer = world.post_membership_activity("12345", "[]", query=query)

    (logged,) = (vars(each) for each in caplog.records if each.getMessage() == "request")
    assert (answer.status, logged["status"], logged["is_dry_run"]) == (400, 400, is_dry_run)


def test_another_networks_are_not_there(world: World, faults: Faults) -> None:
    unknown = try_out(world, faults, hang(world, "99999"))
    assert (unknown.status, unknown.body["code"]) == (404, "MEMBERSHIP_NOT_FOUND")
    elsewhere = village(world, path_network="other")(query=DRY_RUN)
    assert (elsewhere.status, elsewhere.body["code"]) == (404, "NETWORK_NOT_FOUND")


REMEDY = "must be true or false, in lower case, and sent once: leave it out to record"


@pytest.mark.parametrize("value", ["True", "1", "", "yes", "true,false", " true"])
@pytest.mark.parametrize("door", ["hang", "village"])
def test_what_is_neither_true_nor_false_is_refused(world: World, door: str, value: str) -> None:
    send = hang(world) if door == "hang" else village(world)

    answer = send(query={"dry_run": value})

    assert refused(answer) == (400, "INVALID_REQUEST", "query:dry_run", REMEDY)
    assert world.items("ledger") == []


@pytest.mark.parametrize("door", ["hang", "village"])
def test_false_records_as_if_it_was_left_out(world: World, door: str) -> None:
    send = hang(world) if door == "hang" else village(world, key="key-1")
    answer = send(query={"dry_run": "false"})

    assert "Accrue-Dry-Run" not in answer.headers
    assert send() == answer.replayed()


@pytest.mark.parametrize("name", ["dryrun", "dry-run", "DRY_RUN", "dryRun"])
@pytest.mark.parametrize("door", ["hang", "village"])
def test_a_mistyped_parameter_records_nothing(world: World, door: str, name: str) -> None:
    send = hang(world) if door == "hang" else village(world)

    answer = send(query={name: "true"})

    remedy = "is unknown: did you mean dry_run?"
    assert refused(answer) == (400, "INVALID_REQUEST", f"query:{name}", remedy)
    assert world.items("ledger") == []


def test_other_parameters_are_warned_about_in_a_dry_run_too(world: World, faults: Faults) -> None:
    with only_read(world, faults):
        answer = hang(world)(query={**DRY_RUN, "utm_source": "x"})

    assert answer.warnings == ['unknown query parameter "utm_source" is ignored']
    assert answer.body["warnings"] == answer.warnings


@pytest.mark.parametrize("role", ["partner", "admin"])
def test_whoever_may_record_may_try_out(world: World, faults: Faults, role: str) -> None:
    for send in (hang(world), village(world)):
        assert try_out(world, faults, partial(send, role=role)).status == 200


def test_a_new_user_can_be_tried_out_at_once(world: World, faults: Faults) -> None:
    send = village(world, {"/users": {"buyer": "nina@example.com"}})
    assert try_out(world, faults, send).status == 400
    put_user(world)

    assert try_out(world, faults, send).body["activity"]["outcome"] == "nobody_enrolled"
