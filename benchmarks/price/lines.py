"""The list price of a million activities, line by line, as if they were the month's first."""

from benchmarks.price.quantities import Quantities, added, quantities
from benchmarks.price.work import Work
from benchmarks.prices import price_list

SINGLE, BATCH, APPLY = "record_membership_activity", "record_activity_batch", "apply_rules"
MILLION = 1_000_000
GB_SECONDS = ("lambda_arm64", "lambda_x86")


def priced_lines(record: Work, apply: Work) -> dict[str, float]:
    """What it takes to record and to apply them. Each invocation of `record` is a request."""
    of_both = added(quantities(record), quantities(apply))
    return {
        "REST API": _dollars("rest_api", record.invocations),
        "Lambda, invocations": _dollars("lambda_requests", of_both["lambda_requests"]),
        "Lambda, GB-seconds": sum(_dollars(name, of_both[name]) for name in GB_SECONDS),
        "writes, request path": _dollars("dynamodb_writes", record.table_writes),
        "writes, query index": _dollars("dynamodb_writes", record.index_writes),
        "writes, applying": _dollars("dynamodb_writes", apply.table_writes + apply.index_writes),
        "reads": _dollars("dynamodb_reads", of_both["dynamodb_reads"]),
        "logs": _dollars("logs", of_both["logs"]),
    }


def dollars_a_million(used: Quantities) -> float:
    """What these quantities of an activity come to for a million."""
    return sum(_dollars(name, quantity) for name, quantity in used.items())


def _dollars(name: str, quantity_each: float) -> float:
    return price_list()[name].in_the_first_tier(quantity_each * MILLION)
