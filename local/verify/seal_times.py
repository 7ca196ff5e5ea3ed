"""Whether a seal is of a time of which there can be one."""

from datetime import UTC, datetime, timedelta

from accrue.domain.sandbox_clock import MOST_AHEAD
from accrue.domain.seal import Seal
from accrue.domain.timestamps import to_text

# Clocks of machines disagree by so much at most.
SKEW = timedelta(minutes=1)


def as_any_sandbox(_network_id: str) -> timedelta:
    """How far a clock may be ahead of real time, if nobody knows whether it is a sandbox's."""
    return MOST_AHEAD


def impossible_time(seal: Seal, before: Seal | None, as_of: datetime, ahead: timedelta) -> str:
    """Why no run wrote such a seal behind the one `before` it; empty if one may have.

    `ahead` is how far the network's clock is ahead of real time, by which windows go.
    """
    until, sealed_at = to_text(seal.until), to_text(seal.sealed_at)
    if seal.sealed_at > max(as_of, datetime.now(UTC)) + SKEW:
        return f"it says that it was sealed at {sealed_at}, which is to come."
    if before is not None and seal.sealed_at < before.sealed_at - SKEW:
        return f"it says that it was sealed at {sealed_at}, before seal {before.number}."
    if seal.until - seal.sealed_at > ahead + SKEW:
        return f"it ends at {until}, and was sealed at {sealed_at}."
    return ""
