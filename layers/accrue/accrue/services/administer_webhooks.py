"""Define, change and show a network's webhooks, and give them new secrets."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from accrue.domain.administration_errors import (
    CatalogMovedError,
    InvalidDefinitionError,
    WebhookNotFoundError,
)
from accrue.domain.changes import Change
from accrue.domain.errors import Fault
from accrue.domain.pages import Page, PageRequest
from accrue.domain.preconditions import Precondition
from accrue.domain.webhooks.definition import MAX_WEBHOOKS, Webhook, WebhookPart
from accrue.domain.webhooks.errors import TooManyWebhooksError, UnreachableUrlError
from accrue.domain.webhooks.signing import SECRET_BYTES, rotated, secret_of
from accrue.domain.webhooks.url import WebhookUrl, parse_webhook_url
from accrue.services.put_conditionally import MAX_ROUNDS, Saved, put_conditionally


class WebhookStore(Protocol):
    """Reads webhooks past every cache, and writes them.

    `save_webhook` raises CatalogMovedError if what is there is not `present` any more.
    """

    def find_webhook(self, network_id: str, webhook_id: str) -> Webhook | None: ...
    def list_webhooks(self, network_id: str, page: PageRequest) -> Page[Webhook]: ...
    def save_webhook(self, network_id: str, present: Webhook | None, wanted: Webhook) -> None: ...


class HostCheck(Protocol):
    """Looks a URL's host up. Raises UnreachableUrlError if nothing would be sent there."""

    allows_private: bool

    def ensure_reachable(self, url: WebhookUrl) -> None: ...


@dataclass(frozen=True, slots=True)
class SavedWebhook:
    """What is there after a PUT; `signing_secret` only if it was created by it."""

    saved: Saved[Webhook]
    signing_secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class RotatedSecret:
    """The new secret, and until when the one before it signs too."""

    webhook_id: str
    signing_secret: str = field(repr=False)
    previous_signs_until: datetime | None


@dataclass(frozen=True, slots=True)
class WebhookAdministrator:
    """What administrators do with webhooks."""

    store: WebhookStore
    hosts: HostCheck
    random_bytes: Callable[[int], bytes]
    now: Callable[[], datetime]

    def put(self, network_id: str, part: WebhookPart, precondition: Precondition) -> SavedWebhook:
        """Make the webhook be as the definition says; a new one gets its secret.

        Raises TooManyWebhooksError, and InvalidDefinitionError for a URL that leads to no public
        address.
        """
        saved = put_conditionally(
            find=lambda: self.store.find_webhook(network_id, part.webhook_id),
            make=lambda present: self._made(network_id, part, present),
            save=lambda present, made: self.store.save_webhook(network_id, present, made),
            precondition=precondition,
        )
        is_new = saved.change is Change.CREATED
        return SavedWebhook(saved, saved.thing.secrets[0].text if is_new else None)

    def get(self, network_id: str, webhook_id: str) -> Webhook:
        """The webhook; raises WebhookNotFoundError."""
        found = self.store.find_webhook(network_id, webhook_id)
        if found is None:
            raise WebhookNotFoundError
        return found

    def list(self, network_id: str, page: PageRequest) -> Page[Webhook]:
        """The network's webhooks by id, disabled ones too."""
        return self.store.list_webhooks(network_id, page)

    def rotate_secret(self, network_id: str, webhook_id: str) -> RotatedSecret:
        """Give the webhook a new secret; raises WebhookNotFoundError."""
        for _ in range(MAX_ROUNDS):
            present = self.get(network_id, webhook_id)
            new = secret_of(self.random_bytes(SECRET_BYTES))
            wanted = replace(present, secrets=rotated(present.secrets, new, self.now()))
            try:
                self.store.save_webhook(network_id, present, wanted)
            except CatalogMovedError:
                continue
            return RotatedSecret(webhook_id, new.text, wanted.secrets[1].signs_until)
        raise CatalogMovedError(f"{MAX_ROUNDS} times in a row")

    def _made(self, network_id: str, part: WebhookPart, present: Webhook | None) -> Webhook:
        # A URL that is kept is not looked up again: a retry must not fail for the name server.
        if present is None or present.url != part.url:
            self._ensure_reachable(part.url)
        if present is not None:
            return Webhook.of(part, present.secrets)
        if len(self.store.list_webhooks(network_id, PageRequest(MAX_WEBHOOKS)).things) >= (
            MAX_WEBHOOKS
        ):
            raise TooManyWebhooksError(MAX_WEBHOOKS)
        return Webhook.of(part, [secret_of(self.random_bytes(SECRET_BYTES))])

    def _ensure_reachable(self, url: str) -> None:
        try:
            self.hosts.ensure_reachable(
                parse_webhook_url(url, allows_private=self.hosts.allows_private)
            )
        except UnreachableUrlError as error:
            fault = Fault("/url", f"{error}: send one that everybody can reach")
            raise InvalidDefinitionError.of([fault]) from error
