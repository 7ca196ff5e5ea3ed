"""Counts the units that clients of moto use, by what is in the tables before and after a call."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.integration.faults import Call
from tests.integration.read_units import READS, read_units
from tests.integration.tables import Definitions
from tests.integration.write_units import Change, Item, changes_of, units_of

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass
class Units:
    """What was used."""

    writes: float = 0
    reads: float = 0


class Meter:
    """Watches clients; it looks into the tables with a client of its own."""

    def __init__(self, client: "DynamoDBClient", definitions: Definitions) -> None:
        self._client = client
        self._definitions = definitions
        self.used = Units()

    def watch(self, clients: Iterable["DynamoDBClient"]) -> None:
        """Count what these clients use from now on."""
        for client in clients:
            assert client is not self._client
            events = client.meta.events
            events.register("before-call.dynamodb", self._before_call)
            # Before a resource makes plain values of the answer.
            events.register_first("after-call.dynamodb", self._after_call)

    def take(self) -> Units:
        """What was used since this was asked the last time."""
        used, self.used = self.used, Units()
        return used

    def _before_call(
        self, model: "OperationModel", params: Mapping[str, Any], context: dict[str, Any], **_: Any
    ) -> None:
        call = Call(model.name, json.loads(params["body"]))
        context["metered"] = call, list(self._changes(call)) if call.is_write else []

    def _after_call(
        self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: object
    ) -> None:
        call, changes = context["metered"]
        if call.operation in READS:
            self.used.reads += read_units(call.operation, call.request, parsed)
            return
        is_refused = "Error" in parsed
        for change in changes:
            definition = self._definitions[change.table]
            if is_refused:
                # A condition that does not hold costs what the write would have, but no index.
                self.used.writes += units_of(change, {"KeySchema": definition["KeySchema"]})
            else:
                written = replace(change, after=self._find(change.table, change.after) or {})
                self.used.writes += units_of(written, definition)

    def _changes(self, call: Call) -> Iterator[Change]:
        """What is to be written, with what is there before."""
        if call.operation in {"UpdateItem", "DeleteItem"}:
            # What it comes to, if anything, is seen afterwards.
            changes = iter([Change(call.request["TableName"], call.request["Key"])])
        else:
            changes = changes_of(call)
        for change in changes:
            yield replace(change, before=self._find(change.table, change.after))

    def _find(self, table: str, item: Item) -> Item | None:
        names = [each["AttributeName"] for each in self._definitions[table]["KeySchema"]]
        key = {name: item[name] for name in names}
        found = self._client.get_item(TableName=table, Key=key, ConsistentRead=True)
        return found.get("Item")
