"""Activities, markers, postings and balances: what is stored is what is read, and hashes tell."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.activity import (
    Activity,
    ActivityLineItem,
    FrontDoor,
    Kind,
    MembershipRef,
    Outcome,
    Participant,
    Reversal,
)
from accrue.domain.amounts import MAX_ABSOLUTE_AMOUNT
from accrue.domain.balance import Balance, LastActivity, post
from accrue.domain.canonical import content_hash
from accrue.domain.decision import (
    MAX_SEEN_CHARS,
    Considered,
    Debt,
    Decision,
    HoldChange,
    HoldStatus,
    Part,
    PointLine,
    QuestChange,
    RequirementProgress,
    TierChange,
)
from accrue.domain.errors import NoVersionInForceError, UnreadableRowError
from accrue.domain.ids import fresh_id, id_from_idempotency_key, id_from_reference
from accrue.domain.ledger_row import (
    Marker,
    ReferenceMarker,
    ReversalMarker,
    ledger_row_from_attributes,
)
from accrue.domain.membership_state import MembershipState, QuestState
from accrue.domain.packing import pack_line, pack_quest, unpack_line
from accrue.domain.posting import Posting
from accrue.domain.program.program import ProgramVersion, version_in_force
from accrue.domain.purse import Lot, LotChange
from accrue.domain.reversed_part import ReversedPart
from accrue.domain.settled_outcome import SettledOutcome
from accrue.domain.user_standing import UserStanding
from accrue.storage.dynamo import to_attributes, to_item
from tests.unit.activities import ANN, BEN, NOON, activity, in_force, program

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
texts = st.text(max_size=8)
numbers = st.decimals(-MAX_ABSOLUTE_AMOUNT, MAX_ABSOLUTE_AMOUNT, places=9)
moments = st.integers(0, 10**17).map(lambda us: EPOCH + timedelta(microseconds=us))
refs = st.builds(MembershipRef, texts, texts)
catalog_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,7}", fullmatch=True)
days = st.dates()
quest_states = st.builds(
    QuestState,
    progress=st.dictionaries(catalog_ids, numbers, max_size=2),
    completions=st.integers(0, 10**6),
    checked_in=st.dictionaries(catalog_ids, days, max_size=2),
    awarded=numbers,
    taken=st.dictionaries(catalog_ids, numbers, max_size=2),
    rewarded_on=st.none() | days,
)
states = st.builds(
    MembershipState,
    points=numbers,
    lifetime_points=numbers,
    tier_id=st.none() | catalog_ids,
    tier_by=st.just("") | catalog_ids,
    tier_from=st.none() | catalog_ids,
    quests=st.dictionaries(catalog_ids, quest_states, max_size=2),
    counters=st.dictionaries(
        catalog_ids, st.dictionaries(catalog_ids, numbers, max_size=2), max_size=2
    ),
    earned_by_day=st.dictionaries(days, numbers, max_size=3),
    as_of=st.none() | days,
)
reversed_parts = st.builds(
    ReversedPart, numbers, st.frozensets(st.integers(0, 99), max_size=2), st.booleans()
)
reversals = st.builds(Reversal, st.integers(1, 100), reversed_parts, reversed_parts)
activities = st.builds(
    Activity,
    network_id=texts,
    activity_id=texts,
    kind=st.sampled_from([Kind.ACTIVITY, Kind.DUPLICATE]),
    front_door=st.sampled_from(FrontDoor),
    activity_type_id=texts,
    amount=numbers,
    participants=st.lists(
        st.builds(
            Participant,
            texts,
            texts,
            st.lists(refs, max_size=2).map(tuple),
            st.sampled_from(UserStanding),
        ),
        max_size=2,
    ).map(tuple),
    occurred_at=moments,
    recorded_at=moments,
    request_id=texts,
    invocation_id=texts,
    key_id=texts,
    payload_form=texts,
    payload_hash=texts,
    line_items=st.lists(
        st.builds(ActivityLineItem, texts, st.none() | numbers, st.none() | texts), max_size=2
    ).map(tuple),
    metadata=st.dictionaries(catalog_ids, texts | numbers | st.booleans(), max_size=2),
    reference_id=st.none() | texts,
    description=st.none() | texts,
    settled_outcome=st.none() | st.sampled_from(Outcome),
    of=st.none() | texts,
    hold_expires_at=st.none() | moments,
    as_of=st.none() | moments,
    reversal=st.none() | reversals,
    program_versions=st.dictionaries(texts, st.integers(1, 99), max_size=2),
    job_id=st.none() | texts,
    settles=st.none() | texts,
)
balances = st.builds(
    Balance,
    states,
    st.integers(0, 10**9),
    texts,
    st.none() | st.builds(LastActivity, texts, texts, moments, moments),
)
# What conditions can be called, and values as they come: with spaces, long, or none.
places = st.from_regex(r"[a-z_]{1,12}(\.[0-9])?", fullmatch=True)
considered = st.builds(
    Considered,
    part=st.sampled_from(Part),
    position=st.integers(0, 99),
    requirement=st.none() | st.integers(0, 9),
) | st.builds(
    Considered,
    part=st.sampled_from(Part),
    position=st.integers(0, 99),
    requirement=st.none() | st.integers(0, 9),
    failed=places,
    seen=st.sampled_from(["", "none", "9.99", "tea cake", "2026-11-20", "a" * MAX_SEEN_CHARS]),
)
quest_changes = st.builds(
    QuestChange,
    quest_id=catalog_ids,
    requirements=st.lists(
        st.builds(RequirementProgress, catalog_ids, numbers, numbers, numbers),
        max_size=2,
        unique_by=lambda each: each.requirement_id,
    ).map(tuple),
    completions=st.integers(0, 10**6),
    completions_after=st.integers(0, 10**6),
)
lots = st.builds(Lot, st.none() | days, st.none() | days)
lot_changes = st.builds(LotChange, lots, numbers)
hold_changes = st.builds(
    HoldChange,
    catalog_ids,
    st.sampled_from(HoldStatus),
    numbers,
    moments,
    numbers,
    st.lists(lot_changes, max_size=2).map(tuple),
)
lines = st.one_of(
    st.builds(PointLine, texts, numbers, texts, rule_id=catalog_ids),
    st.builds(PointLine, texts, numbers, texts, rule_id=catalog_ids, bonus_id=catalog_ids),
    st.builds(PointLine, texts, numbers, texts, quest_id=catalog_ids),
    st.builds(PointLine, texts, numbers, texts, debt=st.sampled_from(Debt)),
)
postings = st.builds(
    Posting,
    network_id=texts,
    membership=refs,
    activity_id=texts,
    activity_type_id=texts,
    activity_hash=texts,
    occurred_at=moments,
    recorded_at=moments,
    posted_at=moments,
    program_version=st.integers(1, 999),
    outcome=st.sampled_from(Outcome),
    reason=st.none() | texts,
    lines=st.lists(lines, max_size=3).map(tuple),
    points=numbers,
    balance_after=numbers,
    sequence=st.integers(1, 10**9),
    previous_hash=texts,
    considered=st.lists(considered, max_size=3).map(tuple),
    quests=st.lists(quest_changes, max_size=2, unique_by=lambda each: each.quest_id).map(tuple),
    tier=st.none() | st.builds(TierChange, st.none() | catalog_ids, st.none() | catalog_ids),
    traits_held=st.lists(st.integers(0, 99), max_size=3).map(tuple),
    kind=st.sampled_from(Kind),
    lots=st.lists(lot_changes, max_size=3).map(tuple),
    holds=st.lists(hold_changes, max_size=3).map(tuple),
    matured=numbers,
    available_after=numbers,
    debt_after=numbers,
    of=st.none() | texts,
)
reversal_markers = st.builds(
    ReversalMarker,
    network_id=texts,
    activity_id=texts,
    reverses=texts,
    number=st.integers(1, 100),
    of=texts,
    amount=numbers,
    after=reversed_parts,
    recorded_at=moments,
    request_id=texts,
)
markers = st.builds(
    ReferenceMarker,
    network_id=texts,
    reference_id=texts,
    activity_id=texts,
    of=texts,
    recorded_at=moments,
    request_id=texts,
)


def _stored(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as they come back from a table."""
    return to_attributes(to_item(attributes))


