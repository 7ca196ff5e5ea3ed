"""Activity types in CatalogTable: `<network>#TYPES` / `<activity_type_id>`."""

from collections.abc import Iterator, Mapping
from typing import Any

from accrue.domain.catalog import ActivityType
from accrue.domain.pages import MAX_PAGE_SIZE, Page, PageRequest
from accrue.storage.administration_table import AdministrationTable, ItemChange
from accrue.storage.definitions_revision import moved_revision, read_revision

# DynamoDB's limit of a sort key. What is longer is the id of nothing.
MAX_SORT_KEY_BYTES = 1024


class ActivityTypeTable:
    """Implements `services.administer_activity_types.ActivityTypeStore`."""

    def __init__(self, table: AdministrationTable) -> None:
        self._table = table

    def find_activity_type(self, network_id: str, activity_type_id: str) -> ActivityType | None:
        """The type as it is now, or None."""
        if len(activity_type_id.encode()) > MAX_SORT_KEY_BYTES:
            return None
        attributes = self._table.read_item(f"{network_id}#TYPES", activity_type_id)
        return None if attributes is None else activity_type_from_attributes(attributes)

    def list_activity_types(self, network_id: str, page: PageRequest) -> Page[ActivityType]:
        """The types by id."""
        found = self._table.list_items(f"{network_id}#TYPES", page)
        return Page(tuple(map(activity_type_from_attributes, found.things)), found.next_after)

    def all_activity_types(self, network_id: str) -> Iterator[ActivityType]:
        """All types by id."""
        page = PageRequest(limit=MAX_PAGE_SIZE)
        while True:
            found = self.list_activity_types(network_id, page)
            yield from found.things
            if found.next_after is None:
                return
            page = PageRequest(MAX_PAGE_SIZE, found.next_after)

    def find_revision(self, network_id: str) -> int:
        """How often something was defined that refers to other definitions, or taken from under."""
        return read_revision(self._table, network_id)

    def save_activity_type(
        self,
        network_id: str,
        present: ActivityType | None,
        wanted: ActivityType,
        revision: int | None,
    ) -> None:
        """Write it if what is there is `present`, and the revision this one, if any.

        Raises CatalogMovedError.
        """
        changes = [
            ItemChange(
                f"{network_id}#TYPES",
                wanted.activity_type_id,
                None if present is None else present.to_document(),
                wanted.to_document(),
            )
        ]
        if revision is not None:
            changes.append(moved_revision(network_id, revision))
        self._table.change(*changes)


def activity_type_from_attributes(attributes: Mapping[str, Any]) -> ActivityType:
    """Read an activity type's item."""
    return ActivityType(
        activity_type_id=attributes["activity_type_id"],
        kind=attributes["kind"],
        roles=tuple(attributes["roles"]),
        allows_negative=attributes["allows_negative"],
        is_archived=attributes["is_archived"],
    )
