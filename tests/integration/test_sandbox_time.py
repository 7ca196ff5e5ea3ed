"""Whatever is "now" for a sandbox goes by its clock; what is about delivery stays real time."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accrue.domain.timestamps import from_text, to_text
from tests.integration.bodies import hang_activity, village_activity
from tests.integration.conftest import NOW
from tests.integration.faults import Faults
from tests.integration.sandboxes import A_YEAR_ON, SANDBOX, move_clock, sandbox_network
from tests.integration.test_administer_programs import GET, OVERWRITE, PUT, with_rate
from tests.integration.world import Answer, World

YEAR = from_text(A_YEAR_ON) - NOW
GRACE = timedelta(seconds=120)


@pytest.fixture
def sandbox(world: World) -> World:
    """The application with a sandbox beside the demo network."""
    world.import_network(sandbox_network())
    world.restart()
    return world


def post(world: World, key: str = "key", network: str = SANDBOX) -> Answer:
    body = hang_activity({"/idempotency_key": key})
    return world.post_membership_activity("12345", body, network=network)


def rows(world: World, network: str = SANDBOX) -> list[dict[str, Any]]:
    return [row for row in world.rows("ledger") if row["network_id"] == network]


def reconcile(world: World, **event: Any) -> dict[str, Any]:
    report: dict[str, Any] = world.invoke("reconcile", event)[SANDBOX]
    return report


def test_activities_are_recorded_by_the_clock(
    sandbox: World, clock: time_machine.Traveller
) -> None:
    move_clock(sandbox, A_YEAR_ON)
    clock.shift(5)

    post(sandbox)
    sandbox.post_network_activity(
        village_activity({"/metadata": {}}), path_network=SANDBOX, network=SANDBOX
    )
    post(sandbox, network="demo")

    recorded_at = "2027-03-01T00:00:05.000000Z"
    assert [row["recorded_at"] for row in rows(sandbox)] == [recorded_at, recorded_at]
    # Without a time of its own it occurred when it was received.
    assert {row["occurred_at"] for row in rows(sandbox)} == {
        recorded_at,
        "2021-10-10T17:35:37.000000Z",
    }
    (real,) = rows(sandbox, "demo")
    assert real["recorded_at"] == "2026-03-01T12:00:05.000000Z"


def test_what_is_far_ahead_is_so_by_the_clock(sandbox: World) -> None:
    seconds = int((NOW + timedelta(days=300)).timestamp())
    body = hang_activity({"/activity/transaction_timestamp": seconds})

    sandbox.post_membership_activity("12345", body, network=SANDBOX)
    move_clock(sandbox, A_YEAR_ON)
    body["idempotency_key"] = "another"
    sandbox.post_membership_activity("12345", body, network=SANDBOX)

    assert [row.get("settled_outcome") for row in sorted_by_time(rows(sandbox))] == ["held", None]


def sorted_by_time(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: str(row["recorded_at"]))


def test_a_function_that_is_warm_goes_by_a_clock_that_was_moved_just_now(
    sandbox: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but that the network is a sandbox is remembered of it."""
    post(sandbox, "before")
    sandbox.get_membership("12345", network=SANDBOX)
    move_clock(sandbox, "2026-06-01T00:00:00Z")
    post(sandbox, "between")
    faults = Faults.install(monkeypatch)
    sandbox.restart()
    post(sandbox, "cold")
    move_clock(sandbox, A_YEAR_ON)
    faults.calls.clear()

    post(sandbox, "after")

    assert [row["recorded_at"] for row in sorted_by_time(rows(sandbox))] == [
        "2026-03-01T12:00:00.000000Z",
        "2026-06-01T00:00:00.000000Z",
        "2026-06-01T00:00:00.000000Z",
        A_YEAR_ON,
    ]
    # And the clock is all that is read for it.
    read = [call.request["Key"]["catalog_key"]["S"] for call in faults.calls if not call.is_write]
    assert read == ["sandbox#CLOCK"]