@given(activities)
def test_an_activity_is_read_as_it_was_written(row: Activity) -> None:
    stored = _stored(row.to_attributes())

    assert Activity.from_attributes(stored) == row
    assert ledger_row_from_attributes(stored) == row
    said = {name: value for name, value in stored.items() if name != "content_hash"}
    assert content_hash(said) == stored["content_hash"] == row.content_hash


def test_a_row_with_an_attribute_of_a_later_release_keeps_its_hash() -> None:
    said = {**ROW.to_attributes(), "mood": "fine"}
    del said["content_hash"]
    later = content_hash(said)

    row = Activity.from_attributes({**said, "content_hash": later})

    assert row == ROW
    assert row.content_hash == later


def test_a_participant_who_is_active_has_the_form_of_before_there_were_others() -> None:
    (participant,) = ROW.to_attributes()["participants"]

    assert participant.keys() == {"role", "user_id", "memberships"}


def test_a_row_that_is_not_the_one_that_was_written_is_not_read() -> None:
    changed = {**ROW.to_attributes(), "amount": Decimal("50.01")}

    with pytest.raises(UnreadableRowError, match="content_hash"):
        Activity.from_attributes(changed)


@given(markers | reversal_markers)
def test_a_marker_is_read_as_it_was_written(marker: Marker) -> None:
    assert ledger_row_from_attributes(_stored(marker.to_attributes())) == marker


