"""A soak from its first request to the comparison of all balances."""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import quantiles
from typing import Any

import httpx

from local.live_stack import LiveStack
from tests.e2e.network import LiveNetwork
from tests.integration.world import plain
from tests.proof.record import Figures
from tests.proof.soak.clients import Clients
from tests.proof.soak.oracle import expected_balances
from tests.proof.soak.plan import plan, soak_network
from tests.proof.soak.workers import Killer

# The reconciler brings back what died with a worker; it runs each minute and leaves out the last
# seconds.
PATIENCE_SECONDS = 300.0
LOOK_EVERY_SECONDS = 2.0


@dataclass(frozen=True)
class Soak:
    """What a soak came to; `differences` are memberships whose balance is another than it must
    be, with both.
    """

    figures: Figures
    differences: dict[str, tuple[Decimal, Decimal]]


def soak(stack: LiveStack, activities: int, seed: int) -> Soak:
    """Post so many activities, kill workers meanwhile, and compare."""
    # The order in which a busy machine answers is its own: a seed gives the same requests only.
    chance = random.Random(seed)  # noqa: S311 - a test's order
    network_id = f"soak-{uuid.uuid4().hex[:12]}"
    keys = stack.invoke("import_catalog", soak_network(network_id))["api_keys"]
    api_keys = {key["key_id"]: key["api_key"] for key in keys}
    killer = Killer(stack.emulator.keeper_pid, chance)
    with httpx.Client(base_url=stack.api_url, timeout=60, trust_env=False) as http:
        network = LiveNetwork(stack, http, network_id, api_keys["partner"], api_keys["admin"])
        clients = Clients(network)
        requests = plan(network_id, activities, random.Random(seed))  # noqa: S311 - a test's order
        with killer.at_work():
            clients.send_all(requests)
    expected = expected_balances(clients.acknowledged)
    is_complete = _wait_until(lambda: _balances(stack, network_id) == expected)
    stored = _balances(stack, network_id)
    assert is_complete == (stored == expected)
    lags = _lags_seconds(stack, network_id)
    figures = {
        "requests": len(requests),
        "acknowledged": sum(each.is_accepted for each in clients.acknowledged),
        "replayed": sum(each.is_replay for each in clients.acknowledged),
        "refused": sum(not each.is_accepted for each in clients.acknowledged),
        "sent_again": sum(clients.tries.values()),
        "workers_killed": killer.killed,
        "posted": len(lags),
        **_percentiles(lags),
    }
    differences = {
        membership: (stored.get(membership, Decimal(0)), expected.get(membership, Decimal(0)))
        for membership in stored.keys() | expected.keys()
        if stored.get(membership) != expected.get(membership)
    }
    return Soak({**figures, "differences": len(differences)}, differences)


def _wait_until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY_SECONDS)
    return True


def _balances(stack: LiveStack, network_id: str) -> dict[str, Decimal]:
    return {
        item["program_membership_id"]: item["points"]
        for item in _items(stack, network_id)
        if item["item_key"] == "BALANCE"
    }


def _lags_seconds(stack: LiveStack, network_id: str) -> list[float]:
    """From when an activity was recorded to when its points were, of each posting."""
    rows = {row["activity_id"]: row["recorded_at"] for row in _rows(stack, network_id)}
    return [
        (
            datetime.fromisoformat(item["posted_at"])
            - datetime.fromisoformat(rows[item["activity_id"]])
        ).total_seconds()
        for item in _items(stack, network_id)
        if item["item_key"].startswith("POSTING#")
    ]


def _rows(stack: LiveStack, network_id: str) -> list[dict[str, Any]]:
    return _scan(stack, "ledger", "activity_key", f"{network_id}#")


def _items(stack: LiveStack, network_id: str) -> list[dict[str, Any]]:
    return _scan(stack, "balance", "membership_key", f"{network_id}#M#")


def _scan(stack: LiveStack, table: str, key: str, prefix: str) -> list[dict[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan")
    return [
        plain(item)
        for page in pages.paginate(TableName=stack.table_name(table), ConsistentRead=True)
        for item in page["Items"]
        if item[key]["S"].startswith(prefix) and "#" not in item[key]["S"].removeprefix(prefix)
    ]


def _percentiles(lags: list[float]) -> dict[str, float]:
    cuts = quantiles(lags, n=100)
    return {
        "lag_p50_s": round(cuts[49], 2),
        "lag_p95_s": round(cuts[94], 2),
        "lag_p99_s": round(cuts[98], 2),
        "lag_max_s": round(max(lags), 2),
    }
