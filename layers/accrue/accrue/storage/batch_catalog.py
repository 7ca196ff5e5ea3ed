"""The catalog as a batch sees it: what its rows name is read together, before the first of them."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from accrue.domain.catalog import ActivityType, Membership, Network, User
from accrue.domain.limits import MAX_ID_CHARS
from accrue.storage.activity_types import activity_type_from_attributes
from accrue.storage.catalog import (
    CatalogTable,
    ItemKey,
    ReadItem,
    activity_type_key,
    membership_key,
    user_key,
)
from accrue.storage.users import membership_from_attributes, user_from_attributes


class BatchCatalog:
    """Implements `services.record_activity_batch.BatchCatalog`; lives as long as one request.

    What is missing is known too, which `CatalogTable` never remembers.
    """

    def __init__(self, catalog: CatalogTable) -> None:
        self._catalog = catalog
        self._known: dict[ItemKey, Any] = {}

    def read_together(
        self,
        network_id: str,
        *,
        pseudonyms: Iterable[str],
        activity_type_ids: Iterable[str],
        membership_ids: Iterable[str],
    ) -> None:
        """Read all of these, 100 at a time, as they are now."""
        reads: dict[ItemKey, ReadItem] = {
            **{user_key(network_id, each): user_from_attributes for each in pseudonyms},
            **{
                activity_type_key(network_id, each): activity_type_from_attributes
                for each in activity_type_ids
            },
            **{
                membership_key(network_id, each): membership_from_attributes
                for each in membership_ids
                if len(each) <= MAX_ID_CHARS
            },
        }
        self._known = self._catalog.find_many(reads)

    def find_network(self, network_id: str) -> Network | None:
        """The network, or None."""
        return self._catalog.find_network(network_id)

    def find_activity_type(self, network_id: str, activity_type_id: str) -> ActivityType | None:
        """The activity type of this id, or None."""
        key = activity_type_key(network_id, activity_type_id)
        if key in self._known:
            return cast("ActivityType | None", self._known[key])
        return self._catalog.find_activity_type(network_id, activity_type_id)

    def list_activity_type_ids(self, network_id: str) -> Sequence[str]:
        """The ids of activity types in use."""
        return self._catalog.list_activity_type_ids(network_id)

    def find_user(self, network_id: str, pseudonym: str) -> User | None:
        """The user whose email has this pseudonym, or None."""
        key = user_key(network_id, pseudonym)
        if key in self._known:
            return cast("User | None", self._known[key])
        return self._catalog.find_user(network_id, pseudonym)

    def drop_user(self, network_id: str, pseudonym: str) -> None:
        """Ask for the user afresh the next time."""
        self._known.pop(user_key(network_id, pseudonym), None)
        self._catalog.drop_user(network_id, pseudonym)

    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None:
        """The membership of this id in the network, or None."""
        key = membership_key(network_id, program_membership_id)
        if key in self._known:
            return cast("Membership | None", self._known[key])
        return self._catalog.find_membership(network_id, program_membership_id)
