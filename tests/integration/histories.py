"""Short histories of clients, the stream and the schedule, for the world to be stopped in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import time_machine

from tests.integration.world import Answer, World

JOHN, JANE = "john.buyer@villagelabs.co", "jane.seller@villagelabs.co"
NOT_ENROLLED = "not.enrolled@example.com"
# The source document's own example of a timestamp: a day of the year 2361.
FAR_AHEAD = 12339687697


@dataclass(frozen=True)
class Post:
    """A request, repeated by its client until it is acknowledged.

    `earns` is what it is worth, by membership, when it counts once. `identity` is what makes its
    repetitions the same activity; without it each POST is a new activity, and one whose answer was
    lost may count as well. `body` is in Hang's form if there is a `membership`, else in Village's.
    """

    body: Mapping[str, Any]
    earns: Mapping[str, str]
    membership: str | None = None
    idempotency_key: str | None = None
    identity: str | None = None

    def act(self, world: World) -> Answer:
        """Send the request once."""
        if self.membership is not None:
            return world.post_membership_activity(self.membership, dict(self.body))
        headers = {"Idempotency-Key": self.idempotency_key} if self.idempotency_key else {}
        return world.post_network_activity(dict(self.body), headers=headers)

    @property
    def has_key(self) -> bool:
        """Whether an idempotency key stands for the payload."""
        return self.membership is not None or self.idempotency_key is not None

    def with_other_payload(self) -> "Post":
        """The same key for another payload."""
        body = dict(self.body)
        if self.membership is not None:
            body["activity"] = {**body["activity"], "value": "60"}
        else:
            body["amount"] = "60"
        return replace(self, body=body)


@dataclass(frozen=True)
class Deliver:
    """The stream delivers the whole ledger as one batch, again until nothing failed."""

    def act(self, world: World) -> None:
        """Deliver once."""
        assert world.deliver() == {"batchItemFailures": []}


@dataclass(frozen=True)
class Reconcile:
    """The schedule invokes the reconciler."""

    def act(self, world: World) -> None:
        """Sweep once."""
        report = world.invoke("reconcile", {})
        assert all(not r["failed"] and r["is_complete"] for r in report.values())


@dataclass(frozen=True)
class Import:
    """An administrator imports a network, again until it is reported as done."""

    document: Mapping[str, Any]

    def act(self, world: World) -> None:
        """Import once."""
        assert "errors" not in world.import_network(dict(self.document))


type Step = Post | Deliver | Reconcile | Import
type Preparation = Callable[[World, time_machine.Traveller], None]


def nothing(_world: World, _clock: time_machine.Traveller) -> None:
    """No preparation."""


@dataclass(frozen=True)
class History:
    """What happens: `before` in peace, then `steps`, during which the world stops."""

    steps: tuple[Step, ...]
    before: tuple[Post, ...] = ()
    prepare: Preparation = nothing


def hang_post(key: str, value: str = "50", membership: str = "12345") -> Post:
    """A POST in Hang's form, for a type that awards its value."""
    return Post(
        {
            "idempotency_key": key,
            "activity": {
                "activity_type_id": "activity_type_1",
                "value": value,
                "transaction_timestamp": 1656510137,
            },
        },
        earns={membership: value},
        membership=membership,
        identity=f"key {key}",
    )


def village_post(
    amount: str = "100",
    *,
    activity_type: str = "sale",
    users: Mapping[str, str] | None = None,
    earns: Mapping[str, str] | None = None,
    reference: str | None = None,
    enforced: bool = False,
    key: str | None = None,
    timestamp: int | None = None,
) -> Post:
    """A POST in Village's form; by default John's purchase, of which he gets 1 % back."""
    metadata = {"reference_id": reference, "activity_timestamp": timestamp}
    identity = f"key {key}" if key else f"reference {reference}" if enforced else None
    return Post(
        {
            "activity_short_id": activity_type,
            "amount": amount,
            "users": dict(users or {"buyer": JOHN}),
            "metadata": {name: value for name, value in metadata.items() if value is not None},
            "enforceUniqueRefId": enforced,
        },
        earns={"12347": str(Decimal(amount) / 100)} if earns is None else earns,
        idempotency_key=key,
        identity=identity,
    )


# One of each kind of row, and several of one membership.
MIXED_BATCH = (
    hang_post("hang-1"),
    hang_post("hang-2", "7.5"),
    village_post(
        activity_type="S1-A",
        users={"buyer": JOHN, "seller": JANE},
        earns={"12347": "1", "12348": "5"},
    ),
    village_post(
        activity_type="S1-A",
        users={"buyer": JOHN, "seller": JOHN},
        earns={"12347": "6"},
    ),
    village_post(activity_type="unheard-of", users={"owner": JOHN}, earns={}),
    village_post(timestamp=FAR_AHEAD, earns={}),
    village_post(users={"buyer": NOT_ENROLLED}, earns={}),
    village_post("300", reference="R-1", enforced=True, key="village-1"),
    village_post("300", reference="R-1", enforced=True, earns={}),
    village_post("200", activity_type="visit", users={"visitor": JOHN}, earns={}),
)


def _half_applied(world: World, clock: time_machine.Traveller) -> None:
    """The stream did half of its work; the last sweep was just before."""
    clock.shift(timedelta(minutes=5))
    world.deliver(world.items("ledger")[::2])
    world.client.put_item(
        TableName="balance",
        Item={
            "membership_key": {"S": "#RECONCILE#demo"},
            "item_key": {"S": "SWEPT"},
            "swept_until": {"S": "2026-03-01T12:00:00.500000Z"},
        },
    )


HISTORIES: dict[str, History] = {
    "hang": History((hang_post("hang-1"),)),
    "hang, two of one membership": History((hang_post("hang-1"), hang_post("hang-2", "7.25"))),
    "village": History((village_post(),)),
    "village, reference": History((village_post(reference="R-1"),)),
    "village, key": History((village_post(key="village-1"),)),
    "village, key and reference": History((village_post(key="village-1", reference="R-1"),)),
    "village, enforced": History((village_post(reference="R-1", enforced=True),)),
    "village, enforced duplicate": History(
        (
            village_post(reference="R-1", enforced=True),
            village_post("999", reference="R-1", enforced=True, earns={}),
        )
    ),
    "village, enforced duplicate with keys": History(
        (
            village_post(key="village-1", reference="R-1", enforced=True),
            village_post("999", key="village-2", reference="R-1", enforced=True, earns={}),
        )
    ),
    "village, enforced duplicate without key of one with key": History(
        (
            village_post(key="village-1", reference="R-1"),
            village_post("999", reference="R-1", enforced=True, earns={}),
        )
    ),
    "village, enforced duplicate with key of one without": History(
        (
            village_post(reference="R-1", enforced=True),
            village_post("999", key="village-2", reference="R-1", enforced=True, earns={}),
        )
    ),
    "village, later unenforced reference": History(
        (village_post(reference="R-1", enforced=True), village_post("200", reference="R-1"))
    ),
    "village, later unenforced reference with key": History(
        (
            village_post(reference="R-1", enforced=True),
            village_post("200", key="village-2", reference="R-1"),
        )
    ),
    "apply_rules": History((Deliver(),), before=MIXED_BATCH),
    "hang and apply_rules": History((hang_post("hang-1"), Deliver())),
    "village and apply_rules": History(
        (village_post(key="village-1", reference="R-1", enforced=True), Deliver())
    ),
    "reconcile": History((Reconcile(),), before=MIXED_BATCH[1:9:2], prepare=_half_applied),
}
