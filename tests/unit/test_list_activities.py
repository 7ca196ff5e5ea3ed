"""All pages of a list together are what an oracle says, whatever is recorded in between."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.activity import Activity, Kind, MembershipRef, Outcome, Participant
from accrue.domain.activity_query import (
    OUTCOMES,
    SETTLED_OUTCOMES,
    ActivityQuery,
    filters_hash,
)
from accrue.domain.ids import fresh_id, id_from_idempotency_key, id_from_reference
from accrue.domain.ledger_pages import MOST_DAYS_A_PAGE, MOST_ROWS_A_PAGE, Allowance, ListCursor
from accrue.domain.pages import PageRequest
from accrue.services.find_activities import ActivityFinder
from accrue.services.list_activities import ActivityLister, ActivityPage
from accrue.storage.ledger import LedgerTable
from accrue.storage.ledger_lists import LedgerLists
from tests.unit.activities import ANN, BEN, activity
from tests.unit.fake_indexes import FakeIndexes, FakePostings, outcomes_of

NETWORK = "demo"
NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
A_DAY = timedelta(days=1)
# Ties, both sides of midnight, neighbours, and days apart.
TIMES = (
    *(NOW - timedelta(microseconds=n) for n in (1, 2)),
    *(NOW - timedelta(seconds=n) for n in (1, 60)),
    datetime(2026, 3, 19, tzinfo=UTC),
    datetime(2026, 3, 19, tzinfo=UTC) - timedelta(microseconds=1),
    *(NOW - n * A_DAY for n in (2, 3, 17, 29, 30, 31)),
)
LATER = (NOW, NOW + timedelta(microseconds=1), NOW + timedelta(seconds=9))
RESULTS = (Outcome.APPLIED, Outcome.NO_RULE, Outcome.REJECTED)


@dataclass
class Town:
    """A network's ledger, what came of its activities, and how far the reconciler is."""

    client: FakeIndexes = field(default_factory=FakeIndexes)
    rows: list[Activity] = field(default_factory=list)
    outcomes: dict[str, dict[MembershipRef, Outcome]] = field(default_factory=dict)
    swept: datetime | None = None
    book_reads: list[int] = field(default_factory=list)

    def record(self, rows: Iterable[Activity]) -> None:
        """Insert rows; what is settled is seen to be so if the reconciler has come so far."""
        for row in rows:
            self.client.record([row])
            self.rows.append(row)
            if row.settled_outcome and self.swept and row.recorded_at < self.swept:
                self.client.settle(row, [row.settled_outcome])

    def sweep(self, until: datetime) -> None:
        """Let the reconciler come so far: what is settled is written down."""
        before, self.swept = self.swept or datetime.min.replace(tzinfo=UTC), until
        for row in self.rows:
            if row.settled_outcome and before <= row.recorded_at < until:
                self.client.settle(row, [row.settled_outcome])

    def apply(self, row: Activity, outcomes: Sequence[Outcome]) -> None:
        """Post results for the first of its memberships."""
        if row.settled_outcome is None:
            before = self.outcomes.get(row.activity_id, {})
            self.outcomes[row.activity_id] = outcomes_of(row, outcomes)
            self.client.settle(row, outcomes[len(before) :])

    def swept_until(self, network_id: str) -> datetime | None:
        """How far the reconciler is."""
        assert network_id == NETWORK
        return self.swept

    def list_stuck(self, network_id: str) -> list[str]:
        """What the reconciler has seen, and was not applied."""
        assert network_id == NETWORK
        return [
            row.activity_id
            for row in self.rows
            if row.network_id == NETWORK
            and self.swept is not None
            and row.recorded_at < self.swept
            and self.outcome_of(row) == "pending"
        ]

    def page(self, query: ActivityQuery, now: datetime = NOW) -> ActivityPage:
        """A page, before which nothing is under way at `now`."""
        client: Any = self.client
        finder = ActivityFinder(
            ledger=LedgerTable(client, "ledger"),
            lists=LedgerLists(client, "ledger", "balance"),
            progress=self,
        )
        book = FakePostings(self.outcomes)
        page = ActivityLister(finder, book, size_of=lambda _: 1).list_activities(
            NETWORK, query, now
        )
        self.book_reads += book.reads
        return page

    def pages(self, query: ActivityQuery) -> Iterator[ActivityPage]:
        """Pages until there are no more, through cursors as callers have them."""
        for number in range(1_000):
            page = self.page(query, NOW + number * timedelta(seconds=1))
            yield page
            if page.following is None:
                return
            query = replace(query, cursor=ListCursor.from_text(page.following.to_text()))
        raise AssertionError("a list without an end")

    def outcome_of(self, row: Activity) -> str:
        """What GET activity says."""
        if row.settled_outcome:
            return row.settled_outcome.value
        of_row = set(self.outcomes.get(row.activity_id, {}).values())
        if len(self.outcomes.get(row.activity_id, {})) < len(_memberships(row)):
            return "pending"
        order = (Outcome.APPLIED, Outcome.REJECTED, Outcome.NO_RULE)
        return next(each.value for each in order if each in of_row)


