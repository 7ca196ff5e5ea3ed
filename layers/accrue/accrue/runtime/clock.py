"""The only clock and the only source of new ids."""

import uuid
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def new_unique() -> str:
    """A text that was never given before."""
    return uuid.uuid4().hex
