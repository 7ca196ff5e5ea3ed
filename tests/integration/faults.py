"""What can go wrong between a function and AWS, made to happen at a chosen call."""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError

from accrue.runtime import delivery_queue, event_bus
from accrue.storage import dynamo, seals
from tests.integration.running import running_operation

if TYPE_CHECKING:
    from botocore.model import OperationModel

URL = "https://dynamodb.us-east-1.amazonaws.com/"
# What makes the functions' clients.
CLIENTS = (
    (dynamo, "dynamodb_client"),
    (event_bus, "event_bridge_client"),
    (delivery_queue, "sqs_client"),
    (seals, "s3_client"),
)


WRITES = frozenset(
    {
        *("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"),
        *("BatchExecuteStatement", "SendMessage", "SendMessageBatch", "PutEvents", "PutObject"),
    }
)
# S3 names its operations by method and path: those that functions call and that can be lost.
S3_OPERATIONS = {"GET": ".GetObject", "PUT": ".PutObject"}
MOMENTS: tuple[Literal["before", "after"], ...] = ("before", "after")


class Crash(BaseException):
    """The process is gone. Not an Exception: no handler of the application may run."""


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """Before a call is applied, or after it with its answer lost; calls count from 1."""

    call: int
    moment: Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Stop:
    """A crash that happened: in which function of ours, when, and at which operation of AWS."""

    function: str
    moment: Literal["before", "after"]
    operation: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a function made."""

    operation: str
    request: Mapping[str, Any]

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.operation in WRITES


class Faults:
    """Counts the calls that all functions make of AWS, and lets chosen ones go wrong."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.fired: Counter[str] = Counter()
        # Neither is ever forgotten: they are what was covered.
        self.made = 0
        self.stopped: Counter[Stop] = Counter()
        self._crashes: list[CrashPoint] = []
        self._counted = 0
        # Some calls are made from several threads.
        self._counting = threading.Lock()
        self._answers: dict[str, Iterator[Mapping[str, Any] | None]] = {}
        self._lost: Counter[str] = Counter()
        self._throttled: Counter[str] = Counter()
        self._first: dict[str, list[Callable[[], object]]] = defaultdict(list)

    @classmethod
    def install(cls, monkeypatch: pytest.MonkeyPatch) -> "Faults":
        """Watch the clients of functions that start from now on; nobody sleeps any more."""
        faults = cls()
        for module, name in CLIENTS:
            make_client = getattr(module, name)
            monkeypatch.setattr(module, name, faults._watching(make_client))
        monkeypatch.setattr("accrue.storage.dynamo.time.sleep", lambda _seconds: None)
        return faults

    def plan_crashes(self, points: Sequence[CrashPoint]) -> None:
        """Crash at these points, one after the other; after each, calls are counted from 1 anew."""
        self._crashes = list(points)
        self._counted = 0
        self.calls.clear()

    @property
    def crashes_left(self) -> int:
        """The planned crashes that have not happened."""
        return len(self._crashes)

    @property
    def calls_since_crash(self) -> list[Call]:
        """The calls made since the last crash, or since crashes were planned."""
        return self.calls[len(self.calls) - self._counted :]

    def answer_with(self, operation: str, answers: Iterator[Mapping[str, Any] | None]) -> None:
        """Answer the next calls with these, as parsed, without applying them; None lets one be."""
        self._answers[operation] = answers

    def lose_answers(self, operation: str, times: int = 1) -> None:
        """Apply the next requests and break the connection before the answer: the SDK retries."""
        self._lost[operation] = times

    def throttle(self, operation: str, times: int) -> None:
        """Answer the next requests with a throttle, without applying them: the SDK retries."""
        self._throttled[operation] = times

    def quiet(self) -> None:
        """Nothing goes wrong any more."""
        self._crashes = []
        for planned in (self._answers, self._lost, self._throttled):
            planned.clear()

    def run_before(self, operation: str, *first: Callable[[], object]) -> None:
        """Run `first`, one before each of the next calls. The calls that it makes are not
        affected.
        """
        self._first[operation].extend(first)

    def counts(self) -> Counter[str]:
        """How often each operation was called."""
        return Counter(call.operation for call in self.calls)

    def _watching(self, make_client: Callable[..., BaseClient]) -> Callable[..., BaseClient]:
        def watched_client(*how: int) -> BaseClient:
            client = make_client(*how)
            self._watch(client)
            return client

        return watched_client

    def _watch(self, client: BaseClient) -> None:
        events = client.meta.events
        service = client.meta.service_model.service_id.hyphenize()
        events.register(f"before-call.{service}", self._before_call)  # type: ignore[arg-type]
        events.register(f"after-call.{service}", self._after_call)
        # moto answers in between: the first of these is asked before it, the last one after it.
        events.register_first("before-send", self._before_send)  # type: ignore[arg-type]
        events.register_last("before-send", self._after_send)

    def _before_call(
        self,
        model: "OperationModel",
        params: dict[str, Any],
        context: dict[str, Any],
        **_rest: object,
    ) -> tuple[AWSResponse, Mapping[str, Any]] | None:
        operation = model.name
        with self._counting:
            self.calls.append(Call(operation, _request(model, params)))
            self._counted += 1
            self.made += 1
            context["call"] = self._counted
        self._crash_if_planned(context["call"], "before", operation)
        if self._first[operation]:
            self._first[operation].pop(0)()
        answer = next(self._answers.get(operation, iter(())), None)
        if answer is None:
            return None
        self.fired[operation] += 1
        return _response(answer["ResponseMetadata"]["HTTPStatusCode"]), answer

    def _after_call(
        self, model: "OperationModel", context: Mapping[str, Any], **_rest: object
    ) -> None:
        self._crash_if_planned(context["call"], "after", model.name)

    def _crash_if_planned(
        self, call: int, moment: Literal["before", "after"], operation: str
    ) -> None:
        if self._crashes and self._crashes[0] == CrashPoint(call, moment):
            self._crashes.pop(0)
            self._counted = 0
            self.stopped[Stop(running_operation(), moment, operation)] += 1
            raise Crash

    def _before_send(self, request: AWSPreparedRequest, **_rest: object) -> AWSResponse | None:
        operation = _operation(request)
        if self._throttled[operation] <= 0:
            return None
        self._throttled[operation] -= 1
        self.fired[operation] += 1
        # moto is asked all the same; its answer to this is dropped, since ours comes first.
        request.headers["X-Amz-Target"] = "DynamoDB_20120810.ListTables"
        request.body = b"{}"
        return _response(
            400,
            b'{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",'
            b' "message": "too fast"}',
        )

    def _after_send(self, request: AWSPreparedRequest, **_rest: object) -> None:
        operation = _operation(request)
        if self._lost[operation] > 0:
            self._lost[operation] -= 1
            self.fired[operation] += 1
            raise ConnectionClosedError(endpoint_url=URL)


