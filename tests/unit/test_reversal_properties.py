"""Whole programs and ledgers by chance, of which some is reversed again: as if it had never been,
where order does not matter; never more than there was, wherever.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from accrue.domain.activity import Activity, Kind
from accrue.domain.balance import Balance
from accrue.domain.deciding.reversed_shares import ReversedShares
from accrue.domain.deciding.tiers import starting_tier
from accrue.domain.errors import RefusalError
from accrue.domain.further_reversal import reversed_after
from accrue.domain.posting import Posting
from accrue.domain.program.program import Program, ProgramVersion, version_in_force
from accrue.domain.reversed_part import ReversedPart
from accrue.domain.undone import Undone
from accrue.services.apply_rules import RuleApplier
from accrue.services.fold import Occasion
from accrue.storage.dynamo import to_attributes, to_item
from tests.unit.activities import (
    ANN,
    NOON,
    PROGRAM_ID,
    Json,
    activity,
    earn,
    in_force,
    items,
    quest,
    require,
    written,
)
from tests.unit.chains import assert_balances_are_folds, assert_book_is_sound
from tests.unit.fakes import FakeBook, FakeCatalog, Place
from tests.unit.program_strategies import Case, cases
from tests.unit.reversing import reversal_request, reverse

# After all that is recorded, so far as the lots that wait and expire in these programs don't.
LATER = datetime.fromisoformat("2026-04-20T12:00:00Z")
LOTS: tuple[Json, ...] = (
    {},
    {"expiry": {"kind": "after_days", "days": 300}},
    {"pending_days": 2},
    {"pending_days": 60},
    {"pending_days": 25, "expiry": {"kind": "end_of_month", "months_after": 12}},
)


@dataclass
class Counter:
    """Where a case's activities are applied, and taken back."""

    case: Case
    chance: random.Random
    book: FakeBook = field(default_factory=FakeBook)
    reversals: int = 0

    def __post_init__(self) -> None:
        for row in self.case.ledger:
            self.book.recorded[row.network_id, row.activity_id] = row

    @property
    def catalog(self) -> FakeCatalog:
        """With the case's versions."""
        return FakeCatalog({PROGRAM_ID: self.case.versions}, self.case.traits)

    def apply(self, row: Activity) -> None:
        """Apply an activity."""
        assert RuleApplier(self.catalog, self.book, lambda: NOON).apply([row]) == []

    def reverse(self, row: Activity, amount: str | None = None, *things: str) -> bool:
        """Whether it could be reversed."""
        self.reversals += 1
        when = LATER + timedelta(seconds=self.reversals)
        try:
            reverse(
                self.book,
                self.catalog,
                row,
                amount=amount,
                item_ids=things,
                key=f"reversal{self.reversals}",
                when=when,
            )
        except RefusalError:
            return False
        return True

    def reverse_a_part(self, row: Activity) -> bool:
        """Some amount of it, perhaps a tiny one, or some of its line items."""
        things = [each.item_id for each in row.line_items]
        if things and self.chance.random() < 0.5:
            return self.reverse(row, None, self.chance.choice(things))
        part = self.chance.choice(["0.000000001", "0.01", "1", "3.3", "10", "19.99", "500"])
        return self.reverse(row, part)

    def play(self, taken_back: Sequence[Activity], *, is_whole: bool = True) -> None:
        """Apply all in some order and take these back in between, in parts in any order, each as
        soon as it was reported.
        """
        steps: list[Callable[[], object]] = [
            lambda row=row: self.apply(row)  # type: ignore[misc]
            for row in self.case.ledger
        ]
        for row in taken_back:
            steps += [
                lambda row=row: self.reverse_a_part(row)  # type: ignore[misc]
                for _ in range(self.chance.choice([0, 0, 1, 2, 4]))
            ]
            steps += [lambda row=row: self.reverse(row)] * is_whole  # type: ignore[misc]
        self.chance.shuffle(steps)
        for step in steps:
            step()
        for row in taken_back if is_whole else ():
            self.reverse(row)

    def settle(self) -> None:
        """What falls due until long after is posted."""
        now = LATER + timedelta(days=1)
        for _, membership in list(self.book.balances):
            occasion = Occasion("demo", membership, "somebody", now, "due")
            RuleApplier(self.catalog, self.book, lambda: now).bring_up(occasion)