def test_a_reversal_marker_that_is_not_the_one_that_was_written_is_not_read() -> None:
    marker = ReversalMarker(
        network_id="demo",
        activity_id="rv_1",
        reverses="ik_1",
        number=1,
        of="ik_2",
        amount=Decimal(-5),
        after=ReversedPart(Decimal(5)),
        recorded_at=NOON,
        request_id="request-1",
    )
    stored = {**_stored(marker.to_attributes()), "activity_key": "demo#rv_1"}
    assert ReversalMarker.from_attributes(stored) == marker

    for changed in ({"after": {"amount": Decimal(4)}}, {"added": True}, {"content_hash": "0" * 64}):
        with pytest.raises(UnreadableRowError, match="content_hash"):
            ReversalMarker.from_attributes({**stored, **changed})


def test_what_a_line_says_of_a_debt_is_no_prose() -> None:
    lines = (
        PointLine("member", Decimal(5), "spent already: owed"),
        PointLine("member", Decimal(5), "owed", debt=Debt.OWED),
        PointLine("member", Decimal(-5), "paid", debt=Debt.PAID),
    )

    packed = [pack_line(line) for line in lines]

    assert [each[2:] for each in packed] == [
        ["spent already: owed"],
        ["owed", "debt:owed"],
        ["paid", "debt:paid"],
    ]
    assert tuple(map(unpack_line, packed)) == lines
    assert [line.is_of_debt for line in lines] == [False, True, True]
    assert [line.ids for line in lines] == [{}, {}, {}]


@given(balances)
def test_a_balance_is_read_as_it_was_written(balance: Balance) -> None:
    assert Balance.from_attributes(_stored(balance.to_attributes("demo", ANN))) == balance


@given(states)
def test_a_state_is_read_as_it_was_written(state: MembershipState) -> None:
    assert MembershipState.from_attributes(_stored(state.to_attributes())) == state


@given(postings)
def test_a_posting_is_read_as_it_was_written(posting: Posting) -> None:
    stored = _stored(posting.to_attributes())

    assert Posting.from_attributes(stored) == posting
    assert Posting.from_attributes(stored).content_hash == posting.content_hash
    said = {name: value for name, value in stored.items() if name != "content_hash"}
    assert content_hash(said) == stored["content_hash"]


def test_a_posting_that_is_not_the_one_that_was_written_is_not_read() -> None:
    changed = {**POSTING.to_attributes(), "points": Decimal(2)}

    with pytest.raises(UnreadableRowError, match="content_hash"):
        Posting.from_attributes(changed)


