"""The environment of each function as a type: a missing variable fails at start, by its name."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any, Self

SHA256_BYTES = 32
MAX_CACHE_SECONDS = 300
MAX_AT_ONCE = 10
TRUTH = {"true": True, "false": False}


class SettingsError(Exception):
    """The environment lacks something; nothing works until the deployment is mended."""


class Variable[T]:
    """A variable of the environment, of the field's name in upper case.

    `read` raises KeyError or ValueError if its text is wrong; without `otherwise` it must be there.
    """

    def __init__(self, read: Callable[[str], T], otherwise: T | None = None) -> None:
        self._read = read
        self._otherwise = otherwise
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name.upper()

    def __get__(self, settings: "Settings", _owner: type) -> T:
        value: T = settings.values[self.name]
        return value

    def read(self) -> T:
        if self._otherwise is not None and self.name not in os.environ:
            return self._otherwise
        return self._read(os.environ[self.name])


class Settings:
    """A function's environment.

    Neither pydantic nor dataclasses: recording needs pydantic for nothing else, and importing it
    took a fifth of a start; the dataclasses of all functions took 19 ms of what was left.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    @classmethod
    def from_environment(cls) -> Self:
        """Read the variables; raises SettingsError that names every one missing or wrong."""
        values: dict[str, Any] = {}
        wrong: list[str] = []
        for variable in cls._variables():
            try:
                values[variable.name] = variable.read()
            except (KeyError, ValueError):
                wrong.append(variable.name)
        if wrong:
            raise SettingsError(f"environment variables missing or wrong: {', '.join(wrong)}")
        return cls(values)

    @classmethod
    def _variables(cls) -> Iterator[Variable[Any]]:
        for each in reversed(cls.__mro__):
            yield from (field for field in vars(each).values() if isinstance(field, Variable))


def _text(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _seconds(text: str) -> int:
    seconds = int(text)
    if seconds < 0:
        raise ValueError("negative")
    return seconds


def _up_to_ten(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MAX_AT_ONCE:
        raise ValueError("out of range")
    return number


def _cache_seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= MAX_CACHE_SECONDS:
        raise ValueError("out of range")
    return seconds


def _digests(text: str) -> frozenset[bytes]:
    digests = frozenset(bytes.fromhex(digest) for digest in text.split(",") if digest)
    if any(len(digest) != SHA256_BYTES for digest in digests):
        raise ValueError("not SHA-256")
    return digests


# The template's, too: what can be deployed, the function starts with. At most 15 delays of 28 h.
DELAYS_PATTERN = "[1-9][0-9]{0,4}(,[1-9][0-9]{0,4}){0,14}"


def _delays(text: str) -> tuple[int, ...]:
    if not re.fullmatch(DELAYS_PATTERN, text):
        raise ValueError("no list of seconds")
    return tuple(map(int, text.split(",")))


class AdministrationSettings(Settings):
    """For functions that administrators call: they read the catalog past every cache."""

    catalog_table = Variable(_text)


class CatalogSettings(Settings):
    """For functions that read the catalog."""

    catalog_table = Variable(_text)
    catalog_cache_seconds = Variable(_cache_seconds)


class BearerSettings(CatalogSettings):
    """For the authorizer that knows the operator's keys too, by their SHA-256."""

    operator_key_sha256 = Variable(_digests, frozenset[bytes]())


class BalanceSettings(CatalogSettings):
    """For functions that read or write balances."""

    balance_table = Variable(_text)


class BatchSettings(CatalogSettings):
    """For the function that records batches. Its client keeps ten connections."""

    ledger_table = Variable(_text)
    writes_at_once = Variable(_up_to_ten)


class ActivitySettings(BalanceSettings):
    """For functions that have to do with rows and with what comes of them."""

    ledger_table = Variable(_text)


class ApplySettings(ActivitySettings):
    """For functions that apply activities, and say how long those waited."""

    metrics_namespace = Variable(_text)


class ReconcileSettings(ApplySettings):
    """For the reconciler, which leaves rows younger than the grace to the stream."""

    reconcile_grace_seconds = Variable(_seconds)


class SealSettings(ActivitySettings):
    """For the function that seals, which leaves younger rows to those that apply them."""

    seal_bucket = Variable(_text)
    seal_delay_seconds = Variable(_seconds)


class JobSettings(ActivitySettings):
    """For functions that start jobs or do their steps."""

    job_table = Variable(_text)
    job_queue_url = Variable(_text)
    # What is younger may still be under way.
    reconcile_grace_seconds = Variable(_seconds)


class EventSettings(Settings):
    """For functions that read or write the event log or webhook deliveries."""

    event_table = Variable(_text)


class PublishSettings(EventSettings):
    """For the function that publishes events."""

    event_bus_name = Variable(_text)
    # Which webhooks want them, and who brings the deliveries on their way.
    catalog_table = Variable(_text)
    catalog_cache_seconds = Variable(_cache_seconds)
    delivery_queue_url = Variable(_text)


class WebhookSettings(EventSettings):
    """For functions that send to webhooks. Private addresses are for stacks on one's own machine
    alone.
    """

    catalog_table = Variable(_text)
    delivery_queue_url = Variable(_text)
    allow_private_webhooks = Variable(TRUTH.__getitem__)


class DeliverySettings(WebhookSettings):
    """For the function that delivers. A delivery lives for 30 days, and so must its attempts."""

    webhook_retry_delays_seconds = Variable(_delays)
