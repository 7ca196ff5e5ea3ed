"""Apply activities: a posting for each membership concerned, written once, with its balance.

May be called with anything, any number of times, by several callers at once: the posting's key is
the marker, and the balance's sequence makes sure that what was decided was decided on what is
there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import batched

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance import Balance, post
from accrue.domain.concerned import concerned_memberships, participant_with
from accrue.domain.decide import decide
from accrue.domain.deciding.traits import traits_held
from accrue.domain.decision import Facts
from accrue.domain.errors import AlreadyPostedError, BalanceMovedError
from accrue.domain.posting import Posting
from accrue.domain.settled_outcome import SettledOutcome
from accrue.services.ports import BalanceBook, CatalogReader

type TraitsFinder = Callable[[], Mapping[str, str]]

# In each round somebody's write succeeds, so this many others would have to keep coming first.
MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class FailedActivity:
    """An activity that would not apply, and the unexpected exception. Nothing was posted for it
    there.
    """

    activity: Activity
    error: Exception


@dataclass(frozen=True, slots=True)
class RuleApplier:
    """Applies activities at `now`."""

    catalog: CatalogReader
    book: BalanceBook
    now: datetime

    def apply(self, activities: Iterable[Activity]) -> list[FailedActivity]:
        """Apply them; what could not be applied is returned and keeps nothing else from being
        applied.
        """
        failures: list[FailedActivity] = []
        groups: dict[tuple[str, MembershipRef], dict[str, Activity]] = {}
        for activity in activities:
            if activity.settled_outcome is not None:
                failures.extend(self._settle(activity))
                continue
            for membership in concerned_memberships(activity):
                # By id: a batch may hold the same activity twice.
                group = groups.setdefault((activity.network_id, membership), {})
                group[activity.activity_id] = activity
        for (network_id, membership), group in groups.items():
            failures.extend(self._apply_group(network_id, membership, group.values()))
        return failures

    def _settle(self, activity: Activity) -> Iterable[FailedActivity]:
        assert activity.settled_outcome is not None
        outcome = SettledOutcome(
            network_id=activity.network_id,
            activity_id=activity.activity_id,
            activity_hash=activity.content_hash,
            outcome=activity.settled_outcome,
            recorded_at=activity.recorded_at,
            settled_at=self.now,
        )
        try:
            self.book.settle(outcome)
        except Exception as error:  # noqa: BLE001 - reported by the caller
            yield FailedActivity(activity, error)

    def _apply_group(
        self, network_id: str, membership: MembershipRef, group: Iterable[Activity]
    ) -> Iterable[FailedActivity]:
        # A batch has no order across activities; this one at least does not depend on the batch.
        in_order = sorted(group, key=lambda a: (a.recorded_at, a.activity_id))
        for chunk in batched(in_order, self.book.max_postings_per_write, strict=False):
            try:
                yield from self._apply_chunk(network_id, membership, chunk)
            except Exception as error:  # noqa: BLE001 - reported by the caller
                yield from (FailedActivity(activity, error) for activity in chunk)

    def _apply_chunk(
        self, network_id: str, membership: MembershipRef, chunk: Sequence[Activity]
    ) -> list[FailedActivity]:
        posted: frozenset[str] = frozenset()
        find_traits = self._traits_finder(network_id, membership, chunk[0])
        for _ in range(MAX_ROUNDS):
            remaining = [a for a in chunk if a.activity_id not in posted]
            balance = self.book.find_balance(network_id, membership)
            decided, failures = self._fold(membership, remaining, balance, find_traits)
            if not decided:
                return failures
            fitting = decided[: self.book.how_many_fit([posting for posting, _ in decided])]
            postings = [posting for posting, _ in fitting]
            _, after = fitting[-1]
            try:
                self.book.post(postings, after, balance.sequence)
            except AlreadyPostedError as race:
                posted |= race.activity_ids
            except BalanceMovedError:
                continue
            else:
                if len(fitting) == len(decided):
                    return failures
                posted |= {posting.activity_id for posting in postings}
        raise BalanceMovedError(f"{MAX_ROUNDS} times in a row")

    def _fold(
        self,
        membership: MembershipRef,
        activities: Iterable[Activity],
        balance: Balance,
        find_traits: TraitsFinder,
    ) -> tuple[list[tuple[Posting, Balance]], list[FailedActivity]]:
        """Each activity's posting with the balance after it, and what could not be decided."""
        decided: list[tuple[Posting, Balance]] = []
        failures: list[FailedActivity] = []
        for activity in activities:
            try:
                posting, balance = self._decide(activity, membership, balance, find_traits)
            except Exception as error:  # noqa: BLE001 - reported by the caller
                failures.append(FailedActivity(activity, error))
            else:
                decided.append((posting, balance))
        return decided, failures

    def _decide(
        self,
        activity: Activity,
        membership: MembershipRef,
        balance: Balance,
        find_traits: TraitsFinder,
    ) -> tuple[Posting, Balance]:
        version = self.catalog.program_version_at(
            activity.network_id, membership.program_id, activity.recorded_at
        )
        program = version.program
        standing = participant_with(activity, membership).standing
        # Read only for programs that ask, and of users who may earn something.
        asks = bool(program.trait_conditions) and standing.why_nothing is None
        facts = Facts(
            roles=concerned_memberships(activity)[membership],
            traits_held=traits_held(program, find_traits() if asks else {}),
            standing=standing,
        )
        decision = decide(activity, facts, balance.state, version)
        return post(
            activity=activity,
            membership=membership,
            decision=decision,
            program_version=version.version,
            balance=balance,
            posted_at=self.now,
        )

    def _traits_finder(
        self, network_id: str, membership: MembershipRef, activity: Activity
    ) -> TraitsFinder:
        """The traits of the membership's user as they are now: for one fold the same."""
        user_id = participant_with(activity, membership).user_id
        return cache(lambda: self.catalog.find_traits(network_id, user_id))