@pytest.mark.parametrize(
    ("considered", "packed"),
    [
        (Considered(Part.RULE, 3), "r3"),
        (Considered(Part.BONUS, 0, None, "tiers", "silver"), "b0 tiers silver"),
        (
            Considered(Part.RULE, 12, None, "metadata.1", "to go, please"),
            "r12 metadata.1 to go, please",
        ),
        (Considered(Part.QUEST, 0, 1), "q0.1"),
        (Considered(Part.QUEST, 0, 0, "traits.0"), "q0.0 traits.0"),
        (
            Considered(Part.QUEST, 1, 0, "check_in_interval_days", "2026-11-20"),
            "q1.0 check_in_interval_days 2026-11-20",
        ),
    ],
)
def test_what_was_considered_is_packed_into_one_text(considered: Considered, packed: str) -> None:
    assert considered.packed() == packed
    assert Considered.unpacked(packed) == considered


def test_a_quest_is_packed_into_one_text() -> None:
    gained = RequirementProgress("visit", Decimal("1.50"), Decimal("2E+2"), Decimal(500))

    assert pack_quest(QuestChange("regular", (gained,), 0, 3)) == "regular 0 3 visit 1.5 200 500"


REVERSAL = Reversal(1, ReversedPart(), ReversedPart(Decimal(2), frozenset({0, 2})))
ROW = replace(
    activity(roles={"buyer": [ANN]}),
    line_items=(ActivityLineItem("item-1", Decimal(3), "group-1"),),
    metadata={"channel": "app", "cups": Decimal(2), "is_gift": True},
    reference_id="R-1",
    description="a purchase",
    settled_outcome=Outcome.HELD,
    of="rf_1",
    reversal=REVERSAL,
)
VERSION = in_force(program())
LINE = PointLine("buyer", Decimal("1.50"), "150 x 0.01", rule_id="rule-1")
FAILED = Considered(Part.QUEST, 1, 0, "check_in_interval_days", "2026-11-20")
ADVANCED = RequirementProgress("visit", Decimal(1), Decimal(2), Decimal(5))
POSTING, AFTER = post(
    activity=ROW,
    membership=ANN,
    decision=Decision(
        Outcome.APPLIED,
        (LINE,),
        MembershipState(Decimal("1.50"), Decimal("1.50")),
        "because",
        considered=(Considered(Part.RULE, 0), FAILED),
        quests=(QuestChange("regular", (ADVANCED,), completions=0, completions_after=3),),
        tier=TierChange(None, "silver"),
        traits_held=(0, 2),
    ),
    version=VERSION,
    balance=Balance(),
    posted_at=NOON,
)


