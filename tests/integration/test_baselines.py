"""What ours is measured against does the same job, and costs what the meter says."""

from collections.abc import Iterator

import pytest

from benchmarks.metered import Metered
from benchmarks.moto_world import moto_world
from benchmarks.network import PLAIN, balance_key, posts
from benchmarks.sides import Side, ensure_same_points
from tests.integration.meter import Units
from tests.integration.world import Context

# Of `posts`.
EACH = 40


@pytest.fixture(scope="module")
def metered() -> Iterator[Metered]:
    """All sides on moto; each test has memberships of its own."""
    with moto_world() as world:
        yield Metered(world)


def forget_keys(metered: Metered, of: Side) -> None:
    """As the idempotency layer does once they expire; ours never does."""
    for item in metered.world.items(of.tables.idempotency) if of.tables.idempotency else []:
        metered.world.client.delete_item(TableName=of.tables.idempotency, Key={"id": item["id"]})


def points(metered: Metered, of: Side, membership: int) -> int:
    balance = metered.find(of.tables.balance, balance_key(PLAIN, membership))
    assert balance
    return int(balance["points"]["N"])


def test_all_sides_award_the_same(metered: Metered) -> None:
    for each in metered.sides:
        for membership, how_many in enumerate([1, 4, 25]):
            metered.apply(each, metered.record(each, PLAIN, how_many, membership)[1])
            assert points(metered, each, membership) == how_many * EACH

    ensure_same_points(metered.sides, metered.find)


def test_only_the_stock_baseline_awards_again_what_is_delivered_again(metered: Metered) -> None:
    awarded = {}
    for each in metered.sides:
        _, rows = metered.record(each, PLAIN, 2, membership=3)
        metered.apply(each, rows)
        metered.apply(each, rows)
        awarded[each.name] = points(metered, each, 3)

    assert awarded == {"ours": 2 * EACH, "stock": 4 * EACH, "correct": 2 * EACH}


def test_only_the_stock_baseline_records_again_what_its_layer_forgot(metered: Metered) -> None:
    (event,) = posts(PLAIN, [1_000_000], [4])
    recorded = {}
    for each in metered.sides:
        before = metered.rows(each)
        each.post([event])
        each.post([event])
        assert len(metered.rows(each)) == len(before) + 1
        forget_keys(metered, each)
        each.post([event])
        recorded[each.name] = len(metered.rows(each)) - len(before)

    assert recorded == {"ours": 1, "stock": 2, "correct": 1}


def test_a_key_is_refused_for_another_payload_until_the_stock_layer_forgets_it(
    metered: Metered,
) -> None:
    first, other = posts(PLAIN, [1_000_001, 1_000_001], [5])
    other["body"] = other["body"].replace("40", "41")
    statuses = {}
    for each in metered.sides:
        each.post([first])
        at_once = each.record(other, Context("another"))["statusCode"]
        forget_keys(metered, each)
        statuses[each.name] = (at_once, each.record(other, Context("another"))["statusCode"])

    assert statuses == {"ours": (422, 422), "stock": (422, 200), "correct": (422, 422)}


def test_the_meter_counts_what_each_side_writes_and_reads(metered: Metered) -> None:
    for each in metered.sides:
        metered.apply(each, metered.record(each, PLAIN, membership=6)[1])
        used, rows = metered.record(each, PLAIN, 2, membership=6)
        # The row and its entry of the index; the idempotency layer's lock, and its result.
        assert used == (Units(2 * 2) if each.name == "ours" else Units(2 * 4))
        batched = Units(2 * 3, 1) if each.name == "ours" else Units(2 * 4, 2)
        assert metered.apply(each, rows) == batched
