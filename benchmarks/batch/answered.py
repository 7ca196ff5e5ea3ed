"""DynamoDB within the process for the functions that record, so that what is measured is ours and
the SDK's.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from accrue.domain.catalog import ActivityType, Network
from accrue.storage.dynamo import to_item
from accrue.storage.networks import network_attributes
from benchmarks.wire import answer, asked
from tests.integration.faults import Call

if TYPE_CHECKING:
    from types import ModuleType

NETWORK = Network("bench", "Bench", b"secret" * 6)
EMAIL = "ann@example.com"
MEMBERSHIP = {"program_id": "club", "program_membership_id": "ann"}


@dataclass
class Answered:
    """DynamoDB with a small catalog, which takes every write and keeps none. It answers after so
    many seconds; `calls` has what it was asked.
    """

    after_seconds: float = 0
    calls: list[Call] = field(default_factory=list)
    _seconds: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """What it has taken of the processor itself."""
        return sum(self._seconds)

    def asked_by(self, act: Callable[[], None]) -> list[Call]:
        """The calls that something makes."""
        self.calls.clear()
        act()
        return list(self.calls)

    def watch(self, function: "ModuleType") -> None:
        """Answer the function's client from now on."""
        function.client.meta.events.register_first("before-send.dynamodb", self._answer)

    def _answer(self, request: AWSPreparedRequest, **_rest: object) -> AWSResponse:
        began = time.thread_time()
        call = Call(*asked(request))
        self.calls.append(call)
        response = answer(ANSWERS[call.operation](call.request))
        if self.after_seconds:
            time.sleep(self.after_seconds)
        self._seconds.append(time.thread_time() - began)
        return response


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


def _get(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    item = _find(asked["Key"])
    return {"Item": item} if item else {}


def _batch_get(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    keys = asked["RequestItems"]["catalog"]["Keys"]
    found = [item for item in map(_find, keys) if item]
    return {"Responses": {"catalog": found}, "UnprocessedKeys": {}}


ANSWERS: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "GetItem": _get,
    "BatchGetItem": _batch_get,
    "PutItem": lambda _asked: {},
    "TransactWriteItems": lambda _asked: {},
    "BatchExecuteStatement": lambda asked: {
        "Responses": [{"TableName": "ledger"} for _ in asked["Statements"]]
    },
}
