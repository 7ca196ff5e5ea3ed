"""Show a sandbox's clock, and move it forward."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from accrue.domain.amounts import canonical_text
from accrue.domain.catalog import Network
from accrue.domain.errors import NetworkNotFoundError
from accrue.domain.preconditions import AS_IMPORTED
from accrue.domain.sandbox_clock import SandboxClock, seconds_of
from accrue.domain.sandbox_errors import NotASandboxError
from accrue.domain.timestamps import to_text
from accrue.services.apply_due import DueApplier, DueReport
from accrue.services.put_conditionally import put_conditionally


class NetworkFinder(Protocol):
    """Reads networks past every cache."""

    def find_network(self, network_id: str) -> Network | None: ...


class ClockStore(Protocol):
    """Reads clocks past every cache, and writes them; one that was never moved is not there.

    `save_clock` raises CatalogMovedError if what is there is not `present` any more.
    """

    def find_clock(self, network_id: str) -> SandboxClock | None: ...
    def save_clock(
        self, network_id: str, present: SandboxClock | None, wanted: SandboxClock
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class ShownClock:
    """What a sandbox's clock shows at a moment."""

    network_id: str
    clock: SandboxClock
    real: datetime

    @property
    def now(self) -> datetime:
        """The network's time."""
        return self.clock.at(self.real)

    def to_document(self) -> Mapping[str, Any]:
        """The clock as it is shown."""
        return {
            "network_id": self.network_id,
            "now": to_text(self.now),
            "offset_seconds": canonical_text(seconds_of(self.clock.offset)),
        }


@dataclass(frozen=True, slots=True)
class MovedClock:
    """A clock that was moved, and what was posted since it was due by then."""

    shown: ShownClock
    due: DueReport

    def to_document(self) -> Mapping[str, Any]:
        """The move as it is answered."""
        return {
            **self.shown.to_document(),
            "due_applied": self.due.applied,
            "is_complete": self.due.is_complete,
        }


@dataclass(frozen=True, slots=True)
class ClockAdministrator:
    """What administrators do with clocks; `real_now` is real time."""

    networks: NetworkFinder
    store: ClockStore
    real_now: Callable[[], datetime]

    def get(self, network_id: str) -> ShownClock:
        """The clock; raises NetworkNotFoundError or NotASandboxError."""
        self._ensure_sandbox(network_id)
        clock = self.store.find_clock(network_id) or SandboxClock()
        return ShownClock(network_id, clock, self.real_now())

    def move(self, network_id: str, wanted: datetime, due: DueApplier) -> MovedClock:
        """Move the clock to a time that it does not show yet; the last move again moves nothing.

        What is due by then is posted, as far as there is time. Raises as `get` does,
        ClockGoesForwardOnlyError, and InvalidDefinitionError for what is too far ahead.
        """
        self._ensure_sandbox(network_id)
        moved = put_conditionally(
            find=lambda: self.store.find_clock(network_id),
            make=lambda present: (present or SandboxClock()).moved(wanted, self.real_now()),
            save=lambda present, made: self.store.save_clock(network_id, present, made),
            precondition=AS_IMPORTED,
        )
        shown = ShownClock(network_id, moved.thing, self.real_now())
        return MovedClock(shown, due.apply_due(network_id, shown.now))

    def _ensure_sandbox(self, network_id: str) -> None:
        network = self.networks.find_network(network_id)
        if network is None:
            raise NetworkNotFoundError
        if not network.is_sandbox:
            raise NotASandboxError
