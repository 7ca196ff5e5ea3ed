"""Activities in both forms, at random: hot memberships, markers, duplicates, undefined types."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tests.integration.histories import (
    FAR_AHEAD,
    JANE,
    JOHN,
    NOT_ENROLLED,
    Post,
    hang_post,
    village_post,
)
from tests.integration.world import World

HOT, OTHER = "12345", "12346"


@dataclass
class RandomHistory:
    """What clients sent and were told; the same for the same seed."""

    chance: random.Random
    earned: dict[str, Mapping[str, str]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    _sent: int = 0
    _references: set[str] = field(default_factory=set)
    _keyed: list[Post] = field(default_factory=list)

    def record(self, world: World, post: Post | None = None) -> str:
        """Send a request, by default any; returns the activity's id."""
        self._sent += 1
        sent = post or self.chance.choice(self._kinds)()
        answer = sent.act(world)
        assert answer.status in {200, 201}, answer
        if sent.has_key:
            self._keyed.append(sent)
        activity_id = answer.headers["Accrue-Activity-Id"]
        self.ids.add(activity_id)
        self.earned.setdefault(sent.identity or activity_id, sent.earns)
        return activity_id

    def balances(self) -> dict[str, Decimal]:
        """What each membership must have in the end."""
        total: dict[str, Decimal] = defaultdict(Decimal)
        for earns in self.earned.values():
            for membership, points in earns.items():
                total[membership] += Decimal(points)
        return {membership: points for membership, points in total.items() if points}

    @property
    def _kinds(self) -> tuple[Callable[[], Post], ...]:
        return (
            *(3 * (lambda: hang_post(self._key, self._amount(), HOT),)),
            lambda: hang_post(self._key, self._amount(), OTHER),
            lambda: village_post(self._amount()),
            lambda: village_post(self._amount(), key=self._key),
            self._with_two_roles,
            self._with_reference,
            lambda: village_post(activity_type="unheard-of", users={"owner": JOHN}, earns={}),
            lambda: village_post(timestamp=FAR_AHEAD, earns={}),
            lambda: village_post(users={"buyer": NOT_ENROLLED}, earns={}),
            lambda: self.chance.choice(self._keyed or [village_post()]),
        )

    @property
    def _key(self) -> str:
        return f"key-{self._sent}"

    def _amount(self) -> str:
        return str(self.chance.randint(1, 900))

    def _with_two_roles(self) -> Post:
        amount = self._amount()
        earns = {"12347": str(Decimal(amount) / 100), "12348": str(Decimal(amount) / 20)}
        users = {"buyer": JOHN, "seller": JANE}
        return village_post(amount, activity_type="S1-A", users=users, earns=earns)

    def _with_reference(self) -> Post:
        reference = f"R-{self.chance.randint(1, 4)}"
        enforced = self.chance.random() < 0.7
        is_duplicate = enforced and reference in self._references
        self._references.add(reference)
        return village_post(
            self._amount(),
            reference=reference,
            enforced=enforced,
            key=self._key,
            earns={} if is_duplicate else None,
        )
