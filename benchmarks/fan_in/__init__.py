"""How the stream of the ledger is kept up with: a simulation, in simulated time alone.

A membership's activities lie in all shards, since the key of a ledger row is a hash. So invocations
that run at once meet on the same balances, and wait for each other as storage/dynamo.py says. No
handler runs: what calls take is assumed (benchmarks/lambda_time.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from accrue.services.apply_rules import MAX_ITEMS_TOGETHER
from accrue.services.sharing import BATCHES_APART, Sharing
from benchmarks.fan_in.scenario import AlwaysSharing, NeverSharing, Scenario
from benchmarks.fan_in.simulation import Result, simulate
from benchmarks.figures import Measured, Table
from benchmarks.lambda_time import MB_OF_A_VCPU

SKEWS = (0.0, 0.8, 1.1, 1.5)
LOADS = (10, 100, 300, 1000)
# Where the settings begin to matter.
BUSY = 300
FACTORS = (1, 2, 4, 10)
WINDOWS_AND_SIZES = ((0, 100), (1, 25), (1, 100), (1, 1000), (5, 100), (5, 1000))
SHARING = {"never": NeverSharing, "always": AlwaysSharing, "as it is": Sharing}
SHARED_AT = (10, 100)
SHARDS = (4, 8, 16)
LADDER = (100, 200, 300, 400, 600, 800, 1200, 1600, 2400)
# Enough to see whether lags grow.
LADDER_SECONDS = 20.0
HEAD = (
    "p50, s",
    "p99, s",
    "longest, s",
    "keeps up",
    "transactions each",
    "write units each",
    "conflicts per 1,000",
)


def measure() -> Measured:
    """Lags, transactions and conflicts by load, skew and settings."""
    return Measured(tables=[_by_load(), _by_factor(), _by_batch(), _by_sharing(), _limits()])


def _by_load() -> Table:
    rows = [
        [str(load), skew, *_told(simulate(Scenario(load=load, skew=skew)))]
        for load in LOADS
        for skew in SKEWS
    ]
    settings = Scenario(load=1).settings
    about = f"""From recorded to posted, by the load and how unevenly it falls on 10,000 memberships
        (Zipf's exponent), with 4 shards and the template's settings: ParallelizationFactor
        {settings.concurrent_batches}, a window of {settings.window.total_seconds():.0f} s, batches
        of {settings.batch_size}. Simulated for 30 s:
        where it does not keep up, lags go on growing."""
    return Table("Lag by load", about, ["activities/s", "skew", *HEAD], rows)


def _by_factor() -> Table:
    rows = [
        [str(factor), skew, *_told(simulate(_by(Scenario(load=BUSY, skew=skew), factor=factor)))]
        for factor in FACTORS
        for skew in SKEWS
    ]
    about = f"The same at {BUSY} activities a second, by ParallelizationFactor."
    head = ["ParallelizationFactor", "skew", *HEAD]
    return Table("Lag by ParallelizationFactor", about, head, rows)


def _by_batch() -> Table:
    rows = []
    for seconds, size in WINDOWS_AND_SIZES:
        scenario = _by(Scenario(load=BUSY, skew=SKEWS[2]), window_seconds=seconds, batch_size=size)
        rows.append([f"{seconds} s", size, *_told(simulate(scenario))])
    about = f"The same at {BUSY} activities a second and a skew of {SKEWS[2]}, by window and size."
    return Table("Lag by window and batch size", about, ["window", "BatchSize", *HEAD], rows)


def _by_sharing() -> Table:
    rows = [
        [name, str(load), skew, *_told(simulate(Scenario(load=load, skew=skew, sharing=sharing)))]
        for load in SHARED_AT
        for skew in SKEWS
        for name, sharing in SHARING.items()
    ]
    about = f"""The same by whether memberships of a batch share transactions of up to
        {MAX_ITEMS_TOGETHER} items. If anything is in the way of one, all are paid for in vain; so
        apply_rules shares none in the {BATCHES_APART} batches after that."""
    return Table("Shared transactions", about, ["shared", "activities/s", "skew", *HEAD], rows)


def _limits() -> Table:
    rows = []
    for shards in SHARDS:
        scenario = Scenario(load=1, skew=SKEWS[1], shards=shards, seconds=LADDER_SECONDS)
        apart = [_highest(_by(scenario, factor=factor)) for factor in FACTORS]
        larger = replace(scenario, memory_mb=MB_OF_A_VCPU)
        rows.append([str(shards), *apart, _highest(larger)])
    about = f"""The highest of these loads, in activities a second, at which lags don't grow, with a
        skew of {SKEWS[1]}: {", ".join(map(str, LADDER))}. The more batches at a time, the fewer of
        a membership are in each, and one that all want takes some 40
        transactions a second."""
    as_it_is = Scenario(load=1).settings.concurrent_batches
    heads = [*map(str, FACTORS), f"{as_it_is}, {MB_OF_A_VCPU:,} MB"]
    head = ["shards", *(f"factor {each}" for each in heads)]
    return Table("Where it stops keeping up", about, head, rows)


def _highest(scenario: Scenario) -> int:
    highest = 0
    for load in LADDER:
        if not simulate(replace(scenario, load=load)).keeps_up:
            break
        highest = load
    return highest


def _by(
    scenario: Scenario,
    *,
    factor: int | None = None,
    window_seconds: int | None = None,
    batch_size: int | None = None,
) -> Scenario:
    """With other settings than the template's."""
    settings = scenario.settings
    if factor is not None:
        settings = replace(settings, concurrent_batches=factor)
    if window_seconds is not None:
        settings = replace(settings, window=timedelta(seconds=window_seconds))
    if batch_size is not None:
        settings = replace(settings, batch_size=batch_size)
    return replace(scenario, settings=settings)


def _told(result: Result) -> Sequence[Any]:
    refused = result.counts["conflict"] + result.counts["moved"]
    return [
        *(result.lag(part) for part in (0.5, 0.99, 1.0)),
        "yes" if result.keeps_up else "**no**",
        result.each("transactions"),
        result.each("units"),
        1000 * refused / len(result.lags),
    ]
