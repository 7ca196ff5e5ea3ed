"""A soak from its first request to the comparison of all that is stored."""

import random
import time
import uuid
from dataclasses import dataclass
from decimal import Decimal
from statistics import quantiles

import httpx

from local.live_stack import LiveStack
from tests.e2e.network import LiveNetwork
from tests.proof.record import Figures
from tests.proof.soak.clients import Acknowledgement, Clients
from tests.proof.soak.oracle import expected_balances
from tests.proof.soak.plan import plan, soak_network
from tests.proof.soak.stored import Stored
from tests.proof.soak.workers import Killer

# The reconciler brings back what died with a worker; it runs each minute and leaves out the last
# seconds.
PATIENCE_SECONDS = 300.0
LOOK_EVERY_SECONDS = 2.0
ANSWERS_BETWEEN_KILLS = 25
# By then the reconciler looks at the last row too, and whatever comes twice has come.
SETTLE_SECONDS = 8.0
LOOK_BACK = {"lookback_seconds": 3600}


@dataclass(frozen=True)
class Soak:
    """What a soak came to; `differences` are sentences about what is not as it must be."""

    figures: Figures
    differences: list[str]


def soak(stack: LiveStack, activities: int, seed: int) -> Soak:
    """Post so many activities, kill workers meanwhile, and compare."""
    network_id = f"soak-{uuid.uuid4().hex[:12]}"
    keys = stack.invoke("import_catalog", soak_network(network_id))["api_keys"]
    api_keys = {key["key_id"]: key["api_key"] for key in keys}
    # The order in which a busy machine answers is its own: a seed gives the same requests only.
    requests = plan(network_id, activities, random.Random(seed))  # noqa: S311 - a test's order
    with httpx.Client(base_url=stack.api_url, timeout=60, trust_env=False) as http:
        network = LiveNetwork(stack, http, network_id, api_keys["partner"], api_keys["admin"])
        clients = Clients(network)
        answered = clients.acknowledged.__len__
        killer = Killer(stack.emulator.keeper_pid, answered, ANSWERS_BETWEEN_KILLS)
        with killer.at_work():
            clients.send_all(requests)
    told = clients.acknowledged
    expected = expected_balances(told)
    _wait_for_balances(stack, network_id, expected)
    # Nothing more comes of anything by looking at all of it once more.
    time.sleep(SETTLE_SECONDS)
    stack.invoke("reconcile", LOOK_BACK)
    stored = Stored.read(stack, network_id)
    differences = [*_differing(stored.balances(), expected), *stored.differences(told)]
    figures: Figures = {
        "requests": len(requests),
        **_counts(told),
        "sent_again": sum(clients.tries.values()),
        "workers_killed": killer.killed.total(),
        "apply_rules_killed": killer.killed["ApplyRulesFunction"],
        "posted": len(stored.postings()),
        **_percentiles(stored.lags_seconds()),
        "differences": len(differences),
    }
    return Soak(figures, differences)


def _wait_for_balances(stack: LiveStack, network_id: str, expected: dict[str, Decimal]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Stored.read(stack, network_id).balances() != expected and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_SECONDS)


def _differing(stored: dict[str, Decimal], expected: dict[str, Decimal]) -> list[str]:
    return [
        f"{membership} has {stored.get(membership)}, and should have {expected.get(membership)}"
        for membership in sorted(stored.keys() | expected.keys())
        if stored.get(membership) != expected.get(membership)
    ]


def _counts(told: list[Acknowledgement]) -> Figures:
    return {
        "acknowledged": sum(each.is_accepted for each in told),
        "replayed": sum(each.is_replay for each in told),
        "refused": sum(not each.is_accepted for each in told),
    }


def _percentiles(lags: list[float]) -> Figures:
    cuts = quantiles(lags, n=100)
    return {
        "lag_p50_s": round(cuts[49], 2),
        "lag_p95_s": round(cuts[94], 2),
        "lag_p99_s": round(cuts[98], 2),
        "lag_max_s": round(max(lags), 2),
    }
