"""Many execution environments, each with its own cache: what a change of the catalog comes to."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import repeat
from typing import Any

import pytest
import time_machine

from accrue.domain.activity import Activity
from accrue.domain.catalog import ActivityType
from accrue.domain.ledger_row import ledger_row_from_attributes
from accrue.domain.timestamps import from_text
from accrue.runtime.clock import utc_now
from accrue.services.apply_rules import RuleApplier
from accrue.storage.balances import BalanceTable
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog
from tests.integration.bodies import hang_activity
from tests.integration.faults import Faults
from tests.integration.test_administer_programs import OVERWRITE, publish, with_rate
from tests.integration.test_how_soon_changes_count import put_type
from tests.integration.world import World
from tests.proof.seeds import seeds

CACHE_SECONDS = 30
ENVIRONMENTS = 8
MOST = 0.7
VERSIONS = 3
BETWEEN_VERSIONS = timedelta(seconds=40)
INTERNAL_SERVER_ERROR: dict[str, Any] = {
    "Error": {"Code": "InternalServerError", "Message": "internal"}
}


@dataclass
class Applying:
    """Environments of apply_rules. Each is given a row now and then, whichever has time for it."""

    world: World
    chance: random.Random
    applied: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        client = self.world.client
        book = BalanceTable(client, "balance", LedgerTable(client, "ledger"))
        self.appliers = [
            RuleApplier(ProgramCatalog(client, "catalog", CACHE_SECONDS), book, utc_now)
            for _ in range(ENVIRONMENTS)
        ]

    def apply_some(self) -> None:
        """As the stream would, by any of them; some rows wait for the next time."""
        for attributes in self.world.rows("ledger"):
            row = ledger_row_from_attributes(attributes)
            assert isinstance(row, Activity)
            if row.activity_id not in self.applied and self.chance.random() < MOST:
                self.applied.add(row.activity_id)
                assert self.chance.choice(self.appliers).apply([row]) == []


def lifetimes_drawn(monkeypatch: pytest.MonkeyPatch, seed: int) -> random.Random:
    """Entries live as they do, but by a chance that can be repeated."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    monkeypatch.setattr(
        "accrue.storage.catalog_cache.share_of", lambda seconds: seconds * chance.uniform(0.5, 1)
    )
    return chance


def record(world: World, number: int) -> None:
    body = hang_activity({"/idempotency_key": f"key-{number}"})
    assert world.post_membership_activity("12345", body).status == 200


@pytest.mark.parametrize("seed", seeds(3, 30))
def test_whoever_applies_it_an_activity_is_decided_by_the_version_of_its_moment(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = lifetimes_drawn(monkeypatch, seed)
    applying = Applying(world, chance)
    starts: list[tuple[datetime, int]] = [(datetime.min.replace(tzinfo=utc_now().tzinfo), 1)]
    next_version_at = utc_now() + BETWEEN_VERSIONS

    for number in range(60):
        record(world, number)
        applying.apply_some()
        if len(starts) < VERSIONS and utc_now() >= next_version_at:
            published = publish(world, with_rate(str(number)), headers=OVERWRITE).body
            starts.append((from_text(published["effective_at"]), published["version"]))
            next_version_at = utc_now() + BETWEEN_VERSIONS
        clock.shift(chance.choice([1, 3, 5]))

    decided = [(from_text(p["recorded_at"]), p["program_version"]) for p in world.postings()]
    wanted = [(at, max(version for start, version in starts if start <= at)) for at, _ in decided]
    assert decided == wanted
    # All versions had their turn, and many environments theirs.
    assert {version for _, version in decided} == set(range(1, VERSIONS + 1))


@pytest.mark.parametrize("seed", seeds(2, 10))
def test_no_environment_sees_an_old_type_for_longer_than_is_stated(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    lifetimes_drawn(monkeypatch, seed)
    environments = [ProgramCatalog(world.client, "catalog", CACHE_SECONDS) for _ in range(50)]

    def allowing() -> list[bool]:
        return [_type(catalog).allows_negative for catalog in environments]

    before_change = allowing()
    clock.shift(7)
    assert allowing() == before_change == [False] * 50
    put_type(world, allows_negative=True)

    seen = []
    for _ in range(CACHE_SECONDS):
        seen.append(sum(allowing()))
        clock.shift(1)
    assert allowing() == [True] * 50
    # One after the other: nobody goes back to what was.
    assert seen == sorted(seen)
    assert (seen[0], len(set(seen)) > 5) == (0, True)


def _type(catalog: ProgramCatalog) -> ActivityType:
    found = catalog.find_activity_type("demo", "activity_type_1")
    assert found is not None
    return found


def test_what_is_too_old_is_not_believed_in_an_outage_either(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()
    record(world, 1)
    clock.shift(CACHE_SECONDS - 1)
    faults.calls.clear()
    record(world, 2)
    assert "GetItem" not in faults.counts()
    rows = world.rows("ledger")
    clock.shift(1)

    faults.answer_with("GetItem", repeat(INTERNAL_SERVER_ERROR))
    body = hang_activity({"/idempotency_key": "key-3"})
    assert world.post_membership_activity("12345", body).status == 500
    assert world.rows("ledger") == rows
