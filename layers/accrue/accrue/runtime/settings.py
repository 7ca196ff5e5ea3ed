"""The environment of each function as a type: a missing variable fails at start, by its name."""

import os
import re
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

TableName = Annotated[str, Field(min_length=1)]
SHA256_BYTES = 32


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


class AdministrationSettings(Settings):
    """For functions that administrators call: they read the catalog past every cache."""

    catalog_table: TableName


def _digests(text: str) -> frozenset[bytes]:
    digests = frozenset(bytes.fromhex(digest) for digest in text.split(",") if digest)
    if any(len(digest) != SHA256_BYTES for digest in digests):
        raise ValueError("not SHA-256")
    return digests


Sha256Digests = Annotated[frozenset[bytes], BeforeValidator(_digests)]


class CatalogSettings(Settings):
    """For functions that read the catalog."""

    catalog_table: TableName
    catalog_cache_seconds: float = Field(gt=0, le=300)


class BearerSettings(CatalogSettings):
    """For the authorizer that knows the operator's keys too, by their SHA-256."""

    operator_key_sha256: Sha256Digests = frozenset()


class BalanceSettings(CatalogSettings):
    """For functions that read or write balances."""

    balance_table: TableName


class RecordingSettings(CatalogSettings):
    """For functions that record without looking at balances."""

    ledger_table: TableName


class ActivitySettings(BalanceSettings):
    """For functions that have to do with rows and with what comes of them."""

    ledger_table: TableName


class ApplySettings(ActivitySettings):
    """For functions that apply activities, and say how long those waited."""

    metrics_namespace: str = Field(min_length=1)


class ReconcileSettings(ApplySettings):
    """For the reconciler, which leaves rows younger than the grace to the stream."""

    reconcile_grace_seconds: int = Field(ge=0)


class SealSettings(ActivitySettings):
    """For the function that seals, which leaves younger rows to those that apply them."""

    seal_bucket: str = Field(min_length=1)
    seal_delay_seconds: int = Field(ge=0)


class JobSettings(ActivitySettings):
    """For functions that start jobs or do their steps."""

    job_table: TableName
    job_queue_url: str = Field(min_length=1)
    # What is younger may still be under way.
    reconcile_grace_seconds: int = Field(ge=0)


class EventSettings(Settings):
    """For functions that read or write the event log or webhook deliveries."""

    event_table: TableName


class PublishSettings(EventSettings):
    """For the function that publishes events."""

    event_bus_name: str = Field(min_length=1)
    # Which webhooks want them, and who brings the deliveries on their way.
    catalog_table: TableName
    catalog_cache_seconds: float = Field(gt=0, le=300)
    delivery_queue_url: str = Field(min_length=1)


class WebhookSettings(EventSettings):
    """For functions that send to webhooks. Private addresses are for stacks on one's own machine
    alone.
    """

    catalog_table: TableName
    delivery_queue_url: str = Field(min_length=1)
    allow_private_webhooks: bool


# The template's, too: what can be deployed, the function starts with. At most 15 delays of 28 h.
DELAYS_PATTERN = "[1-9][0-9]{0,4}(,[1-9][0-9]{0,4}){0,14}"


def _delays(text: str) -> tuple[int, ...]:
    if not re.fullmatch(DELAYS_PATTERN, text):
        raise ValueError("no list of seconds")
    return tuple(map(int, text.split(",")))


class DeliverySettings(WebhookSettings):
    """For the function that delivers. A delivery lives for 30 days, and so must its attempts."""

    webhook_retry_delays_seconds: Annotated[tuple[int, ...], BeforeValidator(_delays)]
