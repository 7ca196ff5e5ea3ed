"""docs/events.schema.json fits every event that is derived, and docs/events.md shows each type."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from accrue.domain.activity import Outcome
from accrue.domain.decision import TierChange
from accrue.domain.event_documents import EVENT_DOCUMENT
from accrue.domain.event_types import EventType
from accrue.domain.follow_up_events import FollowUpEvent, events_of_outcome, follow_up_events
from accrue.domain.settled_outcome import SettledOutcome
from accrue.services.apply_rules import RuleApplier
from local.event_schema import EVENT_SCHEMA_FILE, event_schema_text
from local.paths import ROOT
from tests.unit.activities import NOON, PROGRAM_ID
from tests.unit.fakes import FakeBook, FakeCatalog
from tests.unit.largest_postings import LARGEST
from tests.unit.postings import EVERYTHING, NOTHING
from tests.unit.program_strategies import Case, cases
from tests.unit.purse_postings import ALL, CAPTURED, FELL_DUE, RELEASED, paying
from tests.unit.reversing import reverse

type Json = dict[str, Any]

GUIDE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
SCHEMA: Json = json.loads(EVENT_SCHEMA_FILE.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
POSTINGS = [
    NOTHING,
    EVERYTHING,
    LARGEST,
    *ALL,
    replace(EVERYTHING, points=Decimal(-3), tier=TierChange("gold", None)),
    replace(NOTHING, outcome=Outcome.REJECTED, reason="the balance would pass 1e+24"),
    *(paying(posting, Decimal(5)) for posting in (EVERYTHING, CAPTURED, RELEASED, FELL_DUE)),
]
SETTLED = [Outcome.UNDEFINED_TYPE, Outcome.HELD, Outcome.NOBODY_ENROLLED, Outcome.DUPLICATE]


def derived() -> Iterator[FollowUpEvent]:
    """Events of every type."""
    for posting in POSTINGS:
        yield from follow_up_events(posting)
    for outcome in SETTLED:
        yield from events_of_outcome(SettledOutcome("demo", "ik_1", "hash", outcome, NOON, NOON))


def assert_all_fit(events: Iterable[FollowUpEvent]) -> None:
    """Assert that the models, which know every field, and the published schema accept them."""
    for event in events:
        document = json.loads(event.to_json())
        assert document == event.to_document()
        EVENT_DOCUMENT.validate_python(document)
        VALIDATOR.validate(document)


def test_the_schema_is_of_the_models_as_they_are_now() -> None:
    assert EVENT_SCHEMA_FILE.read_text(encoding="utf-8") == event_schema_text(), "run: make schema"
    Draft202012Validator.check_schema(SCHEMA)


def test_every_type_has_a_model() -> None:
    types = {
        part["properties"]["type"]["const"]
        for part in SCHEMA["$defs"].values()
        if "type" in part.get("properties", {})
    }

    assert types == set(EventType)
    assert {event.type for event in derived()} == types
    assert all("description" in part for part in SCHEMA["$defs"].values())


def test_every_event_fits() -> None:
    assert_all_fit(derived())


@settings(max_examples=60)
@given(cases(in_any_order=False))
def test_whatever_the_program_every_event_fits(case: Case) -> None:
    book = FakeBook()
    applier = RuleApplier(FakeCatalog({PROGRAM_ID: case.versions}, case.traits), book, lambda: NOON)
    assert applier.apply(case.ledger) == []

    for place in book.balances:
        for posting in book.chain(place):
            assert_all_fit(follow_up_events(posting))


@settings(max_examples=40)
@given(cases(in_any_order=False))
def test_whatever_is_reversed_every_event_fits_and_their_points_are_the_balance(
    case: Case,
) -> None:
    book = FakeBook()
    catalog = FakeCatalog({PROGRAM_ID: case.versions}, case.traits)
    applier = RuleApplier(catalog, book, lambda: NOON)
    for number, row in enumerate(case.ledger):
        book.recorded[row.network_id, row.activity_id] = row
        assert applier.apply([row]) == []
        if number % 2 and row.settled_outcome is None:
            reverse(book, catalog, row, key=f"r{number}", when=row.recorded_at)

    for place in book.balances:
        for posting in book.chain(place):
            events = follow_up_events(posting)
            assert_all_fit(events)
            told = sum(Decimal(event.data.get("points", "0")) for event in events)
            assert told == posting.points


@pytest.mark.parametrize(
    "change",
    [
        {"type": "points.lost"},
        {"event_id": "1"},
        {"occurred_at": "2026-03-01"},
        {"sequence": None},
        {"data": {}},
        {"data": {"before": 1, "after": None}},
    ],
)
def test_what_is_no_event_does_not_fit(change: Json) -> None:
    document = follow_up_events(EVERYTHING)[-1].to_document()

    assert VALIDATOR.is_valid(document)
    assert not VALIDATOR.is_valid({**document, **change})


def test_a_receiver_that_validates_takes_fields_of_later_releases() -> None:
    document = follow_up_events(EVERYTHING)[-1].to_document()

    VALIDATOR.validate({**document, "later": 1, "data": {**document["data"], "later": 1}})


def test_the_guide_shows_an_event_of_each_type_that_fits() -> None:
    shown = [json.loads(text) for text in re.findall(r"```json\n(.*?)\n```", GUIDE, re.DOTALL)]

    events = [document for document in shown if "event_id" in document]
    assert {event["type"] for event in events} == set(EventType)
    for event in events:
        EVENT_DOCUMENT.validate_python(event)
        VALIDATOR.validate(event)
    assert len({event["event_id"] for event in events}) == len(events)
