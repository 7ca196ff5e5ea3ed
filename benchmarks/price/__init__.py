"""The list price of activities: by what our functions and the baselines use, measured in one run.

Functions run whole on moto; units, calls, log bytes and processor time are measured, what Lambda
bills for follows from them (benchmarks/lambda_time.py), and prices are those of prices.yaml.
"""

from collections.abc import Sequence

from benchmarks.figures import Figure, Measured
from benchmarks.price.lines import APPLY, BATCH, SINGLE, dollars_a_million, priced_lines
from benchmarks.price.quantities import quantities
from benchmarks.price.runs import BATCH_ROWS, Measurements, measured
from benchmarks.price.sweeps import sweeps_table
from benchmarks.price.tables import beside_table, bills_table, lines_table, works_table

UNIT = "$ per million"
TABLES = (beside_table, works_table, bills_table, sweeps_table)
BECAUSE = """DynamoDB charges $2.81 for 4.5 write units: a row, its entry in the index, and in a
transaction four postings and a balance, all at twice the price, for four activities.
Where each is alone in its batch, 1.5 units more."""
TARGETS = {SINGLE: 7.50, BATCH: 3.25}


def measure() -> Measured:
    """Prices of a million, line by line; what there is beside; what functions take; bills."""
    measurements = measured()
    works = measurements.works
    lines = {
        "single POST": priced_lines(works[SINGLE], works[APPLY]),
        f"batches of {BATCH_ROWS}": priced_lines(works[BATCH], works[APPLY]),
        "stock": priced_lines(works["stock: record"], works["stock: apply"]),
        "correct": priced_lines(works["correct: record"], works["correct: apply"]),
    }
    totals = [sum(of_one.values()) for of_one in lines.values()]
    return Measured(
        _figures(measurements, totals),
        [lines_table(lines), *(each(measurements) for each in TABLES)],
    )


def _figures(measurements: Measurements, totals: Sequence[float]) -> list[Figure]:
    single, batch, stock, correct = totals
    events = dollars_a_million(quantities(measurements.works["publish_events"]))
    return [
        Figure(
            name="list price, single POST on the REST API",
            unit=UNIT,
            ours=single,
            stock=stock,
            correct=correct,
            target=TARGETS[SINGLE],
        ),
        Figure(
            name=f"list price, batches of {BATCH_ROWS}",
            unit=UNIT,
            ours=batch,
            target=TARGETS[BATCH],
            because=BECAUSE,
        ),
        Figure(name="list price of follow-up events, beside", unit=UNIT, ours=events),
    ]
