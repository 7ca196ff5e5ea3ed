"""A webhook as an admin defines it."""

from functools import partial
from typing import Any

import pytest

from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.definitions import read_definition
from accrue.domain.event_types import EventType
from accrue.domain.webhooks.definition import Webhook, WebhookPart, contradictions_in_webhook
from accrue.domain.webhooks.signing import secret_of

SENT: dict[str, Any] = {
    "webhook_id": "crm",
    "url": "https://example.com/accrue",
    "event_types": ["points.awarded"],
}
ALL_TYPES = ", ".join(EventType)


def _read(**changes: Any) -> WebhookPart:
    sent = {name: value for name, value in (SENT | changes).items() if value is not ...}
    return read_definition(
        sent, WebhookPart, partial(contradictions_in_webhook, allows_private=False)
    )


def test_what_may_be_left_out() -> None:
    part = _read()

    assert part.is_enabled
    assert part.description is None


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"url": ...}, {"/url": "is missing: add it"}),
        ({"url": 5}, {"/url": 'must be text: put it in quotes, such as "5"'}),
        (
            {"url": "http://example.com"},
            {"/url": "does not begin with https://: events are sent encrypted only"},
        ),
        ({"event_types": ...}, {"/event_types": "is missing: add it"}),
        ({"event_types": []}, {"/event_types": "is empty: add at least one"}),
        (
            {"event_types": ["points.awarded", "points.award"]},
            {"/event_types/1": f'is no type of event: send some of {ALL_TYPES}; or "*" for all'},
        ),
        (
            {"event_types": ["points.awarded", "points.awarded"]},
            {"/event_types/1": "stands at /event_types/0 already: remove one of the two"},
        ),
        (
            {"event_types": ["*", "points.awarded"]},
            {"/event_types": 'has "*", which is all, and others: keep one or other'},
        ),
        ({"is_enabled": "yes?"}, {"/is_enabled": "must be true or false"}),
        ({"description": "x" * 256}, {"/description": "is longer than 255 characters: shorten it"}),
        (
            {"secret": "whsec_mine"},
            {"/secret": "is not a field of this: remove it, or mend its name"},
        ),
        (
            {"url": "https://10.0.0.1/", "event_types": ["all"]},
            {
                "/url": "names an IP address: send a host name, for which there is a certificate",
                "/event_types/0": f'is no type of event: send some of {ALL_TYPES}; or "*" for all',
            },
        ),
    ],
)
def test_every_fault_is_told(changes: dict[str, Any], faults: dict[str, str]) -> None:
    with pytest.raises(InvalidDefinitionError) as refused:
        _read(**changes)

    assert {f.pointer: f.message for f in refused.value.faults} == faults


@pytest.mark.parametrize("webhook_id", ["", "a b", "a#b", "-a", "a" * 65, "a.b"])
def test_id_is_a_plain_name(webhook_id: str) -> None:
    with pytest.raises(InvalidDefinitionError):
        _read(webhook_id=webhook_id)


def test_it_wants_what_it_names_or_all() -> None:
    secret = secret_of(bytes(32))

    some = Webhook.of(_read(), [secret])
    every = Webhook.of(_read(event_types=["*"]), [secret])
    disabled = Webhook.of(_read(event_types=["*"], is_enabled=False), [secret])

    assert some.wants("points.awarded")
    assert not some.wants("tier.changed")
    assert all(every.wants(event_type) for event_type in EventType)
    assert not any(disabled.wants(event_type) for event_type in EventType)


def test_secrets_are_in_no_document_and_no_log() -> None:
    webhook = Webhook.of(_read(), [secret_of(bytes(32))])

    assert "secret" not in str(webhook.to_document())
    assert "whsec_" not in repr(webhook)
