"""Recorded events on moto."""

# moto first: a boto3 client made before it would talk to the real AWS.
from moto import mock_aws  # isort: skip

from collections.abc import Iterator
from io import StringIO

import boto3
import pytest

from tests.integration.bus import create_bus
from tests.integration.logs import captured_logs
from tests.integration.orders import JOBS, create_queue
from tests.integration.partiql import install_inserts
from tests.integration.seal_bucket import create_seal_bucket
from tests.integration.tables import create_tables
from tests.integration.world import ENVIRONMENT, World
from tests.proof.record import record
from tests.replay.player import Player


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record", action="store_true", help="keep what the events do now as what is expected"
    )


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    """The application on tables of its own; each case returns them to what it starts from."""
    with pytest.MonkeyPatch.context() as monkeypatch, mock_aws():
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        install_inserts(monkeypatch)
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_tables(client)
        create_bus()
        create_queue()
        create_queue(JOBS)
        create_seal_bucket()
        yield Player(World(client))


@pytest.fixture(scope="module")
def logged(player: Player) -> Iterator[StringIO]:
    """What the functions log, whatever the level."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        logs = captured_logs(player.world, monkeypatch)
        yield logs
        figures = {"log lines": len(logs.getvalue().splitlines()), "violations": 0}
        record("access", "recorded events", figures)
