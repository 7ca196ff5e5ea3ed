"""Imports that take long, or meet each other."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError

from tests.integration.conftest import NOW
from tests.integration.faults import Faults
from tests.integration.networks import demo_network
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
        if call.operation == "PutItem" and "effective_at" in call.request["Item"]
    ]
    return faults.calls[: versions[0]]


def test_what_another_import_wrote_meanwhile_is_not_lost(world: World, faults: Faults) -> None:
    world.import_network(_enrolled_too_in("tea", "t-1"))
    email = next(
        r
        for r in world.rows("catalog")
        if r["catalog_key"].startswith("demo#EMAIL#") and r["user_id"] == "user-1"
    )

    def other_import() -> None:
        enrolments = {"L": [*_as_stored(email["memberships"]), *_as_stored([_ref("cake", "c-1")])]}
        world.client.update_item(
            TableName="catalog",
            Key={"catalog_key": {"S": email["catalog_key"]}, "item_key": {"S": "USER"}},
            UpdateExpression="SET memberships = :all",
            ExpressionAttributeValues={":all": enrolments},
        )

    document = _enrolled_too_in("soup", "s-1")
    writes = _puts_before_enrolment(world, faults, document)
    faults.run_before("PutItem", *[lambda: None] * writes, other_import)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        world.import_network(document)
    world.import_network(document)

    (now,) = (r for r in world.rows("catalog") if r["catalog_key"] == email["catalog_key"])
    programs = [m["program_id"] for m in now["memberships"]]
    assert programs == ["coffee-club", "tea", "cake", "soup"]


def _ref(program_id: str, membership: str) -> dict[str, str]:
    return {"program_id": program_id, "program_membership_id": membership}


def _as_stored(memberships: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{"M": {name: {"S": value} for name, value in m.items()}} for m in memberships]


def _puts_before_enrolment(world: World, faults: Faults, document: dict[str, Any]) -> int:
    """How many writes an import of this document makes before it enrols user-1."""
    snapshot = world.snapshot()
    faults.calls.clear()
    world.import_network(document)
    puts = [
        call.request["Item"]["catalog_key"]["S"]
        for call in faults.calls
        if call.operation == "PutItem"
    ]
    world.restore(snapshot)
    faults.calls.clear()
    return next(i for i, key in enumerate(puts) if "#EMAIL#" in key)


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
    theirs: dict[str, Any] = {
        "catalog_key": {"S": "#NETWORKS"},
        "item_key": {"S": "new"},
        "network_id": {"S": "new"},
        "name": {"S": "Theirs"},
        "pseudonym_secret": {"S": "ab" * 32},
        "logs_undefined_types": {"BOOL": True},
        "metadata_fields": {"L": [{"S": "channel"}]},
    }
    faults.run_before("PutItem", lambda: world.client.put_item(TableName="catalog", Item=theirs))

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        world.import_network(document)
    assert "code" not in world.import_network(document)

    (network,) = (r for r in world.rows("catalog") if r["item_key"] == "new")
    assert network["pseudonym_secret"] == "ab" * 32
    assert (network["name"], network["logs_undefined_types"], network["metadata_fields"]) == (
        "Demo network",
        True,
        ["channel"],
    )
