"""What clients were told, and what it must come to: computed from acknowledgements alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.integration.world import Answer, World

OK, REFUSED, SERVER_ERROR = 200, 400, 500

type Points = Mapping[str, Decimal]


@dataclass(frozen=True)
class Request:
    """What a client sends until it is answered.

    `identity` is what makes its repetitions one, and `says` what differs where others have the same
    identity. `moves` is what it comes to when it counts once, by membership. A reversal
    takes back `share` of what `undoes` moved, all that is left if there is no share.
    `may_be` are the codes with which it may be refused. `row` is what it is in a batch.
    """

    name: str
    act: Callable[[World], Answer]
    identity: str
    says: str = ""
    moves: Points = field(default_factory=dict)
    undoes: "Request | None" = None
    share: Decimal | None = None
    may_be: frozenset[str] = frozenset()
    # Without a key each POST leaves a row; without an enforced reference too, that is an activity.
    has_key: bool = True
    is_repeatable: bool = True
    row: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Acknowledged:
    """What was told to clients, in their order."""

    by_identity: dict[str, Request] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    told: dict[str, tuple[Request, Answer]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, world: World, request: Request, answer: Answer) -> bool:
        """Whether the client has its answer, whatever it is. Asserts that it may be that one."""
        if answer.status >= SERVER_ERROR:
            self.counts["server errors"] += 1
            return False
        if answer.status >= REFUSED:
            assert answer.body["code"] in request.may_be, (request.name, answer)
            # What was acknowledged is never refused.
            assert request.name not in self.told, (request.name, answer)
            self.refused[request.name] = answer.body["code"]
            return True
        _, first = self.told.setdefault(request.name, (request, answer))
        if request.is_repeatable:
            assert (answer.status, answer.body) == (first.status, first.body)
        is_replay = "Idempotent-Replayed" in answer.headers
        # Whoever sends something for the first time is told so, whatever the SDK went through.
        assert self.sent[request.identity] > 1 or not is_replay, request.name
        self.counts["replayed"] += is_replay
        self.counts["duplicates"] += "Accrue-Duplicate-Of" in answer.headers
        self.note_id(world, request, answer.headers["Accrue-Activity-Id"])
        return True

    def note_batch(self, world: World, requests: Sequence[Request], answer: Answer) -> bool:
        """Whether each row has its answer."""
        if answer.status >= SERVER_ERROR:
            self.counts["server errors"] += 1
            return False
        assert answer.status == OK, answer
        is_answered = True
        for request, result in zip(requests, answer.body["results"], strict=True):
            if result.get("retryable"):
                self.counts["batch rows to send again"] += 1
                is_answered = False
            elif result["status"] >= REFUSED:
                assert result["code"] in request.may_be, (request.name, result)
                self.refused[f"{request.name} in a batch"] = result["code"]
            else:
                self.note_id(world, request, result["activity_id"])
        return is_answered

    def note_id(self, world: World, request: Request, activity_id: str) -> None:
        """That the request is acknowledged, as this activity: by now it is in the ledger."""
        earlier = self.by_identity.setdefault(request.identity, request)
        assert earlier.says == request.says, f"{request.identity} stands for two payloads"
        if request.is_repeatable:
            assert self.ids.setdefault(request.identity, activity_id) == activity_id
        key = {"activity_key": {"S": f"demo#{activity_id}"}}
        assert "Item" in world.client.get_item(TableName="ledger", Key=key), activity_id
        self.counts["acknowledged"] += 1

    def balances(self, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Decimal]:
        """What each membership must have in the end. `rows` are the ledger's by their ids: they
        tell how often a request without a key was recorded, and which one a reference is of.
        """
        points: dict[str, Decimal] = defaultdict(Decimal)
        for request in self.by_identity.values():
            times = self._times(request, rows)
            for membership, moved in request.moves.items():
                points[membership] += times * moved
        for undone, share in self._undone().items():
            for membership, moved in self.by_identity[undone].moves.items():
                points[membership] -= share * moved
        return {membership: each for membership, each in points.items() if each}

    def _times(self, request: Request, rows: Mapping[str, Mapping[str, Any]]) -> int:
        if request.is_repeatable:
            first = rows[self.ids[request.identity]]
            # It is a duplicate of one without a key, which is counted as that.
            return int(first.get("description") not in self._unkeyed)
        own = [row for row in rows.values() if row.get("description") == request.identity]
        assert 1 <= len(own) <= self.sent[request.identity], request.name
        return len(own)

    @property
    def _unkeyed(self) -> set[str]:
        return {each.identity for each in self.by_identity.values() if not each.is_repeatable}

    def _undone(self) -> dict[str, Decimal]:
        shares: dict[str, Decimal] = defaultdict(Decimal)
        whole = set()
        for request in self.by_identity.values():
            if request.undoes is None:
                continue
            if request.share is None:
                whole.add(request.undoes.identity)
            else:
                shares[request.undoes.identity] += request.share
        assert all(share <= 1 for share in shares.values()), shares
        return {**shares, **dict.fromkeys(whole, Decimal(1))}
