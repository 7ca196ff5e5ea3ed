"""The baseline that follows the documentation: nothing in it stops a second posting.

"Amazon DynamoDB" in boto3's guide has the table resources and plain values that it writes with:
boto3.amazonaws.com/v1/documentation/api/latest/guide/dynamodb.html
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from benchmarks.baseline.models import Submission

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import PutTypeDef

type Item = Mapping[str, Any]


class Stock:
    """How rows and postings are named, and written."""

    name = "stock"

    def identity(self, _submitted: Submission) -> dict[str, str]:
        """What says in a row which activity it is."""
        return {"activity_id": str(uuid4())}

    def insert(self, ledger: "Table", row: Item) -> None:
        """Write a ledger row."""
        ledger.put_item(Item=row)

    def posting_id(self, _row: Item) -> str:
        """The id of a row's posting."""
        return str(uuid4())

    def post(self, client: "DynamoDBClient", posting: "PutTypeDef", balance: "PutTypeDef") -> None:
        """Write a posting and the balance after it, both or neither."""
        client.transact_write_items(TransactItems=[{"Put": posting}, {"Put": balance}])
