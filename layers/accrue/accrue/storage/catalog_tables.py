"""All that administrators change in CatalogTable, by kind."""

from dataclasses import dataclass
from typing import Self

from accrue.storage.activity_types import ActivityTypeTable
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.api_keys import ApiKeyTable
from accrue.storage.networks import NetworkTable
from accrue.storage.programs import ProgramTable
from accrue.storage.users import UserTable


@dataclass(frozen=True, slots=True)
class CatalogTables:
    """Implements `services.import_catalog.CatalogStores`."""

    networks: NetworkTable
    activity_types: ActivityTypeTable
    programs: ProgramTable
    users: UserTable
    api_keys: ApiKeyTable

    @classmethod
    def over(cls, table: AdministrationTable) -> Self:
        """All of one table."""
        return cls(
            NetworkTable(table),
            ActivityTypeTable(table),
            ProgramTable(table),
            UserTable(table),
            ApiKeyTable(table),
        )
