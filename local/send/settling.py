"""Sends the rows of a batch until each has a result that will not change."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.errors import InterruptedSendError, UnsettledError
from local.send.posting import Poster, Result, TryAgainError
from local.stopping import Stop


@dataclass(frozen=True, slots=True)
class Waits:
    """Each wait is twice the one before, up to the longest, and is shortened by chance."""

    first_seconds: float = 0.5
    longest_seconds: float = 60.0
    attempts: int = 10

    def seconds(self, attempt: int) -> float:
        """After the attempt, counted from 0."""
        longest = min(self.longest_seconds, self.first_seconds * 2.0**attempt)
        # Spread out, so that those who were throttled at once don't come back at once.
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - nothing is kept secret by it


@dataclass(frozen=True, slots=True)
class Settler:
    """What it takes to send a batch. `tell` hears of each wait."""

    poster: Poster
    waits: Waits
    stop: Stop
    tell: Callable[[str], None]

    def settle(self, rows: Sequence[str]) -> list[Result]:
        """The results, in order. What was retryable was sent again, under the same keys.

        Raises UnsettledError once nothing was settled in all attempts in a row, and
        InterruptedSendError if stopping is asked for between them.
        """
        results: dict[int, Any] = {}
        left = list(range(len(rows)))
        attempt = 0
        while left:
            settled, why = self._post([rows[number] for number in left])
            results |= {left[index]: result for index, result in settled.items()}
            left = [number for number in left if number not in results]
            attempt = 0 if settled else attempt + 1
            if left:
                self._wait(attempt, f"{why}, {len(left)} rows are sent again")
        return [results[number] for number in range(len(rows))]

    def _post(self, rows: Sequence[str]) -> tuple[dict[int, Result], str]:
        """What was settled, by row, and why the rest was not."""
        try:
            results = self.poster.post(rows)
        except TryAgainError as error:
            return {}, str(error)
        settled = {
            index: result for index, result in enumerate(results) if not result.get("retryable")
        }
        codes = {result.get("code") for result in results if result.get("retryable")}
        return settled, " and ".join(sorted(map(str, codes)))

    def _wait(self, attempt: int, what: str) -> None:
        if attempt >= self.waits.attempts:
            raise UnsettledError(f"gave up after {attempt} attempts: {what.partition(', ')[0]}")
        seconds = self.waits.seconds(attempt)
        self.tell(f"{what} in {seconds:.1f} s")
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.stop.requested:
                raise InterruptedSendError("stopped while waiting")
            time.sleep(min(left, 0.1))
