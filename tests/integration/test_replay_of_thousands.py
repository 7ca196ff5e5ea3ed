"""Ten thousand activities that were logged undefined, against sums that are reckoned apart.

Their reversal, which is row by row, is tried on fewer: test_replay_jobs.py.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.users import UserProfile
from accrue.storage.dynamo import to_item
from accrue.storage.users import _items
from tests.integration.invariants import Witness, half_up
from tests.integration.orders import Orders
from tests.integration.replays import define, logged, replays_in, run, seed
from tests.integration.world import World

ACTIVITIES = 10_000
MEMBERS = 40
FIRST_AT = datetime(2026, 2, 26, tzinfo=UTC)
# Of every hundred, five are of a type that stays undefined, and one is dated far ahead.
ODD, AHEAD = range(5), 50


@pytest.fixture(autouse=True)
def longer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each query, of which each step makes some, moto looks through all items."""
    monkeypatch.setattr("accrue.services.preview_replay.REPLAYS_A_STEP", 1_000)
    monkeypatch.setattr("accrue.services.commit_replay.ACTIVITIES_A_STEP", 1_000)


def rows() -> list[Activity]:
    """Several of one moment now and then, as from a batch."""
    return [
        logged(
            number,
            user_id=f"member-{number // 20 % MEMBERS}",
            membership=f"m-{number // 20 % MEMBERS}",
            program_id="coffee-club",
            amount=Decimal(number * 31 % 9_973).scaleb(-3),
            recorded_at=FIRST_AT + timedelta(seconds=number // 3 * 20),
            activity_type_id="odd" if number % 100 in ODD else "survey",
            occurred_at=FIRST_AT + timedelta(days=30 if number % 100 == AHEAD else 0),
        )
        for number in range(ACTIVITIES)
    ]


def test_ten_thousand_activities_are_replayed_exactly(world: World, job_orders: Orders) -> None:
    _enrol_members(world)
    everything = rows()
    seed(world, everything)
    define(world, "survey")
    counting = [row for row in everything if _counts(row)]
    expected = _points(counting)

    preview = run(job_orders, "preview", recorded_from="2026-02-26T00:00:00Z")

    report = preview["report"]
    assert preview["progress"]["done"] == ACTIVITIES
    assert (report["activities"], report["memberships"]) == (len(counting), len(expected))
    assert Decimal(report["points"]) == sum(expected.values())
    odd = sum(row.activity_type_id == "odd" for row in everything)
    assert report["skipped"] == {
        "undefined_type": odd,
        "held": ACTIVITIES - odd - len(counting),
    }
    assert preview["findings"] == ACTIVITIES - len(counting)
    assert [
        (each["program_membership_id"], Decimal(each["points"]))
        for each in report["largest_memberships"]
    ] == sorted(expected.items(), key=lambda item: (-item[1], item[0]))[:10]
    assert [Decimal(each["points"]) for each in report["largest_activities"]] == sorted(
        (half_up(Fraction(row.amount)) for row in counting), reverse=True
    )[:10]

    commit = run(job_orders, "commit", of=preview["job_id"])

    assert commit["counts"] == {
        "applied": len(counting),
        "changed": 0,
        "already_replayed": 0,
        "skipped": 0,
    }
    assert Decimal(commit["report"]["points"]) == sum(expected.values())
    assert _balances(world) == expected
    assert replays_in(world).keys() == {row.activity_id for row in counting}
    assert set(Counter(p["activity_id"] for p in world.postings()).values()) == {1}
    Witness().observe(world)


def _counts(row: Activity) -> bool:
    return row.activity_type_id == "survey" and row.occurred_at == FIRST_AT


def _points(counting: list[Activity]) -> dict[str, Decimal]:
    points: dict[str, Decimal] = defaultdict(Decimal)
    for row in counting:
        ref = row.participants[0].memberships[0]
        points[ref.program_membership_id] += half_up(Fraction(row.amount))
    return dict(points)


def _balances(world: World) -> dict[str, Decimal]:
    return {
        row["program_membership_id"]: row["points"]
        for row in world.rows("balance")
        if row["item_key"] == "BALANCE"
    }


def _enrol_members(world: World) -> None:
    """As if each had been enrolled by a request."""
    items = []
    for number in range(MEMBERS):
        ref = MembershipRef("coffee-club", f"m-{number}")
        profile = UserProfile(
            user_id=f"member-{number}", email=None, pseudonym=None, memberships=(ref,)
        )
        for (partition, sort), attributes in _items("demo", profile).items():
            place = {"catalog_key": {"S": partition}, "item_key": {"S": sort}}
            items.append({**to_item(attributes), **place})
    world.put_items("catalog", items)
