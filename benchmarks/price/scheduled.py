"""What the scheduled functions take: of the rows that they go through, and of finding nothing."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import time_machine

from benchmarks.price.metered import Bench
from benchmarks.price.operations import operation_function
from benchmarks.price.work import Work
from tests.integration.world import ENVIRONMENT, Context, World

if TYPE_CHECKING:
    from types import ModuleType

HOUR = 3600
MINUTE = timedelta(minutes=1)
# How old rows must be.
RECONCILE_GRACE, SEAL_DELAY = (
    timedelta(seconds=int(ENVIRONMENT[name]))
    for name in ("RECONCILE_GRACE_SECONDS", "SEAL_DELAY_SECONDS")
)


def looked_after(world: World, measuring: Bench) -> Iterator[Work]:
    """What reconcile and the sealer take of rows that were applied, in one pass."""
    moments = sorted(
        datetime.fromisoformat(row["recorded_at"]["S"]) for row in world.items("ledger")
    )
    rows = len(moments)
    swept = moments[-1] + RECONCILE_GRACE + MINUTE
    yield _scheduled(measuring, "reconcile", rows, [swept] * 2, {"lookback_seconds": HOUR})
    # A row is sealed once: so the first half is for the time, and the second for the units.
    half, end = moments[rows // 2] + SEAL_DELAY, moments[-1] + SEAL_DELAY + MINUTE
    yield _scheduled(measuring, "seal_ledger", rows // 2, [half, end], {})


def idle_run(measuring: Bench, name: str) -> Work:
    """A run that finds nothing to do."""
    later = datetime.now(UTC) + timedelta(days=1)
    # The first run goes over the day.
    moments = [later, later + MINUTE, later + 2 * MINUTE]
    return _scheduled(measuring, name, 1, moments, {})


def _scheduled(
    measuring: Bench, name: str, rows: int, moments: Sequence[datetime], event: dict[str, Any]
) -> Work:
    module = import_module(f"functions.{name}.handler")
    clients = [module.client]
    if name == "seal_ledger":
        clients.append(module.seals._client)  # noqa: SLF001 - to be watched
    rounds = [partial(_run_at, module, moment, event) for moment in moments]
    return measuring.measure(operation_function(name, rows, 1, clients), rounds)


def _run_at(module: "ModuleType", moment: datetime, event: dict[str, Any]) -> None:
    with time_machine.travel(moment):
        answer = module.lambda_handler(event, Context("invocation", remaining_ms=600_000))
    assert "error" not in json.dumps(answer), answer
