"""What the catalog makes today of activities that are replayed: a row, or why there is none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from accrue.domain.activity import Activity, MembershipRef, Outcome
from accrue.domain.catalog import ActivityType, User
from accrue.domain.errors import UnreadableRowError
from accrue.domain.jobs.job import Job
from accrue.domain.jobs.replayed import Skip, SkipReason
from accrue.domain.posting import Posting
from accrue.domain.replay_row import participants_today, replay_row
from accrue.services.find_replays import find_replays_of, is_by, is_reversed
from accrue.services.find_reversals import find_reversals
from accrue.services.list_activities import PostingsReader
from accrue.services.ports import CatalogReader, LedgerReader
from accrue.services.record_activity import HELD_FROM_AHEAD


class UsersReader(Protocol):
    """Reads users as activities meet them, past every cache, by their ids; those that there are."""

    def find_users(self, network_id: str, user_ids: Sequence[str]) -> Mapping[str, User]: ...


@dataclass(frozen=True, slots=True)
class Replay:
    """An activity and the row that replays it. `is_written`: the job has written it before."""

    original: Activity
    row: Activity
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class ReplayResolver:
    """The ports that resolving replays needs."""

    catalog: CatalogReader
    users: UsersReader
    ledger: LedgerReader
    book: PostingsReader

    def resolve(
        self,
        originals: Sequence[Activity],
        job: Job,
        versions: Mapping[str, int],
        now: Callable[[], datetime],
    ) -> Iterator[Replay | Skip]:
        """Of each activity, in their order, the row that replays it, or why there is none."""
        if not originals:
            return
        network_id = job.network_id
        ids = [each.activity_id for each in originals]
        replays, not_read = find_replays_of(self.ledger, network_id, ids)
        postings, unreadable = self.book.find_postings_of(originals)
        last = [rows[-1] for rows in replays.values() if rows]
        counted_again, _ = self.book.find_postings_of(last)
        user_ids = sorted({p.user_id for each in originals for p in each.participants})
        users = self.users.find_users(network_id, user_ids)
        find_type = cache(lambda type_id: self.catalog.find_activity_type(network_id, type_id))
        for original in originals:
            activity_id = original.activity_id
            if activity_id in unreadable or activity_id in not_read:
                yield _unreadable(original)
                continue
            earlier = replays[activity_id]
            if mine := next((row for row in earlier if is_by(row, job)), None):
                yield Replay(original, mine, is_written=True)
                continue
            counted = postings.get(activity_id, {})
            try:
                skip = self._why_not_again(original, earlier, counted_again)
                skip = skip or self._why_not(original, counted)
            except UnreadableRowError:
                skip = _unreadable(original)
            skip = skip or _why_not_by_type(original, find_type(original.activity_type_id), now())
            if skip is not None:
                yield skip
                continue
            row = replay_row(
                original,
                number=len(earlier) + 1,
                participants=participants_today(
                    original, users, versions.keys(), _without_points(original, counted)
                ),
                program_versions=versions,
                job=job,
                recorded_at=now(),
            )
            if row.program_versions:
                yield Replay(original, row)
            else:
                yield _nobody_enrolled(original)

    def _why_not_again(
        self,
        original: Activity,
        earlier: Sequence[Activity],
        postings: Mapping[str, Mapping[MembershipRef, Posting]],
    ) -> Skip | None:
        if not earlier or is_reversed(self.ledger, earlier[-1]):
            return None
        replay_id = earlier[-1].activity_id
        said = f"was replayed already, by {replay_id}"
        outcomes = {each.outcome for each in postings.get(replay_id, {}).values()}
        if outcomes <= {Outcome.APPLIED}:
            return Skip(original.activity_id, SkipReason.ALREADY_REPLAYED, said)
        remedy = f"{said}, in which somebody got nothing: reverse that one to replay it for all"
        return Skip(original.activity_id, SkipReason.PARTLY_REPLAYED, remedy)

    def _why_not(
        self, original: Activity, postings: Mapping[MembershipRef, Posting]
    ) -> Skip | None:
        if original.settled_outcome is not None:
            return None
        if not any(each.outcome is Outcome.NO_RULE for each in postings.values()):
            return Skip(original.activity_id, SkipReason.COUNTED, "something came of it, or will")
        if find_reversals(self.ledger, original):
            return Skip(original.activity_id, SkipReason.REVERSED, "was reversed since")
        return None


def _without_points(
    original: Activity, postings: Mapping[MembershipRef, Posting]
) -> frozenset[MembershipRef] | None:
    """The memberships that a replay is for: those without points so far; None is any."""
    if original.settled_outcome is not None:
        return None
    return frozenset(ref for ref, each in postings.items() if each.outcome is Outcome.NO_RULE)


def _why_not_by_type(
    original: Activity, activity_type: ActivityType | None, now: datetime
) -> Skip | None:
    """What would keep it from counting if it were recorded now."""
    type_id = original.activity_type_id
    if activity_type is None:
        remedy = f"activity type {type_id} is not defined: define it and start another preview"
        return Skip(original.activity_id, SkipReason.UNDEFINED_TYPE, remedy)
    if activity_type.is_archived:
        remedy = f"activity type {type_id} is archived: take it out of the archive first"
        return Skip(original.activity_id, SkipReason.ARCHIVED_TYPE, remedy)
    roles = [p.role for p in original.participants if p.role not in activity_type.roles]
    if roles:
        remedy = f"activity type {type_id} lacks the roles {', '.join(roles)}: add them to it"
        return Skip(original.activity_id, SkipReason.UNKNOWN_ROLE, remedy)
    values = (original.amount, *(item.value for item in original.line_items))
    if not activity_type.allows_negative and any(value and value < 0 for value in values):
        remedy = f"has a negative value, which activity type {type_id} does not allow"
        return Skip(original.activity_id, SkipReason.NEGATIVE_VALUE, remedy)
    if original.occurred_at > now + HELD_FROM_AHEAD:
        remedy = "is dated more than a day ahead still: replay it when its time has come"
        return Skip(original.activity_id, SkipReason.HELD, remedy)
    return None


def _unreadable(original: Activity) -> Skip:
    return Skip(original.activity_id, SkipReason.UNREADABLE, "what came of it can't be read")


def _nobody_enrolled(original: Activity) -> Skip:
    remedy = "nobody in it is enrolled today in a program of the replay: enrol somebody first"
    return Skip(original.activity_id, SkipReason.NOBODY_ENROLLED, remedy)
