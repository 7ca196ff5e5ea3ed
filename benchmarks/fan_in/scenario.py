"""What is simulated: a load of activities, and how the stream of the ledger is read."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import override

from accrue.services.sharing import Sharing
from benchmarks.lambda_time import memory_of
from tests.event_source.settings import MappingSettings, settings_of

FUNCTION = "ApplyRulesFunction"
# https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html: four times a second.
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Activities arrive for so many seconds, by chance, `load` of them a second.

    `skew` is the exponent of Zipf's law for how they fall on memberships: 0 is evenly. `shards` is
    how many partitions the ledger has; one activity lies in any of them. `sharing` is when
    memberships share transactions.
    """

    load: float
    seconds: float = 30.0
    skew: float = 0.8
    memberships: int = 10_000
    shards: int = 4
    settings: MappingSettings = field(default_factory=lambda: settings_of(FUNCTION))
    sharing: type[Sharing] = Sharing
    memory_mb: int = field(default_factory=lambda: memory_of(FUNCTION))
    seed: int = 1


class NeverSharing(Sharing):
    """Each membership has its own transaction."""

    @override
    def may_share(self) -> bool:
        return False


class AlwaysSharing(Sharing):
    """Each batch tries again, whatever was in the way of the one before."""

    @override
    def note_refused(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Arrival:
    """An activity: when it was recorded, when the reader of its shard sees it, and whose it is."""

    number: int
    recorded_at: float
    seen_at: float
    membership: int


def arrivals_by_lane(scenario: Scenario) -> Mapping[tuple[int, int], Sequence[Arrival]]:
    """What each lane of each shard gets to read, in order.

    The key of a ledger row is a hash, so chance alone decides where a membership's rows are.
    """
    chance = random.Random(scenario.seed)  # noqa: S311 - a simulation
    lanes: dict[tuple[int, int], list[Arrival]] = defaultdict(list)
    offsets = [chance.uniform(0, POLL_SECONDS) for _ in range(scenario.shards)]
    weights = [1 / rank**scenario.skew for rank in range(1, scenario.memberships + 1)]
    cumulated = list(accumulate(weights))
    names = range(scenario.memberships)
    for number, recorded_at in enumerate(_moments(scenario, chance)):
        shard = chance.randrange(scenario.shards)
        lane = chance.randrange(scenario.settings.concurrent_batches)
        polls = -(-(recorded_at - offsets[shard]) // POLL_SECONDS)
        seen_at = max(recorded_at, offsets[shard] + polls * POLL_SECONDS)
        (membership,) = chance.choices(names, cum_weights=cumulated)
        lanes[shard, lane].append(Arrival(number, recorded_at, seen_at, membership))
    return lanes


def _moments(scenario: Scenario, chance: random.Random) -> Iterator[float]:
    moment = chance.expovariate(scenario.load)
    while moment < scenario.seconds:
        yield moment
        moment += chance.expovariate(scenario.load)
