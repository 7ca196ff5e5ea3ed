"""CatalogTable: what networks define, read through a short in-memory cache.

| partition `catalog_key`        | sort `item_key`          | what                            |
|--------------------------------|--------------------------|---------------------------------|
| `#NETWORKS`                    | `<network>`              | a network                       |
| `#KEY#<network>.<key_id>`      | `KEY`                    | an API key                      |
| `<network>#KEYS`               | `<key_id>`               | the same without its hash       |
| `<network>#KEY_COUNTS`         | `COUNTS`                 | how many keys there are         |
| `<network>#TYPES`              | `<activity_type_id>`     | an activity type                |
| `<network>#PROGRAM#<program>`  | `<version>`, 8 digits    | a version of a program          |
| `<network>#PROGRAMS`           | `<program>`              | a program's latest version      |
| `<network>#DEFINITIONS`        | `REVISION`               | moved by what refers to others  |
| `<network>#CLOCK`              | `CLOCK`                  | a sandbox's clock, once moved   |
| `<network>#USERS`              | `<user_id>`              | all about a user, for admins    |
| `<network>#EMAIL#<pseudonym>`  | `USER`                   | the user with that email        |
| `<network>#TRAITS#<user_id>`   | `TRAITS`                 | the user's traits               |
| `<network>#MEMBERSHIP#<id>`    | `MEMBERSHIP`             | a membership                    |

A network id has no `#`, so no network can be named so that its rows fall among another's. What
activities need of a user stands apart from the user, and follows from it (`storage.users`): so a
function may be allowed to read that alone. Emails come the way of those only that may read or write
the user: administrators' functions, and whatever enrols.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from accrue.domain.catalog import ActivityType, ApiKey, Membership, Network, User
from accrue.domain.errors import WRONG_SHAPE
from accrue.domain.limits import MAX_ID_CHARS
from accrue.storage.activity_types import activity_type_from_attributes
from accrue.storage.api_keys import api_key_from_attributes
from accrue.storage.batch_reads import read_items
from accrue.storage.catalog_cache import CatalogCache, this_moment
from accrue.storage.dynamo import to_attributes
from accrue.storage.networks import network_from_attributes
from accrue.storage.users import (
    membership_from_attributes,
    traits_from_attributes,
    user_from_attributes,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef

# Partition and sort key.
type ItemKey = tuple[str, str]
type ReadItem = Callable[[Mapping[str, Any]], Any]


class CatalogTable:
    """The catalog, seen through one client.

    What was found is believed for `cache_seconds` at most; what was not found is asked for again
    each time, so that a definition counts as soon as it is made. If an answer is too old and there
    is no newer one, whoever asks gets the error: what was promised holds in an outage too.
    """

    def __init__(self, client: "DynamoDBClient", table_name: str, cache_seconds: float) -> None:
        self._client = client
        self._table_name = table_name
        self._cache_lifetime = timedelta(seconds=cache_seconds)
        self._cache = CatalogCache(cache_seconds)

    def find_network(self, network_id: str) -> Network | None:
        """The network, or None."""
        return self._find("#NETWORKS", network_id, network_from_attributes)

    def find_activity_type(self, network_id: str, activity_type_id: str) -> ActivityType | None:
        """The activity type of this id, compared byte for byte, or None."""
        key = activity_type_key(network_id, activity_type_id)
        return self._find(*key, activity_type_from_attributes)

    def find_user(self, network_id: str, pseudonym: str) -> User | None:
        """The user whose email has this pseudonym, or None."""
        user = self._find(*user_key(network_id, pseudonym), user_from_attributes)
        if user is not None and not user.memberships:
            # A miss too: the first enrolment counts as soon as it is made.
            self.drop_user(network_id, pseudonym)
        return user

    def drop_user(self, network_id: str, pseudonym: str) -> None:
        """Ask for the user afresh the next time."""
        self._cache.drop(user_key(network_id, pseudonym))

    def find_users(self, network_id: str, user_ids: Sequence[str]) -> dict[str, User]:
        """The users of these ids that there are, by id, read consistently past the cache. What is
        personal stays where it is.
        """
        how: KeysAndAttributesTypeDef = {
            "Keys": [],
            "ConsistentRead": True,
            "ProjectionExpression": "user_id, memberships, standing",
        }
        keys = [
            {"catalog_key": {"S": f"{network_id}#USERS"}, "item_key": {"S": each}}
            for each in user_ids
        ]
        found = read_items(self._client, self._table_name, keys, how)
        return {user.user_id: user for user in map(user_from_attributes, map(to_attributes, found))}

    def find_traits(self, network_id: str, user_id: str) -> Mapping[str, str]:
        """The user's traits; without any, empty."""
        partition = f"{network_id}#TRAITS#{user_id}"
        return self._find(partition, "TRAITS", traits_from_attributes) or {}

    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None:
        """The membership of this id in the network, or None."""
        # It comes from a URL, and DynamoDB refuses keys over 2,048 bytes. No membership has more.
        if len(program_membership_id) > MAX_ID_CHARS:
            return None
        key = membership_key(network_id, program_membership_id)
        return self._find(*key, membership_from_attributes)

    def find_membership_now(self, network_id: str, program_membership_id: str) -> Membership | None:
        """The same as it is at this moment, with the user's standing."""
        self._cache.drop(membership_key(network_id, program_membership_id))
        return self.find_membership(network_id, program_membership_id)

    def find_api_key(self, network_id: str, key_id: str) -> ApiKey | None:
        """The key of this id, or None."""
        return self._find(f"#KEY#{network_id}.{key_id}", "KEY", api_key_from_attributes)

    def list_activity_type_ids(self, network_id: str) -> Sequence[str]:
        """The ids of activity types in use, as of the cache's lifetime ago at most."""
        partition = f"{network_id}#TYPES"
        if (cached := self._cache.get(partition)) is not None:
            return cast("Sequence[str]", cached)
        asked_at = this_moment()
        types = map(activity_type_from_attributes, self._query(partition))
        ids = [each.activity_type_id for each in types if not each.is_archived]
        self._cache.put(partition, ids, asked_at)
        return ids

    def list_network_ids(self) -> Sequence[str]:
        """The ids of all networks, never from the cache, those included that can't be read."""
        ids: list[str] = []
        asked_at = this_moment()
        for attributes in self._query("#NETWORKS"):
            network_id: str = attributes["item_key"]
            ids.append(network_id)
            # One that can't be read is in nobody's way: it fails for whoever asks for it.
            with suppress(*WRONG_SHAPE):
                # Whoever goes through all of them need not read each one again.
                network = network_from_attributes(attributes)
                self._cache.put(("#NETWORKS", network_id), network, asked_at)
        return ids

    def _find[T](
        self, partition: str, sort: str, read: Callable[[Mapping[str, Any]], T]
    ) -> T | None:
        if (cached := self._cache.get((partition, sort))) is not None:
            return cast("T", cached)
        asked_at = this_moment()
        attributes = self.read_item(partition, sort)
        if attributes is None:
            return None
        found = read(attributes)
        self._cache.put((partition, sort), found, asked_at)
        return found

    def find_many(self, reads: Mapping[ItemKey, ReadItem]) -> dict[ItemKey, Any]:
        """What is under each of these keys, as `reads` has it read, None where nothing is.

        What is remembered is not read; the rest is read consistently, 100 items at a time.
        """
        found = {key: self._cache.get(key) for key in reads}
        unread = [_key(*key) for key, cached in found.items() if cached is None]
        consistently: KeysAndAttributesTypeDef = {"Keys": [], "ConsistentRead": True}
        asked_at = this_moment()
        for item in read_items(self._client, self._table_name, unread, consistently):
            attributes = to_attributes(item)
            key = (attributes["catalog_key"], attributes["item_key"])
            found[key] = thing = reads[key](attributes)
            # A user without memberships is a miss, as in `find_user`.
            if not isinstance(thing, User) or thing.memberships:
                self._cache.put(key, thing, asked_at)
        return found

    def read_item(self, partition: str, sort: str) -> dict[str, Any] | None:
        """An item's attributes, read consistently past the cache."""
        found = self._client.get_item(
            TableName=self._table_name,
            Key=_key(partition, sort),
            ConsistentRead=True,
        )
        return to_attributes(found["Item"]) if "Item" in found else None

    def _query(
        self, partition: str, *, newest_first: bool = False, page_size: int | None = None
    ) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="catalog_key = :partition",
            ExpressionAttributeValues={":partition": {"S": partition}},
            ConsistentRead=True,
            ScanIndexForward=not newest_first,
            PaginationConfig={"PageSize": page_size} if page_size else {},
        )
        return (to_attributes(item) for page in pages for item in page["Items"])


def _key(partition: str, sort: str) -> dict[str, Any]:
    return {"catalog_key": {"S": partition}, "item_key": {"S": sort}}


def user_key(network_id: str, pseudonym: str) -> ItemKey:
    """Where the user is whose email has this pseudonym."""
    return f"{network_id}#EMAIL#{pseudonym}", "USER"


def activity_type_key(network_id: str, activity_type_id: str) -> ItemKey:
    """Where an activity type is."""
    return f"{network_id}#TYPES", activity_type_id


def membership_key(network_id: str, program_membership_id: str) -> ItemKey:
    """Where a membership is."""
    return f"{network_id}#MEMBERSHIP#{program_membership_id}", "MEMBERSHIP"
