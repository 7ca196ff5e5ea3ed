"""Whole handlers that take turns before and after each DynamoDB call, and to whose calls things
happen: all of it decided by one seed, so that the same seed makes the same calls in the same order.
"""

import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

import pytest
from botocore.client import BaseClient

from accrue.storage import dynamo
from tests.integration.faults import WRITES, Crash, Faults
from tests.integration.mishaps import Mishap, any_mishap, prepare
from tests.unit.turns import Actor

if TYPE_CHECKING:
    from botocore.model import OperationModel

# What the SDK draws anew for each transaction.
DRAWN = re.compile(r'"ClientRequestToken": "[^"]*"')
KEYS = re.compile(r'"(?:activity|membership|item|catalog)_key": \{"S": "([^"]+)"\}')


@dataclass(frozen=True, slots=True)
class Step:
    """A call that an actor made, and what happened to it."""

    actor: str
    operation: str
    request: str
    mishap: Mishap | None

    @override
    def __str__(self) -> str:
        happened = f" [{self.mishap}]" if self.mishap else ""
        return f"{self.actor}: {self.operation}{happened} {' '.join(KEYS.findall(self.request))}"


class Turns:
    """Lets whoever has a turn give it away before and after each call; `rate` is how often
    something happens to one. `trace` has all calls since things began to happen.
    """

    def __init__(self, faults: Faults) -> None:
        self._here = threading.local()
        self._faults = faults
        self._chance = random.Random(0)  # noqa: S311 - a test's order
        self._rate = 0.0
        self._may_have_written = False
        self.seen = Counter[Mishap]()
        self.trace: list[Step] = []

    @classmethod
    def install(cls, monkeypatch: pytest.MonkeyPatch) -> "Turns":
        """In the clients of functions that start from now on."""
        turns = cls(Faults.install(monkeypatch))
        make_client = dynamo.dynamodb_client

        def client_with_turns(*how: int) -> BaseClient:
            client = make_client(*how)
            events = client.meta.events
            # Before the faults, which are to happen to this call.
            events.register_first("before-call.dynamodb", turns._before)
            events.register("after-call.dynamodb", turns._after)
            return client

        monkeypatch.setattr(dynamo, "dynamodb_client", client_with_turns)
        return turns

    def happen(self, chance: random.Random, rate: float) -> None:
        """From now on, things happen."""
        self._chance, self._rate = chance, rate
        self._faults.plan_crashes(())
        self.trace.clear()

    def stop(self) -> None:
        """Nothing happens any more."""
        self._rate = 0
        self._faults.quiet()

    def may_have_written(self) -> bool:
        """Whether anybody called for a write since this was asked last."""
        written, self._may_have_written = self._may_have_written, False
        return written

    def actor(self, work: Callable[[], object], name: str = "") -> Actor:
        """An actor that does this; whenever its process dies, again from the beginning."""

        def with_turns(pause: Callable[[], None]) -> None:
            self._here.pause, self._here.name, self._here.mishap = pause, name, None
            while True:
                try:
                    work()
                except Crash:
                    # Whoever waited for it tries again.
                    continue
                return

        return Actor(with_turns)

    def _before(self, model: "OperationModel", params: dict[str, Any], **_event: object) -> None:
        """Nobody else's turn, for who is no actor."""
        if not hasattr(self._here, "pause"):
            return
        self._here.pause()
        operation, body = model.name, _text(params["body"])
        mishap = self._mishap(operation)
        self._here.mishap = mishap
        self.trace.append(Step(self._here.name, operation, DRAWN.sub("", body), mishap))
        if mishap is Mishap.CRASH_BEFORE:
            raise Crash
        self._may_have_written |= operation in WRITES
        prepare(self._faults, mishap, operation, body, self._chance)

    def _after(self, **_event: object) -> None:
        if not hasattr(self._here, "pause"):
            return
        self._here.pause()
        if self._here.mishap is Mishap.CRASH_AFTER:
            raise Crash

    def _mishap(self, operation: str) -> Mishap | None:
        if self._chance.random() >= self._rate:
            return None
        mishap = any_mishap(operation, self._chance)
        self.seen[mishap] += 1
        return mishap


def _text(body: str | bytes) -> str:
    return body.decode() if isinstance(body, bytes) else body
