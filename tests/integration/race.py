"""A race for a few memberships: clients, two workers of the stream, the reconciler and the
schedule, all of whom take turns at every DynamoDB call while things go wrong.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from botocore.exceptions import BotoCoreError, ClientError

from tests.integration.acknowledged import Acknowledged, Request
from tests.integration.racing_network import BUYER, SELLER
from tests.integration.racing_requests import (
    capturing,
    holding,
    in_hang_form,
    in_village_form,
    redemption,
    releasing,
    reversal,
)
from tests.integration.world import World

# What happened before, in peace.
GIFT, SALE = in_hang_form("gift", "200"), in_village_form("sale", "1000", key="sale")
WAITING = in_hang_form("waiting", "15")
FLEETING = in_hang_form("fleeting", "300", type_id="fleeting")

DELIVERIES, ROWS_DELIVERED = 3, 6

type Work = Callable[[], object]


@dataclass
class Race:
    """Who takes part, and what they were told; what each does is begun anew if it dies."""

    world: World
    chance: random.Random
    rate: float
    acknowledged: Acknowledged
    counts: Counter[str] = field(default_factory=Counter)

    def works(self) -> list[tuple[str, Work]]:
        """What everybody does, by their names."""
        return [*map(self._client, self._requests()), *self._works()]

    def _requests(self) -> list[Request]:
        hang, redeem = in_hang_form("hang", "30"), redemption("redeem-1", "120")
        keyed = in_village_form("keyed", "400", key="keyed", reference="R-1", is_enforced=True)
        return [
            # The same client's two attempts at once.
            *(hang, hang, keyed, keyed, redeem, redeem),
            in_hang_form("contested", "10", is_contested=True),
            in_hang_form("contested", "20", is_contested=True),
            in_village_form("enforced", "400", reference="R-1", is_enforced=True),
            in_village_form("later", "700", reference="R-1"),
            in_village_form("unkeyed", "900"),
            redemption("redeem-2", "90"),
            redemption("redeem-3", "8", BUYER),
            redemption("redeem-4", "45", SELLER),
            self._reversal("half", GIFT, ("100", Decimal("0.5"))),
            self._reversal("rest", GIFT),
            # Nobody has applied this one.
            self._reversal("sale-back", SALE),
        ]

    def _works(self) -> list[tuple[str, Work]]:
        # Drawn once: whoever tries again sends the same.
        seconds = self.chance.choice([60, 3600])
        capture = self.chance.choice(["25", "60"])
        return [
            ("batch", self._send_batch),
            ("capturer", lambda: self._hold(seconds, lambda hold: capturing("c-1", hold, capture))),
            ("releaser", lambda: self._hold(seconds, lambda hold: releasing("c-2", hold))),
            ("returner", self._buy_and_return),
            ("stream 1", self._deliver),
            ("stream 2", self._deliver),
            ("reconciler", lambda: self._invoke("reconcile")),
            ("schedule 1", lambda: self._invoke("apply_due")),
            ("schedule 2", lambda: self._invoke("apply_due")),
        ]

    # ---- What they do ----

    def _client(self, request: Request) -> tuple[str, Work]:
        return request.name, lambda: self.send(request)

    def send(self, request: Request) -> None:
        """Until it is answered."""
        while True:
            self.acknowledged.sent[request.identity] += 1
            answer = request.act(self.world)
            if self._is_lost():
                continue
            if self.acknowledged.note(self.world, request, answer):
                return

    def _is_lost(self) -> bool:
        """Whether an answer never reaches its client."""
        is_lost = self.chance.random() < self.rate
        self.counts["answers lost on the way to a client"] += is_lost
        return is_lost

    def _reversal(
        self, key: str, undoes: Request, share: tuple[str, Decimal] | None = None
    ) -> Request:
        return reversal(key, undoes, self.acknowledged.ids[undoes.identity], share)

    def _send_batch(self) -> None:
        """What others send too, and more, until no row is to be sent again."""
        requests = [
            in_hang_form("hang", "30"),
            in_hang_form("in batch", "5"),
            in_village_form("keyed", "400", key="keyed", reference="R-1", is_enforced=True),
            in_village_form("enforced", "400", reference="R-1", is_enforced=True),
            in_village_form("in batch too", "300", key="in batch too", reference="R-2"),
            in_hang_form("contested", "20", is_contested=True),
        ]
        unanswered = True
        while unanswered:
            self.acknowledged.sent.update(each.identity for each in requests)
            answer = self.world.post_batch([dict(each.row) for each in requests])
            unanswered = self._is_lost() or not self.acknowledged.note_batch(
                self.world, requests, answer
            )

    def _hold(self, seconds: int, close: Callable[[str], Request]) -> None:
        holds = holding("hold-1", "60", seconds)
        self.send(holds)
        if holds.identity in self.acknowledged.ids:
            self.send(close(self.acknowledged.ids[holds.identity]))

    def _buy_and_return(self) -> None:
        """Reverses what is just being applied."""
        bought = in_hang_form("bought", "25")
        self.send(bought)
        self.send(self._reversal("bought back", bought))

    def _deliver(self) -> None:
        """Some rows at a time, in any order, delivered before or not, until nothing failed."""
        for _ in range(DELIVERIES):
            rows = self.world.items("ledger")
            some = self.chance.sample(rows, min(len(rows), ROWS_DELIVERED))
            self.counts["rows delivered"] += len(some)
            while self.world.deliver(some) != {"batchItemFailures": []}:
                self.counts["batches delivered again"] += 1

    def prepare(self) -> None:
        """What is there before: a gift that is applied, and what nobody has applied."""
        self.send(GIFT)
        assert self.world.deliver() == {"batchItemFailures": []}
        self.send(SALE)
        self.send(WAITING)

    def _invoke(self, operation: str) -> None:
        # There is a next time.
        with suppress(BotoCoreError, ClientError):
            self.world.invoke(operation, {})
