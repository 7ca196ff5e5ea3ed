"""A webhook: where a network wants which of its events sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from accrue.domain.event_types import EventType
from accrue.domain.json_values import WrongValueError
from accrue.domain.limits import MAX_TEXT_CHARS
from accrue.domain.program.contradictions.surroundings import Contradiction, repeated
from accrue.domain.program.parts import Document, Truth
from accrue.domain.webhooks.signing import SigningSecret
from accrue.domain.webhooks.url import parse_webhook_url

# Each event is written, queued and sent once for every webhook that wants it.
MAX_WEBHOOKS = 5
EVERY_TYPE = "*"

WebhookId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class WebhookPart(Document):
    """A webhook as an admin defines it. Disabled, it is sent nothing, and misses what happens
    meanwhile.
    """

    webhook_id: WebhookId
    url: str
    event_types: tuple[str, ...] = Field(min_length=1, max_length=2 * len(EventType))
    is_enabled: Truth = True
    description: str | None = Field(default=None, max_length=MAX_TEXT_CHARS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook with its secrets, the newest first. Only `to_document` is ever shown."""

    webhook_id: str
    url: str
    event_types: tuple[str, ...]
    is_enabled: bool
    description: str | None
    secrets: tuple[SigningSecret, ...] = field(repr=False)

    @classmethod
    def of(cls, part: WebhookPart, secrets: Sequence[SigningSecret]) -> "Webhook":
        """The webhook that is defined."""
        return cls(
            webhook_id=part.webhook_id,
            url=part.url,
            event_types=part.event_types,
            is_enabled=part.is_enabled,
            description=part.description,
            secrets=tuple(secrets),
        )

    def wants(self, event_type: str) -> bool:
        """Whether events of this type are to be sent to it now."""
        return self.is_enabled and (
            EVERY_TYPE in self.event_types or event_type in self.event_types
        )

    def to_document(self) -> Mapping[str, Any]:
        """The webhook as it is shown, without its secrets."""
        return {
            "webhook_id": self.webhook_id,
            "url": self.url,
            "event_types": list(self.event_types),
            "is_enabled": self.is_enabled,
            "description": self.description,
        }


def contradictions_in_webhook(
    part: WebhookPart, *, allows_private: bool
) -> Iterator[Contradiction]:
    """What in a webhook nothing can be sent by. Whether its host is public is not looked up."""
    try:
        parse_webhook_url(part.url, allows_private=allows_private)
    except WrongValueError as error:
        yield Contradiction(("url",), str(error))
    yield from repeated(
        part.event_types, "event_types", remedy="stands at {other} already: remove one of the two"
    )
    for index, event_type in enumerate(part.event_types):
        if event_type not in (EVERY_TYPE, *EventType):
            known = ", ".join(EventType)
            yield Contradiction(
                ("event_types", index), f'is no type of event: send some of {known}; or "*" for all'
            )
    if EVERY_TYPE in part.event_types and len(part.event_types) > 1:
        yield Contradiction(
            ("event_types",), 'has "*", which is all, and others: keep one or other'
        )
