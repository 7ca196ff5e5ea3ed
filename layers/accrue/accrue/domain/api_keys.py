"""The text of an API key: `accrue_<network_id>.<key_id>.<secret>`.

The first two parts find the stored key; the secret is 32 random bytes, of which only the SHA-256 is
kept. A fast hash is enough: a secret of 256 random bits can't be found by trying.

The operator's key, `accrue_operator.<secret>`, stands in no table: the stack is told the SHA-256 of
its whole text.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass

from accrue.domain.catalog import ApiKey

PREFIX = "accrue_"
SECRET_BYTES = 32
# The secret of no key: compared with when the key is unknown, so that both refusals take the same
# time.
NO_SECRET_SHA256 = bytes(SECRET_BYTES)
MAX_TEXT_LENGTH = 256
_FORM = re.compile(PREFIX + r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
# 32 bytes in base64url. It has one dot, and a key of a network named "operator" has two.
_OPERATOR_FORM = re.compile(PREFIX + r"operator\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key as a caller presents it; nothing about it has been checked but its form."""

    network_id: str
    key_id: str
    secret: bytes


def key_text(network_id: str, key_id: str, secret: bytes) -> str:
    """What the holder of a key sends; shown once, when the key is minted."""
    return f"{PREFIX}{network_id}.{key_id}.{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"


def parse_key_text(text: str) -> PresentedKey | None:
    """The parts of a key, or None if the text can't be one."""
    form = _FORM.fullmatch(text) if len(text) <= MAX_TEXT_LENGTH else None
    if form is None:
        return None
    network_id, key_id, encoded = form.groups()
    try:
        secret = base64.b64decode(
            encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True
        )
    except (binascii.Error, ValueError):
        return None
    return PresentedKey(network_id, key_id, secret) if len(secret) == SECRET_BYTES else None


def secret_sha256(secret: bytes) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret).digest()


def is_genuine(presented: PresentedKey, stored: ApiKey | None) -> bool:
    """Whether the secret is the stored key's and that one is not revoked; takes as long for an
    unknown key as for a wrong secret.
    """
    expected = stored.secret_sha256 if stored else NO_SECRET_SHA256
    same = hmac.compare_digest(secret_sha256(presented.secret), expected)
    if stored is None or stored.revoked_at is not None:
        return False
    return same and stored.network_id == presented.network_id


def is_operator_key(text: str, accepted_sha256: Collection[bytes]) -> bool:
    """Whether the text is an operator's key and its SHA-256 among those that are accepted.

    Takes as long whichever of them it is, or none.
    """
    presented = hashlib.sha256(text.encode(errors="replace")).digest()
    matches = [hmac.compare_digest(presented, accepted) for accepted in accepted_sha256]
    return any(matches) and _OPERATOR_FORM.fullmatch(text) is not None
