"""Who calls: what the authorizer found out about the key."""

from dataclasses import dataclass

from accrue.domain.administration_errors import (
    AdminKeyRequiredError,
    OperatorKeyRequiredError,
)
from accrue.domain.catalog import KeyRole
from accrue.domain.errors import NetworkNotFoundError


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of an API key. A key opens one network, and the handlers see to it.

    The operator's opens none, `network_id` is "": it makes networks and keys, and nothing else.
    """

    network_id: str
    role: KeyRole
    key_id: str

    @property
    def is_operator(self) -> bool:
        """Whether this is the operator of the stack."""
        return self.role is KeyRole.OPERATOR

    def ensure_of_a_network(self) -> None:
        """Raise NetworkNotFoundError for the operator."""
        if self.is_operator:
            raise NetworkNotFoundError

    def ensure_operator(self) -> None:
        """Raise OperatorKeyRequiredError for everybody else."""
        if not self.is_operator:
            raise OperatorKeyRequiredError

    def ensure_operator_or_admin(self, network_id: str) -> None:
        """Raise NetworkNotFoundError or AdminKeyRequiredError for everybody else."""
        if not self.is_operator:
            self.ensure_admin(network_id)

    def ensure_network(self, network_id: str) -> None:
        """Raise NetworkNotFoundError for any network but the caller's own."""
        self.ensure_of_a_network()
        if network_id != self.network_id:
            raise NetworkNotFoundError

    def ensure_admin(self, network_id: str, header: str = "Authorization") -> None:
        """Raise NetworkNotFoundError, or AdminKeyRequiredError for the network's other keys.

        `header` is the one that has the key.
        """
        self.ensure_network(network_id)
        if self.role is not KeyRole.ADMIN:
            raise AdminKeyRequiredError(header)