def _memberships(row: Activity) -> set[MembershipRef]:
    return {m for p in row.participants for m in p.memberships}


def listed(pages: Iterable[ActivityPage]) -> list[str]:
    """The ids of all pages together."""
    return [view.activity.activity_id for page in pages for view in page.activities]


def in_order(town: Town, ids: Sequence[str]) -> list[str]:
    """The ids as listed, those of one moment by themselves: their order is fixed, but means
    nothing.
    """
    recorded_at = {row.activity_id: row.recorded_at for row in town.rows}
    times = [recorded_at[each] for each in ids]
    assert times == sorted(times, reverse=True)
    return sorted(ids, key=lambda each: (recorded_at[each], each), reverse=True)


def expected(town: Town, filters: Mapping[str, Any]) -> list[str]:
    """What a list with these filters is to have at NOW, by a look at everything; of one moment, by
    their ids.
    """
    until = min(filters.get("recorded_until") or NOW, NOW)
    by_name = "reference_id" in filters
    since = filters.get("recorded_since")
    if since is None and not by_name:
        since = until - 30 * A_DAY
    if by_name:
        until = filters.get("recorded_until")
    tests: dict[str, Callable[[Activity, Any], bool]] = {
        "activity_type_id": lambda row, value: row.activity_type_id == value,
        "reference_id": lambda row, value: row.reference_id == value,
        "user_id": lambda row, value: value in {p.user_id for p in row.participants},
        "kind": lambda row, value: row.kind is value,
        "outcome": lambda row, value: town.outcome_of(row) == value,
        "occurred_since": lambda row, value: row.occurred_at >= value,
        "occurred_until": lambda row, value: row.occurred_at < value,
        "recorded_since": lambda *_: True,
        "recorded_until": lambda *_: True,
    }
    found = [
        row
        for row in town.rows
        if row.network_id == NETWORK
        and (since is None or since <= row.recorded_at)
        and (until is None or row.recorded_at < until)
        and all(tests[name](row, value) for name, value in filters.items())
    ]
    found.sort(key=lambda row: (row.recorded_at, row.activity_id), reverse=True)
    return [row.activity_id for row in found]


# ---- Generated ledgers ----

_numbers = iter(range(10**9))
ROLES: tuple[Mapping[str, list[MembershipRef]], ...] = (
    {"buyer": [ANN]},
    {"buyer": [ANN], "seller": [BEN]},
    {"buyer": [ANN], "seller": [ANN]},
)


