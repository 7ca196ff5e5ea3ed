"""The environment of each function as a type: a missing variable fails at start, by its name."""

import os
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

TableName = Annotated[str, Field(min_length=1)]


class SettingsError(Exception):
    """The environment lacks something; nothing works until the deployment is mended."""


class Settings(BaseModel):
    """A function's environment: each field is the variable of that name in upper case."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def from_environment(cls) -> Self:
        """Read the variables; raises SettingsError that names every one missing or wrong."""
        given = {n: os.environ[n.upper()] for n in cls.model_fields if n.upper() in os.environ}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            names = ", ".join(str(e["loc"][0]).upper() for e in error.errors())
            raise SettingsError(f"environment variables missing or wrong: {names}") from None


class CatalogSettings(Settings):
    """For functions that read the catalog."""

    catalog_table: TableName
    catalog_cache_seconds: float = Field(gt=0, le=300)


class RecordSettings(CatalogSettings):
    """For functions that record activities."""

    ledger_table: TableName


class BalanceSettings(CatalogSettings):
    """For functions that read or write balances."""

    balance_table: TableName


class ActivitySettings(BalanceSettings):
    """For functions that show what came of an activity."""

    ledger_table: TableName


class ReconcileSettings(BalanceSettings):
    """For the reconciler, which leaves rows younger than the grace to the stream."""

    ledger_table: TableName
    reconcile_grace_seconds: int = Field(ge=0)
