"""Webhooks in CatalogTable: `<network>#WEBHOOKS` / `<webhook_id>`, their secrets in clear.

What is to be signed with can't be kept as a hash. The table is encrypted, and of the functions only
those that sign may read these items.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from accrue.domain.pages import Page, PageRequest
from accrue.domain.timestamps import from_text, to_text
from accrue.domain.webhooks.definition import MAX_WEBHOOKS, Webhook
from accrue.domain.webhooks.signing import SigningSecret
from accrue.storage.administration_table import AdministrationTable, ItemChange
from accrue.storage.catalog_cache import CatalogCache, this_moment

MAX_WEBHOOK_ID_CHARS = 64


class WebhookTable:
    """Webhooks as they are now, past every cache."""

    def __init__(self, table: AdministrationTable) -> None:
        self._table = table

    def find_webhook(self, network_id: str, webhook_id: str) -> Webhook | None:
        """The webhook, or None."""
        # It comes from a URL, and DynamoDB refuses long keys. No webhook has one.
        if not 0 < len(webhook_id) <= MAX_WEBHOOK_ID_CHARS:
            return None
        attributes = self._table.read_item(_partition(network_id), webhook_id)
        return None if attributes is None else _webhook_from_attributes(attributes)

    def list_webhooks(self, network_id: str, page: PageRequest) -> Page[Webhook]:
        """The webhooks by id."""
        found = self._table.list_items(_partition(network_id), page)
        return Page(tuple(map(_webhook_from_attributes, found.things)), found.next_after)

    def save_webhook(self, network_id: str, present: Webhook | None, wanted: Webhook) -> None:
        """Write it if what is there is `present`. Raises CatalogMovedError."""
        self._table.change(
            ItemChange(
                _partition(network_id),
                wanted.webhook_id,
                None if present is None else _to_attributes(present),
                _to_attributes(wanted),
            )
        )


class CachedWebhooks:
    """A network's webhooks as they were `cache_seconds` ago at most.

    That a network has none is asked anew each time, so that its first one counts at once.
    """

    def __init__(self, webhooks: WebhookTable, cache_seconds: float) -> None:
        self._webhooks = webhooks
        self._cache = CatalogCache(cache_seconds)

    def webhooks_of(self, network_id: str) -> Sequence[Webhook]:
        """All webhooks of the network."""
        if (cached := self._cache.get(network_id)) is not None:
            return cast("Sequence[Webhook]", cached)
        asked_at = this_moment()
        # More than may be made: two that are made at once may both be the last.
        found = self._webhooks.list_webhooks(network_id, PageRequest(2 * MAX_WEBHOOKS)).things
        if found:
            self._cache.put(network_id, found, asked_at)
        return found


def _partition(network_id: str) -> str:
    return f"{network_id}#WEBHOOKS"


def _to_attributes(webhook: Webhook) -> dict[str, Any]:
    return {**webhook.to_document(), "secrets": [_secret(each) for each in webhook.secrets]}


def _secret(secret: SigningSecret) -> dict[str, str | None]:
    until = secret.signs_until
    return {"text": secret.text, "signs_until": None if until is None else to_text(until)}


def _webhook_from_attributes(attributes: Mapping[str, Any]) -> Webhook:
    return Webhook(
        webhook_id=attributes["webhook_id"],
        url=attributes["url"],
        event_types=tuple(attributes["event_types"]),
        is_enabled=attributes["is_enabled"],
        description=attributes["description"],
        secrets=tuple(
            SigningSecret(each["text"], each["signs_until"] and from_text(each["signs_until"]))
            for each in attributes["secrets"]
        ),
    )