@st.composite
def rows(draw: st.DrawFn, times: Sequence[datetime] = TIMES) -> Activity:
    """A row of the network; a few are of another one."""
    settled = draw(st.sampled_from([None, None, None, *map(Outcome, SETTLED_OUTCOMES)]))
    row = activity(
        activity_id=fresh_id(str(next(_numbers))),
        activity_type_id=draw(st.sampled_from(["sale", "Sale", "visit"])),
        roles=draw(st.sampled_from(ROLES)),
        settled_outcome=settled,
        recorded_at=draw(st.sampled_from(times)),
        occurred_at=NOW - draw(st.integers(0, 3)) * A_DAY,
        network_id=draw(st.sampled_from([NETWORK] * 9 + ["other"])),
    )
    kind = Kind.DUPLICATE if settled is Outcome.DUPLICATE else Kind.ACTIVITY
    reference = draw(st.sampled_from([None, "r-1", "r-2"]))
    return replace(row, kind=kind, reference_id=reference)


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """A network with some rows, most of which were applied."""
    seed, most_items = draw(st.integers(0, 3)), draw(st.sampled_from([3, 1_000]))
    swept = draw(st.sampled_from([None, NOW - A_DAY, NOW - timedelta(minutes=2)]))
    town = Town(FakeIndexes(seed, most_items), swept=swept)
    town.record(draw(st.lists(rows(), max_size=60)))
    for row in town.rows:
        town.apply(row, draw(st.lists(st.sampled_from(RESULTS), max_size=2)))
    return town


EACH_FILTER: dict[str, st.SearchStrategy[Any]] = {
    "activity_type_id": st.sampled_from(["sale", "Sale", "unheard-of"]),
    "user_id": st.sampled_from(["user-ann", "user-ben"]),
    "reference_id": st.sampled_from(["r-1", "r-3"]),
    "outcome": st.sampled_from([*(o.value for o in Outcome), "pending"]),
    "kind": st.sampled_from([Kind.ACTIVITY, Kind.DUPLICATE, Kind.HOLD]),
    "recorded_since": st.sampled_from([*TIMES, NOW - 40 * A_DAY]),
    "recorded_until": st.sampled_from([*TIMES, NOW + A_DAY]),
    "occurred_since": st.just(NOW - 2 * A_DAY),
    "occurred_until": st.just(NOW - A_DAY),
}
# More of them together pick nothing, mostly.
FILTERS = st.lists(st.sampled_from(sorted(EACH_FILTER)), max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: EACH_FILTER[name] for name in names})
)
ALLOWANCES = st.builds(
    Allowance, rows=st.sampled_from([1, 8, 20, 1_000]), days=st.sampled_from([1, 3, 31])
)


def allowing(allowance: Allowance) -> Any:
    """Each page may look at so much."""
    name = "accrue.services.list_activities.Allowance"
    return patch(name, lambda: Allowance(allowance.rows, allowance.days))


@given(towns(), FILTERS, st.integers(1, 7), ALLOWANCES)
def test_all_pages_are_what_there_is(
    town: Town, filters: dict[str, Any], limit: int, allowance: Allowance
) -> None:
    with allowing(allowance):
        pages = list(town.pages(ActivityQuery(limit=limit, **filters)))

    assert in_order(town, listed(pages)) == expected(town, filters)
    assert all(len(page.activities) <= limit for page in pages)
    assert len({(page.begun.since, page.begun.until) for page in pages}) == 1


@given(towns(), FILTERS, st.integers(1, 7), ALLOWANCES, st.data())
def test_what_is_recorded_in_between_neither_skips_nor_repeats(
    town: Town, filters: dict[str, Any], limit: int, allowance: Allowance, data: st.DataObject
) -> None:
    before = expected(town, filters)
    found: list[str] = []

    with allowing(allowance):
        for page in town.pages(ActivityQuery(limit=limit, **filters)):
            found += listed([page])
            town.record(data.draw(st.lists(rows(LATER), max_size=5)))
            if town.swept and town.swept < NOW:
                town.sweep(town.swept + data.draw(st.sampled_from([A_DAY / 3, A_DAY / 2])))

    assert in_order(town, found) == before


