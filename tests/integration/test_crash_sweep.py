"""The world stops before and after every DynamoDB call; afterwards the ledger is right."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import batched, product
from typing import Any

import pytest
import time_machine

from accrue.domain.ids import id_from_idempotency_key
from tests.integration.faults import Call, Crash, CrashPoint, Faults
from tests.integration.histories import HISTORIES, JOHN, History, Post, Step, village_post
from tests.integration.invariants import Witness, activity_rows, assert_settled, balances_of
from tests.integration.networks import demo_network
from tests.integration.sweep import Outcome, stop_everywhere
from tests.integration.world import Answer, World

SHORT = ("village, key and reference", "hang and apply_rules")
SECOND = timedelta(seconds=1)
# One of everything that there is.
SMALL_NETWORK: dict[str, Any] = {
    **demo_network(),
    "activity_types": [t for t in demo_network()["activity_types"] if t["kind"] == "sale"][:1],
    "programs": [
        {**demo_network()["programs"][0], "rules": demo_network()["programs"][0]["rules"][:1]}
    ],
    "users": [u for u in demo_network()["users"] if u["email"] == JOHN],
    "memberships": demo_network()["memberships"][2:3],
    "api_keys": demo_network()["api_keys"][:1],
}


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """The functions start anew, watched."""
    watching = Faults.install(monkeypatch)
    world.restart()
    return watching


@dataclass
class Play:
    """One run of a history, with what its clients know."""

    world: World
    faults: Faults
    clock: time_machine.Traveller
    steps: Sequence[Step]
    acknowledged: list[tuple[Post, Answer]]
    witness: Witness = field(default_factory=Witness)
    lost: list[Post] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def told(self) -> object:
        """What the clients were told; activities without identity have ids of their own each
        time.
        """
        return [(a.status, a.body if post.identity else None) for post, a in self.acknowledged]

    def run(self, crashes: Sequence[CrashPoint]) -> None:
        """Play the steps with these crashes, and assert that all is well after them."""
        self.world.restart()
        self.witness.observe(self.world)
        self.faults.plan_crashes(crashes)
        for step in self.steps:
            self._act_until_done(step)
        self.calls = self.faults.calls_since_crash
        assert self.faults.crashes_left == 0, "a crash point was never reached"
        self.faults.plan_crashes(())
        self._assert_well()

    def _act_until_done(self, step: Step) -> None:
        while True:
            self.clock.shift(SECOND)
            try:
                answer = step.act(self.world)
            except Crash:
                self.world.restart()
                self.witness.observe(self.world)
                if isinstance(step, Post):
                    self.lost.append(step)
                continue
            self.witness.observe(self.world)
            if isinstance(step, Post):
                assert answer is not None
                _assert_durable(self.world, step, answer)
                self.acknowledged.append((step, answer))
            else:
                assert_settled(self.world)
            return

    def _assert_well(self) -> None:
        self._deliver_twice_shuffled()
        assert_settled(self.world)
        self._assert_one_row_for_each_key()
        self._assert_balances()
        self._assert_same_answers()
        self._assert_balances()

    def _deliver_twice_shuffled(self) -> None:
        chance = random.Random(len(self.lost) * 1000 + len(self.calls))  # noqa: S311 - a test's order
        rows = self.world.items("ledger") * 2
        chance.shuffle(rows)
        for batch in batched(rows, chance.randint(len(rows) // 2, len(rows)), strict=False):
            self.clock.shift(SECOND)
            assert self.world.deliver(batch) == {"batchItemFailures": []}
            self.witness.observe(self.world)

    def _assert_one_row_for_each_key(self) -> None:
        found = Counter(row["activity_id"] for row in activity_rows(self.world))
        for post, _ in self.acknowledged:
            key = post.idempotency_key or post.body.get("idempotency_key")
            if key is not None:
                assert found[id_from_idempotency_key("demo", key)] == 1
        identified = {post.identity for post, _ in self.acknowledged if post.identity}
        others = sum(1 for post, _ in self.acknowledged if not post.identity)
        may_be = sum(1 for post in self.lost if not post.identity)
        # A keyless attempt at an enforced reference that is taken leaves a row of its own each
        # time, and counts nothing.
        attempts = sum(1 for row in activity_rows(self.world) if row["kind"] == "duplicate")
        counting = sum(found.values()) - attempts
        least = len(identified) + others - attempts
        assert max(least, 1) <= counting <= len(identified) + others + may_be

    def _assert_balances(self) -> None:
        """By what the clients were told: each identity once, each of the others once, and of those
        whose answer was lost any.
        """
        counted: dict[object, Mapping[str, str]] = {}
        for number, (post, _) in enumerate(self.acknowledged):
            counted.setdefault(post.identity or number, post.earns)
        certain: dict[str, Decimal] = {}
        for earns in counted.values():
            _add(certain, earns)
        uncertain = [post.earns for post in self.lost if not post.identity]
        possible = []
        for chosen in product((False, True), repeat=len(uncertain)):
            total = certain.copy()
            for earns, counts in zip(uncertain, chosen, strict=True):
                if counts:
                    _add(total, earns)
            possible.append(total)
        assert balances_of(self.world) in possible

    def _assert_same_answers(self) -> None:
        for post, answer in self.acknowledged:
            if post.identity is None or post not in self.steps:
                continue
            again = post.act(self.world)
            assert (again.status, again.body) == (answer.status, answer.body)
            assert again.headers["Accrue-Activity-Id"] == answer.headers["Accrue-Activity-Id"]
            if post.has_key:
                assert again.headers["Idempotent-Replayed"] == "true"
                before = self.world.items("ledger")
                assert post.with_other_payload().act(self.world).status == 422
                assert self.world.items("ledger") == before
            self.witness.observe(self.world)


class Stage:
    """Where a history is played from the same beginning again and again."""

    def __init__(
        self, world: World, faults: Faults, clock: time_machine.Traveller, history: History
    ) -> None:
        self._world, self._faults, self._clock, self._history = world, faults, clock, history
        self._acknowledged: list[tuple[Post, Answer]] = []
        for post in history.before:
            answer = post.act(world)
            _assert_durable(world, post, answer)
            self._acknowledged.append((post, answer))
            clock.shift(SECOND)
        history.prepare(world, clock)
        self._began_at = datetime.now(UTC)
        self._tables = world.snapshot()

    def play(self, *crashes: CrashPoint) -> Play:
        """The history with these crashes, from its beginning."""
        self._world.restore(self._tables)
        self._clock.move_to(self._began_at)
        steps, acknowledged = self._history.steps, list(self._acknowledged)
        play = Play(self._world, self._faults, self._clock, steps, acknowledged)
        play.run(crashes)
        return play


@pytest.mark.parametrize("name", HISTORIES)
def test_stopped_before_and_after_each_call(
    world: World, faults: Faults, clock: time_machine.Traveller, name: str
) -> None:
    history = HISTORIES[name]
    stage = Stage(world, faults, clock, history)
    posts = [step for step in history.steps if isinstance(step, Post)] or history.before

    stop_everywhere(
        f"recording, {name}", faults, stage.play, in_pairs=name in SHORT, activities=len(posts)
    )


def test_an_import_is_stopped_before_and_after_each_call(
    empty_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, faults = empty_world, Faults.install(monkeypatch)
    empty = world.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        calls = _import_until_done(world, faults, empty, *crashes)
        items = len(world.items("catalog"))
        again = world.import_network(SMALL_NETWORK)
        assert (again["created"], again["updated"]) == (0, 0)
        world.restart()
        post = village_post(earns={"12347": "1"})
        _assert_durable(world, post, post.act(world))
        assert world.deliver() == {"batchItemFailures": []}
        assert balances_of(world) == {"12347": Decimal(1)}
        return Outcome(calls, items)

    stop_everywhere("import_catalog", faults, play)


def _import_until_done(
    world: World, faults: Faults, empty: dict[str, Any], *crashes: CrashPoint
) -> list[Call]:
    """Import the small network, again after each crash; the calls that the last import made."""
    world.restore(empty)
    world.restart()
    faults.plan_crashes(crashes)
    written: dict[str, Any] = {}
    while True:
        try:
            report = world.import_network(SMALL_NETWORK)
        except Crash:
            world.restart()
            _assert_secrets_stay(world, written)
            continue
        assert "errors" not in report
        _assert_secrets_stay(world, written)
        assert faults.crashes_left == 0, "a crash point was never reached"
        return list(faults.calls_since_crash)


def _assert_secrets_stay(world: World, written: dict[str, Any]) -> None:
    """What pseudonyms are made with, and a key that somebody may hold, are never replaced."""
    present = {
        row["item_key"] + row["catalog_key"]: row[secret]
        for row in world.rows("catalog")
        for secret in ("pseudonym_secret", "secret_sha256")
        if secret in row
    }
    assert {name: present.get(name) for name in written} == written
    written.update(present)


def _assert_durable(world: World, post: Post, answer: Answer) -> None:
    assert answer.status == (200 if post.membership else 201), answer
    activity_id = answer.headers["Accrue-Activity-Id"]
    assert activity_id in {row["activity_id"] for row in world.rows("ledger")}


def _add(total: dict[str, Decimal], earns: Mapping[str, str]) -> None:
    for membership, points in earns.items():
        total[membership] = total.get(membership, Decimal(0)) + Decimal(points)
