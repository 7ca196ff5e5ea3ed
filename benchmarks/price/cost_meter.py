"""A meter that tells the units of indexes apart, and takes parts of items for whole ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, override

from tests.integration.meter import Meter
from tests.integration.read_units import READS, read_units
from tests.integration.tables import Definitions
from tests.integration.write_units import units_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class CostUnits:
    """What was used; `writes` has those of indexes, too."""

    writes: float
    index_writes: float
    reads: float


class CostMeter(Meter):
    """Of items below a KB, as all are that the usual network has."""

    def __init__(self, client: "DynamoDBClient", definitions: Definitions) -> None:
        super().__init__(client, definitions)
        self._index_writes = 0
        self._bare = {
            table: {name: of for name, of in each.items() if name != "GlobalSecondaryIndexes"}
            for table, each in definitions.items()
        }

    def cost(self) -> CostUnits:
        """What was used."""
        return CostUnits(self.used.writes, self._index_writes, self.used.reads)

    def unwatch(self, clients: Iterable["DynamoDBClient"]) -> None:
        """Count no more, and take none of their time."""
        for client in clients:
            client.meta.events.unregister("before-call.dynamodb", self._before_call)
            client.meta.events.unregister("after-call.dynamodb", self._after_call)

    @override
    def _after_call(
        self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: object
    ) -> None:
        call, changes = context["metered"]
        if call.operation in READS:
            self.used.reads += read_units(call.operation, _whole(call.request), parsed)
            return
        for change in changes:
            written = replace(change, after=self._find(change.table, change.after) or {})
            units = units_of(written, self._definitions[change.table])
            self.used.writes += units
            self._index_writes += units - units_of(written, self._bare[change.table])


def _whole(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """As if whole items were asked for: below 4 KB, what is left out makes no difference."""
    if "RequestItems" not in request:
        return request
    tables = {
        table: {name: of for name, of in each.items() if name != "ProjectionExpression"}
        for table, each in request["RequestItems"].items()
    }
    return {**request, "RequestItems": tables}