def with_program(case: Case, change: Callable[[Json], None]) -> Case:
    """The case with each version of its program changed."""
    return replace(case, versions=tuple(_changed(each, change) for each in case.versions))


def _changed(version: ProgramVersion, change: Callable[[Json], None]) -> ProgramVersion:
    document = version.program.model_dump(mode="json", exclude_unset=True)
    change(document)
    return replace(version, program=Program.model_validate(document))


def without_caps(document: Json) -> None:
    """What comes once a quest can't be completed any more counts nothing; so that depends on
    order.
    """
    for each in document["quests"]:
        each["max_completions"] = 10**6


def reversible(case: Case) -> list[Activity]:
    """What anything may come of."""
    return [row for row in case.ledger if row.settled_outcome is None]


def what_there_is(counter: Counter) -> dict[Place, object]:
    """Of each membership that has anything: points by lot, lifetime points, tier, quests."""
    counter.settle()
    found = {place: _state(balance) for place, balance in counter.book.balances.items()}
    return {place: state for place, state in found.items() if state != _state(Balance())}


def _state(balance: Balance) -> object:
    state = balance.state
    quests = {
        name: (each.completions, dict(each.progress), each.awarded)
        for name, each in state.quests.items()
        if each.completions or each.progress
    }
    purse = state.purse
    # A tier for nothing is one that everybody has.
    tier = state.tier_id if state.lifetime_points else None
    points = (state.points, state.lifetime_points, purse.lots, purse.owed, purse.debt)
    return (*points, tier, quests)


def drawn_subset(case: Case, chance: random.Random) -> list[Activity]:
    """Some of what can be reversed, often most of it."""
    rows = reversible(case)
    return chance.sample(rows, chance.randint(0, len(rows)))


chances = st.integers(0, 10**9).map(random.Random)


@settings(max_examples=80)
@given(cases(in_any_order=True), chances)
def test_what_is_reversed_whole_has_never_been(case: Case, chance: random.Random) -> None:
    case = with_program(case, without_caps)
    taken_back = drawn_subset(case, chance)
    counter = Counter(case, chance)

    counter.play(taken_back)

    ids = {row.activity_id for row in taken_back}
    kept = tuple(row for row in case.ledger if row.activity_id not in ids)
    other = Counter(replace(case, ledger=kept), chance)
    other.play([])
    assert what_there_is(counter) == what_there_is(other)
    assert_all_is_sound(counter)


@settings(max_examples=60)
@given(cases(in_any_order=True), chances)
def test_lots_too_are_as_if_it_had_never_been(case: Case, chance: random.Random) -> None:
    """Where nothing is deducted: from which lots that is goes by what is there then."""
    case = with_program(case, lambda document: _with_lots(document, chance))
    case = replace(case, ledger=tuple(row for row in case.ledger if _is_positive(row)))
    taken_back = drawn_subset(case, chance)
    counter = Counter(case, chance)

    counter.play(taken_back)

    ids = {row.activity_id for row in taken_back}
    kept = tuple(row for row in case.ledger if row.activity_id not in ids)
    other = Counter(replace(case, ledger=kept), chance)
    other.play([])
    assert what_there_is(counter) == what_there_is(other)
    assert_all_is_sound(counter)


def _with_lots(document: Json, chance: random.Random) -> None:
    without_caps(document)
    document["rules"] = [
        {**each, **chance.choice(LOTS)} for each in document["rules"] if not _deducts(each["award"])
    ]
    ids = {each["rule_id"] for each in document["rules"]}
    document["bonuses"] = [
        each for each in document["bonuses"] if ids.issuperset(each.get("rule_ids", ()))
    ]


