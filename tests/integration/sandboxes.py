"""Sandboxes, and their clocks."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue.services.apply_due import DueApplier
from accrue.services.apply_rules import RuleApplier
from accrue.storage.balances import BalanceTable
from accrue.storage.due_balances import DueBalances
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog
from tests.integration.networks import demo_network
from tests.integration.world import Answer, World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SANDBOX = "sandbox"
CLOCK = "/networks/{network_id}/clock"
A_YEAR_ON = "2027-03-01T00:00:00.000000Z"


def sandbox_network(network_id: str = SANDBOX) -> dict[str, Any]:
    """The demo network as a sandbox."""
    document = demo_network(network_id)
    document["network"]["is_sandbox"] = True
    return document


def get_clock(world: World, network: str = SANDBOX, **request: Any) -> Answer:
    """GET a network's clock as its admin."""
    return world.call(f"GET {CLOCK}", path={"network_id": network}, network=network, **request)


def move_clock(world: World, now: Any, network: str = SANDBOX, **request: Any) -> Answer:
    """Move a network's clock as its admin."""
    return world.call(
        f"POST {CLOCK}", {"now": now}, path={"network_id": network}, network=network, **request
    )


def stored_clocks(world: World) -> list[dict[str, Any]]:
    """The clocks that were moved."""
    return [row for row in world.rows("catalog") if row["item_key"] == "CLOCK"]


def due_applier(client: "DynamoDBClient", real: datetime) -> DueApplier:
    """What posts what is due, with all the time that it wants."""
    catalog = ProgramCatalog(client, "catalog", 30)
    book = BalanceTable(client, "balance", LedgerTable(client, "ledger"))
    return DueApplier(
        catalog=catalog,
        finder=DueBalances(client, "balance"),
        applier=RuleApplier(catalog, book, lambda: real),
        has_time=lambda: True,
        request_id="due-request",
    )
