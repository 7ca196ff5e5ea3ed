"""Writes to CatalogTable, and reads it past the cache. The layout is described in
`storage.catalog`.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accrue.domain.catalog import ActivityType, ApiKey, Membership, Network, User
from accrue.domain.changes import Change
from accrue.domain.program.program import ProgramVersion
from accrue.domain.program.stored import stored_text
from accrue.domain.timestamps import to_text
from accrue.storage.catalog import CatalogTable, network_from_attributes
from accrue.storage.dynamo import to_attributes, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class CatalogWriterTable(CatalogTable):
    """The catalog as an administrator needs it: never cached, and writable."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        # Expired before it was read: at 0 seconds, a clock set back would make a cache of it.
        super().__init__(client, table_name, cache_seconds=-math.inf)

    def find_pseudonym(self, network_id: str, user_id: str) -> str | None:
        """The pseudonym of the user's email, or None if there is no such user."""
        attributes = self.read_item(f"{network_id}#USER#{user_id}", "USER")
        return attributes["pseudonym"] if attributes else None

    def save_network(self, network: Network, expected: Network | None) -> Change:
        """Create or update the network, if it still is as expected; None is one that is not there.

        What is left out of a document was taken from `expected`, the secret too: what another
        import has written since then must not be lost.
        """
        present = self.read_item("#NETWORKS", network.network_id)
        if (present and network_from_attributes(present)) != expected:
            # Not there any more, so that the put fails.
            present = _network_attributes(expected) if expected else None
        attributes = _network_attributes(network)
        return self._replace("#NETWORKS", network.network_id, present, attributes)

    def save_activity_type(self, network_id: str, activity_type: ActivityType) -> Change:
        """Create or update the activity type."""
        return self._save(
            f"{network_id}#TYPES",
            activity_type.activity_type_id,
            {
                "activity_type_id": activity_type.activity_type_id,
                "kind": activity_type.kind,
                "roles": list(activity_type.roles),
                "allows_negative": activity_type.allows_negative,
            },
        )

    def add_program_version(self, network_id: str, version: ProgramVersion) -> None:
        """Add a version; one that exists is never changed."""
        item = {
            "catalog_key": f"{network_id}#PROGRAM#{version.program.program_id}",
            "item_key": f"{version.version:08d}",
            "program_id": version.program.program_id,
            "version": version.version,
            "effective_at": to_text(version.effective_at),
            "document": stored_text(version.program),
        }
        self._put(item, present=None)

    def save_user(self, network_id: str, user: User, email: str, pseudonym: str) -> Change:
        """Create the user, or add the memberships that are new: first who it is, then those."""
        known = self._save(
            f"{network_id}#USER#{user.user_id}",
            "USER",
            {"user_id": user.user_id, "email": email, "pseudonym": pseudonym},
        )
        enrolled = self._enrol(f"{network_id}#EMAIL#{pseudonym}", user)
        return known if known is enrolled else Change.UPDATED

    def _enrol(self, partition: str, user: User) -> Change:
        present = self.read_item(partition, "USER")
        memberships = list(present["memberships"]) if present else []
        for ref in user.memberships:
            enrolment = {
                "program_id": ref.program_id,
                "program_membership_id": ref.program_membership_id,
            }
            if enrolment not in memberships:
                memberships.append(enrolment)
        wanted = {"user_id": user.user_id, "memberships": memberships}
        return self._replace(partition, "USER", present, wanted)

    def save_traits(self, network_id: str, user_id: str, traits: Mapping[str, str]) -> Change:
        """Create the user's traits, or put these in the place of all earlier ones."""
        attributes = {"user_id": user_id, "traits": dict(traits)}
        return self._save(f"{network_id}#TRAITS#{user_id}", "TRAITS", attributes)

    def save_membership(self, network_id: str, membership: Membership) -> Change:
        """Create or update the membership."""
        return self._save(
            f"{network_id}#MEMBERSHIP#{membership.program_membership_id}",
            "MEMBERSHIP",
            {
                "program_membership_id": membership.program_membership_id,
                "program_id": membership.program_id,
                "user_id": membership.user_id,
            },
        )

    def save_api_key(self, key: ApiKey) -> Change:
        """Create or update the key."""
        return self._save(
            f"#KEY#{key.network_id}.{key.key_id}",
            "KEY",
            {
                "key_id": key.key_id,
                "network_id": key.network_id,
                "role": key.role.value,
                "secret_sha256": key.secret_sha256.hex(),
            },
        )

    def _save(self, partition: str, sort: str, attributes: Mapping[str, Any]) -> Change:
        return self._replace(partition, sort, self.read_item(partition, sort), attributes)

    def _replace(
        self,
        partition: str,
        sort: str,
        present: Mapping[str, Any] | None,
        attributes: Mapping[str, Any],
    ) -> Change:
        wanted = {"catalog_key": partition, "item_key": sort, **attributes}
        if present == wanted:
            return Change.UNCHANGED
        self._put(wanted, present)
        return Change.UPDATED if present else Change.CREATED

    def _put(self, item: Mapping[str, Any], present: Mapping[str, Any] | None) -> None:
        """Write the item if what was read is still there.

        What another import has written meanwhile must not be lost: then this one fails, and running
        it again settles it.
        """
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=to_item(item),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **_unchanged(present),
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            # The SDK tries again after a lost answer and then fails on the very item that it wrote.
            # That must not end an import: a key minted by it is shown only in its report.
            if to_attributes(refused.response.get("Item", {})) != item:  # type: ignore[arg-type]
                raise


def _unchanged(present: Mapping[str, Any] | None) -> dict[str, Any]:
    """The condition that an item is as it was read."""
    if present is None:
        return {"ConditionExpression": "attribute_not_exists(catalog_key)"}
    read = list(to_item(present).items())
    return {
        "ConditionExpression": " AND ".join(f"#a{i} = :a{i}" for i in range(len(read))),
        "ExpressionAttributeNames": {f"#a{i}": name for i, (name, _) in enumerate(read)},
        "ExpressionAttributeValues": {f":a{i}": value for i, (_, value) in enumerate(read)},
    }


def _network_attributes(network: Network) -> dict[str, Any]:
    return {
        "network_id": network.network_id,
        "name": network.name,
        "pseudonym_secret": network.pseudonym_secret.hex(),
        "logs_undefined_types": network.logs_undefined_types,
        "metadata_fields": list(network.metadata_fields),
    }
