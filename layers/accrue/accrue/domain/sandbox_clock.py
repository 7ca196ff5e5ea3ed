"""A sandbox's own time: real time plus an offset that only grows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.amounts import canonical_text
from accrue.domain.errors import Fault
from accrue.domain.json_values import pointer
from accrue.domain.sandbox_errors import ClockGoesForwardOnlyError
from accrue.domain.timestamps import to_text

# Of real time: 20 years. Whatever looks through the time that was jumped over must come to an end.
MOST_AHEAD = timedelta(days=20 * 365 + 5)
# A move takes at most half a minute to be written, and a row whose writer had read the clock before
# that appears in an index soon after: longer than this nothing is under way.
UNDER_WAY_FOR = timedelta(minutes=1)
# Of moves that follow each other more quickly, only the last is a step of its own.
SHORTEST_STEP = timedelta(seconds=10)
# Longer than anybody waits before looking for what was forgotten (15 minutes).
KEPT_FOR = timedelta(minutes=20)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ClockStep:
    """From `settled_at` on, in real time, nothing recorded by a smaller offset is under way."""

    settled_at: datetime
    offset: timedelta


@dataclass(frozen=True, slots=True)
class SandboxClock:
    """The clock of one sandbox; one that was never moved goes by real time.

    `moved_to` is what the last move asked for; it tells a retry. `steps` are the moves of late,
    oldest first.
    """

    offset: timedelta = timedelta(0)
    moved_to: datetime | None = None
    steps: tuple[ClockStep, ...] = ()

    def at(self, real: datetime) -> datetime:
        """What it shows at a real moment."""
        return real + self.offset

    def settled_until(self, real: datetime) -> datetime:
        """Up to when, by this clock, nothing is under way any more that began before `real`.

        A row is recorded by the clock as its writer has read it, and so may appear far behind what
        the clock shows by then.
        """
        settled = [step.offset for step in self.steps if step.settled_at <= real]
        return real + max(settled, default=timedelta(0))

    def moved(self, wanted: datetime, real: datetime) -> "SandboxClock":
        """The clock so that it shows `wanted` at the real moment.

        It stays as it is if its last move was to the same time: the answer to that may have been
        lost. Raises ClockGoesForwardOnlyError, or InvalidDefinitionError if it is too far ahead.
        """
        shown = self.at(real)
        if wanted == self.moved_to:
            return self
        if wanted < shown:
            raise ClockGoesForwardOnlyError(to_text(shown))
        if wanted > real + MOST_AHEAD:
            latest = to_text(real + MOST_AHEAD)
            remedy = f"is more than 20 years ahead of real time: {latest} is the latest now"
            raise InvalidDefinitionError.of([Fault(pointer("now"), remedy)])
        step = ClockStep(real + UNDER_WAY_FOR, wanted - real)
        return SandboxClock(step.offset, wanted, (*self._steps_before(step), step))

    def _steps_before(self, step: ClockStep) -> tuple[ClockStep, ...]:
        """Those that still tell something beside a new one."""
        kept = [s for s in self.steps if s.settled_at > step.settled_at - KEPT_FOR]
        # What they say of the time before them is the last one that is left out.
        kept = [*self.steps[: len(self.steps) - len(kept)][-1:], *kept]
        if kept and _slot(kept[-1]) == _slot(step):
            # For a little while a smaller offset is said than there is, which does no harm.
            kept.pop()
        return tuple(kept)

    def to_document(self) -> Mapping[str, Any]:
        """The clock as it is stored."""
        return {
            "offset_seconds": seconds_of(self.offset),
            "moved_to": None if self.moved_to is None else to_text(self.moved_to),
            "steps": [
                {"settled_at": to_text(s.settled_at), "offset_seconds": seconds_of(s.offset)}
                for s in self.steps
            ],
        }


def seconds_of(offset: timedelta) -> Decimal:
    """The offset in seconds, exactly."""
    return Decimal(canonical_text(Decimal(offset // _MICROSECOND).scaleb(-6)))


def offset_of(seconds: Decimal) -> timedelta:
    """The offset that `seconds_of` wrote."""
    return int(seconds.scaleb(6)) * _MICROSECOND


def _slot(step: ClockStep) -> int:
    return int(step.settled_at.timestamp()) // int(SHORTEST_STEP.total_seconds())