def test_production_pays_nothing_for_sandboxes(
    sandbox: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    sandbox.restart()
    post(sandbox, "cold", network="demo")
    sandbox.get_membership("12345")
    faults.calls.clear()

    post(sandbox, "warm", network="demo")
    assert [call.operation for call in faults.calls] == ["PutItem"]

    faults.calls.clear()
    sandbox.get_membership("12345")
    # The balance.
    assert [call.request["TableName"] for call in faults.calls] == ["balance"]


def test_whether_networks_are_sandboxes_is_not_read_one_by_one(
    sandbox: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    sandbox.restart()

    sandbox.invoke("reconcile", {})

    read = [call.request["Key"] for call in faults.calls if call.operation == "GetItem"]
    partitions = [key["catalog_key"]["S"] for key in read if "catalog_key" in key]
    assert partitions == ["sandbox#CLOCK"]


def test_versions_come_into_force_by_the_clock(sandbox: World) -> None:
    path = {"program_id": "coffee-club", "network_id": SANDBOX}
    request: dict[str, Any] = {"path": path, "network": SANDBOX}
    move_clock(sandbox, A_YEAR_ON)

    published = sandbox.call(PUT, {"program": with_rate("2")}, headers=OVERWRITE, **request)

    # Twice the cache's life after the sandbox's now.
    assert published.body["effective_at"] == "2027-03-01T00:01:00.000000Z"
    assert sandbox.call(GET, **request).body["version_in_force"] == 1
    assert membership_version(sandbox) == 1
    move_clock(sandbox, "2027-03-01T00:01:00Z")
    assert sandbox.call(GET, **request).body["version_in_force"] == 2
    assert membership_version(sandbox) == 2


def membership_version(world: World) -> int:
    version: int = world.get_membership("12345", network=SANDBOX).body["program"]["version"]
    return version


def test_a_version_that_was_published_and_jumped_to_at_once_decides(sandbox: World) -> None:
    """Warm functions believe the versions that they have read, but not for that time."""
    path = {"program_id": "coffee-club", "network_id": SANDBOX}
    sale = village_activity({"/metadata": {}})
    for _ in range(2):
        sandbox.post_network_activity(sale, path_network=SANDBOX, network=SANDBOX)
        sandbox.deliver()
        assert membership_version(sandbox) == 1
    sandbox.call(PUT, {"program": with_rate("2")}, path=path, network=SANDBOX, headers=OVERWRITE)
    move_clock(sandbox, A_YEAR_ON)

    sandbox.post_network_activity(sale, path_network=SANDBOX, network=SANDBOX)
    sandbox.deliver()

    versions = [
        (posting["recorded_at"], posting["program_version"])
        for posting in sandbox.postings()
        if posting["network_id"] == SANDBOX
    ]
    assert {version for at, version in versions if at == A_YEAR_ON} == {2}
    assert {version for at, version in versions if at != A_YEAR_ON} == {1}
    assert membership_version(sandbox) == 2


def test_keys_are_dated_in_real_time(sandbox: World) -> None:
    move_clock(sandbox, A_YEAR_ON)

    path = {"network_id": SANDBOX}
    body = {"key_id": "till", "role": "partner"}
    route = "POST /networks/{network_id}/api-keys"
    issued = sandbox.call(route, body, path=path, network=SANDBOX)

    assert issued.body["created_at"] == to_text(NOW)


# ---- reconcile over a jump ----


def swept_until(world: World) -> str | None:
    progress = [
        row.get("swept_until")
        for row in world.rows("balance")
        if row["membership_key"] == f"#RECONCILE#{SANDBOX}" and row["item_key"] == "SWEPT"
    ]
    return progress[0] if progress else None


def test_a_jump_of_a_year_is_swept_once_and_what_is_on_both_sides_is_found(
    sandbox: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconcile(sandbox)
    clock.shift(60)
    post(sandbox, "before")
    move_clock(sandbox, A_YEAR_ON)
    post(sandbox, "after")

    # What was under way at the jump is not taken for forgotten yet.
    clock.shift(GRACE)
    assert reconcile(sandbox)["checked"] == 0
    assert swept_until(sandbox) == "2026-03-01T12:01:00.000000Z"
    clock.shift(1)
    assert reconcile(sandbox)["found"] == 1
    assert swept_until(sandbox) == "2026-03-01T12:01:01.000000Z"
    clock.shift(59)
    # Then all at once: the overlap before the jump, the year, and what came after it.
    faults = Faults.install(monkeypatch)
    sandbox.restart()
    report = reconcile(sandbox)
    assert (report["found"], report["is_complete"]) == (1, True)
    assert swept_until(sandbox) == "2027-03-01T00:01:00.000000Z"
    # Of each slice, the first day is the last one's last day too.
    assert queries(faults) <= 8 * 365 + 300
    assert sandbox.balance("12345", network=SANDBOX) == "100"

    clock.shift(60)
    faults.calls.clear()
    assert reconcile(sandbox)["found"] == 0
    assert queries(faults) <= 100


def queries(faults: Faults) -> int:
    return sum(
        call.operation == "Query" and call.request["TableName"] == "ledger" for call in faults.calls
    )


def test_a_row_that_appears_after_the_jump_and_is_dated_before_it_is_found(
    sandbox: World, clock: time_machine.Traveller
) -> None:
    """Its writer had read the clock before the move, and was slow."""
    reconcile(sandbox)
    post(sandbox, "slow")
    (slow,) = [row for row in sandbox.items("ledger") if row["network_id"]["S"] == SANDBOX]
    sandbox.client.delete_item(TableName="ledger", Key={"activity_key": slow["activity_key"]})
    move_clock(sandbox, A_YEAR_ON)
    found = 0
    for second in range(0, 300, 20):
        clock.shift(20)
        if second == 40:
            sandbox.client.put_item(TableName="ledger", Item=slow)
        found += reconcile(sandbox)["found"]

    assert found == 1
    assert sandbox.balance("12345", network=SANDBOX) == "50"
    assert swept_until(sandbox) == to_text(NOW + YEAR + timedelta(seconds=300) - GRACE)


def test_a_sandbox_that_was_moved_before_its_first_sweep_is_swept_from_before_that(
    sandbox: World, clock: time_machine.Traveller
) -> None:
    post(sandbox, "before")
    clock.shift(timedelta(hours=1))
    move_clock(sandbox, A_YEAR_ON)
    post(sandbox, "after")
    clock.shift(timedelta(minutes=5))

    assert reconcile(sandbox)["found"] == 2


def test_moved_again_and_again_it_is_swept_all_the_same(
    sandbox: World, clock: time_machine.Traveller
) -> None:
    reconcile(sandbox)
    days = 60
    for day in range(1, days + 1):
        move_clock(sandbox, to_text(NOW + timedelta(days=day, hours=1)))
        post(sandbox, f"day-{day}")
        clock.shift(7)
        if day % 9 == 0:
            reconcile(sandbox)
    clock.shift(timedelta(minutes=3))
    reconcile(sandbox)

    assert sandbox.balance("12345", network=SANDBOX) == str(50 * days)
    assert len(rows(sandbox)) == days
