"""Samples are what real events are, and say that they are samples."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from accrue.domain.event_documents import EVENT_DOCUMENT
from accrue.domain.event_types import EventType
from accrue.domain.webhooks.samples import sample_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SCHEMA = Path(__file__).parents[2] / "docs" / "events.schema.json"


@pytest.mark.parametrize("event_type", EventType)
def test_sample_fits_the_published_schema(event_type: EventType) -> None:
    body = json.loads(sample_of(event_type.value, "demo", "unique", NOW).body)

    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(body)
    assert body["type"] == event_type.value
    assert body.pop("is_sample") is True
    # Apart from that, it has all that a real one has, and nothing else.
    EVENT_DOCUMENT.validate_python(body)


def test_each_sample_has_an_id_of_its_own() -> None:
    one, other = (sample_of("tier.changed", "demo", unique, NOW) for unique in ("a", "b"))

    assert one.event.event_id != other.event.event_id
