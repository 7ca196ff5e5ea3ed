"""The same activities as a batch and as requests of their own, in the forms that there are."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from benchmarks.batch.answered import EMAIL

ROWS = 500

type Row = dict[str, Any]
type Functions = Mapping[str, ModuleType]


@dataclass
class Context:
    """What Lambda tells a function about an invocation."""

    aws_request_id: str = "an-invocation"
    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn"

    def get_remaining_time_in_millis(self) -> int:
        """Enough."""
        return 15_000


def batch(functions: Functions, rows: list[Row]) -> Callable[[], None]:
    """All rows in one request."""
    route = "/networks/{network_id}/activities/batch"
    event = _event(route, {"network_id": "bench"}, rows)

    def act() -> None:
        answer = functions["record_activity_batch"].lambda_handler(event, Context())
        counts = json.loads(answer["body"])["counts"]
        assert counts["recorded"] == ROWS, counts

    return act


def singles(functions: Functions, rows: list[Row]) -> Callable[[], None]:
    """Each row in a request of its own."""
    calls = [_single(functions, row) for row in rows]

    def act() -> None:
        for call in calls:
            call()

    return act


def _single(functions: Functions, row: Row) -> Callable[[], None]:
    if "activity" in row:
        operation, path = "record_membership_activity", {"program_membership_id": "ann"}
        event = _event("/v2/program-memberships/{program_membership_id}/activities", path, row)
    else:
        operation = "record_network_activity"
        event = _event("/networks/{network_id}/activity", {"network_id": "bench"}, row)
        event["headers"]["Idempotency-Key"] = row["idempotency_key"]

    def act() -> None:
        answer = functions[operation].lambda_handler(event, Context())
        assert answer["statusCode"] in (200, 201), answer

    return act


def _event(route: str, path: dict[str, str], body: object) -> dict[str, Any]:
    return {
        "resource": route,
        "path": route.format(**path),
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "pathParameters": path,
        "requestContext": {
            "requestId": "a-request",
            "authorizer": {"network_id": "bench", "role": "partner", "key_id": "partner"},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def cases() -> dict[str, list[Row]]:
    """Rows by the form that they have."""
    hang = [
        {
            "program_membership_id": "ann",
            "idempotency_key": f"m-{number}",
            "activity": {
                "activity_type_id": "purchase",
                "value": "50",
                "transaction_timestamp": 1772362800,
                "line_items": [{"item_id": "item_1", "value": "30"}],
            },
        }
        for number in range(ROWS)
    ]
    village: list[Row] = [
        {
            "idempotency_key": f"n-{number}",
            "activity_short_id": "sale",
            "amount": "50",
            "users": {"buyer": EMAIL},
        }
        for number in range(ROWS)
    ]
    references = [
        {**row, "metadata": {"reference_id": f"R-{number}"}} for number, row in enumerate(village)
    ]
    return {"Hang's form": hang, "Village's form": village, "with key and reference": references}