def _deducts(award: Json) -> bool:
    return any(str(value).startswith("-") for value in award.values())


def _is_positive(row: Activity) -> bool:
    return min([row.amount, *(each.value or Decimal(0) for each in row.line_items)]) >= 0


@settings(max_examples=60)
@given(cases(in_any_order=True), chances)
def test_nobody_has_more_than_of_what_he_kept(case: Case, chance: random.Random) -> None:
    """Quests that can be completed so often only included."""
    taken_back = drawn_subset(case, chance)
    counter = Counter(case, chance)

    counter.play(taken_back)

    ids = {row.activity_id for row in taken_back}
    kept = tuple(row for row in case.ledger if row.activity_id not in ids)
    other = Counter(replace(case, ledger=kept), chance)
    other.play([])
    for place, balance in counter.book.balances.items():
        of_kept = other.book.balances.get(place, Balance()).state
        assert balance.state.points <= of_kept.points
        assert balance.state.lifetime_points <= of_kept.lifetime_points
        for name, each in balance.state.quests.items():
            most = of_kept.quests[name].completions if name in of_kept.quests else 0
            assert each.completions <= most


@settings(max_examples=150)
@given(cases(in_any_order=False), chances)
def test_whatever_the_program_lines_are_negated_and_never_more(
    case: Case, chance: random.Random
) -> None:
    if chance.random() < 0.5:
        case = with_program(case, _never_below_zero)
    counter = Counter(case, chance)

    counter.play(drawn_subset(case, chance), is_whole=chance.random() < 0.5)

    counter.settle()
    assert_all_is_sound(counter)


def _never_below_zero(document: Json) -> None:
    document["points"]["may_go_below_zero"] = False


@settings(max_examples=150)
@given(cases(in_any_order=False), chances)
def test_shares_never_fall_as_more_is_reversed(case: Case, chance: random.Random) -> None:
    """Else later parts would have to give back what earlier ones took."""
    case = with_program(case, lambda document: _with_amounts(document, chance))
    counter = Counter(case, chance)
    counter.play([])
    for (_, activity_id), posting in counter.book.postings.items():
        if posting.kind is not Kind.ACTIVITY:
            continue
        row = counter.book.recorded["demo", activity_id]
        undone = Undone(row, posting, version_in_force(case.versions, row.recorded_at).program)
        part, shares = ReversedPart(), _shares(undone, ReversedPart())
        assert not any(shares)
        while not part.is_whole:
            part = _further(row, part, chance)
            more = _shares(undone, part)
            assert all(0 <= a <= b <= 1 for a, b in zip(shares, more, strict=True))
            shares = more
        assert all(share == 1 for share in shares)


def _with_amounts(document: Json, chance: random.Random) -> None:
    """With conditions on the amount, some of which are those of steps."""
    amounts = ["-20", "0", "5", "20", "100"]
    for part in [*document["rules"], *document["bonuses"], *document["quests"]]:
        if chance.random() < 0.3:
            end = chance.choice(["at_least", "more_than", "at_most", "less_than"])
            part["when"] = {**part.get("when", {}), "amount": {end: chance.choice(amounts)}}
        kinds = ("points", "rate")
        if "award" in part and part["award"]["kind"] == "amount_times_rate":
            part["award"] = {
                "kind": "step_table",
                "steps": [
                    {"at_least": each, chance.choice(kinds): chance.choice(["0", "1", "3", "-2"])}
                    for each in chance.sample(amounts, chance.randint(1, 4))
                ],
            }


def _shares(undone: Undone, part: ReversedPart) -> list[Fraction]:
    """Of all that the posting says."""
    shares = ReversedShares(undone, part)
    quests = {quest.quest_id: quest for quest in undone.program.quests}
    return [
        *(shares.of_line(line) for line in undone.posting.lines if line.quest_id is None),
        *(
            shares.of_requirement(requirement)
            for change in undone.posting.quests
            for requirement in quests[change.quest_id].requirements
            if requirement.requirement_id in {each.requirement_id for each in change.requirements}
        ),
    ]