@given(towns(), FILTERS, st.integers(1, 7), ALLOWANCES, st.data())
def test_what_is_applied_in_between_neither_hides_nor_repeats_others(
    town: Town, filters: dict[str, Any], limit: int, allowance: Allowance, data: st.DataObject
) -> None:
    before = expected(town, filters)
    waiting = [row for row in town.rows if town.outcome_of(row) == "pending"]
    found: list[str] = []

    with allowing(allowance):
        for page in town.pages(ActivityQuery(limit=limit, **filters)):
            found += listed([page])
            if waiting:
                results = [data.draw(st.sampled_from(RESULTS)) for _ in range(2)]
                row = waiting.pop()
                town.apply(row, [*town.outcomes[row.activity_id].values(), *results][:2])

    late = {row.activity_id for row in town.rows} - set(before)
    assert len(found) == len(set(found))
    settled_before = [each for each in before if _is_still(town, each, filters)]
    still = [each for each in found if each not in late and each in settled_before]
    assert in_order(town, still) == settled_before
    assert set(found) - set(before) <= set(expected(town, filters))


def _is_still(town: Town, activity_id: str, filters: Mapping[str, Any]) -> bool:
    """Whether it is what it was when the list began; what was pending may not be."""
    return filters.get("outcome") != "pending" or activity_id in expected(town, filters)


# ---- By name ----


@pytest.fixture
def town() -> Town:
    """A network with nothing in it."""
    return Town()


def test_the_first_with_a_reference_is_found_before_the_index_has_it(town: Town) -> None:
    first = replace(
        activity(activity_id=id_from_reference(NETWORK, "r-1"), recorded_at=NOW + A_DAY),
        reference_id="r-1",
    )
    further = [
        replace(activity(activity_id=fresh_id(f"{n}"), recorded_at=NOW), reference_id="r-1")
        for n in range(3)
    ]
    town.record([first, *further])
    town.client.lag(first.activity_id)

    (page,) = town.pages(ActivityQuery(limit=9, reference_id="r-1"))

    assert listed([page])[0] == first.activity_id
    assert set(listed([page])) == {row.activity_id for row in [first, *further]}
    assert (page.begun.since, page.begun.until) == (None, None)


def test_a_key_is_looked_up_and_nothing_else(town: Town) -> None:
    row = activity(activity_id=id_from_idempotency_key(NETWORK, "k-1"), recorded_at=NOW + A_DAY)
    town.record([row])

    assert listed(town.pages(ActivityQuery(limit=9, idempotency_key="k-1"))) == [row.activity_id]
    other = ActivityQuery(limit=9, idempotency_key="k-1", activity_type_id="visit")
    assert listed(town.pages(other)) == []
    assert town.client.calls == {"get_item": 2}


# ---- What it costs ----


def _busy(count: int) -> Iterator[Activity]:
    for number in range(count):
        recorded_at = NOW - timedelta(seconds=number + 1)
        yield activity(activity_id=fresh_id(f"{number}"), recorded_at=recorded_at)


def test_a_page_of_anything_reads_little_more_than_it_shows(town: Town) -> None:
    town.record(_busy(2_000))

    page = town.page(ActivityQuery(limit=50))

    assert len(page.activities) == 50
    assert town.client.items_read["by_recorded_at"] <= 4 * 50
    assert town.client.calls["query"] <= 16


def test_a_page_that_finds_nothing_looks_at_no_more_than_it_may(town: Town) -> None:
    town.record(_busy(3_000))

    page = town.page(ActivityQuery(limit=50, activity_type_id="rare"))

    assert page.activities == ()
    assert page.following is not None
    assert MOST_ROWS_A_PAGE <= town.client.items_read["by_recorded_at"] <= 1.3 * MOST_ROWS_A_PAGE
    assert town.client.calls["query"] <= 64
    assert len(listed(town.pages(ActivityQuery(limit=50, activity_type_id="sale")))) == 3_000


def test_a_page_looks_into_so_many_days_at_most(town: Town) -> None:
    query = ActivityQuery(limit=50, recorded_since=NOW - 60 * A_DAY)

    first, second = town.pages(query)

    assert first.following is not None
    assert town.client.calls == {"query": 8 * 61}
    assert first.following.position == "2026-02-17T00:00:00.000000Z"
    assert second.following is None
    assert MOST_DAYS_A_PAGE == 32


