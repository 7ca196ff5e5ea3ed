"""The application on moto as a target of attacks, with a sandbox beside the demo network."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine

from accrue.domain.catalog import KeyRole
from tests.hostile.attack import Target
from tests.integration.bus import create_bus
from tests.integration.networks import demo_network
from tests.integration.orders import DELIVERIES, JOBS, Orders, create_queue
from tests.integration.receiver import running_receiver
from tests.integration.sandboxes import SANDBOX, sandbox_network
from tests.integration.test_operator import operator_key, sha256
from tests.integration.world import World
from tests.integration.wsgi_gateway import WsgiGateway


@dataclass
class Background:
    """What AWS does beside answering: the streams and the queues."""

    world: World
    queues: tuple[Orders, ...]
    _seen: set[str] = field(default_factory=set)

    def settle(self) -> None:
        """Apply what was recorded, publish what came of it, do what was ordered."""
        if rows := self._new("ledger", "activity_key"):
            self.world.deliver(rows)
        if items := self._new("balance", "membership_key", "item_key"):
            self.world.publish(items)
        for queue in self.queues:
            queue.hand_over()

    def _new(self, table: str, *names: str) -> list[dict[str, Any]]:
        keyed = {
            " ".join([table, *(item[name]["S"] for name in names)]): item
            for item in self.world.items(table)
        }
        new = [item for key, item in keyed.items() if key not in self._seen]
        self._seen |= keyed.keys()
        return new


@contextmanager
def attacked(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Target]:
    """The target."""
    monkeypatch.setenv("OPERATOR_KEY_SHA256", sha256(operator_key()))
    create_bus()
    queues = tuple(Orders(create_queue(queue), world, clock, queue) for queue in (DELIVERIES, JOBS))
    reports = [world.import_network(made) for made in (demo_network(), sandbox_network())]
    keys = [{KeyRole(k["role"]): k["api_key"] for k in r["api_keys"]} for r in reports]
    world.restart()
    with running_receiver() as receiver:
        target = Target(
            app=WsgiGateway(world),
            base_url=None,
            network_id="demo",
            keys={**keys[0], KeyRole.OPERATOR: operator_key()},
            sandbox_id=SANDBOX,
            sandbox_key=keys[1][KeyRole.ADMIN],
            webhook_url=receiver.url,
            settle=Background(world, queues).settle,
        )
        yield target
