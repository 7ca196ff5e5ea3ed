"""The simulation of keeping up with the ledger's stream, held against what can be worked out."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accrue.services.sharing import Sharing
from accrue.storage.dynamo import CONFLICT_ATTEMPTS
from benchmarks.fan_in.applying import READ_SECONDS, READ_TOGETHER_SECONDS, Applying
from benchmarks.fan_in.balances import Balances, transaction_seconds
from benchmarks.fan_in.batches import next_batch
from benchmarks.fan_in.scenario import (
    POLL_SECONDS,
    AlwaysSharing,
    Arrival,
    NeverSharing,
    Scenario,
    arrivals_by_lane,
)
from benchmarks.fan_in.simulation import INVOKE_SECONDS, Result, play, simulate
from tests.event_source.settings import MappingSettings
from tests.event_source.shard_reader import ShardReader
from tests.event_source.stream import PLACES, Shard, StreamRecord

CPU_SECONDS_EACH = 0.002
SETTINGS = MappingSettings("table", batch_size=100, window=timedelta(seconds=1))
BY_ITSELF = READ_SECONDS + CPU_SECONDS_EACH + transaction_seconds(2)
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TICK = 0.01


def at_once(memberships: Sequence[int], seen_at: float = 0.1) -> list[Arrival]:
    """Activities that were recorded at the same moment."""
    return [Arrival(number, 0.0, seen_at, m) for number, m in enumerate(memberships)]


@pytest.mark.parametrize("skew", [0, 0.8, 1.5])
@pytest.mark.parametrize("factor", [1, 10])
def test_everything_that_comes_in_is_posted_after_it_was_seen(skew: float, factor: int) -> None:
    settings = replace(SETTINGS, concurrent_batches=factor)
    scenario = Scenario(load=100, seconds=10, skew=skew, memberships=50, settings=settings)
    coming = sum(len(each) for each in arrivals_by_lane(scenario).values())

    result = simulate(scenario)

    assert len(result.lags) == coming > 900
    assert min(result.lags) > BY_ITSELF
    postings = result.counts["posted"]
    assert (
        postings + result.counts["conflict"] + result.counts["moved"]
        == (result.counts["transactions"])
    )
    assert coming / SETTINGS.batch_size <= postings <= coming


def test_the_same_seed_comes_to_the_same() -> None:
    scenario = Scenario(load=50, seconds=5, skew=1.5, memberships=10)

    assert simulate(scenario) == simulate(scenario) != simulate(replace(scenario, seed=2))


def test_one_worker_takes_memberships_one_after_the_other() -> None:
    result = play([at_once(range(250))], SETTINGS, Applying(CPU_SECONDS_EACH), NeverSharing)

    # Batches of 100, 100 and 50: all were there when the first was full.
    together = 0.1 + 3 * INVOKE_SECONDS + 250 * BY_ITSELF
    assert max(result.lags) == pytest.approx(together)
    assert result.counts == Counter(reads=250, transactions=250, posted=250, units=1000) + Counter(
        invocations=3
    )


def test_what_is_of_one_membership_is_posted_together() -> None:
    result = play([at_once([7] * 200)], SETTINGS, Applying(CPU_SECONDS_EACH), NeverSharing)

    # 99 postings and the balance are the most that a transaction takes.
    writes = sum(map(transaction_seconds, (99 + 1, 1 + 1))) * 2
    together = 0.1 + 2 * INVOKE_SECONDS + 4 * READ_SECONDS + 200 * CPU_SECONDS_EACH + writes
    assert max(result.lags) == pytest.approx(together)
    assert result.counts["units"] == 2 * (200 + 4)


def test_memberships_that_share_a_transaction_are_read_and_written_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("benchmarks.fan_in.applying.MAX_ITEMS_TOGETHER", 5)

    result = play([at_once([0, 1, 1, 2, 3, 4])], SETTINGS, Applying(CPU_SECONDS_EACH))

    # Five items are the most: 0 and 1 with their balances, then 2 and 3, then 4.
    seconds = READ_TOGETHER_SECONDS + 6 * CPU_SECONDS_EACH
    writes = sum(map(transaction_seconds, (5, 4, 2)))
    assert max(result.lags) == pytest.approx(1.1 + INVOKE_SECONDS + seconds + writes)
    assert result.counts["transactions"] == 3
    assert result.counts["units"] == 2 * 11


def test_what_is_in_the_way_of_one_membership_is_paid_for_by_all_that_share() -> None:
    others = [Arrival(100, 0.0, 0.1, 7)]

    result = play([at_once([7, 8, 9]), others], SETTINGS, Applying(CPU_SECONDS_EACH))

    assert len(result.lags) == 4
    # Six items in vain, then each membership alone; and the other worker's.
    assert result.counts["posted"] == 4
    assert result.counts["units"] >= 12 + 3 * 4 + 4


def test_after_a_refusal_each_has_its_own_transaction_for_a_while() -> None:
    busy = Scenario(load=50, seconds=20, skew=1.5, memberships=20)

    alone, always, as_it_is = (
        simulate(replace(busy, sharing=each)).each("units")
        for each in (NeverSharing, AlwaysSharing, Sharing)
    )

    assert alone < as_it_is < always
    assert as_it_is - alone < (always - alone) / 2


def test_two_workers_get_into_each_others_way_and_both_come_through() -> None:
    others = [replace(arrival, number=100 + arrival.number) for arrival in at_once([7] * 3)]

    result = play([at_once([7] * 3), others], SETTINGS, Applying(CPU_SECONDS_EACH), NeverSharing)

    assert result.counts["posted"] == 2
    assert result.counts["conflict"] >= 1
    # Whoever came second has to read again.
    assert result.counts["moved"] == 1
    assert result.counts["reads"] == 3


def test_what_is_always_in_conflict_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    conflicts = iter(["conflict"] * CONFLICT_ATTEMPTS)
    write = Balances.write

    def refused(balances: Balances, expected: dict[int, int], *rest: Any) -> Any:
        return (1 in expected and next(conflicts, None)) or write(balances, expected, *rest)

    monkeypatch.setattr(Balances, "write", refused)

    result = play([at_once([0, 1, 2])], SETTINGS, Applying(CPU_SECONDS_EACH), NeverSharing)

    # The second membership fails; the batch comes again from there, and the third was posted.
    assert result.counts["invocations"] == 2
    assert result.counts["posted"] == 3
    assert result.counts["transactions"] == 3 + CONFLICT_ATTEMPTS + 1


@pytest.mark.parametrize(("load", "keeps_up"), [(20, True), (60, False)])
def test_more_than_a_worker_can_do_is_seen(load: float, *, keeps_up: bool) -> None:
    # One after the other takes a bit over 1/40 of a second.
    apart = NeverSharing
    scenario = Scenario(
        load=load, skew=0, shards=1, settings=SETTINGS, memory_mb=1769, sharing=apart
    )

    assert simulate(scenario).keeps_up is keeps_up


def test_one_lane_that_is_stuck_is_seen_among_many() -> None:
    lags = [1.0] * 97 + [30.0] * 3

    assert not Result(lags, Counter()).keeps_up
    assert Result([1.0] * 100, Counter()).keeps_up


def test_a_poller_sees_what_was_recorded_within_a_quarter_of_a_second() -> None:
    lanes = arrivals_by_lane(Scenario(load=200, seconds=5))

    waits = [a.seen_at - a.recorded_at for lane in lanes.values() for a in lane]
    assert min(waits) >= 0
    assert max(waits) <= POLL_SECONDS


def test_an_even_load_is_even_and_a_skewed_one_is_not() -> None:
    top = {}
    for skew in (0, 1.5):
        lanes = arrivals_by_lane(Scenario(load=400, seconds=10, skew=skew, memberships=100))
        counts = Counter(a.membership for lane in lanes.values() for a in lane)
        top[skew] = counts.most_common(1)[0][1] / counts.total()

    assert top[0] < 0.03
    # 2.41 is the sum of n**-1.5 for n up to 100.
    assert top[1.5] == pytest.approx(1 / 2.41, abs=0.03)


@pytest.mark.parametrize("seed", range(20))
def test_batches_are_those_of_the_simulated_event_source(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a simulation
    settings = replace(
        SETTINGS, batch_size=5, window=timedelta(seconds=chance.choice([0, 0.2, 0.5]))
    )
    ticks = sorted(chance.randrange(1, 300) for _ in range(60))
    arrivals = [Arrival(n, 0.0, tick * TICK, n) for n, tick in enumerate(ticks)]
    # How many ticks each batch takes.
    work = [chance.randrange(1, 60) for _ in arrivals]

    assert _formed_here(arrivals, work, settings) == _formed_there(ticks, work, settings)


def _formed_here(
    arrivals: list[Arrival], work: list[int], settings: MappingSettings
) -> list[tuple[int, int]]:
    formed: list[tuple[int, int]] = []
    start, formed_at, free_at = 0, 0.0, 0.0
    while start < len(arrivals):
        formed_at, end = next_batch(arrivals, start, formed_at, free_at, settings)
        free_at = formed_at + work[len(formed)] * TICK
        formed.append((round(formed_at / TICK), end - start))
        start = end
    return formed


def _formed_there(
    ticks: list[int], work: list[int], settings: MappingSettings
) -> list[tuple[int, int]]:
    shard = Shard("shard", range(PLACES))
    reader = ShardReader(shard, settings)
    formed: list[tuple[int, int]] = []
    free_at = 0
    for tick in range(5000):
        now = START + timedelta(seconds=TICK) * tick
        shard.records += [
            StreamRecord(number + 1, now, str(number), str(number), {})
            for number, seen_at in enumerate(ticks)
            if seen_at == tick
        ]
        if formed and tick == free_at:
            reader.lanes[0].batches.popleft()
        is_trying = tick < free_at
        if reader.ready_lanes(now) and not is_trying:
            formed.append((tick, len(reader.lanes[0].batches[0].records)))
            free_at = tick + work[len(formed) - 1]
    return formed
