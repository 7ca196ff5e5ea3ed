"""apply_rules, as far as it takes time and units: the way of services/apply_rules.py."""

from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched

from accrue.services.apply_rules import MAX_BALANCES_AHEAD, MAX_ITEMS_TOGETHER, MAX_ROUNDS
from accrue.services.sharing import Sharing
from accrue.storage.balances import MAX_POSTINGS_PER_WRITE
from accrue.storage.dynamo import conflict_waits
from benchmarks.fan_in.balances import Balances, Outcome, transaction_seconds
from benchmarks.fan_in.scenario import Arrival
from benchmarks.lambda_time import MANY_ITEMS_MS, SINGLE_ITEM_MS, lambda_ms
from tests.integration.write_units import TIMES_IN_A_TRANSACTION

READ_SECONDS = SINGLE_ITEM_MS / 1000
READ_TOGETHER_SECONDS = MANY_ITEMS_MS / 1000
# The processor time that a record takes: `make bench PART=price` measures it.
CPU_MS_EACH = 1.1


def cpu_seconds_each(memory_mb: int) -> float:
    """What a record takes of a function with this memory."""
    return lambda_ms(CPU_MS_EACH, {}, memory_mb) / 1000


# Yields how many seconds to wait.
type Waiting[T] = Generator[float, None, T]
# What is to be applied, by membership.
type Groups = Mapping[int, Sequence[Arrival]]


@dataclass
class Applying:
    """All invocations of apply_rules, on the same balances; `now` is moved by whoever waits.

    A record takes `cpu_seconds` of the memory's share of a vCPU.
    """

    cpu_seconds: float
    now: float = 0.0
    balances: Balances = field(default_factory=Balances)
    posted_at: dict[int, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def invoke(self, batch: Sequence[Arrival], sharing: Sharing) -> Waiting[int]:
        """Apply a batch; how many of its first records need not come again. `sharing` is what the
        environment remembers.
        """
        self.counts["invocations"] += 1
        failed: set[int] = set()
        for some in batched(_by_membership(batch).items(), MAX_BALANCES_AHEAD, strict=False):
            failed |= yield from self._apply_groups(dict(some), sharing)
        firsts = (place for place, arrival in enumerate(batch) if arrival.number in failed)
        return next(firsts, len(batch))

    def _apply_groups(self, groups: Groups, sharing: Sharing) -> Waiting[set[int]]:
        failed: set[int] = set()
        expected: Mapping[int, int] = {}
        if len(groups) > 1 and sharing.may_share():
            expected = yield from self._read_ahead(groups)
        for together in self._in_transactions(groups):
            if expected:
                if (yield from self._apply_together(together, expected)):
                    continue
                sharing.note_refused()
                expected = {}
            for membership, group in together.items():
                for chunk in batched(group, MAX_POSTINGS_PER_WRITE, strict=False):
                    if not (yield from self._apply_alone(membership, chunk)):
                        failed.update(arrival.number for arrival in chunk)
        return failed

    def _read_ahead(self, groups: Groups) -> Waiting[Mapping[int, int]]:
        self.counts["reads"] += len(groups)
        expected = {each: self.balances.read(each, self.now) for each in groups}
        yield READ_TOGETHER_SECONDS
        return expected

    def _in_transactions(self, groups: Groups) -> Iterator[Groups]:
        together: dict[int, Sequence[Arrival]] = {}
        items = 0
        for membership, group in groups.items():
            if together and items + len(group) + 1 > MAX_ITEMS_TOGETHER:
                yield together
                together, items = {}, 0
            together[membership] = group
            items += len(group) + 1
        if together:
            yield together

    def _apply_together(self, groups: Groups, ahead: Mapping[int, int]) -> Waiting[bool]:
        """Post all at once; False if anything was in the way."""
        expected = {each: ahead[each] for each in groups}
        arrivals = [arrival for group in groups.values() for arrival in group]
        yield self.cpu_seconds * len(arrivals)
        return (yield from self._write(expected, arrivals)) == "posted"

    def _apply_alone(self, membership: int, chunk: Sequence[Arrival]) -> Waiting[bool]:
        """Post a chunk of a membership's; False if others were in the way to the end."""
        remaining = chunk
        for _ in range(MAX_ROUNDS):
            self.counts["reads"] += 1
            expected = {membership: self.balances.read(membership, self.now)}
            yield READ_SECONDS
            yield self.cpu_seconds * len(remaining)
            outcome = yield from self._write_in_the_end(expected, remaining)
            if outcome == "conflict":
                return False
            remaining = [each for each in remaining if each.number not in self.posted_at]
            if not remaining:
                return True
        return False

    def _write_in_the_end(
        self, expected: Mapping[int, int], arrivals: Sequence[Arrival]
    ) -> Waiting[Outcome]:
        """Waits and tries again as `retry_conflicts` does."""
        for wait in conflict_waits():
            outcome = yield from self._write(expected, arrivals)
            if outcome != "conflict":
                return outcome
            yield wait
        return (yield from self._write(expected, arrivals))

    def _write(self, expected: Mapping[int, int], arrivals: Sequence[Arrival]) -> Waiting[Outcome]:
        """One transaction; what is cancelled is paid for, too."""
        items = len(arrivals) + len(expected)
        ends_at = self.now + transaction_seconds(items)
        outcome: Outcome = "moved"
        # Markers that are there cancel it, as a balance does that has moved.
        if self.posted_at.keys().isdisjoint(arrival.number for arrival in arrivals):
            outcome = self.balances.write(expected, self.now, ends_at)
        self.counts.update([outcome, "transactions"])
        self.counts["units"] += TIMES_IN_A_TRANSACTION * items
        yield ends_at - self.now
        if outcome == "posted":
            self.posted_at.update((arrival.number, self.now) for arrival in arrivals)
        return outcome


def _by_membership(batch: Sequence[Arrival]) -> Groups:
    groups: dict[int, list[Arrival]] = defaultdict(list)
    for arrival in batch:
        groups[arrival.membership].append(arrival)
    return groups
