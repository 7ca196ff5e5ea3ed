"""The real template on the embedded AWS: deployed once, with a network of its own for each test."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.live_stack import LiveStack
from local.stack import running_stack
from tests.e2e.network import LiveNetwork
from tests.integration.networks import demo_network


@pytest.fixture(scope="session")
def stack() -> Iterator[LiveStack]:
    """The running stack with the demo network in it, execution roles enforced."""
    with running_stack(quiet=True) as running:
        yield running


@pytest.fixture(scope="session")
def http(stack: LiveStack) -> Iterator[httpx.Client]:
    """A client of the stack; it trusts nothing from the environment."""
    with httpx.Client(base_url=stack.api_url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def network(stack: LiveStack, http: httpx.Client) -> LiveNetwork:
    """A new network with membership 12345 and all the demo's types and users."""
    return new_network(stack, http)


@pytest.fixture
def sandbox(stack: LiveStack, http: httpx.Client) -> LiveNetwork:
    """A new sandbox, whose points are good for 30 days."""
    document: dict[str, Any] = demo_network(f"sandbox-{uuid.uuid4().hex[:12]}")
    document["network"]["is_sandbox"] = True
    document["programs"][0]["points"]["expiry"] = {"kind": "after_days", "days": 30}
    return _imported(stack, http, document)


@pytest.fixture
def other_network(stack: LiveStack, http: httpx.Client) -> LiveNetwork:
    """A second new network with the same memberships, types and users."""
    return new_network(stack, http)


def new_network(stack: LiveStack, http: httpx.Client) -> LiveNetwork:
    """Import a network under a name that was never used."""
    return _imported(stack, http, demo_network(f"net-{uuid.uuid4().hex[:12]}"))


def _imported(stack: LiveStack, http: httpx.Client, document: dict[str, Any]) -> LiveNetwork:
    report = stack.invoke("import_catalog", document)
    keys = {key["key_id"]: key["api_key"] for key in report["api_keys"]}
    return LiveNetwork(stack, http, report["network_id"], keys["partner"], keys["admin"])
