"""The streams as AWS delivers them: what is discarded or lost, the reconciler brings back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import repeat
from typing import Any

import pytest
import time_machine

from tests.event_source.destination import Destination
from tests.integration.bus import Listener
from tests.integration.faults import Faults, refused
from tests.integration.histories import hang_post
from tests.integration.invariants import Witness, assert_settled, balances_of
from tests.integration.published import by_id, documents, shown_events
from tests.integration.random_histories import RandomHistory
from tests.integration.stream_stage import FAILS, KILLS, StreamStage, unsettled
from tests.integration.world import World
from tests.proof.record import record
from tests.proof.seeds import how_many, seeds

HOUR = timedelta(hours=1)
ROUNDS = how_many(9, 16)


@pytest.fixture
def stage(
    monkeypatch: pytest.MonkeyPatch, world: World, bus: Listener, clock: time_machine.Traveller
) -> StreamStage:
    """The functions start anew, watched; some rows meet a bug."""
    assert bus is not None
    faults = Faults.install(monkeypatch)
    world.restart()
    made = StreamStage(world, faults, clock)
    made.install_bug(monkeypatch)
    return made


class Life:
    """A few days of a network, in which everything goes wrong that may."""

    def __init__(self, stage: StreamStage, bus: Listener, seed: int) -> None:
        self.stage = stage
        self.bus = bus
        self.heard: dict[str, Any] = {}
        self.chance = stage.chance
        self.history = RandomHistory(self.chance)
        self.witness = Witness()
        self.poison: set[str] = set()
        self.brought_back = 0
        # Each is met by some seed in a row of seeds.
        incidents = self._incidents
        self.incidents = incidents[seed % len(incidents) :] + incidents[: seed % len(incidents)]

    def live(self) -> None:
        """Go through all troubles, and be at rest in the end; the bug is still there."""
        self.stage.has_bug = True
        self.stage.reconcile()
        for number in range(ROUNDS):
            self._record()
            self.stage.crashes, self.stage.deaths = 0.15, 0.05
            for _ in range(self.chance.randint(0, 12)):
                self.stage.clock.shift(self.chance.randint(0, 3))
                self.stage.step()
            self.incidents[number % len(self.incidents)]()
            self.stage.mend()
            self.look()
        self.stage.finish()
        self._reconcile()
        self.stage.finish()
        self.look()

    def look(self) -> None:
        """See that all is well, and listen before the queue behind the bus forgets."""
        self.witness.observe(self.stage.world)
        self.heard |= by_id(self.bus.events())

    @property
    def _incidents(self) -> list[Callable[[], None]]:
        return [
            self._a_day_off,
            self._unreachable,
            self._broken_tables,
            self.stage.split,
            self._late,
            self._reconcile,
            self.stage.split,
            self.stage.finish,
        ]

    def _record(self) -> None:
        for _ in range(self.chance.randint(2, 6)):
            self.stage.clock.shift(self.chance.choice((0, 0.001, 1)))
            self.history.record(self.stage.world)
            if self.chance.random() < 0.06:
                amount = self.chance.choice((FAILS, KILLS))
                post = hang_post(f"poison-{len(self.poison)}", amount)
                self.poison.add(self.history.record(self.stage.world, post))

    def _late(self) -> None:
        self.stage.clock.shift(HOUR)

    def _unreachable(self) -> None:
        """For longer than the records may get old: they are kept, and given up."""
        self.stage.is_unreachable = True
        for _ in range(23):
            self.stage.step()
            self.stage.clock.shift(HOUR)

    def _broken_tables(self) -> None:
        """For longer than the retries take."""
        self.stage.break_tables(1000)
        for _ in range(60):
            self.stage.step()
            self.stage.clock.shift(self.chance.randint(1, 60))

    def _a_day_off(self) -> None:
        """Nobody reads the ledger's stream, which forgets. Nothing would bring events back that the
        other one forgets (docs/events.md), so that one is read to its end before.
        """
        self.stage.mend()
        self.stage.finish(self.stage.published)
        self._record()
        self.stage.flow()
        self.stage.clock.shift(25 * HOUR)

    def _reconcile(self) -> None:
        before = unsettled(self.stage.world)
        self.stage.mend()
        self.stage.reconcile()
        self.brought_back += len(before - unsettled(self.stage.world))


@pytest.mark.parametrize("seed", seeds(2, 20))
def test_whatever_goes_wrong_each_activity_counts_once_and_each_event_gets_out(
    stage: StreamStage, bus: Listener, seed: int
) -> None:
    world = stage.world
    stage.chance.seed(seed)
    stage.limit_batches(stage.chance.choice((3, 10, 100)))
    life = Life(stage, bus, seed)

    life.live()

    assert unsettled(world) == stuck(world) == life.poison
    assert_kept(stage, life)
    stage.has_bug = False
    assert stage.reconcile()["failed"] == 0
    assert (unsettled(world), stuck(world)) == (set(), set())
    assert_settled(world)
    assert balances_of(world) == life.history.balances()
    stage.finish()
    give_again(world, stage.published.destination)
    life.look()
    expected = by_id(shown_events(world))
    assert by_id(documents(world)) == life.heard == expected
    record("stream", f"seed {seed:03}", figures(stage, life))


@pytest.mark.parametrize(("amount", "more"), [(FAILS, 3), (KILLS, 8)])
def test_what_comes_after_a_poison_row_waits_for_its_retries_and_no_longer(
    stage: StreamStage, amount: str, more: int
) -> None:
    """Beyond the retries: invocations that split the batch, and its own."""
    settings = stage.applied.settings
    in_one_lane(stage)
    stage.has_bug = True
    rows = [hang_post(f"key-{n}", amount if n == 3 else "1") for n in range(7)]
    ids = [row.act(stage.world).headers["Accrue-Activity-Id"] for row in rows]
    poison = ids[3]
    stage.flow()
    assert not stage.applied.step()
    stage.clock.shift(settings.window.total_seconds())
    assert stage.applied.step()
    # Which bug it is decides whether its neighbours are applied at once.
    assert unsettled(stage.world) == ({poison} if amount == FAILS else set(ids))
    ids.append(hang_post("behind").act(stage.world).headers["Accrue-Activity-Id"])

    stage.finish()

    assert settings.max_retries is not None
    assert stage.applied.counts["invocations"] == settings.max_retries + more
    assert unsettled(stage.world) == {poison}
    (payload,) = stage.applied.destination.payloads()
    assert poison in ids_in(payload)
    assert stage.reconcile()["failed"] == 1
    assert stuck(stage.world) == {poison}
    stage.has_bug = False
    assert stage.reconcile()["failed"] == 0
    assert_settled(stage.world)


@pytest.mark.parametrize(("hours", "is_given_up"), [(20, False), (22, True)])
def test_an_outage_of_the_bus_costs_no_event(
    stage: StreamStage, bus: Listener, hours: int, *, is_given_up: bool
) -> None:
    for number in range(3):
        hang_post(f"key-{number}").act(stage.world)
    stage.finish(stage.applied)
    stage.faults.answer_with("PutEvents", repeat(refused("InternalException")))
    for _ in range(hours):
        stage.step()
        stage.clock.shift(HOUR)
    assert stage.published.counts["invocations"] >= hours - 2
    assert bus.events() == []
    stage.mend()

    stage.finish()

    assert bool(stage.published.destination.objects) == is_given_up
    give_again(stage.world, stage.published.destination)
    expected = by_id(shown_events(stage.world))
    assert len(expected) == 3
    assert by_id(documents(stage.world)) == by_id(bus.events()) == expected


def in_one_lane(stage: StreamStage) -> None:
    """Everything is behind everything else."""
    stage.applied.settings = replace(stage.applied.settings, concurrent_batches=1)
    stage.applied.stream.shards.clear()
    stage.applied.stream.open(1)


def stuck(world: World) -> set[str]:
    """What the reconciler could not apply."""
    keys = (row["item_key"] for row in world.rows("balance"))
    return {key.removeprefix("STUCK#") for key in keys if key.startswith("STUCK#")}


def assert_kept(stage: StreamStage, life: Life) -> None:
    """Assert that the bucket has whatever was given up, and that the poison was, if it was not lost
    before.
    """
    given_up, lost = (
        ids_in({"Records": [record.body for record in records.values()]})
        for records in (stage.applied.given_up, stage.applied.lost)
    )
    kept = set().union(*map(ids_in, stage.applied.destination.payloads()))
    assert kept == given_up
    assert life.poison <= kept | lost


def ids_in(event: Mapping[str, Any]) -> set[str]:
    """The activities in an event."""
    images = (record["dynamodb"]["NewImage"] for record in event["Records"])
    return {image["activity_id"]["S"] for image in images}


def give_again(world: World, destination: Destination) -> None:
    """What docs/events.md has an operator do with what is in the bucket."""
    for payload in destination.payloads():
        assert world.invoke("publish_events", payload) == {"batchItemFailures": []}


def figures(stage: StreamStage, life: Life) -> dict[str, int]:
    """What was covered."""
    mappings = (stage.applied, stage.published)
    counts = stage.applied.counts + stage.published.counts
    return {
        "seeds": 1,
        "records": sum(len(m.deliveries) for m in mappings),
        "filtered out": sum(m.filtered for m in mappings),
        "invocations": counts["invocations"],
        "crashes": stage.failed.total(),
        "pollers that died": counts["pollers that died"],
        "reports": counts["reported"],
        "batches halved": counts["halved"],
        "records delivered again": counts["delivered again"],
        "discarded": counts["discarded"],
        "trimmed": sum(len(m.lost) for m in mappings),
        "brought back by the reconciler": life.brought_back,
        "splits": stage.splits,
        "violations": len(unsettled(stage.world) | stuck(stage.world)),
    }
