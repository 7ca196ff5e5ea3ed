"""Webhooks and their deliveries."""

from accrue.domain.event_types import EventType
from accrue.domain.webhooks.delivery import DeliveryStatus
from local.openapi.answers.part import Count, NextCursor, Part, TimeText


class WebhookAnswer(Part):
    """A webhook, without its secrets."""

    webhook_id: str
    url: str
    event_types: list[str]
    is_enabled: bool
    description: str | None


class NewWebhookAnswer(WebhookAnswer):
    """A webhook that was made; its signing secret is shown this one time."""

    signing_secret: str


class WebhookPage(Part):
    """Webhooks by id."""

    webhooks: list[WebhookAnswer]
    next_cursor: NextCursor


class RotatedSecret(Part):
    """A new secret, shown this one time, and how long the one before it signs beside it."""

    webhook_id: str
    signing_secret: str
    previous_secret_signs_until: TimeText | None


class SampleAnswer(Part):
    """What came of sending a made-up event."""

    event_id: str
    delivered: bool
    status_code: int | None
    error: str | None
    duration_ms: int


class AttemptAnswer(Part):
    """An attempt to deliver."""

    attempted_at: TimeText
    status_code: int | None
    error: str | None
    duration_ms: int


class DeliveryAnswer(Part):
    """An event on its way to a webhook."""

    event_id: str
    type: EventType
    occurred_at: TimeText
    status: DeliveryStatus
    failure: str | None
    attempt_count: Count
    attempts: list[AttemptAnswer]
    next_attempt_at: TimeText | None


class DeliveryPage(Part):
    """Deliveries, the newest events first."""

    deliveries: list[DeliveryAnswer]
    next_cursor: NextCursor
