"""The price list, and what is multiplied by it."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from benchmarks.price.lines import dollars_a_million, priced_lines
from benchmarks.price.month import LINES, own_metrics
from benchmarks.price.quantities import added, passes, quantities, runs_a_month, schedules, times
from benchmarks.price.runs import Measurements
from benchmarks.price.stored import Stored
from benchmarks.price.sweeps import sweeps_table
from benchmarks.price.work import PLATFORM_BYTES, Work
from benchmarks.prices import Price, price_list
from local.template import resources_of

RECORD = Work(
    name="record",
    memory_mb=1769,
    invocations=1,
    cpu_ms=5,
    calls={"PutItem": 1},
    table_writes=1,
    index_writes=1,
    reads=0.5,
    log_bytes=1000,
)
APPLY = Work(
    name="apply",
    memory_mb=512,
    invocations=0.01,
    cpu_ms=0,
    calls={"TransactWriteItems": 0.25},
    table_writes=2.5,
    index_writes=0,
    reads=0.25,
    log_bytes=0,
)


def test_each_price_has_a_tier_for_whatever_comes() -> None:
    for price in price_list().prices.values():
        *limited, last = [tier.up_to for tier in price.tiers]
        assert last is None
        assert all(low and high and low < high for low, high in pairwise([0.1, *limited]))


@pytest.mark.parametrize(
    ("requests", "dollars"),
    [
        (1e6, 3.50),
        (333e6, 333 * 3.50),
        (1e9, 333 * 3.50 + 667 * 2.80),
        (21e9, 333 * 3.50 + 667 * 2.80 + 19_000 * 2.38 + 1_000 * 1.51),
    ],
)
def test_each_tier_is_paid_at_its_price(requests: float, dollars: float) -> None:
    assert price_list()["rest_api"].of_a_month(requests) == pytest.approx(dollars)


def test_the_first_tier_alone_is_for_what_is_told_per_million() -> None:
    price = Price.model_validate(
        {
            "of": "x",
            "units": 10,
            "tiers": [{"usd": 2, "up_to": 10}, {"usd": 1}],
            "source": "http://x",
        }
    )

    assert (price.of_a_month(30), price.in_the_first_tier(30)) == (4, 6)


def test_lines_are_what_is_used_times_its_price() -> None:
    lines = priced_lines(RECORD, APPLY)

    assert {name: pytest.approx(dollars) for name, dollars in lines.items()} == {
        "REST API": 3.50,
        "Lambda, invocations": 1.01 * 0.20,
        # 10 ms with 1,769 MB, and 3.75 ms with 512 MB.
        "Lambda, GB-seconds": (10 * 1769 + 3.75 * 512) / 1024 * 1000 * 0.0000133334,
        "writes, request path": 0.625,
        "writes, query index": 0.625,
        "writes, applying": 2.5 * 0.625,
        "reads": 0.75 * 0.125,
        "logs": (1000 + 1.01 * PLATFORM_BYTES) / 1000 * 0.50,
    }
    both = added(quantities(RECORD), quantities(APPLY))
    assert sum(lines.values()) == pytest.approx(3.50 + dollars_a_million(both))


def test_a_row_is_looked_at_as_often_as_the_schedules_come_by() -> None:
    # Each minute with a minute's overlap, and seven hours every six.
    assert passes("ReconcileFunction") == pytest.approx(1 + 1 + 7 / 6)
    # Each quarter of an hour with ten minutes' overlap, and seven hours every six.
    assert passes("SealLedgerFunction") == pytest.approx(1 + 10 / 15 + 7 / 6)
    assert schedules("ApplyDueFunction") == [(timedelta(minutes=1), None)]
    assert runs_a_month("SealLedgerFunction", 30) == 30 * (96 + 4)


def test_every_line_of_a_bill_has_prices_and_no_price_is_in_two() -> None:
    named = [name for names in LINES.values() for name in names]

    assert len(named) == len(set(named))
    assert set(named) <= price_list().prices.keys()


def test_quantities_add_up() -> None:
    assert added({"logs": 1, "events": 2}, times({"logs": 2}, 3)) == {"logs": 7, "events": 2}
    assert added({})["logs"] == 0


def test_the_metrics_of_our_own_that_alarms_watch_are_paid_for() -> None:
    alarms = [each["Properties"] for each in resources_of("AWS::CloudWatch::Alarm").values()]

    assert own_metrics(alarms) == {"AcceptedToPostedLag", "ActivitiesNotApplied"}


def test_a_sweep_is_told_once_for_each_memory() -> None:
    works = {"reconcile": replace(RECORD, memory_mb=512), "seal_ledger": RECORD}

    table = sweeps_table(Measurements(works, {}, Stored(0, 0, 0, 0)))

    assert [tuple(row[:3]) for row in table.rows] == [
        ("reconcile", 512, pytest.approx(5 * 1769 / 512 + 5)),
        ("reconcile", 1769, 10),
        ("seal_ledger", 1769, 10),
    ]
