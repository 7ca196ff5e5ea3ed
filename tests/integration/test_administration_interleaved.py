"""Two who administer one network take turns at every call of the store, in all orders; or are
killed at one, and try again.
"""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from accrue.domain.administration_errors import (
    DefinitionInUseError,
    InvalidDefinitionError,
    PreconditionFailedError,
)
from accrue.domain.errors import InvalidNetworkDocumentError
from accrue.domain.network_document import parse_network_document
from accrue.domain.network_parts import ActivityTypePart, NetworkPart
from accrue.domain.preconditions import Precondition, etag_of
from accrue.services.import_catalog import CatalogImporter
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.catalog_tables import CatalogTables
from accrue.storage.clocks import NetworkClocks
from accrue.storage.definitions_revision import moved_revision, read_revision
from tests.integration.faults import Faults
from tests.integration.networks import demo_network
from tests.integration.test_administer_programs import (
    GET,
    OVERWRITE,
    call,
    publish,
    versions_stored,
    with_rate,
)
from tests.integration.world import World
from tests.unit.turns import Actor, Scheduler

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEDS = 60
WHATEVER = Precondition(accepts_any=True)


def administration(pause: Callable[[], None]) -> CatalogImporter:
    """What administers a network, with a client of its own that pauses around each call."""
    client = boto3.client("dynamodb", region_name="us-east-1")
    for when in ("before-call", "after-call"):
        client.meta.events.register(f"{when}.dynamodb", lambda **_: pause())
    table = AdministrationTable(client, "catalog")
    tables = CatalogTables.over(table)
    return CatalogImporter.over(
        tables,
        clock=NetworkClocks(tables.networks, table, lambda: NOW),
        real_now=lambda: NOW,
        cache_lifetime=timedelta(seconds=30),
        random_bytes=bytes,
    )


def in_turns(seed: int, *works: Callable[[CatalogImporter], str]) -> list[str]:
    """What each came to, when all take turns."""
    came_to: dict[int, str] = {}

    def actor(number: int) -> Actor:
        def work(pause: Callable[[], None]) -> None:
            came_to[number] = works[number](administration(pause))

        return Actor(work)

    scheduler = Scheduler(seed)
    scheduler.run([actor(n) for n in range(len(works))], lambda: None, may_kill=False)
    return [came_to[n] for n in range(len(works))]


def publishing(program: dict[str, Any], precondition: Precondition) -> Callable[..., str]:
    def work(catalog: CatalogImporter) -> str:
        try:
            saved = catalog.programs.publish(
                "demo", program["program_id"], {"program": program}, precondition
            )
        except (PreconditionFailedError, InvalidDefinitionError) as refusal:
            return type(refusal).__name__
        return f"version {saved.thing.version} at {saved.thing.program.rules[0].award.rate}"  # type: ignore[union-attr]

    return work


def test_of_two_who_publish_one_is_told_that_he_has_not_seen_it(world: World) -> None:
    snapshot = world.snapshot()
    seen = Precondition(etags=frozenset({call(world, GET).headers["ETag"]}))
    ends = Counter[str]()

    for seed in range(SEEDS):
        world.restore(snapshot)
        works = (publishing(with_rate(rate), seen) for rate in ("0.02", "0.03"))
        came_to = in_turns(seed, *works)

        assert came_to.count("PreconditionFailedError") == 1
        (won,) = (each for each in came_to if each != "PreconditionFailedError")
        latest = call(world, GET).body
        rate = latest["program"]["rules"][0]["award"]["rate"]
        assert won == f"version 2 at {rate}"
        assert versions_stored(world) == ["00000001", "00000002"]
        ends[won] += 1

    assert len(ends) == 2


def test_of_two_who_overwrite_neither_version_is_lost(world: World) -> None:
    snapshot = world.snapshot()
    ends = Counter[str]()

    for seed in range(SEEDS):
        world.restore(snapshot)
        works = (publishing(with_rate(rate), WHATEVER) for rate in ("0.02", "0.03"))
        came_to = in_turns(seed, *works)

        assert sorted(each.split(" at ")[0] for each in came_to) == ["version 2", "version 3"]
        assert versions_stored(world) == ["00000001", "00000002", "00000003"]
        ends[str(came_to)] += 1

    assert len(ends) == 2


