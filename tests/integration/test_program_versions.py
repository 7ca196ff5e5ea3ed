"""Which version of a program is read, and what reading it costs after many versions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accrue.domain.errors import NoVersionInForceError
from accrue.domain.network_parts import NetworkPart
from accrue.domain.preconditions import Precondition
from accrue.domain.program.program import Program, ProgramVersion, version_in_force
from accrue.domain.program_publication import PublicationBasis
from accrue.services.import_catalog import CatalogImporter
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.catalog_tables import CatalogTables
from accrue.storage.clocks import NetworkClocks
from accrue.storage.program_catalog import NEWEST_VERSIONS, ProgramCatalog
from accrue.storage.programs import ProgramTable
from tests.integration.conftest import NOW
from tests.integration.world import World

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
VERSIONS = 40
CACHE_SECONDS = 30


@pytest.fixture
def catalog(empty_world: World) -> ProgramCatalog:
    """A catalog with a program of many versions, one a day."""
    programs = ProgramTable(AdministrationTable(empty_world.client, "catalog"))
    latest = None
    for number in range(1, VERSIONS + 1):
        program = Program.model_validate(
            {"program_id": "club", "name": f"Version {number}", "points": {"unit": "points"}}
        )
        effective_at = FIRST + timedelta(days=number)
        wanted = ProgramVersion(number, effective_at, program)
        programs.add_version("demo", latest, wanted, PublicationBasis(number - 1))
        latest = wanted
    return ProgramCatalog(empty_world.client, "catalog", CACHE_SECONDS)


def _queries(world: World) -> list[dict[str, Any]]:
    """The queries that are made from now on."""
    made: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        made.append(params)

    world.client.meta.events.register("provide-client-params.dynamodb.Query", note)
    return made


def test_what_is_recorded_now_reads_the_newest_versions_once(
    empty_world: World, catalog: ProgramCatalog
) -> None:
    made = _queries(empty_world)

    for day in (VERSIONS + 5, VERSIONS, VERSIONS - 1):
        version = catalog.program_version_at("demo", "club", FIRST + timedelta(days=day))
        assert version.version == min(day, VERSIONS)

    (query,) = made
    assert (query["Limit"], query["ScanIndexForward"]) == (NEWEST_VERSIONS, False)


def test_what_was_recorded_long_ago_is_decided_by_the_version_of_that_time(
    empty_world: World, catalog: ProgramCatalog
) -> None:
    made = _queries(empty_world)

    for day in (1, 2, 20):
        moment = FIRST + timedelta(days=day, seconds=1)
        assert catalog.program_version_at("demo", "club", moment).version == day
    # The newest, and then all of them, once.
    assert len(made) == 2


def test_publishing_reads_no_more_after_many_versions(
    empty_world: World, catalog: ProgramCatalog
) -> None:
    assert catalog.find_program_version("demo", "club", VERSIONS)
    table = AdministrationTable(empty_world.client, "catalog")
    tables = CatalogTables.over(table)
    importer = CatalogImporter.over(
        tables,
        clock=NetworkClocks(tables.networks, table, lambda: FIRST),
        real_now=lambda: FIRST,
        cache_lifetime=timedelta(seconds=CACHE_SECONDS),
        random_bytes=bytes,
    )
    whatever = Precondition(accepts_any=True)
    network = NetworkPart(network_id="demo", name="Demo")
    importer.networks.put(network, Precondition(), may_create=True)
    read: list[dict[str, Any]] = []

    def note(parsed: dict[str, Any], **_: object) -> None:
        items = [*parsed.get("Items", []), parsed.get("Item", {})]
        read.extend(item for item in items if "document" in item)

    empty_world.client.meta.events.register("after-call.dynamodb", note)
    program = {"name": "Next", "points": {"unit": "points"}}
    saved = importer.programs.publish("demo", "club", {"program": program}, whatever)

    assert saved.thing.version == VERSIONS + 1
    assert 0 < len(read) <= 4


# Few moments, so that many versions come into force at one, or after a later version.
DAYS = st.integers(1, 6)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(days=st.lists(DAYS, min_size=1, max_size=7), now=DAYS)
def test_the_newest_versions_decide_as_all_of_them_would(
    empty_world: World, days: list[int], now: int
) -> None:
    club = f"club-{''.join(map(str, days))}-{now}"
    programs = ProgramTable(AdministrationTable(empty_world.client, "catalog"))
    program = Program.model_validate(
        {"program_id": club, "name": "Club", "points": {"unit": "points"}}
    )
    versions = [
        ProgramVersion(number, FIRST + timedelta(days=day), program)
        for number, day in enumerate([0, *days], start=1)
    ]
    if programs.find_latest_version(club, club) is None:
        for before, version in zip([None, *versions], versions, strict=False):
            revision = programs.find_revision(club)
            programs.add_version(club, before, version, PublicationBasis(revision))
    moment = FIRST + timedelta(days=now)
    expected = max(v.version for v in versions if v.effective_at <= moment)

    read = ProgramCatalog(empty_world.client, "catalog", CACHE_SECONDS)

    assert version_in_force(versions, moment).version == expected
    assert read.program_version_at(club, club, moment).version == expected
    deciding = [v.version for v in programs.deciding_versions(club, club, moment)]
    ever = {version_in_force(versions, FIRST + timedelta(days=d)).version for d in range(now, 7)}
    assert deciding[-1] == expected
    assert set(deciding) == ever


def test_a_version_is_in_force_from_its_very_moment(catalog: ProgramCatalog) -> None:
    moment = FIRST + timedelta(days=VERSIONS)

    assert catalog.program_version_at("demo", "club", moment).version == VERSIONS
    before = catalog.program_version_at("demo", "club", moment - timedelta(microseconds=1))
    assert before.version == VERSIONS - 1


def test_before_the_first_version_and_without_any_nothing_decides(catalog: ProgramCatalog) -> None:
    with pytest.raises(NoVersionInForceError):
        catalog.program_version_at("demo", "club", FIRST)
    with pytest.raises(NoVersionInForceError):
        catalog.program_version_at("demo", "unknown", FIRST)


def _publish_another(world: World, effective_at: datetime) -> None:
    newer = Program.model_validate(
        {"program_id": "club", "name": "Newer", "points": {"unit": "points"}}
    )
    programs = ProgramTable(AdministrationTable(world.client, "catalog"))
    latest = programs.find_latest_version("demo", "club")
    wanted = ProgramVersion(VERSIONS + 1, effective_at, newer)
    programs.add_version("demo", latest, wanted, PublicationBasis(VERSIONS))


def test_a_new_version_is_seen_once_the_cache_has_forgotten(
    empty_world: World, catalog: ProgramCatalog, clock: time_machine.Traveller
) -> None:
    assert catalog.program_version_at("demo", "club", NOW).version == VERSIONS
    _publish_another(empty_world, NOW)

    clock.shift(CACHE_SECONDS - 1)
    assert catalog.program_version_at("demo", "club", NOW).version == VERSIONS
    clock.shift(1)
    assert catalog.program_version_at("demo", "club", NOW).version == VERSIONS + 1


def test_what_was_read_is_not_believed_for_later_than_it_can_know(
    empty_world: World, catalog: ProgramCatalog
) -> None:
    """A sandbox's clock may have jumped there since."""
    known_until = NOW + timedelta(seconds=2 * CACHE_SECONDS)
    just_before = known_until - timedelta(microseconds=1)
    assert catalog.program_version_at("demo", "club", NOW).version == VERSIONS
    # The soonest that a version published now can be in force.
    _publish_another(empty_world, known_until)
    made = _queries(empty_world)

    assert catalog.program_version_at("demo", "club", just_before).version == VERSIONS
    assert made == []
    assert catalog.program_version_at("demo", "club", known_until).version == VERSIONS + 1
    assert len(made) == 1
    # What was read anew is believed from then on.
    assert catalog.program_version_at("demo", "club", just_before).version == VERSIONS
    assert len(made) == 1


def test_a_version_is_found_by_its_number(catalog: ProgramCatalog) -> None:
    found = catalog.find_program_version("demo", "club", 7)

    assert found is not None
    assert (found.version, found.program.name) == (7, "Version 7")
    assert catalog.find_program_version("demo", "club", VERSIONS + 1) is None
    assert catalog.find_program_version("other", "club", 7) is None
