"""The tables of the part."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.figures import Table
from benchmarks.lambda_time import function_id
from benchmarks.price.lines import (
    APPLY,
    BATCH,
    MILLION,
    SINGLE,
    dollars_a_million,
    priced_lines,
)
from benchmarks.price.month import bill, storage_after
from benchmarks.price.quantities import BYTES_OF_A_GB, Quantities, passes, quantities
from benchmarks.price.runs import (
    APART,
    BATCH_ROWS,
    EACH,
    USUALLY,
    Measurements,
)
from benchmarks.price.work import PLATFORM_BYTES
from benchmarks.prices import price_list

MONTHS = (1_000_000, 100_000_000, 10_000_000_000)
# Nobody waits for these; they are in no target.
LOOK_AFTER = ("reconcile", "seal_ledger")


def lines_table(lines: Mapping[str, Mapping[str, float]]) -> Table:
    names = list(next(iter(lines.values())))
    rows: list[list[Any]] = [[name, *(one[name] for one in lines.values())] for name in names]
    rows.append(["together", *(sum(one.values()) for one in lines.values())])
    prices = price_list()
    about = f"""Dollars per million activities, {prices.region}, list prices of {prices.as_of},
        {EACH} activities of each membership in a batch of the stream, points as the value. Not in
        it: authorizers, cold starts, data out to the internet, the processor time of TLS."""
    return Table("List price, by line", about, ["", *lines], rows)


def beside_table(measurements: Measurements) -> Table:
    works = measurements.works
    applying = [priced_lines(works[SINGLE], works[each]) for each in (APPLY, USUALLY, APART)]
    plain, usual, apart = (lines["writes, applying"] for lines in applying)
    platform = {"logs": works[SINGLE].invocations * PLATFORM_BYTES / BYTES_OF_A_GB}
    rows = [
        ["follow-up events", *_split(quantities(works["publish_events"]))],
        ["of these, what EventBridge takes", *_split({"events": works["publish_events"].events})],
        ["the usual program, of whose postings some exceed 1 KB: writes more", usual - plain, ""],
        ["memberships that meet in no batch: writes more", apart - plain, ""],
        ["START, END and REPORT lines of a single POST", *_split(platform)],
    ]
    for name in LOOK_AFTER:
        used = quantities(works[name], passes(function_id(name)))
        rows.append([f"{name}, {passes(function_id(name)):.3g} passes", *_split(used)])
    stored = measurements.stored
    kept = f"storage, a month: {stored.tables + stored.indexes:.0f} bytes for ever"
    rows.append([f"{kept}, {stored.events:.0f} for 30 days", storage_after(stored, MILLION, 1), ""])
    about = """What there is beside the lines above, in dollars per million activities."""
    return Table("Beside the list price", about, ["", "$", "of it DynamoDB"], rows)


def _split(used: Quantities) -> list[float]:
    of_tables = {name: used[name] for name in used if name.startswith("dynamodb_")}
    return [dollars_a_million(used), dollars_a_million(of_tables)]


def works_table(measurements: Measurements) -> Table:
    rows = [
        [
            work.name,
            work.memory_mb,
            work.invocations,
            work.cpu_ms,
            work.billed_ms,
            work.table_writes + work.index_writes,
            work.reads,
            work.all_log_bytes,
        ]
        for work in measurements.works.values()
    ]
    about = """What an activity takes of each function, in batches as full as they get. Lambda's
        milliseconds are a model: processor time measured here, stretched by the share of a vCPU
        that the memory brings, and assumed waits."""
    head = [
        "function",
        "MB",
        "invocations",
        "processor ms",
        "Lambda ms",
        "write units",
        "read units",
        "log bytes",
    ]
    return Table("What functions take", about, head, rows)


def bills_table(measurements: Measurements) -> Table:
    singles = [bill(measurements, SINGLE, activities) for activities in MONTHS]
    batches = [sum(bill(measurements, BATCH, activities).values()) for activities in MONTHS]
    totals = [sum(each.values()) for each in singles]
    rows: list[list[Any]] = [[line, *(each[line] for each in singles)] for line in singles[0]]
    rows += [
        ["**all by single POSTs**", *totals],
        ["a million of them", *_each_million(totals)],
        [f"**all in batches of {BATCH_ROWS}**", *batches],
        ["a million of them", *_each_million(batches)],
        [
            "storage a month, after a year",
            *(storage_after(measurements.stored, activities, 12) for activities in MONTHS),
        ],
    ]
    about = """Dollars a month by activities in it, one network, every membership in a batch of its
        own, with follow-up events, reconcile, sealing, the schedules' idle runs, logs kept for the
        template's days, and prices by tier. Storage grows by its line each month."""
    return Table("The bill of a month", about, ["", "1 M", "100 M", "10 B"], rows)


def _each_million(totals: Sequence[float]) -> list[float]:
    return [total * MILLION / activities for total, activities in zip(totals, MONTHS, strict=True)]
