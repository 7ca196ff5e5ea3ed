"""Imports that take long, or meet each other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accrue.domain.catalog import Network
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.networks import NetworkTable
from tests.integration.bodies import BUYER_EMAIL, village_activity
from tests.integration.conftest import NOW
from tests.integration.faults import Faults
from tests.integration.networks import demo_network
from tests.integration.users import assert_users_agree, stored_user
from tests.integration.world import World

SECONDS_A_READ = 10
TWICE_THE_CACHES_LIFE = timedelta(seconds=60)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """Faults of the functions that start from now on."""
    installed = Faults.install(monkeypatch)
    world.restart()
    return installed


def _enrolled_too_in(program_id: str, membership: str) -> dict[str, Any]:
    document = demo_network()
    document["programs"].append({**document["programs"][0], "program_id": program_id})
    document["memberships"].append(
        {"program_membership_id": membership, "program_id": program_id, "user_id": "user-1"}
    )
    return document


def test_a_version_is_dated_when_it_is_written_however_long_it_was_checked(
    world: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    document = demo_network()
    document["programs"][0]["name"] = "Renamed"
    reads = [lambda: clock.shift(SECONDS_A_READ)] * 40
    faults.run_before("GetItem", *reads)

    world.import_network(document)

    written_after = sum(call.operation == "GetItem" for call in _until_the_version(faults))
    (version,) = (r for r in world.rows("catalog") if r["item_key"] == "00000002")
    earliest = NOW + timedelta(seconds=SECONDS_A_READ * written_after) + TWICE_THE_CACHES_LIFE
    assert written_after > 20
    assert version["effective_at"] >= earliest.strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def _until_the_version(faults: Faults) -> list[Any]:
    versions = [
        index
        for index, call in enumerate(faults.calls)
        if call.operation == "TransactWriteItems"
        and any("document" in write["Put"]["Item"] for write in call.request["TransactItems"])
    ]
    return faults.calls[: versions[0]]


def test_what_another_import_wrote_meanwhile_is_not_lost(world: World, faults: Faults) -> None:
    world.import_network(_enrolled_too_in("tea", "t-1"))
    other = _enrolled_too_in("cake", "c-1")
    document = _enrolled_too_in("soup", "s-1")
    writes = _writes_before_enrolment(world, faults, document)
    nothing = [lambda: None] * writes
    faults.run_before("TransactWriteItems", *nothing, lambda: world.import_network(other))

    world.import_network(document)

    programs = [m["program_id"] for m in stored_user(world, "user-1")["memberships"]]
    assert programs == ["coffee-club", "tea", "cake", "soup"]
    assert_users_agree(world)


def _writes_before_enrolment(world: World, faults: Faults, document: dict[str, Any]) -> int:
    """How many transactions an import of this document makes before it enrols user-1."""
    snapshot = world.snapshot()
    faults.calls.clear()
    world.import_network(document)
    writes = [str(call.request) for call in faults.calls if call.operation == "TransactWriteItems"]
    world.restore(snapshot)
    faults.calls.clear()
    return next(i for i, write in enumerate(writes) if "demo#USERS" in write)


def test_the_first_enrolment_counts_as_soon_as_it_is_made(world: World) -> None:
    visit = {
        "activity_short_id": "task",
        "amount": "1",
        "users": {"doer": "not.enrolled@example.com"},
    }
    world.post_network_activity(visit)
    document = demo_network()
    document["memberships"].append(
        {"program_membership_id": "m-5", "program_id": "coffee-club", "user_id": "user-5"}
    )
    world.import_network(document)

    world.post_network_activity(visit)
    world.deliver()

    assert world.balance("m-5") == "50"


def test_what_another_import_said_of_the_network_meanwhile_is_not_lost(
    world: World, faults: Faults
) -> None:
    """The secret that it minted above all: with another one nobody would find its users again."""
    document = demo_network("new")
    del document["network"]["metadata_fields"]
    theirs = Network("new", "Theirs", b"\xab" * 32, True, ("channel",))
    table = NetworkTable(AdministrationTable(world.client, "catalog"))
    faults.run_before("TransactWriteItems", lambda: table.save_network(None, theirs, None))

    report = world.import_network(document)

    assert "code" not in report
    network = table.find_network("new")
    assert network == replace(theirs, name="Demo network")
    body = village_activity({"/users": {"buyer": BUYER_EMAIL}})
    answer = world.post_network_activity(body, path_network="new", network="new")
    assert answer.status == 201


def test_what_another_import_has_made_meanwhile_is_looked_at_before_anything_is_written(
    world: World, faults: Faults
) -> None:
    theirs = {
        "network": {"network_id": "new", "name": "Theirs"},
        "users": [{"user_id": "somebody-else", "email": BUYER_EMAIL}],
    }
    faults.run_before("TransactWriteItems", lambda: world.import_network(theirs))

    report = world.import_network(demo_network("new"))

    assert report["code"] == "INVALID_NETWORK_DOCUMENT"
    assert [fault["pointer"] for fault in report["errors"]] == ["/users/0/email"]
    rows = world.rows("catalog")
    assert not any(row["catalog_key"] == "new#TYPES" for row in rows)
    assert [row["name"] for row in rows if row["item_key"] == "new"] == ["Theirs"]
