"""Who calls: what the authorizer found out about the key."""

from dataclasses import dataclass

from accrue.domain.catalog import KeyRole
from accrue.domain.errors import NetworkNotFoundError


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of an API key. A key opens one network, and the handlers see to it."""

    network_id: str
    role: KeyRole
    key_id: str

    def ensure_network(self, network_id: str) -> None:
        """Raise NetworkNotFoundError for any network but the caller's own."""
        if network_id != self.network_id:
            raise NetworkNotFoundError
