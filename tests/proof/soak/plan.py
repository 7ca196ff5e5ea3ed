"""What the partner sends: a seeded mixture of both forms, repetitions, and what must be refused."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.integration.invariants import half_up
from tests.integration.networks import demo_network

MEMBERS = 40
PROGRAM = "coffee-club"
# Of a hundred requests, so many say again what was said before, or want something else under its
# key, or are refused, or are of a type that nobody defined.
REPEATED, CHANGED, REFUSED, UNDEFINED = 12, 2, 3, 3
# How far back the original of a repetition is: some are still under way, others long done.
NEAR, FAR = 8, 400
PAYLOAD_CHANGED = 422
# The same status for another reason; such a request has an identity of its own.
NEGATIVE_REFUSED = 422


@dataclass(frozen=True)
class Request:
    """A request in one of both forms. `identity` is what its repetitions share; `earns` is what it
    is worth, by membership, if it counts; `statuses` are those that it may get.
    """

    identity: str
    path: str
    body: Mapping[str, Any]
    earns: Mapping[str, Decimal]
    statuses: frozenset[int]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_hang(self) -> bool:
        """Whether it is in Hang's form, which has a header of its own for the key."""
        return self.path.startswith("/v2/")


def soak_network(network_id: str) -> dict[str, Any]:
    """The demo network with as many members as take part."""
    document = demo_network(network_id)
    document["users"] = [{"user_id": f"user-{n}", "email": _email(n)} for n in range(MEMBERS)]
    document["memberships"] = [
        {"program_membership_id": f"m-{n}", "program_id": PROGRAM, "user_id": f"user-{n}"}
        for n in range(MEMBERS)
    ]
    return document


def plan(network_id: str, count: int, chance: random.Random) -> list[Request]:
    """So many requests, in the order in which they are sent."""
    planner = _Planner(network_id, chance)
    requests = [planner.request(number) for number in range(count)]
    contested = {each.identity for each in requests if PAYLOAD_CHANGED in each.statuses}
    return [_contested(each) if each.identity in contested else each for each in requests]


@dataclass
class _Planner:
    network_id: str
    chance: random.Random
    originals: list[Request] = field(default_factory=list)

    def request(self, number: int) -> Request:
        kind = self.chance.randrange(100)
        if kind < REPEATED and self.originals:
            return self._an_earlier()
        if kind < REPEATED + CHANGED and self.originals:
            return _changed(self._an_earlier())
        if kind < REPEATED + CHANGED + REFUSED:
            return self._refused(number)
        if kind < REPEATED + CHANGED + REFUSED + UNDEFINED:
            request = self._village(number, "never-defined", "10", {"owner": _email(0)})
        elif kind % 2:
            request = self._hang(number, self._amount())
        else:
            request = self._sale(number)
        self.originals.append(request)
        return request

    def _an_earlier(self) -> Request:
        back = self.chance.choice((NEAR, FAR))
        return self.chance.choice(self.originals[-back:])

    def _refused(self, number: int) -> Request:
        if number % 2:
            request = self._hang(number, Decimal(-5))
            return replace(request, earns={}, statuses=frozenset({NEGATIVE_REFUSED}))
        request = self._village(number, "sale", "10", {"buyer": "nobody@example.com"})
        return replace(request, statuses=frozenset({400}))

    def _hang(self, number: int, value: Decimal) -> Request:
        membership = f"m-{self.chance.randrange(MEMBERS)}"
        return Request(
            identity=f"hang-{number}",
            path=f"/v2/program-memberships/{membership}/activities",
            body={
                "idempotency_key": f"hang-{number}",
                "activity": {
                    "activity_type_id": "activity_type_1",
                    "value": str(value),
                    "transaction_timestamp": 1656510137 + number,
                },
            },
            earns={membership: value},
            statuses=frozenset({200}),
        )

    def _sale(self, number: int) -> Request:
        amount = self._amount()
        buyer, seller = self.chance.randrange(MEMBERS), self.chance.randrange(MEMBERS)
        earns: dict[str, Decimal] = {f"m-{buyer}": _share(amount, "0.01")}
        earns[f"m-{seller}"] = earns.get(f"m-{seller}", Decimal(0)) + _share(amount, "0.05")
        users = {"buyer": _email(buyer), "seller": _email(seller).upper()}
        return replace(self._village(number, "S1-A", str(amount), users), earns=earns)

    def _village(
        self, number: int, activity_type: str, amount: str, users: Mapping[str, str]
    ) -> Request:
        """With a key, an enforced reference, or both: without either a retry is another one."""
        named_by = self.chance.choice(("key", "reference", "both"))
        has_reference = named_by != "key"
        return Request(
            identity=f"village-{number}",
            path=f"/networks/{self.network_id}/activity",
            body={
                "activity_short_id": activity_type,
                "amount": amount,
                "users": dict(users),
                "metadata": {"reference_id": f"R-{number}"} if has_reference else {},
                "enforceUniqueRefId": has_reference,
            },
            earns={},
            statuses=frozenset({201}),
            headers={} if named_by == "reference" else {"Idempotency-Key": f"village-{number}"},
        )

    def _amount(self) -> Decimal:
        return Decimal(self.chance.randrange(1, 100_000)).scaleb(-2)


def _changed(original: Request) -> Request:
    """Another payload under the same key. An enforced reference alone takes any payload, and counts
    the first: whether that was one whose answer was lost, no client can know. So it stays.
    """
    if not (original.is_hang or original.headers):
        return original
    body = dict(original.body)
    earns = original.earns
    if original.is_hang:
        body["activity"] = {**body["activity"], "value": "1"}
        earns = dict.fromkeys(earns, Decimal(1))
    else:
        body["metadata"] = {**body["metadata"], "description": "changed"}
    return _contested(replace(original, body=body, earns=earns))


def _contested(request: Request) -> Request:
    """Of two payloads under one key, whichever comes second is refused."""
    return replace(request, statuses=request.statuses | {PAYLOAD_CHANGED})


def _share(amount: Decimal, rate: str) -> Decimal:
    return half_up(Fraction(amount) * Fraction(rate))


def _email(member: int) -> str:
    return f"member-{member}@example.com"
