"""Who holds a key."""

from collections.abc import Collection

from accrue.domain.api_keys import is_genuine, is_operator_key, parse_key_text
from accrue.domain.caller import Caller
from accrue.domain.catalog import KeyRole
from accrue.services.ports import ApiKeyReader

OPERATOR_KEY_ID = "operator"


def authorize_operator(key_text: str, accepted_sha256: Collection[bytes]) -> Caller | None:
    """The operator, if the key is one of his; `accepted_sha256` is what the stack knows of them."""
    if not is_operator_key(key_text, accepted_sha256):
        return None
    return Caller("", KeyRole.OPERATOR, OPERATOR_KEY_ID)


def authorize(key_text: str, keys: ApiKeyReader) -> Caller | None:
    """The holder of the key, or None if it is not the genuine text of a key that exists."""
    presented = parse_key_text(key_text)
    if presented is None:
        return None
    stored = keys.find_api_key(presented.network_id, presented.key_id)
    if not is_genuine(presented, stored) or stored is None:
        return None
    return Caller(stored.network_id, stored.role, stored.key_id)
