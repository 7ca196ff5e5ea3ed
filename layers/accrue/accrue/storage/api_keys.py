"""API keys in CatalogTable: `#KEY#<network>.<key_id>` / `KEY` for whoever checks one, and for lists
`<network>#KEYS` / `<key_id>`, without its hash. `<network>#KEY_COUNTS` / `COUNTS` says how many
were issued and revoked.
"""

from collections.abc import Mapping
from typing import Any

from accrue.domain.catalog import ApiKey, KeyCounts, KeyRole
from accrue.domain.pages import Page, PageRequest
from accrue.domain.timestamps import from_text
from accrue.storage.administration_table import AdministrationTable, ItemChange

# A key has at most 64; what is longer is the id of nothing.
MAX_KEY_ID_CHARS = 64
# Of no key: those in lists have no hash.
_NOT_SHOWN = b""


class ApiKeyTable:
    """Implements `services.administer_api_keys.ApiKeyStore`."""

    def __init__(self, table: AdministrationTable) -> None:
        self._table = table

    def find_api_key(self, network_id: str, key_id: str) -> ApiKey | None:
        """The key as it is now, or None."""
        if len(key_id) > MAX_KEY_ID_CHARS:
            return None
        attributes = self._table.read_item(_partition(network_id, key_id), "KEY")
        return None if attributes is None else api_key_from_attributes(attributes)

    def list_api_keys(self, network_id: str, page: PageRequest) -> Page[ApiKey]:
        """The keys by id, revoked ones too."""
        found = self._table.list_items(f"{network_id}#KEYS", page)
        keys = (
            api_key_from_attributes(
                {**attributes, "network_id": network_id, "secret_sha256": _NOT_SHOWN.hex()}
            )
            for attributes in found.things
        )
        return Page(tuple(keys), found.next_after)

    def count_keys(self, network_id: str) -> KeyCounts:
        """How many were issued and revoked."""
        attributes = self._table.read_item(f"{network_id}#KEY_COUNTS", "COUNTS")
        if attributes is None:
            return KeyCounts()
        return KeyCounts(int(attributes["issued"]), int(attributes["revoked"]))

    def save_api_key(self, present: ApiKey | None, wanted: ApiKey, counts: KeyCounts) -> None:
        """Write it if what is there is `present`, and as many keys as `counts` says.

        Raises CatalogMovedError.
        """
        network_id, key_id = wanted.network_id, wanted.key_id
        changes = [
            ItemChange(
                _partition(network_id, key_id),
                "KEY",
                None if present is None else _attributes(present),
                _attributes(wanted),
            ),
            ItemChange(
                f"{network_id}#KEYS",
                key_id,
                None if present is None else present.to_document(),
                wanted.to_document(),
            ),
        ]
        if (counts_after := counts.after(present, wanted)) != counts:
            before = _counts_attributes(counts) if counts.issued else None
            after = _counts_attributes(counts_after)
            changes.append(ItemChange(f"{network_id}#KEY_COUNTS", "COUNTS", before, after))
        self._table.change(*changes)


def api_key_from_attributes(attributes: Mapping[str, Any]) -> ApiKey:
    """Read an API key's item."""
    revoked_at = attributes["revoked_at"]
    return ApiKey(
        key_id=attributes["key_id"],
        network_id=attributes["network_id"],
        role=KeyRole(attributes["role"]),
        secret_sha256=bytes.fromhex(attributes["secret_sha256"]),
        created_at=from_text(attributes["created_at"]),
        revoked_at=None if revoked_at is None else from_text(revoked_at),
    )


def _attributes(key: ApiKey) -> dict[str, Any]:
    return {
        **key.to_document(),
        "network_id": key.network_id,
        "secret_sha256": key.secret_sha256.hex(),
    }


def _counts_attributes(counts: KeyCounts) -> dict[str, Any]:
    return {"issued": counts.issued, "revoked": counts.revoked}


def _partition(network_id: str, key_id: str) -> str:
    return f"#KEY#{network_id}.{key_id}"
