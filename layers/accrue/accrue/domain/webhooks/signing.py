"""Signatures after Standard Webhooks (https://www.standardwebhooks.com), version v1.

`webhook-signature` holds one `v1,<base64>` for each secret that is in use, separated by spaces; a
receiver is content if one of them is right.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PREFIX = "whsec_"
SECRET_BYTES = 32
# Time to give the new one to every receiver.
OLD_SECRET_LIFETIME = timedelta(hours=24)
# The one in use and two before it: a rotation that is made again, because its answer was lost, must
# not put the secret out of use that the receivers know.
MAX_SECRETS = 3


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """A secret as its holder knows it. It signs until `signs_until`; None is for good."""

    text: str = field(repr=False)
    signs_until: datetime | None = None

    @property
    def key(self) -> bytes:
        """What is signed with."""
        return base64.b64decode(self.text.removeprefix(PREFIX), validate=True)


def secret_of(random_bytes: bytes) -> SigningSecret:
    """A new secret of 32 random bytes."""
    if len(random_bytes) != SECRET_BYTES:
        raise ValueError(f"{len(random_bytes)} random bytes instead of {SECRET_BYTES}")
    return SigningSecret(PREFIX + base64.b64encode(random_bytes).decode())


def rotated(
    secrets: Sequence[SigningSecret], new: SigningSecret, now: datetime
) -> tuple[SigningSecret, ...]:
    """The new one first. Those before it sign on beside it, for a day from their replacement."""
    old = [
        SigningSecret(secret.text, secret.signs_until or now + OLD_SECRET_LIFETIME)
        for secret in in_use(secrets, now)
    ]
    return (new, *old)[:MAX_SECRETS]


def in_use(secrets: Sequence[SigningSecret], now: datetime) -> list[SigningSecret]:
    """Those that still sign."""
    return [s for s in secrets if s.signs_until is None or now < s.signs_until]


def signed_headers(
    event_id: str, body: bytes, secrets: Sequence[SigningSecret], now: datetime
) -> dict[str, str]:
    """The three headers of a delivery that is sent now."""
    timestamp = str(int(now.timestamp()))
    content = b".".join((event_id.encode(), timestamp.encode(), body))
    signatures = [_signature(secret.key, content) for secret in in_use(secrets, now)]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _signature(key: bytes, content: bytes) -> str:
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
