"""When a delivery that failed is tried again.

The delays begin as Standard Webhooks recommends (its specification, "Deliverability and
reliability": 5 s, 5 min, 30 min, 2 h, 5 h, then longer, with jitter), and end after about a day:
soon at first, for a receiver that was only restarted, then long enough for somebody to mend it.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DEFAULT_DELAYS_SECONDS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 8 * 3600, 8 * 3600)
# Of a delay, added to it: what failed together does not come again together.
MAX_JITTER = 0.1
_HASHES = 2**32


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """One delay after each failed attempt of a round; after the attempt behind the last, none."""

    delays_seconds: Sequence[int] = DEFAULT_DELAYS_SECONDS

    def next_attempt_at(
        self, failed_attempts: int, failed_at: datetime, delivery_name: str
    ) -> datetime | None:
        """When to try again after that many failed attempts, at least one; None is never.

        The jitter comes from the delivery's name: spread like a random one, and the same whoever
        asks.
        """
        if failed_attempts > len(self.delays_seconds):
            return None
        spread = zlib.crc32(f"{delivery_name} {failed_attempts}".encode()) / _HASHES
        seconds = self.delays_seconds[failed_attempts - 1] * (1 + MAX_JITTER * spread)
        return failed_at + timedelta(seconds=seconds)
