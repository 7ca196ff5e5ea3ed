"""The parts of the benchmark, in the order of the report.

Each is a module with `measure() -> Measured`, and runs in a process of its own.
"""

PARTS = {
    "units": "Units",
    "processor": "Processor",
    "throughput": "Throughput",
    "growth": "Growth",
    "start": "Starting",
    "batch": "Batches",
    "price": "Price",
    "fan_in": "Keeping up with the stream",
    "decide": "Deciding",
}