def cancelled(*codes: str) -> dict[str, Any]:
    """The answer to a transaction that was cancelled for these reasons, one for each item."""
    return {
        "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
        "CancellationReasons": [{"Code": code} for code in codes],
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }


def refused(code: str) -> dict[str, Any]:
    """The answer to a single call that is refused."""
    return {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }


def _request(model: "OperationModel", params: Mapping[str, Any]) -> Mapping[str, Any]:
    # S3 has what it is asked for in the URL, and files in bodies.
    is_json = model.service_model.protocol in ("json", "query")
    return json.loads(params["body"]) if is_json else {"url_path": params["url_path"]}


def _operation(request: AWSPreparedRequest) -> str:
    target: str | bytes = S3_OPERATIONS.get(str(request.method), "")
    if "X-Amz-Target" in request.headers:
        target = request.headers["X-Amz-Target"]
    text = target.decode() if isinstance(target, bytes) else target
    return text.partition(".")[2]


class _Body:
    """The raw body of a response that came over no wire."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_rest: object) -> Iterator[bytes]:
        yield self._content


def _response(status: int, content: bytes = b"{}") -> AWSResponse:
    return AWSResponse(URL, status, HTTPHeaders(), _Body(content))


class UnreadKeys:
    """Lets BatchGetItem leave all keys unread for a number of times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.left = times
        make_call: Any = vars(BaseClient)["_make_api_call"]

        def call(client: object, name: str, params: dict[str, Any]) -> Any:
            if name == "BatchGetItem" and self.left > 0:
                self.left -= 1
                return {"Responses": {}, "UnprocessedKeys": params["RequestItems"]}
            return make_call(client, name, params)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)
        monkeypatch.setattr("accrue.storage.batch_reads.time.sleep", lambda _seconds: None)
