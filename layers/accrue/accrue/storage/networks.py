"""Networks in CatalogTable: `#NETWORKS` / `<network>`, secret included."""

from collections.abc import Mapping
from typing import Any

from accrue.domain.catalog import Network
from accrue.domain.pages import Page, PageRequest
from accrue.storage.administration_table import AdministrationTable, ItemChange
from accrue.storage.definitions_revision import moved_revision, read_revision

PARTITION = "#NETWORKS"
# A network has at most 64; what is longer is the id of nothing.
MAX_NETWORK_ID_CHARS = 64


class NetworkTable:
    """Implements `services.administer_networks.NetworkStore`."""

    def __init__(self, table: AdministrationTable) -> None:
        self._table = table

    def find_network(self, network_id: str) -> Network | None:
        """The network as it is now, or None."""
        if len(network_id) > MAX_NETWORK_ID_CHARS:
            return None
        attributes = self._table.read_item(PARTITION, network_id)
        return None if attributes is None else network_from_attributes(attributes)

    def list_networks(self, page: PageRequest) -> Page[Network]:
        """The networks by id."""
        found = self._table.list_items(PARTITION, page)
        return Page(tuple(map(network_from_attributes, found.things)), found.next_after)

    def find_revision(self, network_id: str) -> int:
        """How often something was defined that refers to other definitions, or taken from under."""
        return read_revision(self._table, network_id)

    def save_network(self, present: Network | None, wanted: Network, revision: int | None) -> None:
        """Write it if what is there is `present`, and the revision this one, if any.

        Raises CatalogMovedError.
        """
        changes = [
            ItemChange(
                PARTITION,
                wanted.network_id,
                None if present is None else network_attributes(present),
                network_attributes(wanted),
            )
        ]
        if revision is not None:
            changes.append(moved_revision(wanted.network_id, revision))
        self._table.change(*changes)


def network_attributes(network: Network) -> dict[str, Any]:
    """A network's item."""
    attributes = {**network.to_document(), "pseudonym_secret": network.pseudonym_secret.hex()}
    if not network.is_sandbox:
        # As in the items of releases that knew no sandboxes: a change is conditional on the whole.
        del attributes["is_sandbox"]
    return attributes


def network_from_attributes(attributes: Mapping[str, Any]) -> Network:
    """Read a network's item."""
    return Network(
        network_id=attributes["network_id"],
        name=attributes["name"],
        pseudonym_secret=bytes.fromhex(attributes["pseudonym_secret"]),
        logs_undefined_types=attributes["logs_undefined_types"],
        metadata_fields=tuple(attributes.get("metadata_fields", ())),
        automatic_programs=tuple(attributes.get("automatic_programs", ())),
        is_sandbox=attributes.get("is_sandbox", False),
    )