@pytest.mark.parametrize(
    "change",
    [
        {"network_id": "other"},
        {"activity_id": "ik_2"},
        {"kind": Kind.DUPLICATE},
        {"front_door": FrontDoor.MEMBERSHIP},
        {"activity_type_id": "task"},
        {"amount": Decimal("50.01")},
        {"participants": ()},
        {"participants": (Participant("seller", "user-ann", (ANN,)),)},
        {"participants": (Participant("buyer", "user-9", (ANN,)),)},
        {"participants": (Participant("buyer", "user-ann", (BEN,)),)},
        {"participants": (Participant("buyer", "user-ann", (ANN,), UserStanding.SUSPENDED),)},
        {"occurred_at": NOON},
        {"recorded_at": NOON + timedelta(microseconds=1)},
        {"request_id": "request-2"},
        {"invocation_id": "invocation-2"},
        {"key_id": "admin"},
        {"payload_form": "network_activity/2"},
        {"payload_hash": "another"},
        {"line_items": ()},
        {"line_items": (ActivityLineItem("item-2", Decimal(3), "group-1"),)},
        {"line_items": (ActivityLineItem("item-1", Decimal(4), "group-1"),)},
        {"line_items": (ActivityLineItem("item-1", Decimal(3), None),)},
        {"metadata": {}},
        {"metadata": {"channel": "web", "cups": Decimal(2), "is_gift": True}},
        {"metadata": {"channel": "app", "cups": Decimal(3), "is_gift": True}},
        {"metadata": {"channel": "app", "cups": Decimal(2), "is_gift": False}},
        {"reference_id": None},
        {"description": ""},
        {"settled_outcome": None},
        {"of": "rf_2"},
        {"hold_expires_at": NOON},
        {"as_of": NOON},
        {"reversal": None},
        {"reversal": replace(REVERSAL, number=2)},
        {"reversal": replace(REVERSAL, before=ReversedPart(Decimal(1)))},
        {"reversal": replace(REVERSAL, after=ReversedPart(Decimal(3), frozenset({0, 2})))},
        {"reversal": replace(REVERSAL, after=ReversedPart(Decimal(3), frozenset({0})))},
        {"reversal": replace(REVERSAL, after=ReversedPart(is_whole=True))},
        {"program_versions": {"coffee-club": 1}},
        {"job_id": "jb_1"},
        {"settles": "0" * 64},
    ],
)
def test_whatever_changes_in_a_row_changes_its_hash(change: dict[str, Any]) -> None:
    assert replace(ROW, **change).content_hash != ROW.content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"network_id": "other"},
        {"membership": BEN},
        {"membership": MembershipRef("tea-club", "ann")},
        {"activity_id": "ik_2"},
        {"activity_type_id": "task"},
        {"activity_hash": "another"},
        {"occurred_at": NOON},
        {"recorded_at": NOON + timedelta(seconds=1)},
        {"posted_at": NOON + timedelta(seconds=1)},
        {"program_version": 2},
        {"outcome": Outcome.REJECTED},
        {"reason": None},
        {"lines": ()},
        {"lines": (replace(LINE, rule_id="rule-2"),)},
        {"lines": (replace(LINE, bonus_id="bonus-1"),)},
        {"lines": (replace(LINE, quest_id="quest-1"),)},
        {"lines": (replace(LINE, role="seller"),)},
        {"lines": (replace(LINE, points=Decimal("1.51")),)},
        {"lines": (replace(LINE, reason="another"),)},
        {"points": Decimal(0)},
        {"balance_after": Decimal(0)},
        {"sequence": 2},
        {"previous_hash": "another"},
        {"considered": ()},
        {"considered": (Considered(Part.RULE, 1), FAILED)},
        {"considered": (Considered(Part.BONUS, 0), FAILED)},
        {"considered": (Considered(Part.RULE, 0), replace(FAILED, requirement=1))},
        {"considered": (Considered(Part.RULE, 0), replace(FAILED, failed="amount"))},
        {"considered": (Considered(Part.RULE, 0), replace(FAILED, seen="2026-11-21"))},
        {"quests": ()},
        {"quests": (QuestChange("seldom", (ADVANCED,), 0, 3),)},
        {"quests": (QuestChange("regular", (), 0, 3),)},
        {"quests": (QuestChange("regular", (replace(ADVANCED, gained=Decimal(2)),), 0, 3),)},
        {"quests": (QuestChange("regular", (replace(ADVANCED, progress=Decimal(3)),), 0, 3),)},
        {"quests": (QuestChange("regular", (replace(ADVANCED, threshold=Decimal(6)),), 0, 3),)},
        {"quests": (QuestChange("regular", (ADVANCED,), 1, 3),)},
        {"quests": (QuestChange("regular", (ADVANCED,), 0, 4),)},
        {"tier": None},
        {"tier": TierChange("bronze", "silver")},
        {"tier": TierChange(None, "gold")},
        {"traits_held": ()},
        {"traits_held": (0, 1)},
        {"kind": Kind.REDEMPTION},
        {"lots": (LotChange(Lot(None, date(2026, 3, 1)), Decimal("1.5")),)},
        {"holds": (HoldChange("ik_2", HoldStatus.HELD, Decimal(1), NOON),)},
        {"matured": Decimal(1)},
        {"available_after": Decimal(0)},
        {"debt_after": Decimal(1)},
        {"of": "ik_2"},
    ],
)
def test_whatever_changes_in_a_posting_changes_its_hash(change: dict[str, Any]) -> None:
    assert replace(POSTING, **change).content_hash != POSTING.content_hash


