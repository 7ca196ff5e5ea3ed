"""A network on moto's tables, the handlers around it, and events as the gateway sends them."""

import base64
import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from tests.integration.running import running
from tests.template import operations_by_route

if TYPE_CHECKING:
    from types import ModuleType

    from mypy_boto3_dynamodb import DynamoDBClient

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "LEDGER_TABLE": "ledger",
    "BALANCE_TABLE": "balance",
    "CATALOG_TABLE": "catalog",
    "EVENT_TABLE": "events",
    "JOB_TABLE": "jobs",
    "JOB_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
    "EVENT_BUS_NAME": "bus",
    "DELIVERY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/deliveries",
    "ALLOW_PRIVATE_WEBHOOKS": "true",
    "WEBHOOK_RETRY_DELAYS_SECONDS": "5,300,1800,7200,18000,28800,28800",
    "CATALOG_CACHE_SECONDS": "30",
    # Moto bears no threads.
    "WRITES_AT_ONCE": "1",
    "RECONCILE_GRACE_SECONDS": "120",
    "METRICS_NAMESPACE": "accrue/test",
    "SEAL_BUCKET": "seals",
    "SEAL_DELAY_SECONDS": "420",
    "POWERTOOLS_SERVICE_NAME": "accrue",
}
OPERATIONS = (
    "record_membership_activity",
    "record_network_activity",
    "record_activity_batch",
    "redeem_points",
    "hold_points",
    "capture_hold",
    "release_hold",
    "adjust_points",
    "reverse_activity",
    "get_activity",
    "list_activities",
    "get_membership",
    "list_membership_activities",
    "get_balance",
    "get_statement",
    "authorize_api_key",
    "authorize_bearer",
    "apply_rules",
    "watch_ledger",
    "reconcile",
    "import_catalog",
    "publish_events",
    "list_events",
    "administer_webhooks",
    "deliver_webhook",
    "administer_networks",
    "administer_api_keys",
    "administer_activity_types",
    "administer_programs",
    "administer_network_document",
    "administer_users",
    "create_program_membership",
    "administer_clock",
    "apply_due",
    "administer_jobs",
    "run_job",
    "seal_ledger",
)

STREAM_KEYS = ("activity_key", "membership_key", "item_key")


@dataclass
class Context:
    """What Lambda tells a function about an invocation."""

    aws_request_id: str
    remaining_ms: int = 60_000
    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        """The milliseconds left."""
        return self.remaining_ms


