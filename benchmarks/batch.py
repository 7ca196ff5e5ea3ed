"""What a row of a batch of 500 costs, beside a request of its own.

For rows in either form and for rows with a key and a reference: the calls of
DynamoDB that a row takes, and the processor time of the whole handler as a ratio to that of single
requests, both measured in one run. DynamoDB is answered in the process itself, with nothing done,
so that what is measured is ours and the SDK's.
"""

import importlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from accrue.domain.catalog import ActivityType, Network
from accrue.storage.dynamo import to_item
from accrue.storage.networks import network_attributes
from benchmarks.figures import Measured, Table

if TYPE_CHECKING:
    from types import ModuleType

ROWS = 500
ROUNDS = 5
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "LEDGER_TABLE": "ledger",
    "BALANCE_TABLE": "balance",
    "CATALOG_TABLE": "catalog",
    "CATALOG_CACHE_SECONDS": "300",
    "WRITES_AT_ONCE": "1",
    "POWERTOOLS_SERVICE_NAME": "accrue",
    "POWERTOOLS_LOG_LEVEL": "WARNING",
}
NETWORK = Network("bench", "Bench", b"secret" * 6)
EMAIL = "ann@example.com"
MEMBERSHIP = {"program_id": "club", "program_membership_id": "ann"}

type Row = dict[str, Any]


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


@dataclass
class AnsweredAtOnce:
    """DynamoDB with a small catalog, which takes every write and keeps none."""

    calls: Counter[str] = field(default_factory=Counter)

    def watch(self, function: "ModuleType") -> None:
        """Answer the function's client from now on."""
        function.client.meta.events.register_first("before-send.dynamodb", self._answer)

    def _answer(self, request: AWSPreparedRequest, **_rest: object) -> AWSResponse:
        operation = _text(request.headers["X-Amz-Target"]).partition(".")[2]
        self.calls[operation] += 1
        asked = json.loads(_text(request.body))
        return _response(json.dumps(ANSWERS[operation](asked)).encode())


def _text(sent: object) -> str:
    return sent.decode() if isinstance(sent, bytes) else str(sent)


def _response(content: bytes) -> AWSResponse:
    class Body:
        def stream(self, **_rest: object) -> Iterator[bytes]:
            yield content

    return AWSResponse("https://dynamodb", 200, HTTPHeaders(), Body())


def _catalog() -> dict[tuple[str, str], dict[str, Any]]:
    user = {"user_id": "user-1", "standing": "active"}
    types = [
        ActivityType("purchase", "action", ("member",), allows_negative=False),
        ActivityType("sale", "sale", ("buyer",), allows_negative=False),
    ]
    things = {
        ("#NETWORKS", "bench"): network_attributes(NETWORK),
        (f"bench#EMAIL#{NETWORK.pseudonym(EMAIL)}", "USER"): {**user, "memberships": [MEMBERSHIP]},
        ("bench#MEMBERSHIP#ann", "MEMBERSHIP"): {**user, **MEMBERSHIP},
        **{("bench#TYPES", each.activity_type_id): each.to_document() for each in types},
    }
    return {
        (partition, sort): to_item({**thing, "catalog_key": partition, "item_key": sort})
        for (partition, sort), thing in things.items()
    }


CATALOG = _catalog()


def _find(key: dict[str, Any]) -> dict[str, Any] | None:
    return CATALOG.get((key["catalog_key"]["S"], key["item_key"]["S"]))


def _get(asked: dict[str, Any]) -> dict[str, Any]:
    item = _find(asked["Key"])
    return {"Item": item} if item else {}


def _batch_get(asked: dict[str, Any]) -> dict[str, Any]:
    keys = asked["RequestItems"]["catalog"]["Keys"]
    found = [item for item in map(_find, keys) if item]
    return {"Responses": {"catalog": found}, "UnprocessedKeys": {}}


ANSWERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "GetItem": _get,
    "BatchGetItem": _batch_get,
    "PutItem": lambda _asked: {},
    "TransactWriteItems": lambda _asked: {},
    "BatchExecuteStatement": lambda asked: {
        "Responses": [{"TableName": "ledger"} for _ in asked["Statements"]]
    },
}


def measure() -> Measured:
    """What a row costs, beside a request of its own."""
    os.environ.update(ENVIRONMENT)
    dynamodb = AnsweredAtOnce()
    functions = {
        name: importlib.import_module(f"functions.{name}.handler")
        for name in (
            "record_activity_batch",
            "record_membership_activity",
            "record_network_activity",
        )
    }
    for function in functions.values():
        dynamodb.watch(function)
    rows = [_compared(dynamodb, functions, name, rows) for name, rows in _cases().items()]
    about = f"A row of a batch of {ROWS}, beside a request of its own."
    head = ["rows", "calls a row", "calls alone", "processor time a row, of that alone"]
    return Measured(tables=[Table("Batches", about, head, rows)])


def _compared(
    dynamodb: AnsweredAtOnce, functions: "dict[str, ModuleType]", name: str, rows: list[Row]
) -> list[Any]:
    together, alone = _batch(functions, rows), _singles(functions, rows)
    seconds, calls = _measured(dynamodb, together)
    # In turns, and the best of each: whatever else the machine does meets both.
    other_seconds, other_calls = _measured(dynamodb, alone)
    for _ in range(ROUNDS - 1):
        seconds = min(seconds, _measured(dynamodb, together)[0])
        other_seconds = min(other_seconds, _measured(dynamodb, alone)[0])
    return [name, calls / ROWS, other_calls / ROWS, f"1/{other_seconds / seconds:.1f}"]


def _measured(dynamodb: AnsweredAtOnce, act: Callable[[], None]) -> tuple[float, int]:
    dynamodb.calls.clear()
    began = time.process_time()
    act()
    return time.process_time() - began, dynamodb.calls.total()


def _batch(functions: "dict[str, ModuleType]", rows: list[Row]) -> Callable[[], None]:
    route = "/networks/{network_id}/activities/batch"
    event = _event(route, {"network_id": "bench"}, rows)

    def act() -> None:
        answer = functions["record_activity_batch"].lambda_handler(event, Context())
        counts = json.loads(answer["body"])["counts"]
        assert counts["recorded"] == ROWS, counts

    return act


def _singles(functions: "dict[str, ModuleType]", rows: list[Row]) -> Callable[[], None]:
    calls = [_single(functions, row) for row in rows]

    def act() -> None:
        for call in calls:
            call()

    return act


def _single(functions: "dict[str, ModuleType]", row: Row) -> Callable[[], None]:
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


def _cases() -> dict[str, list[Row]]:
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