def test_whoever_comes_after_many_others_is_served_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All publications of a network share its revision: each makes all others look again."""
    table = AdministrationTable(world.client, "catalog")
    faults = Faults.install(monkeypatch)
    world.restart()
    others = 40

    def other() -> None:
        table.change(moved_revision("demo", read_revision(table, "demo")))

    faults.run_before("TransactWriteItems", *[other] * others)
    answer = publish(world, with_rate("0.02"), headers=OVERWRITE)

    assert (answer.status, answer.body["version"]) == (200, 2)
    assert faults.counts()["TransactWriteItems"] == others + 1


def asking() -> dict[str, Any]:
    """A program that asks for metadata and names a role that no other does."""
    program: dict[str, Any] = deepcopy(demo_network()["programs"][0])
    program["rules"].append(
        {
            **program["rules"][0],
            "rule_id": "asking",
            "activity_type_id": "visit",
            "role": "host",
            "when": {"metadata": [{"field": "channel", "equals": "app"}]},
        }
    )
    return program


def without_role(catalog: CatalogImporter) -> str:
    part = ActivityTypePart.model_validate(
        {"activity_type_id": "visit", "kind": "action", "roles": ["visitor"]}
    )
    try:
        catalog.activity_types.put("demo", part, WHATEVER)
    except DefinitionInUseError as refusal:
        return type(refusal).__name__
    return "taken away"


def without_field(catalog: CatalogImporter) -> str:
    part = NetworkPart(network_id="demo", name="Demo network", metadata_fields=())
    try:
        catalog.networks.put(part, WHATEVER, may_create=False)
    except DefinitionInUseError as refusal:
        return type(refusal).__name__
    return "taken away"


def give_visit_a_host(world: World) -> None:
    """A role that no program names yet."""
    world.call(
        "PUT /networks/{network_id}/activity-types/{activity_type_id}",
        {"kind": "action", "roles": ["visitor", "host"]},
        path={"activity_type_id": "visit"},
        headers=OVERWRITE,
    )


@pytest.mark.parametrize("taking_away", [without_role, without_field])
def test_nothing_is_taken_from_under_a_program_that_is_being_published(
    world: World, taking_away: Callable[[CatalogImporter], str]
) -> None:
    give_visit_a_host(world)
    snapshot = world.snapshot()
    ends = Counter[tuple[str, ...]]()

    for seed in range(SEEDS):
        world.restore(snapshot)
        ends[tuple(in_turns(seed, publishing(asking(), WHATEVER), taking_away))] += 1

    assert ends.keys() == {
        ("version 2 at 0.01", "DefinitionInUseError"),
        ("InvalidDefinitionError", "taken away"),
    }


def importing(catalog: CatalogImporter) -> str:
    """Import the demo network with a program that names a role and asks for metadata."""
    document = demo_network()
    # The network keeps what it keeps.
    del document["network"]["metadata_fields"]
    named = {"activity_type_id": "visit", "kind": "action", "roles": ["visitor", "host"]}
    others = [t for t in document["activity_types"] if t["activity_type_id"] != "visit"]
    parts = {"activity_types": [named, *others], "programs": [asking()]}
    try:
        catalog.import_catalog(parse_network_document({"network": document["network"], **parts}))
    except InvalidNetworkDocumentError as refusal:
        return ", ".join(fault.pointer for fault in refusal.faults)
    return "imported"


@pytest.mark.parametrize(
    ("taking_away", "pointer"),
    [
        (without_role, "/programs/0/rules/4/role"),
        (without_field, "/programs/0/rules/4/when/metadata/0/field"),
    ],
)
def test_nothing_is_taken_from_under_a_program_that_is_being_imported(
    world: World, taking_away: Callable[[CatalogImporter], str], pointer: str
) -> None:
    give_visit_a_host(world)
    snapshot = world.snapshot()
    ends = Counter[tuple[str, ...]]()

    for seed in range(SEEDS):
        world.restore(snapshot)
        ends[tuple(in_turns(seed, importing, taking_away))] += 1
        if len(versions_stored(world)) == 2:
            stored = CatalogTables.over(AdministrationTable(world.client, "catalog"))
            network = stored.networks.find_network("demo")
            visit = stored.activity_types.find_activity_type("demo", "visit")
            assert network
            assert visit
            assert "channel" in network.metadata_fields
            assert "host" in visit.roles

    # By then the document was found right, and the type written.
    assert (pointer, "taken away") in ends


def test_an_etag_is_of_what_is_shown(world: World) -> None:
    store = CatalogTables.over(AdministrationTable(world.client, "catalog")).programs
    latest = store.find_latest_version("demo", "coffee-club")

    assert latest is not None
    assert etag_of(latest) == call(world, GET).headers["ETag"]
