"""Whole handlers on moto."""

# moto first: a boto3 client made before it would talk to the real AWS.
from moto import mock_aws  # isort: skip

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import boto3
import pytest
import time_machine
from moto.core.config import DefaultConfig

from tests.integration.bus import Listener, create_bus
from tests.integration.faults import Faults
from tests.integration.logs import captured_logs
from tests.integration.networks import demo_network
from tests.integration.orders import JOBS, Orders, create_queue
from tests.integration.partiql import install_inserts
from tests.integration.quick_moto import install_quick_moto
from tests.integration.receiver import Receiver, running_receiver
from tests.integration.rich_network import rich_network
from tests.integration.seal_bucket import create_seal_bucket
from tests.integration.spending import spending_network
from tests.integration.tables import create_tables
from tests.integration.world import ENVIRONMENT, World

# By network and role.
type Keys = dict[tuple[str, str], str]

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
# The network's own and one for each of its keys. Whoever copies it draws them too, so that no
# network that is imported later has the same.
SECRETS_OF_DEMO_NETWORK = 3
# Moto's default, a new session for each test, reads botocore's descriptions of AWS again each time.
MOTO: DefaultConfig = {"core": {"reset_boto3_session": False}}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    """Time stands still at NOW until a test moves it; new ids count up; secrets are known."""
    with _frozen(monkeypatch) as traveller:
        yield traveller


@pytest.fixture
def empty_world(monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller) -> Iterator[World]:
    """The application on empty tables."""
    assert clock is not None
    with _application(monkeypatch) as world:
        yield world


@pytest.fixture
def world(empty_world: World, demo_catalog: list[dict[str, Any]]) -> World:
    """The application with the demo network."""
    return _with_demo_network(empty_world, demo_catalog)


@pytest.fixture
def bus(empty_world: World) -> Listener:
    """What listens to the bus, on which publish_events puts events."""
    assert empty_world is not None
    return create_bus()


@pytest.fixture
def tea_house(empty_world: World) -> World:
    """The application with a network whose program has some of everything."""
    empty_world.import_network(rich_network())
    empty_world.restart()
    return empty_world


@pytest.fixture
def spenders(empty_world: World) -> World:
    """The application with a network whose points wait and expire."""
    empty_world.import_network(spending_network())
    empty_world.restart()
    return empty_world


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, empty_world: World) -> Faults:
    """Watches the functions that start from now on."""
    installed = Faults.install(monkeypatch)
    empty_world.restart()
    return installed


@pytest.fixture(scope="module")
def unchanged_world(demo_catalog: list[dict[str, Any]]) -> Iterator[World]:
    """The application with the demo network, made once for a file of tests that change nothing.

    Such a file can't use `world` too: both would be on the same tables.
    """
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        _frozen(monkeypatch),
        _application(monkeypatch) as world,
    ):
        yield _with_demo_network(world, demo_catalog)


@pytest.fixture(scope="module")
def keys(unchanged_world: World) -> Keys:
    """The API keys of two further networks, north and south."""
    reports = [unchanged_world.import_network(demo_network(name)) for name in ("north", "south")]
    unchanged_world.restart()
    return {(r["network_id"], k["role"]): k["api_key"] for r in reports for k in r["api_keys"]}


@pytest.fixture(scope="session")
def demo_catalog() -> list[dict[str, Any]]:
    """The catalog's items once the demo network has been imported; filled by the first to do so."""
    return []


def _with_demo_network(world: World, demo_catalog: list[dict[str, Any]]) -> World:
    # To copy it is ten times faster than to import it.
    if demo_catalog:
        world.put_items("catalog", demo_catalog)
        for _ in range(SECRETS_OF_DEMO_NETWORK):
            secrets.token_bytes(32)
    else:
        world.import_network(demo_network())
        world.restart()
        demo_catalog.extend(world.items("catalog"))
    world.invocations = 1
    return world


@pytest.fixture
def logs(empty_world: World, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the functions log, whatever the level."""
    return captured_logs(empty_world, monkeypatch)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's server, to which webhooks are sent."""
    with running_receiver() as running:
        yield running


@pytest.fixture
def orders(world: World, bus: Listener, clock: time_machine.Traveller) -> Orders:
    """The delivery queue, beside the bus."""
    assert bus is not None
    return Orders(create_queue(), world, clock)


@pytest.fixture
def job_orders(empty_world: World, clock: time_machine.Traveller) -> Orders:
    """The job queue."""
    return Orders(create_queue(JOBS), empty_world, clock, JOBS)


@contextmanager
def running_application(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[World, time_machine.Traveller]]:
    """The application on empty tables, and its clock; for a file that makes its world once."""
    with _frozen(monkeypatch) as clock, _application(monkeypatch) as world:
        yield world, clock


@contextmanager
def _frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    numbers = iter(range(1, 1_000_000))
    monkeypatch.setattr("accrue.runtime.http.new_unique", lambda: f"unique-{next(numbers)}")
    monkeypatch.setattr("secrets.token_bytes", _known_bytes())
    # As long as is promised at most: no test may see less of what is stale than there can be.
    monkeypatch.setattr("accrue.storage.catalog_cache.share_of", lambda seconds: seconds)
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def _known_bytes() -> Callable[[int], bytes]:
    numbers = iter(range(1_000_000))
    return lambda size: hashlib.sha256(str(next(numbers)).encode()).digest()[:size]


@contextmanager
def _application(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("accrue.storage.client_config.CHECKS_PARAMETERS", True)
    install_inserts(monkeypatch)
    install_quick_moto(monkeypatch)
    with mock_aws(config=MOTO):
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_tables(client)
        create_seal_bucket()
        world = World(client)
        world.restart()
        yield world
