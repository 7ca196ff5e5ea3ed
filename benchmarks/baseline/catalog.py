"""What a baseline knows of memberships and activity types: it reads our catalog, and remembers it
as we do, so that neither side pays for reads of it when warm.
"""

from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler.exceptions import BadRequestError, NotFoundError
from cachetools import TTLCache, cached

from benchmarks.baseline.models import Submission

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

REMEMBERED = 10_000
CACHE_SECONDS = 30


class Catalog:
    """The catalog, seen through one table resource."""

    def __init__(self, table: "Table") -> None:
        self._table = table
        self._exists = cached(TTLCache[tuple[str, str], bool](REMEMBERED, CACHE_SECONDS))(
            self._read
        )

    def ensure_known(self, submitted: Submission) -> None:
        """Refuses what is about a membership or an activity type that the network lacks."""
        network_id = submitted.network_id
        membership_id = submitted.program_membership_id
        if not self._exists(f"{network_id}#MEMBERSHIP#{membership_id}", "MEMBERSHIP"):
            raise NotFoundError("no such membership")
        if not self._exists(f"{network_id}#TYPES", submitted.body.activity.activity_type_id):
            raise BadRequestError("no such activity type")

    def _read(self, partition: str, sort: str) -> bool:
        key = {"catalog_key": partition, "item_key": sort}
        return "Item" in self._table.get_item(Key=key, ConsistentRead=True)
