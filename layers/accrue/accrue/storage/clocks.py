"""The clocks of sandboxes in CatalogTable: `<network>#CLOCK` / `CLOCK`, once one was moved."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from accrue.domain.catalog import Network
from accrue.domain.sandbox_clock import ClockStep, SandboxClock, offset_of
from accrue.domain.timestamps import from_text
from accrue.storage.administration_table import AdministrationTable, ItemChange

_SORT = "CLOCK"


class NetworkFinder(Protocol):
    """Finds networks. A cached one will do: whether it is a sandbox never changes."""

    def find_network(self, network_id: str) -> Network | None: ...


class ItemReader(Protocol):
    """Reads items of the catalog consistently, past every cache."""

    def read_item(self, partition: str, sort: str) -> dict[str, Any] | None: ...


class ClockTable:
    """Implements `services.administer_clock.ClockStore`."""

    def __init__(self, table: AdministrationTable) -> None:
        self._table = table

    def find_clock(self, network_id: str) -> SandboxClock | None:
        """The clock as it is now; None if it was never moved."""
        attributes = self._table.read_item(_partition(network_id), _SORT)
        return None if attributes is None else _clock(attributes)

    def save_clock(
        self, network_id: str, present: SandboxClock | None, wanted: SandboxClock
    ) -> None:
        """Write it if what is there is `present`. Raises CatalogMovedError."""
        before = None if present is None else present.to_document()
        self._table.change(ItemChange(_partition(network_id), _SORT, before, wanted.to_document()))


class NetworkClocks:
    """Implements `services.ports.NetworkClock`.

    Asked about a network that is no sandbox, it reads nothing but the network, by the given finder.
    """

    def __init__(
        self, networks: NetworkFinder, items: ItemReader, real_now: Callable[[], datetime]
    ) -> None:
        self._networks = networks
        self._items = items
        self._real_now = real_now

    def now(self, network_id: str) -> datetime:
        """The present moment, by the network's clock."""
        clock = self._find(network_id)
        # Asked behind the reading: a clock that was moved shows what it was moved to, or later.
        real = self._real_now()
        return real if clock is None else clock.at(real)

    def settled_until(self, network_id: str, real: datetime) -> datetime:
        """Up to when, by the network's clock, nothing that began before `real` is under way."""
        clock = self._find(network_id)
        return real if clock is None else clock.settled_until(real)

    def _find(self, network_id: str) -> SandboxClock | None:
        network = self._networks.find_network(network_id)
        if network is None or not network.is_sandbox:
            return None
        attributes = self._items.read_item(_partition(network_id), _SORT)
        return None if attributes is None else _clock(attributes)


def _clock(attributes: Mapping[str, Any]) -> SandboxClock:
    return SandboxClock(
        offset=offset_of(attributes["offset_seconds"]),
        moved_to=from_text(attributes["moved_to"]),
        steps=tuple(
            ClockStep(from_text(each["settled_at"]), offset_of(each["offset_seconds"]))
            for each in attributes["steps"]
        ),
    )


def _partition(network_id: str) -> str:
    return f"{network_id}#CLOCK"
