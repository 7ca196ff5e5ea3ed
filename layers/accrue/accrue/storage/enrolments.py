"""A network's users with their memberships, by id, and nothing of what is personal about them."""

from typing import TYPE_CHECKING, Any

from accrue.domain.catalog import User
from accrue.domain.pages import Page, PageRequest
from accrue.storage.dynamo import to_attributes
from accrue.storage.users import user_from_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class EnrolmentList:
    """Implements `services.job_memberships.UserLister`."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def list_users(self, network_id: str, page: PageRequest) -> Page[User]:
        """The users by id, behind `page.after`, read consistently."""
        partition = {"S": f"{network_id}#USERS"}
        query: dict[str, Any] = {}
        if page.after is not None:
            query["ExclusiveStartKey"] = {"catalog_key": partition, "item_key": {"S": page.after}}
        found = self._client.query(
            TableName=self._table_name,
            KeyConditionExpression="catalog_key = :partition",
            ExpressionAttributeValues={":partition": partition},
            ProjectionExpression="user_id, memberships, standing",
            ConsistentRead=True,
            Limit=page.limit,
            **query,
        )
        users = tuple(user_from_attributes(to_attributes(item)) for item in found["Items"])
        has_more = "LastEvaluatedKey" in found
        return Page(users, users[-1].user_id if has_more and users else None)
