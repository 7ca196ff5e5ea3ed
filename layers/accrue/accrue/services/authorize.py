"""Who holds a key."""

from accrue.domain.api_keys import is_genuine, parse_key_text
from accrue.domain.caller import Caller
from accrue.services.ports import CatalogReader


def authorize(key_text: str, catalog: CatalogReader) -> Caller | None:
    """The holder of the key, or None if it is not the genuine text of a key that exists."""
    presented = parse_key_text(key_text)
    if presented is None:
        return None
    stored = catalog.find_api_key(presented.network_id, presented.key_id)
    if not is_genuine(presented, stored) or stored is None:
        return None
    return Caller(stored.network_id, stored.role, stored.key_id)
