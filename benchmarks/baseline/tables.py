"""The tables of a baseline: a ledger and balances as the template defines ours, and one more for
the idempotency layer. It reads our catalog.

"Required resources" in Powertools' "Idempotency" has the third one's definition:
docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
"""

from dataclasses import dataclass

from tests.integration.tables import Definitions, table_definitions

IDEMPOTENCY = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of a side's tables."""

    ledger: str
    balance: str
    idempotency: str
    catalog: str

    @classmethod
    def of(cls, baseline: str) -> "Tables":
        """Those of a baseline by its name."""
        return cls(
            f"{baseline}-ledger", f"{baseline}-balance", f"{baseline}-idempotency", "catalog"
        )

    def definitions(self) -> Definitions:
        """What defines those that are its own."""
        ours = table_definitions()
        return {
            self.ledger: ours["ledger"],
            self.balance: ours["balance"],
            self.idempotency: IDEMPOTENCY,
        }