def test_a_change_of_every_field_is_tried() -> None:
    """The two tables above name every field of their class."""
    for kind, table in (
        (Activity, test_whatever_changes_in_a_row_changes_its_hash),
        (Posting, test_whatever_changes_in_a_posting_changes_its_hash),
    ):
        (mark,) = table.pytestmark
        tried = {name for change in mark.args[1] for name in change}
        # A read row's hash is not something that it says.
        assert tried == set(kind.__dataclass_fields__) - {"stored_hash"}


def test_the_zeros_that_a_table_drops_or_keeps_do_not_change_a_hash() -> None:
    assert replace(ROW, amount=Decimal("50.00")).content_hash == ROW.content_hash
    assert replace(POSTING, points=Decimal("1.5")).content_hash == POSTING.content_hash


def test_a_postings_hash_is_recomputed_from_what_is_stored() -> None:
    stored = _stored(POSTING.to_attributes())
    recorded = stored.pop("content_hash")

    assert content_hash(stored) == recorded == AFTER.last_posting_hash


def test_what_there_is_none_of_is_left_out_of_a_posting() -> None:
    bare = replace(POSTING, considered=(), quests=(), tier=None, traits_held=())

    assert not {"considered", "quests", "tier", "traits_held"} & bare.to_attributes().keys()


def test_postings_are_chained() -> None:
    decision = Decision(Outcome.NO_RULE, (), AFTER.state, "no rule")
    second, after = post(
        activity=replace(ROW, activity_id="ik_2"),
        membership=ANN,
        decision=decision,
        version=VERSION,
        balance=AFTER,
        posted_at=NOON,
    )

    assert (POSTING.sequence, POSTING.previous_hash) == (1, "")
    assert (second.sequence, second.previous_hash) == (2, POSTING.content_hash)
    assert (after.sequence, after.last_posting_hash) == (2, second.content_hash)
    assert after.last_activity == LastActivity("ik_2", "sale", ROW.occurred_at, ROW.recorded_at)


def test_an_outcome_says_which_row_it_is_about() -> None:
    outcome = SettledOutcome("demo", "ik_1", ROW.content_hash, Outcome.HELD, NOON, NOON)
    stored = _stored(outcome.to_attributes())
    recorded = stored.pop("content_hash")

    assert content_hash(stored) == recorded
    assert stored["activity_hash"] == ROW.content_hash


def test_where_an_outcome_is_kept_is_not_part_of_its_hash() -> None:
    outcome = SettledOutcome("demo", "ik_1", ROW.content_hash, Outcome.HELD, NOON, NOON)
    kept = {"membership_key": "m", "item_key": "OUTCOME", "outcome_shard": "s", "outcome_at": "p"}

    assert SettledOutcome.from_attributes({**outcome.to_attributes(), **kept}) == outcome


@pytest.mark.parametrize(
    "damage",
    [
        {"schema_version": Decimal(2)},
        {"schema_version": None},
        {"kind": "unheard-of"},
        {"front_door": None},
        {"participants": Decimal(1)},
        {"occurred_at": "yesterday"},
        {"settled_outcome": "unheard-of"},
        {"network_id": {"S": "demo"}},
        {"program_versions": ["club"]},
        {"line_items": ["item"]},
    ],
)
def test_a_row_of_another_shape_is_unreadable(damage: dict[str, Any]) -> None:
    said = {**_stored(ROW.to_attributes()), **damage}
    del said["content_hash"]

    # It is the row that was written, and of a release that says things in another way.
    with pytest.raises(UnreadableRowError):
        Activity.from_attributes({**said, "content_hash": content_hash(said)})


@pytest.mark.parametrize(
    "damage",
    [
        {"schema_version": Decimal(4)},
        {"kind": "unheard-of"},
        {"lines": [[Decimal(1), "buyer", "why"]]},
        {"lines": [[Decimal(1), "buyer", "why", "mood:fine"]]},
        {"quests": ["regular 0 3 visit 1 2"]},
        {"considered": ["x0"]},
        {"considered": [{"rule": Decimal(0)}]},
        {"quests": [["regular"]]},
        {"lots": [Decimal(1)]},
        {"lots": ["1E+x never"]},
    ],
)
def test_a_posting_of_another_shape_is_unreadable(damage: dict[str, Any]) -> None:
    said = {**_stored(POSTING.to_attributes()), **damage}
    del said["content_hash"]

    with pytest.raises(UnreadableRowError):
        Posting.from_attributes({**said, "content_hash": content_hash(said)})


