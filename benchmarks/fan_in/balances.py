"""The balances, as far as those who write them get into each other's way."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.lambda_time import TRANSACTION_MS

# What each item of a transaction adds to the time that it takes: assumed.
ITEM_SECONDS = 0.0005

type Outcome = Literal["posted", "conflict", "moved"]


def transaction_seconds(items: int) -> float:
    """How long a transaction of so many items takes."""
    return TRANSACTION_MS / 1000 + items * ITEM_SECONDS


@dataclass
class _Balance:
    sequence: int = 0
    held_until: float = 0.0


class Balances:
    """Each is at a sequence, and held by one transaction at a time.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
        A transaction that meets another on an item is cancelled; a read sees what was before.
    """

    def __init__(self) -> None:
        self._balances: dict[int, _Balance] = defaultdict(_Balance)

    def read(self, membership: int, now: float) -> int:
        """The sequence that a consistent read sees."""
        balance = self._balances[membership]
        return balance.sequence - (now < balance.held_until)

    def write(self, expected: Mapping[int, int], now: float, ends_at: float) -> Outcome:
        """Begin a transaction over memberships, each expected at a sequence: all or nothing."""
        found = [(self._balances[membership], expected[membership]) for membership in expected]
        if any(now < balance.held_until for balance, _ in found):
            return "conflict"
        if any(balance.sequence != sequence for balance, sequence in found):
            return "moved"
        for balance, _ in found:
            balance.sequence += 1
            balance.held_until = ends_at
        return "posted"
