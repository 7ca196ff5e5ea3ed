"""Runs a scenario in simulated time, and says what came of it."""

import heapq
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import fmean

from accrue.services.sharing import Sharing
from benchmarks.fan_in.applying import Applying, Waiting, cpu_seconds_each
from benchmarks.fan_in.batches import next_batch
from benchmarks.fan_in.scenario import Arrival, Scenario, arrivals_by_lane
from tests.event_source.settings import MappingSettings

# Until Lambda has handed a batch over, and has heard what became of it: assumed.
INVOKE_SECONDS = 0.02
# In half of the time, lags have grown by this on average: more comes in than goes out.
FALLING_BEHIND_SECONDS = 0.5
# Or one in a hundred waits so long: some lanes are stuck, though the others go on.
LATE, LATE_SECONDS = 0.99, 10.0


@dataclass(frozen=True, slots=True)
class Result:
    """The lag of each activity, from recorded to posted, in the order of recording; and counts."""

    lags: Sequence[float]
    counts: Counter[str]

    def lag(self, part: float) -> float:
        """The lag that this part of all activities does not exceed."""
        return sorted(self.lags)[round(part * (len(self.lags) - 1))]

    def each(self, counted: str) -> float:
        """A count per activity."""
        return self.counts[counted] / len(self.lags)

    @property
    def keeps_up(self) -> bool:
        """Whether lags stay as they are while the load lasts, and nobody is left behind."""
        quarter = len(self.lags) // 4
        second, last = self.lags[quarter : 2 * quarter], self.lags[3 * quarter :]
        is_growing = fmean(last) - fmean(second) > FALLING_BEHIND_SECONDS
        return not is_growing and self.lag(LATE) < LATE_SECONDS


def simulate(scenario: Scenario) -> Result:
    """Play the scenario until everything is posted; the same each time."""
    # The waits after conflicts are the product's, and draw from here.
    random.seed(scenario.seed)
    lanes = arrivals_by_lane(scenario).values()
    applying = Applying(cpu_seconds_each(scenario.memory_mb))
    return play(lanes, scenario.settings, applying, scenario.sharing)


def play(
    lanes: Iterable[Sequence[Arrival]],
    settings: MappingSettings,
    applying: Applying,
    sharing: type[Sharing] = Sharing,
) -> Result:
    """Play what each lane gets to read until everything is posted. Each has one environment."""
    arrivals = list(lanes)
    _run(applying, [_lane(applying, each, settings, sharing()) for each in arrivals])
    recorded = {a.number: a.recorded_at for each in arrivals for a in each}
    lags = [applying.posted_at[number] - recorded[number] for number in sorted(recorded)]
    return Result(lags, applying.counts)


def _lane(
    applying: Applying, arrivals: Sequence[Arrival], settings: MappingSettings, sharing: Sharing
) -> Waiting[None]:
    """One batch after the other; while one is tried, what comes after it waits."""
    start, formed_at = 0, 0.0
    while start < len(arrivals):
        formed_at, end = next_batch(arrivals, start, formed_at, applying.now, settings)
        yield formed_at - applying.now
        while start < end:
            yield INVOKE_SECONDS
            start += yield from applying.invoke(arrivals[start:end], sharing)


def _run(applying: Applying, lanes: Sequence[Iterator[float]]) -> None:
    turns = count()
    waiting = [(0.0, next(turns), lane) for lane in lanes]
    heapq.heapify(waiting)
    while waiting:
        applying.now, _, lane = heapq.heappop(waiting)
        wait = next(lane, None)
        if wait is not None:
            heapq.heappush(waiting, (applying.now + wait, next(turns), lane))
