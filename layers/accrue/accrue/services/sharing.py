"""Whether memberships of a batch share transactions.

They do where nobody else writes their balances: that saves calls and waiting. Where others do, a
refusal of one is a refusal of all, and all of it was paid for. So after a refusal each has its own
for a while: whoever met others once meets them again.
"""

# `make bench PART=fan_in` compares: in vain are then 50 items of those of so many batches at most.
BATCHES_APART = 100


class Sharing:
    """What one environment of a function remembers of its last batches."""

    def __init__(self) -> None:
        self._batches_apart = 0

    def may_share(self) -> bool:
        """Whether the next batch may. To be asked once for each."""
        if self._batches_apart:
            self._batches_apart -= 1
            return False
        return True

    def note_refused(self) -> None:
        """A shared transaction was refused, whatever for."""
        self._batches_apart = BATCHES_APART