def test_what_the_first_release_stored_is_read_still() -> None:
    """Postings and balances of schema 1 had rules' lines, points and nothing else."""
    bare = replace(POSTING, considered=(), quests=(), tier=None, traits_held=())
    line = {"rule_id": LINE.rule_id, "role": "buyer", "points": LINE.points, "reason": LINE.reason}
    said = {**bare.to_attributes(), "schema_version": 1, "lines": [line]}
    del said["content_hash"]
    stored = _stored({**said, "content_hash": content_hash(said)})
    balance = _stored({**AFTER.to_attributes("demo", ANN), "schema_version": 1})

    assert Posting.from_attributes(stored) == bare
    assert Balance.from_attributes(balance) == AFTER


@pytest.mark.parametrize(
    "damage",
    [
        {"schema_version": Decimal(4)},
        {"sequence": None},
        {"last_activity": {}},
        {"lots": {"never": Decimal(1)}},
        {"lots": {"someday": Decimal("1.50")}},
        {"owed": Decimal(1)},
        {"holds": {"ik_1": {}}},
        {"due_at": "tomorrow"},
        {"quests": "regular"},
        {"quests": {"regular": Decimal(5)}},
        {"lots": ["never"]},
        {"sequence": Decimal("Infinity")},
    ],
)
def test_a_balance_of_another_shape_is_unreadable(damage: dict[str, Any]) -> None:
    stored = _stored(AFTER.to_attributes("demo", ANN))
    lacking = {**stored, **damage}
    if damage == {"last_activity": {}}:
        lacking["last_activity"] = {"activity_id": "ik_1"}
    with pytest.raises(UnreadableRowError):
        Balance.from_attributes(lacking)


@given(texts, texts, texts, texts)
def test_ids_of_different_kinds_or_values_never_collide(
    network_id: str, value: str, other_network: str, other_value: str
) -> None:
    ids = {
        "key": id_from_idempotency_key(network_id, value),
        "reference": id_from_reference(network_id, value),
        "fresh": fresh_id(value),
        "fresh with network": fresh_id(network_id + value),
    }
    assert len({ids["key"], ids["reference"], ids["fresh"]}) == 3
    assert ids["fresh with network"] not in {ids["key"], ids["reference"]}
    same = (network_id, value) == (other_network, other_value)
    for derive in (id_from_idempotency_key, id_from_reference):
        assert (derive(network_id, value) == derive(other_network, other_value)) is same


def test_where_a_network_ends_and_a_value_begins_is_part_of_an_id() -> None:
    assert id_from_idempotency_key("ab", "c") != id_from_idempotency_key("a", "bc")
    assert id_from_idempotency_key("a", 'b","c') != id_from_idempotency_key('a","b', "c")


def _versions(*minutes: int) -> list[ProgramVersion]:
    return [
        ProgramVersion(number, NOON + timedelta(minutes=minute), program())
        for number, minute in enumerate(minutes, start=1)
    ]


@pytest.mark.parametrize(
    ("seconds", "version"), [(0, 1), (59, 1), (60, 3), (61, 3), (119, 3), (120, 4), (9999, 4)]
)
def test_the_newest_version_in_effect_decides(seconds: int, version: int) -> None:
    """Versions 2 and 3 take effect at the same moment: the later one counts."""
    versions = _versions(0, 1, 1, 2)

    assert version_in_force(versions, NOON + timedelta(seconds=seconds)).version == version


def test_before_the_first_version_there_is_none() -> None:
    with pytest.raises(NoVersionInForceError):
        version_in_force(_versions(0), NOON - timedelta(microseconds=1))
    with pytest.raises(NoVersionInForceError):
        version_in_force([], NOON)
