"""What must be true of a race when it is over."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from tests.integration.acknowledged import Acknowledged
from tests.integration.folds import assert_folds
from tests.integration.invariants import activity_rows, concerned
from tests.integration.racing_network import MEMBERSHIPS
from tests.integration.world import World

# What takes points that must be there.
TAKING = {"redemption", "hold"}


def assert_all_is_right(world: World, acknowledged: Acknowledged) -> None:
    """What was acknowledged is there, once, and so is what came of it, and nothing else."""
    assert_folds(world)
    assert_each_row_came_to_one_thing(world)
    assert_nobody_spent_what_was_not_there(world)
    rows = {row["activity_id"]: row for row in activity_rows(world)}
    assert len(rows) == len(activity_rows(world))
    assert set(acknowledged.ids.values()) <= rows.keys()
    assert points_of(world) == acknowledged.balances(rows)
    assert_answers_stay(world, acknowledged)


def assert_each_row_came_to_one_thing(world: World) -> None:
    """Each row has a posting for each membership that it concerns, or an outcome."""
    expected: list[tuple[str, str]] = []
    for row in activity_rows(world):
        if "settled_outcome" in row:
            expected.append((row["activity_id"], "OUTCOME"))
        else:
            expected += [(row["activity_id"], membership) for _, membership in concerned(row)]
    found = [(p["activity_id"], p["program_membership_id"]) for p in world.postings()]
    found += [(outcome["activity_id"], "OUTCOME") for outcome in world.outcomes()]
    assert sorted(found) == sorted(expected)


def assert_nobody_spent_what_was_not_there(world: World) -> None:
    """No posting brings a balance below zero, and none takes what is held or owed."""
    for posting in world.postings():
        assert posting["balance_after"] >= 0
        if posting.get("kind") in TAKING:
            assert posting.get("available_after", posting["balance_after"]) >= 0
            assert posting.get("debt_after", 0) == 0


def points_of(world: World) -> dict[str, Decimal]:
    """What each membership has, less what it owes beside: by the lines of its postings."""
    last: dict[str, dict[str, Any]] = {}
    for posting in sorted(world.postings(), key=lambda posting: posting["sequence"]):
        last[posting["program_membership_id"]] = posting
    points: dict[str, Decimal] = defaultdict(Decimal)
    for membership in MEMBERSHIPS:
        assert Decimal(world.balance(membership)) == last[membership]["balance_after"]
        points[membership] += last[membership]["balance_after"]
        points[membership] -= last[membership].get("debt_after", 0)
    assert last.keys() == set(MEMBERSHIPS)
    return {membership: each for membership, each in points.items() if each}


def assert_answers_stay(world: World, acknowledged: Acknowledged) -> None:
    """Whoever asks again is told the same, and nothing comes of it."""
    before = world.items("ledger"), world.items("balance")
    for request, first in acknowledged.told.values():
        if request.has_key:
            again = request.act(world)
            assert (again.status, again.body) == (first.status, first.body), request.name
    assert (world.items("ledger"), world.items("balance")) == before