def _further(row: Activity, part: ReversedPart, chance: random.Random) -> ReversedPart:
    """Some amount more, some item more, or, now and then, all."""
    amount = chance.choice(["0.000000001", "0.01", "1", "3.3", "10", "19.99", "500"])
    names = [each.item_id for each in row.line_items] or ["none"]
    requests: list[tuple[str | None, tuple[str, ...]]] = [(None, (chance.choice(names),))] * 2
    requests += [(amount, ())] * 2
    if chance.random() < 0.3:
        requests.append((None, ()))
    request = reversal_request(row, *chance.choice(requests))
    try:
        return reversed_after(request, row, part)
    except RefusalError:
        return reversed_after(reversal_request(row), row, part) if chance.random() < 0.2 else part


def assert_all_is_sound(counter: Counter) -> None:
    """Assert what must be true of everybody's postings and state, whatever the program."""
    book, case = counter.book, counter.case
    assert_book_is_sound(book, case.ledger)
    assert_balances_are_folds(book, case.ledger, case.versions)
    for place, balance in book.balances.items():
        chain = book.chain(place)
        assert_negates_no_more(book, chain)
        assert_state_is_in_bounds(balance, chain)
        stored = to_attributes(to_item(balance.to_attributes(*place)))
        assert Balance.from_attributes(stored) == balance
        for posting in chain:
            stored = to_attributes(to_item(posting.to_attributes()))
            assert Posting.from_attributes(stored) == posting