@dataclass
class Answer:
    """An HTTP answer, its body parsed."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def warnings(self) -> list[str]:
        """What its header warns of; KeyError if it warns of nothing."""
        warnings: list[str] = json.loads(self.headers["Accrue-Warnings"])
        return warnings

    def replayed(self) -> "Answer":
        """The same answer as a retry gets it."""
        return Answer(self.status, {**self.headers, "Idempotent-Replayed": "true"}, self.body)


@dataclass
class World:
    """The whole application in one process. `restart` forgets what its functions hold in memory."""

    client: "DynamoDBClient"
    invocations: int = 0
    _modules: dict[str, "ModuleType"] = field(default_factory=dict)

    def restart(self) -> None:
        """New execution environments: nothing cached, new clients."""
        for operation in OPERATIONS:
            sys.modules.pop(f"functions.{operation}.handler", None)
        self._modules.clear()

    def invoke(self, operation: str, event: dict[str, Any], request_id: str | None = None) -> Any:
        """Invoke a function as Lambda does."""
        function = self.start(operation)
        self.invocations += 1
        context = Context(request_id or f"invocation-{self.invocations}")
        with running(operation):
            return function.lambda_handler(event, context)

    def start(self, operation: str) -> "ModuleType":
        """The function's module, in an execution environment of its own, unless it has started."""
        if operation not in self._modules:
            name = f"functions.{operation}.handler"
            sys.modules.pop(name, None)
            self._modules[operation] = importlib.import_module(name)
        return self._modules[operation]

    def import_network(self, document: dict[str, Any]) -> dict[str, Any]:
        """Import a network document."""
        report: dict[str, Any] = self.invoke("import_catalog", document)
        return report

    def post_membership_activity(
        self, membership: str, body: Any, *, network: str = "demo", **request: Any
    ) -> Answer:
        """POST in Hang's form."""
        event = gateway_event(
            "POST",
            "/v2/program-memberships/{program_membership_id}/activities",
            {"program_membership_id": membership},
            body,
            network=network,
            **request,
        )
        return _answer(self.invoke("record_membership_activity", event))

    def post_network_activity(
        self, body: Any, *, path_network: str = "demo", network: str = "demo", **request: Any
    ) -> Answer:
        """POST in Village's form."""
        event = gateway_event(
            "POST",
            "/networks/{network_id}/activity",
            {"network_id": path_network},
            body,
            network=network,
            **request,
        )
        return _answer(self.invoke("record_network_activity", event))

    def post_batch(
        self, rows: Any, *, path_network: str = "demo", network: str = "demo", **request: Any
    ) -> Answer:
        """POST many activities: a list as a JSON array, text as it is."""
        event = gateway_event(
            "POST",
            "/networks/{network_id}/activities/batch",
            {"network_id": path_network},
            rows,
            network=network,
            **request,
        )
        return _answer(self.invoke("record_activity_batch", event))

    def get_membership(self, membership: str, *, network: str = "demo") -> Answer:
        """GET a membership."""
        event = gateway_event(
            "GET",
            "/v2/program-memberships/{program_membership_id}",
            {"program_membership_id": membership},
            None,
            network=network,
        )
        return _answer(self.invoke("get_membership", event))

    def get_activity(
        self, activity_id: str, *, path_network: str = "demo", network: str = "demo"
    ) -> Answer:
        """GET an activity."""
        event = gateway_event(
            "GET",
            "/networks/{network_id}/activities/{activity_id}",
            {"network_id": path_network, "activity_id": activity_id},
            None,
            network=network,
        )
        return _answer(self.invoke("get_activity", event))

    def call(
        self,
        route: str,
        body: Any = None,
        *,
        path: dict[str, str] | None = None,
        network: str = "demo",
        role: str = "admin",
        **request: Any,
    ) -> Answer:
        """Call `METHOD /path/{parameter}` as the template routes it; `network_id` is in the path.

        By default with an admin key of the network demo, about that network.
        """
        method, resource = route.split(" ", 1)
        parameters = {"network_id": "demo"} if "{network_id}" in resource else {}
        event = gateway_event(
            method,
            resource,
            {**parameters, **(path or {})},
            body,
            network=network,
            role=role,
            **request,
        )
        return _answer(self.invoke(operations_by_route()[route], event))

    def balance(self, membership: str, *, network: str = "demo") -> str:
        """A membership's balance, over the API."""
        balance: str = self.get_membership(membership, network=network).body["balance"]
        return balance

    def deliver(self, rows: Sequence[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Deliver rows (by default all of the ledger's) to apply_rules as one stream batch."""
        batch = self.items("ledger") if rows is None else rows
        answer: dict[str, Any] = self.invoke("apply_rules", stream_event(batch))
        return answer

    def publish(self, items: Sequence[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Deliver items to publish_events as one batch: by default all of the balance table's, in
        the order in which each membership's were written.
        """
        batch = items
        if batch is None:
            keys = ("membership_key", "item_key")
            batch = sorted(
                self.items("balance"), key=lambda item: [item[name]["S"] for name in keys]
            )
        answer: dict[str, Any] = self.invoke("publish_events", stream_event(batch))
        return answer

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table in DynamoDB's own form, ordered by key."""
        # Past the API: moto takes a hundred times as long to put a scan's answer together.
        stored = _stored_tables()[table].all_items()
        found: list[dict[str, Any]] = [item.to_json()["Attributes"] for item in stored]
        return sorted(found, key=lambda item: json.dumps(item, sort_keys=True, default=str))

    def put_items(self, table: str, items: Sequence[dict[str, Any]]) -> None:
        """Put items, in DynamoDB's own form, into a table as they are."""
        for chunk in batched(items, 25, strict=False):
            requests: Any = [{"PutRequest": {"Item": item}} for item in chunk]
            self.client.batch_write_item(RequestItems={table: requests})

    def snapshot(self) -> dict[str, Any]:
        """All tables as they are now."""
        return deepcopy(_stored_tables())

    def restore(self, snapshot: dict[str, Any]) -> None:
        """All tables as they were."""
        _stored_tables().update(deepcopy(snapshot))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All items of a table as plain attributes."""
        return [plain(item) for item in self.items(table)]

    def postings(self) -> list[dict[str, Any]]:
        """All postings."""
        return [r for r in self.rows("balance") if r["item_key"].startswith("POSTING#")]

    def outcomes(self) -> list[dict[str, Any]]:
        """All outcomes of activities that nothing was posted for."""
        return [r for r in self.rows("balance") if r["item_key"] == "OUTCOME"]


def _stored_tables() -> dict[str, Any]:
    tables: dict[str, Any] = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables
    return tables


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """An item in DynamoDB's form as plain attributes."""
    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(value) for name, value in item.items()}


def gateway_event(
    method: str,
    resource: str,
    path: dict[str, str],
    body: Any,
    *,
    network: str = "demo",
    role: str = "partner",
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    request_id: str = "gateway-request",
    is_base64_encoded: bool = False,
) -> dict[str, Any]:
    """What the REST API sends once the authorizer has allowed it; text bodies go as they are, and
    bytes in base64.
    """
    if isinstance(body, bytes):
        body, is_base64_encoded = base64.b64encode(body).decode(), True
    return {
        "resource": resource,
        "path": resource.format(**path),
        "httpMethod": method,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "pathParameters": path,
        "queryStringParameters": query,
        "requestContext": {
            "requestId": request_id,
            "httpMethod": method,
            "resourcePath": resource,
            "stage": "live",
            "authorizer": {
                "network_id": network,
                "role": role,
                "key_id": role,
                "principalId": f"{network}.{role}",
            },
        },
        "body": body if isinstance(body, str | None) else json.dumps(body),
        "isBase64Encoded": is_base64_encoded,
    }


def stream_event(items: Sequence[dict[str, Any]], event_name: str = "INSERT") -> dict[str, Any]:
    """A batch as the stream of the ledger, or of the balances, delivers it."""
    return {"Records": list(_records(items, event_name))}


def _records(items: Sequence[dict[str, Any]], event_name: str) -> Iterator[dict[str, Any]]:
    for number, item in enumerate(items, start=1):
        yield {
            "eventID": f"event-{number}",
            "eventName": event_name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "Keys": {name: item[name] for name in STREAM_KEYS if name in item},
                "NewImage": item,
                "SequenceNumber": f"{number:021d}",
                "SizeBytes": 1000,
                "StreamViewType": "NEW_IMAGE",
            },
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/ledger/stream/now",
        }


def _answer(response: dict[str, Any]) -> Answer:
    return Answer(response["statusCode"], response["headers"], json.loads(response["body"]))
