"""Reversals of what a book has."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from accrue.domain.activity import Activity, FrontDoor, Kind
from accrue.domain.recording import Attempt, Recording
from accrue.domain.reversal_request import ReversalRequest
from accrue.services.apply_rules import RuleApplier
from accrue.services.ports import CatalogReader
from accrue.services.reverse_activity import ReversalLedger
from tests.unit.activities import NOON
from tests.unit.fakes import FakeBook
from tests.unit.spending import LedgerOfBook


def reversal_request(
    original: Activity, amount: str | None = None, item_ids: tuple[str, ...] = (), key: str = "key"
) -> ReversalRequest:
    """So much of the activity, or these items; by default all that is left."""
    return ReversalRequest(
        activity_id=original.activity_id,
        idempotency_key=key,
        amount=None if amount is None else Decimal(amount),
        item_ids=item_ids,
    )


def reversal_draft(
    original: Activity, key: str, when: datetime = NOON, invocation_id: str | None = None
) -> Activity:
    """The row of a reversal before it is known how much it is."""
    return replace(
        original,
        activity_id=f"ik_{key}",
        kind=Kind.REVERSAL,
        front_door=FrontDoor.NETWORK,
        amount=Decimal(0),
        line_items=(),
        occurred_at=when,
        recorded_at=when,
        request_id=f"request-{key}",
        invocation_id=invocation_id or f"invocation-{key}",
        payload_form="reversal/1",
        payload_hash=f"payload of {key}",
        of=original.activity_id,
    )


def reverse(
    book: FakeBook,
    catalog: CatalogReader,
    original: Activity,
    *,
    amount: str | None = None,
    item_ids: tuple[str, ...] = (),
    key: str = "key",
    when: datetime = NOON,
    invocation_id: str | None = None,
) -> Recording:
    """Reverse an activity; raises a RefusalError."""
    request = reversal_request(original, amount, item_ids, key)
    applier = RuleApplier(catalog, book, lambda: when)
    ledger = ReversalLedger(catalog, LedgerOfBook(book), book, applier, request, original)
    recording = ledger.insert(Attempt(reversal_draft(original, key, when, invocation_id)))
    stored = recording.stored
    assert isinstance(stored, Activity)
    ledger.postings_of(stored)
    return recording