def assert_negates_no_more(book: FakeBook, chain: Sequence[Posting]) -> None:
    """Assert that at no time more of a line was negated than there was, and all of it once the
    original is reversed whole.
    """
    originals = {posting.activity_id: _lines(posting) for posting in chain}
    negated: dict[str, dict[Any, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for posting in chain:
        if posting.kind is not Kind.REVERSAL:
            continue
        assert posting.of is not None
        lines, so_far = originals[posting.of], negated[posting.of]
        assert posting.sequence > next(p for p in chain if p.activity_id == posting.of).sequence
        for key, points in _lines(posting).items():
            so_far[key] += points
            assert 0 <= -so_far[key] / lines[key] <= 1
        reversal = book.rows["demo", posting.activity_id].reversal
        assert reversal is not None
        if reversal.after.is_whole:
            assert all(-points == so_far[key] for key, points in lines.items())


def _lines(posting: Posting) -> dict[Any, Decimal]:
    """Points by rule and bonus."""
    found = [line for line in posting.lines if line.rule_id is not None]
    by_award = {(line.role, line.rule_id, line.bonus_id): line.points for line in found}
    assert len(by_award) == len(found)
    return {key: points for key, points in by_award.items() if points}


def assert_state_is_in_bounds(balance: Balance, chain: Sequence[Posting]) -> None:
    """Assert that nothing that is counted is below zero, and that quests are what was told."""
    state = balance.state
    rewards: dict[str, Decimal] = defaultdict(Decimal)
    completions: dict[str, int] = defaultdict(int)
    for posting in chain:
        for line in posting.lines:
            rewards[line.quest_id or ""] += line.points
        for change in posting.quests:
            completions[change.quest_id] += change.completions
            assert change.completions_after == completions[change.quest_id] >= 0
            assert all(each.progress >= 0 for each in change.requirements)
    for name, each in state.quests.items():
        assert each.completions == completions[name]
        assert each.awarded == rewards[name] >= 0
        assert bool(each.taken) == bool(each.completions)
        assert all(number > 0 for number in each.taken.values())
        assert all(number > 0 for number in each.progress.values())
    assert state.lifetime_points >= 0
    assert all(points > 0 for points in state.earned_by_day.values())
    assert all(n >= 0 for counts in state.counters.values() for n in counts.values())
    assert all(len(counts) <= 2 for counts in state.counters.values())


@settings(max_examples=120)
@given(cases(in_any_order=False), chances)
def test_everything_reversed_leaves_nothing(case: Case, chance: random.Random) -> None:
    """Whatever versions decided, whatever came late, whichever days a window has."""
    if chance.random() < 0.5:
        case = with_program(case, _never_below_zero)
    if chance.random() < 0.7:
        case = with_program(case, lambda document: _with_window(document, chance))
    counter = Counter(case, chance)

    counter.play(reversible(case))

    counter.settle()
    starting = {None, *(starting_tier(version.program) for version in case.versions)}
    for balance in counter.book.balances.values():
        state = balance.state
        # Deductions that were owed are given back, and what paid them is not owed any more.
        assert state.points == state.purse.debt
        assert not state.lifetime_points
        assert state.tier_id in starting
        assert not state.earned_by_day
        for each in state.quests.values():
            assert not any((each.completions, each.progress, each.awarded, each.taken))
    assert_all_is_sound(counter)


def _with_window(document: Json, chance: random.Random) -> None:
    document["tiers"]["by"] = {"kind": "rolling_points", "days": chance.choice([1, 3, 10, 60])}


KEPT_SHARE_PROGRAM = written(
    rules=[earn("0.7"), earn("1", rule_id="tea", when={"line_items": {"group_ids": ["drinks"]}})],
    bonuses=[
        {"bonus_id": "half", "effect": {"kind": "multiply", "factor": "1.5"}},
        {"bonus_id": "welcome", "effect": {"kind": "add", "points": "5"}},
    ],
    bonus_stacking="multiply",
    quests=[
        quest(
            require("100"),
            quest_id="spend",
            overshoot="carries_over",
            max_completions=10**6,
            points="40",
        ),
        quest(
            require("3", progress="count"),
            quest_id="visit",
            overshoot="carries_over",
            max_completions=10**6,
            points="25",
        ),
    ],
)
BASKETS = ("", "tea@drinks:20 cake:30", "tea@drinks:1 tv:999", "tea@drinks:10 tea@drinks:10")


@settings(max_examples=80)
@given(chances)
def test_who_buys_and_refunds_has_no_more_than_the_share_that_he_kept(
    chance: random.Random,
) -> None:
    """In however small parts, by amount and by items mixed: of each line, and of the quests."""
    ledger = tuple(
        activity(
            chance.choice(["10", "33.33", "50", "99.99", "1000", "0.5"]),
            activity_id=f"ik_{number}",
            line_items=items(chance.choice(BASKETS)),
        )
        for number in range(8)
    )
    counter = Counter(Case((in_force(KEPT_SHARE_PROGRAM),), ledger, {}), chance)
    counter.play(chance.sample(ledger, chance.randint(0, 8)), is_whole=False)
    while chance.random() < 0.9:
        counter.reverse_a_part(chance.choice(ledger))

    state = counter.book.balances["demo", ANN].state
    assert state.points <= _most(counter.book, ledger)
    assert_all_is_sound(counter)


def _most(book: FakeBook, ledger: Iterable[Activity]) -> Fraction:
    """Of each line, the share of the purchase that was kept; and the quests that that fulfils."""
    lines, spent, visits = Fraction(0), Fraction(0), 0
    for row in ledger:
        reversed_rows = [r for r in book.rows.values() if r.of == row.activity_id]
        refunded = sum((Fraction(r.amount) for r in reversed_rows), Fraction(0))
        is_kept = not any(r.reversal and r.reversal.after.is_whole for r in reversed_rows)
        # An amount can't say smaller parts than that.
        kept = Fraction(row.amount) + refunded + Fraction(1, 10**9)
        posting = book.postings[("demo", ANN), row.activity_id]
        if is_kept:
            share = min(kept / Fraction(row.amount), Fraction(1))
            awarded = (line.points for line in posting.lines if not line.quest_id)
            lines += share * sum(map(Fraction, awarded))
            spent += share * Fraction(row.amount)
            visits += 1
    return lines + spent // 100 * 40 + visits // 3 * 25
