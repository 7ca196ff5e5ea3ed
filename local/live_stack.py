"""A running stack: where it is, who may call it, and how its functions are called directly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local import clients, deployed
from local.emulator import Emulator


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStack:
    """The deployed template with the demo network in it. `names` are the template's outputs."""

    api_url: str
    network_id: str
    program_id: str
    program_membership_id: str
    partner_api_key: str
    admin_api_key: str
    operator_api_key: str
    names: Mapping[str, str]
    emulator: Emulator

    @property
    def endpoint_url(self) -> str:
        """What takes the place of AWS."""
        return self.emulator.endpoint_url

    def client(self, service: str) -> Any:  # noqa: ANN401 - its type depends on the service's name
        """A boto3 client of the emulator, with all rights."""
        return clients.client(service, self.endpoint_url)

    def invoke(self, operation: str, payload: object) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer of an operation's function, such as `reconcile`. Raises FunctionError."""
        return deployed.invoke(operation, payload, self.endpoint_url, self.names)

    def function_name(self, operation: str) -> str:
        """The physical name of an operation's function."""
        return deployed.function_name(operation, self.names)

    def table_name(self, noun: str) -> str:
        """The physical name of a table: `ledger`, `balance` or `catalog`."""
        return self.names[f"{noun.capitalize()}Table"]

    def as_document(self) -> dict[str, str]:
        """What `.local/stack.json` holds."""
        return {
            "api_url": self.api_url,
            "network_id": self.network_id,
            "program_id": self.program_id,
            "program_membership_id": self.program_membership_id,
            "partner_api_key": self.partner_api_key,
            "admin_api_key": self.admin_api_key,
            "operator_api_key": self.operator_api_key,
            "endpoint_url": self.endpoint_url,
            "stack_name": deployed.STACK_NAME,
        }