def test_a_rare_outcome_is_found_without_looking_through_all_rows(town: Town) -> None:
    town.record(_busy(3_000))
    (rare,) = (row for row in town.rows if row.activity_id == fresh_id("2500"))
    town.apply(rare, [Outcome.REJECTED])
    for row in town.rows[:10]:
        town.apply(row, [Outcome.NO_RULE])

    (page,) = town.pages(ActivityQuery(limit=50, outcome="rejected"))

    assert listed([page]) == [rare.activity_id]
    assert town.client.items_read == {"by_outcome": 11, "rows": 1}


def test_many_at_one_moment_are_cut_between_two_of_them() -> None:
    town = Town(FakeIndexes(seed=1, most_items=50))
    # So that what is read of a shard at first ends among them.
    town.record(_busy(30))
    moment = NOW - timedelta(minutes=1)
    town.record(activity(activity_id=fresh_id(f"{n}."), recorded_at=moment) for n in range(500))

    pages = list(town.pages(ActivityQuery(limit=50)))

    assert in_order(town, listed(pages)) == expected(town, {})
    assert [len(page.activities) for page in pages] == [50] * 10 + [30]


MOMENT = NOW - timedelta(minutes=30)
AT_ONCE = 5_000


def _at_one_moment(count: int, **changes: Any) -> list[Activity]:
    return [
        activity(activity_id=fresh_id(f"{n}."), recorded_at=MOMENT, **changes) for n in range(count)
    ]


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "by_recorded_at"),
        ({"reference_id": "n/a"}, "by_reference"),
        ({"outcome": "no_rule"}, "by_outcome"),
        ({"outcome": "held"}, "by_outcome"),
    ],
)
def test_however_many_share_a_moment_a_page_costs_the_same(
    filters: dict[str, Any], index: str
) -> None:
    town = Town(FakeIndexes(seed=2))
    is_held = filters.get("outcome") == "held"
    settled = Outcome.HELD if is_held else None
    many = _at_one_moment(AT_ONCE, settled_outcome=settled, roles=ROLES[1])
    town.record(replace(each, reference_id="n/a") for each in many)
    town.sweep(NOW - timedelta(minutes=1))
    for row in town.rows:
        town.apply(row, [Outcome.NO_RULE, Outcome.NO_RULE])
    costs: list[tuple[int, int]] = []
    found: list[str] = []
    for page in town.pages(ActivityQuery(limit=100, **filters)):
        found += listed([page])
        costs.append((town.client.calls.pop("query", 0), town.client.items_read.pop(index, 0)))
        assert town.client.items_read.pop("rows", 0) <= MOST_ROWS_A_PAGE / 2
        assert sum(town.book_reads) <= MOST_ROWS_A_PAGE
        town.book_reads.clear()

    assert in_order(town, found) == expected(town, filters)
    # But for the last page, which may look through 30 days more.
    assert max(queries for queries, _ in costs[:-1]) <= 24
    assert max(rows for _, rows in costs) <= 0.7 * MOST_ROWS_A_PAGE


def test_of_an_activity_with_many_results_none_is_missed_where_a_page_ends() -> None:
    town = Town(FakeIndexes(seed=3, most_items=4))
    crowd = [replace(ANN, program_membership_id=f"m-{n}") for n in range(9)]
    town.record(_at_one_moment(40, roles={"buyer": crowd}))
    # One rejected among them: the activity is.
    for row in town.rows:
        town.apply(row, [*[Outcome.NO_RULE] * 8, Outcome.REJECTED])

    for outcome, limit in (("rejected", 3), ("no_rule", 3), ("rejected", 100)):
        with allowing(Allowance(rows=30)):
            found = listed(town.pages(ActivityQuery(limit=limit, outcome=outcome)))
        assert in_order(town, found) == expected(town, {"outcome": outcome})


def test_the_first_with_a_reference_is_there_once_among_many_of_its_moment() -> None:
    town = Town(FakeIndexes(seed=1))
    first = activity(activity_id=id_from_reference(NETWORK, "r-1"), recorded_at=MOMENT)
    rows_of_moment = [first, *_at_one_moment(200)]
    town.record(replace(each, reference_id="r-1") for each in rows_of_moment)

    for limit in (1, 7, 100):
        found = listed(town.pages(ActivityQuery(limit=limit, reference_id="r-1")))
        assert in_order(town, found) == expected(town, {"reference_id": "r-1"})


