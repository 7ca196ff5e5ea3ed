"""The application and both baselines on moto, on the tables of the template."""

# moto first: a boto3 client made before it would talk to the real AWS.
from moto import mock_aws  # isort: skip

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest

from benchmarks.baseline.tables import Tables
from benchmarks.network import network_document
from benchmarks.sides import BENCH_ENVIRONMENT
from tests.integration.quick_moto import install_quick_moto
from tests.integration.tables import Definitions, create_tables, table_definitions
from tests.integration.world import World


def all_definitions() -> Definitions:
    """The tables of all sides."""
    baselines = [Tables.of(name).definitions() for name in ("stock", "correct")]
    return {**table_definitions(), **baselines[0], **baselines[1]}


@contextmanager
def moto_world() -> Iterator[World]:
    """The measured network, imported, in functions that have just started."""
    with pytest.MonkeyPatch.context() as monkeypatch, mock_aws():
        for name, value in BENCH_ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        install_quick_moto(monkeypatch)
        client = boto3.client("dynamodb")
        create_tables(client, all_definitions())
        world = World(client)
        world.restart()
        world.import_network(network_document())
        world.restart()
        yield world
