"""No recorded event makes a function ask a table for what its role does not allow.

The emulator knows no conditions on leading keys, so that a key outside of them would be found on
AWS only.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, override

import pytest

from tests.integration.faults import Call, Faults
from tests.integration.partiql import parsed_insert
from tests.integration.world import World
from tests.replay.player import Player
from tests.replay.shelf import case_names, read_expectation
from tests.template import resources_of

TABLES = {
    "ledger": ("LedgerTable.Arn", "activity_key"),
    "balance": ("BalanceTable.Arn", "membership_key"),
    "catalog": ("CatalogTable.Arn", "catalog_key"),
    "events": ("EventTable.Arn", "event_key"),
    "jobs": ("JobTable.Arn", "job_key"),
}
# Whoever runs them in order makes the most of what was played before.
CASES = sorted(case_names(), key=lambda name: read_expectation(name).after)

type Asked = tuple[str, str, str]


class WatchedWorld(World):
    """Notes what each function asks of the tables."""

    def watch(self, faults: Faults) -> None:
        """Note the calls that are made from now on."""
        self.faults = faults
        self.asked: dict[str, set[Asked]] = defaultdict(set)

    @override
    def invoke(self, operation: str, event: dict[str, Any], request_id: str | None = None) -> Any:
        """Invoke a function as Lambda does."""
        first = len(self.faults.calls)
        try:
            return super().invoke(operation, event, request_id)
        finally:
            made = self.faults.calls[first:]
            # Some ask for nothing.
            self.asked[operation].update(asked for call in made for asked in asked_for(call))


def asked_for(call: Call) -> Iterator[Asked]:
    """Table, action and partition key of each thing that a call reads or writes."""
    request = call.request
    match call.operation:
        case "GetItem" | "PutItem" | "DeleteItem":
            yield _asked(call.operation, request)
        case "Query" if "IndexName" not in request:
            name, _, value = request["KeyConditionExpression"].split()[:3]
            key = {name: request["ExpressionAttributeValues"][value]}
            yield _asked(call.operation, {**request, "Key": key})
        case "TransactWriteItems":
            for write in request["TransactItems"]:
                ((kind, of),) = write.items()
                yield _asked(
                    "ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item", of
                )
        case "BatchExecuteStatement":
            for statement in request["Statements"]:
                table, item = parsed_insert(statement)
                yield _asked("PartiQLInsert", {"TableName": table, "Item": item})
        case "BatchGetItem" | "BatchWriteItem":
            yield from _asked_in_batch(call)


def _asked_in_batch(call: Call) -> Iterator[Asked]:
    for table, wanted in call.request["RequestItems"].items():
        items = wanted["Keys"] if "Keys" in wanted else [w["PutRequest"]["Item"] for w in wanted]
        for item in items:
            yield _asked(call.operation, {"TableName": table, "Key": item})


def _asked(action: str, of: Mapping[str, Any]) -> Asked:
    table = of["TableName"]
    item = of["Item"] if "Item" in of else of["Key"]
    return table, action, item[TABLES[table][1]]["S"]


def allowed(operation: str, asked: Asked) -> bool:
    """Whether a statement of the function's role allows it."""
    table, action, key = asked
    logical_id = "".join(part.capitalize() for part in operation.split("_")) + "Function"
    properties = resources_of("AWS::Serverless::Function")[logical_id]["Properties"]
    for statement in (s for policy in properties["Policies"] for s in policy["Statement"]):
        actions = statement["Action"]
        listed = actions if isinstance(actions, list) else [actions]
        keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
        patterns = keys.get("dynamodb:LeadingKeys", ["*"])
        if (
            statement["Resource"] == {"Fn::GetAtt": TABLES[table][0]}
            and f"dynamodb:{action}" in listed
            and any(fnmatchcase(key, pattern) for pattern in patterns)
        ):
            return True
    return False


def test_no_function_asks_for_what_it_may_not_have(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = WatchedWorld(player.world.client)
    world.watch(Faults.install(monkeypatch))
    watched = Player(world)

    for name in CASES:
        watched.perform(name, read_expectation(name).after)

    assert set(world.asked) == {name.partition("/")[0] for name in CASES}
    refused = {
        (operation, *asked)
        for operation, each in world.asked.items()
        for asked in each
        if not allowed(operation, asked)
    }
    assert refused == set()


def test_what_is_not_allowed_is_told() -> None:
    assert allowed("authorize_bearer", ("catalog", "GetItem", "#KEY#demo.admin"))
    assert not allowed("authorize_bearer", ("catalog", "GetItem", "#NETWORKS"))
    assert not allowed("authorize_bearer", ("catalog", "PutItem", "#KEY#demo.admin"))
    assert not allowed("authorize_bearer", ("ledger", "GetItem", "#KEY#demo.admin"))