def test_a_sweep_between_two_pages_of_one_moment_changes_nothing() -> None:
    town = Town(FakeIndexes(seed=1))
    town.record(_at_one_moment(60, settled_outcome=Outcome.HELD))
    town.sweep(MOMENT - timedelta(minutes=5))
    found: list[str] = []

    for page in town.pages(ActivityQuery(limit=7, outcome="held")):
        found += listed([page])
        town.sweep(NOW)

    assert in_order(town, found) == expected(town, {"outcome": "held"})


def test_results_count_for_what_a_page_may_look_at(town: Town) -> None:
    crowd = [replace(ANN, program_membership_id=f"m-{n}") for n in range(90)]
    town.record(replace(each, participants=_crowd(crowd)) for each in _busy(40))

    pages = list(town.pages(ActivityQuery(limit=100)))

    assert listed(pages) == expected(town, {})
    # 12 of them have 1,080 results.
    assert {len(page.activities) for page in pages} <= set(range(13))
    assert max(town.book_reads) <= 2 * 100


def _crowd(memberships: Sequence[MembershipRef]) -> tuple[Participant, ...]:
    (row,) = (activity(roles={"buyer": memberships}),)
    return row.participants


def test_what_is_pending_is_looked_for_where_it_can_be(town: Town) -> None:
    town.record(_busy(3_000))
    town.sweep(NOW - timedelta(minutes=1))
    old = town.rows[2_500]
    for row in town.rows:
        if row is not old:
            town.apply(row, [Outcome.APPLIED])

    (page,) = town.pages(ActivityQuery(limit=50, outcome="pending"))

    assert listed([page]) == [old.activity_id]
    # Of the last three minutes, and the one that is stuck.
    assert town.client.items_read["by_recorded_at"] == 3 * 60
    assert town.client.items_read["rows"] == 1
    assert sum(town.book_reads) == 3 * 60 + 1


def test_what_is_pending_is_sifted_out_where_much_is_stuck(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.services.find_activities.MOST_STUCK", 9)
    town.record(_busy(1_500))
    town.sweep(NOW - timedelta(minutes=1))
    for row in town.rows[:1_400]:
        town.apply(row, [Outcome.APPLIED])

    found = listed(town.pages(ActivityQuery(limit=50, outcome="pending")))

    assert found == expected(town, {"outcome": "pending"})
    assert town.client.calls["batch_get_item"] == 0


def test_large_activities_make_smaller_pages(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accrue.services.list_activities.MOST_ANSWER_BYTES", 3)
    town.record(_busy(8))

    pages = list(town.pages(ActivityQuery(limit=50)))

    assert [len(page.activities) for page in pages] == [3, 3, 2]
    assert listed(pages) == expected(town, {})


def test_of_an_answer_too_large_one_activity_is_left(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.services.list_activities.MOST_ANSWER_BYTES", 0)
    town.record(_busy(2))

    assert [len(page.activities) for page in town.pages(ActivityQuery(limit=50))] == [1, 1]


def test_defaults_are_those_of_the_page() -> None:
    assert ActivityQuery.parse({}, PageRequest()) == ActivityQuery(
        limit=50, filters=filters_hash({})
    )


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_outcome_of_the_whole_is_found(town: Town, outcome: str) -> None:
    of_both = [(), *((first, second) for first in RESULTS for second in RESULTS)]
    for number, results in enumerate(of_both):
        moment = NOW - timedelta(hours=number + 1)
        row = activity(activity_id=fresh_id(f"{number}"), roles=ROLES[1], recorded_at=moment)
        town.record([row])
        town.apply(row, results)
    for number, settled in enumerate(map(Outcome, SETTLED_OUTCOMES)):
        moment = NOW - timedelta(days=number + 1)
        row = activity(activity_id=fresh_id(settled), settled_outcome=settled, recorded_at=moment)
        town.record([row])

    found = listed(town.pages(ActivityQuery(limit=2, outcome=outcome)))

    assert found == expected(town, {"outcome": outcome})
    assert found
