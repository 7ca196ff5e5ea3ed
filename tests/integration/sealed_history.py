"""Random histories of two networks, through both front doors, which are sealed now and then."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from tests.integration.histories import JANE, JOHN, NOT_ENROLLED, Post, hang_post, village_post
from tests.integration.networks import demo_network
from tests.integration.reversals import reverse
from tests.integration.spending import (
    adjust,
    capture,
    earn,
    held,
    redeem,
    release,
    spending_network,
)
from tests.integration.world import World

VILLAGE, HANG = "demo", "spend"
MEMBERS = ("ann", "ben")
# Some steps follow at once, some after the window of a seal.
PAUSES = (timedelta(0), timedelta(seconds=7), timedelta(minutes=4), timedelta(hours=5))
SOON = timedelta(minutes=20)


@dataclass
class SealedHistory:
    """A history that is made up as it goes along; `sealings` is how often it was sealed."""

    world: World
    clock: time_machine.Traveller
    chance: random.Random
    sealings: int = 0
    made: int = 0
    holds: list[tuple[str, str]] = field(default_factory=list)

    def begin(self) -> None:
        """The networks."""
        self.world.import_network(demo_network(VILLAGE))
        self.world.import_network(spending_network(HANG))
        self.world.restart()

    def live(self, steps: int) -> None:
        """So many steps, whatever they come to."""
        for _ in range(steps):
            self.clock.shift(self.chance.choice(PAUSES))
            self.made += 1
            self._step()()

    def settle(self) -> None:
        """All is delivered, and sealed by two runs."""
        assert self.world.deliver() == {"batchItemFailures": []}
        for _ in range(2):
            self.clock.shift(SOON)
            self.seal()

    def seal(self) -> dict[str, Any]:
        """What the schedule does."""
        reports: dict[str, Any] = self.world.invoke("seal_ledger", {})
        assert not any("error" in report for report in reports.values()), reports
        assert all(report["is_complete"] for report in reports.values())
        self.sealings += 1
        return reports

    @property
    def now(self) -> datetime:
        """The moment at which it is."""
        return datetime.now(UTC)

    def _step(self) -> Callable[[], object]:
        steps: list[tuple[int, Callable[[], object]]] = [
            (6, lambda: self._village().act(self.world)),
            (2, lambda: hang_post(f"hang-{self.made}").act(self.world)),
            (4, self._earn),
            (2, self._order),
            (2, self._reverse),
            (3, self._deliver),
            (1, lambda: self.world.invoke("reconcile", {})),
            (1, lambda: self.world.invoke("apply_due", {})),
            (3, self.seal),
        ]
        acts = [act for _, act in steps]
        return self.chance.choices(acts, [weight for weight, _ in steps])[0]

    def _village(self) -> Post:
        users = self.chance.choice(
            [{"buyer": JOHN}, {"buyer": JOHN, "seller": JANE}, {"buyer": NOT_ENROLLED}]
        )
        return village_post(
            str(self.chance.choice(["12.5", "100", "40"])),
            activity_type=self.chance.choice(["sale", "S1-A", "S1-A", "unheard-of"]),
            users=users,
            reference=self.chance.choice([None, f"R-{self.made}", f"R-{self.made // 4}"]),
            enforced=False,
            key=self.chance.choice([None, f"village-{self.made}"]),
        )

    def _earn(self) -> None:
        earn(
            self.world,
            str(self.chance.choice(["10", "25.5", "80"])),
            self.chance.choice(["visit", "sale", "gift"]),
            membership=self.chance.choice(MEMBERS),
            network=HANG,
        )

    def _order(self) -> None:
        who: dict[str, Any] = {"membership": self.chance.choice(MEMBERS), "network": HANG}
        key = f"order-{self.made}"
        match self.chance.randrange(4):
            case 0:
                redeem(self.world, "3", key=key, **who)
            case 1:
                adjust(self.world, "5", key=key, **who)
            case 2:
                hold = self._held(key, who)
                if hold:
                    self.holds.append((hold, who["membership"]))
            case _ if self.holds:
                hold, member = self.holds.pop()
                about: dict[str, Any] = {"key": key, "membership": member, "network": HANG}
                if self.chance.random() < 1 / 2:
                    release(self.world, hold, **about)
                else:
                    capture(self.world, hold, "2", **about)

    def _held(self, key: str, who: dict[str, Any]) -> str | None:
        try:
            return held(self.world, "4", key=key, **who)
        except AssertionError:
            # There are not the points.
            return None

    def _reverse(self) -> None:
        postings = sorted(self.world.postings(), key=lambda p: (p["recorded_at"], p["activity_id"]))
        if postings:
            of = self.chance.choice(postings)
            reverse(
                self.world,
                of["activity_id"],
                network=of["network_id"],
                key=f"reversal-{self.made}",
            )

    def _deliver(self) -> None:
        rows = self.world.items("ledger")
        self.chance.shuffle(rows)
        self.world.deliver(rows[: self.chance.randrange(len(rows) + 1)])
