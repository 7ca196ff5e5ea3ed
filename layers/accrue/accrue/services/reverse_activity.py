"""Reverse an activity, whole or in parts, and answer when it is done.

A reversal is a ledger row like any other, written together with its postings on all memberships
that the original concerned, and with a marker: the n-th reversal of an activity takes the n-th
place, so that two which were decided on the same state of things are never both written, and all
together never undo more than there was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from accrue.domain.activity import Activity, FrontDoor, Kind, MembershipRef, Outcome, Reversal
from accrue.domain.arithmetic import EXACT
from accrue.domain.balance import BalanceChange, with_row
from accrue.domain.caller import Caller
from accrue.domain.catalog import Network
from accrue.domain.concerned import concerned_memberships
from accrue.domain.errors import (
    ActivityNotFoundError,
    BalanceMovedError,
    NetworkNotFoundError,
    RefusalError,
    WriteRaceError,
)
from accrue.domain.field_parsers import without_emails
from accrue.domain.further_reversal import amount_between, reversed_after
from accrue.domain.ids import id_from_idempotency_key, is_activity_id
from accrue.domain.ledger_row import ReversalMarker
from accrue.domain.payload_forms import NO_PAYLOAD_FORM, REVERSAL_FORM, reversal_payload_hash
from accrue.domain.posting import Posting
from accrue.domain.recording import Attempt, Call, Recording, RowInserter
from accrue.domain.reversal_errors import NotReversibleError, TooManyReversalsError
from accrue.domain.reversal_request import ReversalRequest
from accrue.domain.reversed_part import NOTHING_REVERSED
from accrue.domain.spending_errors import PointsLimitError
from accrue.services.apply_rules import MAX_ROUNDS, RuleApplier
from accrue.services.find_replays import find_standing_replay
from accrue.services.find_reversals import MAX_REVERSALS, find_reversals
from accrue.services.fold import Folder, RefusedRowError
from accrue.services.ports import BalanceBook, CatalogReader, LedgerReader, Recorder
from accrue.services.record_activity import ensure_same_payload


@dataclass(frozen=True, slots=True)
class ReversalResult:
    """A reversal as it was carried out, by this request or by an earlier one with its key."""

    row: Activity
    original: Activity
    postings: Mapping[MembershipRef, Posting]
    replayed: bool


@dataclass(frozen=True, slots=True)
class ReversalDesk:
    """The ports that reversing needs; `recorder_of` makes what records once."""

    catalog: CatalogReader
    ledger: LedgerReader
    book: BalanceBook
    recorder_of: Callable[[RowInserter], Recorder]

    def reverse(self, request: ReversalRequest, caller: Caller, call: Call) -> ReversalResult:
        """Reverse the activity of the caller's network, once for ever.

        Raises ActivityNotFoundError, AdminKeyRequiredError for what only admins may do, a
        RefusalError of `domain.reversal_errors`, InvalidRequestError for line items that the
        activity does not have, IdempotencyKeyReusedError if the key stands for another payload.
        Then nothing was written.
        """
        network = self.catalog.find_network(caller.network_id)
        if network is None:
            raise NetworkNotFoundError
        payload_hash_under = partial(
            reversal_payload_hash, request=request, pseudonym=network.pseudonym
        )
        try:
            original = self._original(request, caller)
        except RefusalError:
            # A key that stands for something else is told before anything that is wrong here. It
            # does not stand for this: what was reversed once is found, and is reversible, for ever.
            activity_id = id_from_idempotency_key(network.network_id, request.idempotency_key)
            earlier = self.ledger.find_row(network.network_id, activity_id)
            if isinstance(earlier, Activity):
                ensure_same_payload(earlier, payload_hash_under, FrontDoor.MEMBERSHIP)
            raise
        if original.kind is Kind.ADJUSTMENT:
            caller.ensure_admin(caller.network_id)
        draft = _draft(request, original, network, caller, call)
        applier = RuleApplier(self.catalog, self.book, lambda: call.received_at)
        ledger = ReversalLedger(self.catalog, self.ledger, self.book, applier, request, original)
        recording = self.recorder_of(ledger).record(
            Attempt(draft, payload_hash_under=payload_hash_under)
        )
        row = recording.stored
        assert isinstance(row, Activity)
        return ReversalResult(row, original, ledger.postings_of(row), not recording.created)

    def _original(self, request: ReversalRequest, caller: Caller) -> Activity:
        row = None
        if is_activity_id(request.activity_id):
            row = self.ledger.find_row(caller.network_id, request.activity_id)
        if not isinstance(row, Activity):
            raise ActivityNotFoundError
        if refusal := NotReversibleError.about(row):
            if row.settled_outcome is not None:
                _ensure_no_replay_stands(self.ledger, row)
            raise refusal
        return row


@dataclass(frozen=True, slots=True)
class _Posted:
    """What is reversed, as it was read already: an `OriginalReader`."""

    activity: Activity
    postings: Mapping[MembershipRef, Posting]

    @property
    def may_be_replayed(self) -> bool:
        """Whether it came to nothing for somebody."""
        return self.activity.kind is Kind.ACTIVITY and any(
            posting.outcome is Outcome.NO_RULE for posting in self.postings.values()
        )

    def find_original(
        self,
        row: Activity,  # noqa: ARG002 - it is of this one
        membership: MembershipRef,
    ) -> tuple[Activity, Posting] | None:
        """The activity, with its posting on the membership."""
        posting = self.postings.get(membership)
        return (self.activity, posting) if posting else None


@dataclass(frozen=True, slots=True)
class ReversalLedger:
    """Inserts a reversal of `original` with what it means: a `RowInserter`."""

    catalog: CatalogReader
    ledger: LedgerReader
    book: BalanceBook
    applier: RuleApplier
    request: ReversalRequest
    original: Activity

    def insert(self, attempt: Attempt) -> Recording:
        """Write the attempt's row, posted; or give what is there under its id already.

        Raises a RefusalError: then nothing was written.
        """
        draft = attempt.activity
        for _ in range(MAX_ROUNDS):
            try:
                row = self._post(draft)
            except (RefusalError, WriteRaceError) as obstacle:
                # Whatever stands in the way now: what was acknowledged answers.
                stored = self.ledger.find_row(draft.network_id, draft.activity_id)
                if stored is not None:
                    mine = isinstance(stored, Activity) and _is_same_call(stored, draft)
                    return Recording(stored, created=mine)
                if isinstance(obstacle, RefusalError):
                    raise
            else:
                return Recording(row, created=True)
        raise BalanceMovedError(f"{MAX_ROUNDS} times in a row")

    def _post(self, draft: Activity) -> Activity:
        """The row as it was written. Of an activity that is not applied yet, that comes first."""
        originals = _Posted(self.original, self.postings_of(self.original))
        if originals.may_be_replayed:
            _ensure_no_replay_stands(self.ledger, self.original)
        earlier = find_reversals(self.ledger, self.original)
        before = earlier[-1].after if earlier else NOTHING_REVERSED
        after = reversed_after(self.request, self.original, before)
        number = len(earlier) + 1
        if number > MAX_REVERSALS and not after.is_whole:
            raise TooManyReversalsError(MAX_REVERSALS)
        row = replace(
            draft,
            amount=_with_opposite_sign(
                amount_between(self.original, before, after), self.original.amount
            ),
            line_items=tuple(
                self.original.line_items[position]
                for position in sorted(after.items - before.items)
            ),
            reversal=Reversal(number, before, after),
        )
        folder = Folder(self.catalog, row.recorded_at, originals)
        changes = [
            self._change(row, membership, folder) for membership in concerned_memberships(row)
        ]
        changes[0] = replace(changes[0], entries=with_row(changes[0].entries, row))
        self.book.post_together(changes, ReversalMarker.of_row(row))
        return row

    def _change(self, row: Activity, membership: MembershipRef, folder: Folder) -> BalanceChange:
        balance = self.book.find_balance(row.network_id, membership)
        try:
            entries = folder.fold(row, membership, balance, dict)
        except RefusedRowError:
            # Too few points are no obstacle: all that is left is that too many are given back.
            raise PointsLimitError("path:activity_id") from None
        return BalanceChange(entries, balance.sequence)

    def postings_of(self, row: Activity) -> Mapping[MembershipRef, Posting]:
        """The postings of a row on all memberships that it concerns, applied now if they were not:
        as those are of a reversal that one transaction did not take.
        """
        postings = self.book.find_postings(row)
        if postings.keys() == concerned_memberships(row).keys():
            return postings
        for failure in self.applier.apply([row]):
            raise failure.error
        return self.book.find_postings(row)


def _ensure_no_replay_stands(ledger: LedgerReader, original: Activity) -> None:
    if replay := find_standing_replay(ledger, original):
        raise NotReversibleError.before_its_replay(replay.activity_id)


def _draft(
    request: ReversalRequest, original: Activity, network: Network, caller: Caller, call: Call
) -> Activity:
    draft = reversal_draft(
        original,
        id_from_idempotency_key(network.network_id, request.idempotency_key),
        request_id=call.request_id,
        invocation_id=call.invocation_id,
        key_id=caller.key_id,
        recorded_at=call.received_at,
    )
    return replace(
        draft,
        payload_form=REVERSAL_FORM,
        payload_hash=reversal_payload_hash(REVERSAL_FORM, request, network.pseudonym),
        description=request.reason and without_emails(request.reason),
    )


def reversal_draft(  # noqa: PLR0913 - each is named where it is called
    original: Activity,
    activity_id: str,
    *,
    request_id: str,
    invocation_id: str,
    key_id: str,
    recorded_at: datetime,
) -> Activity:
    """A reversal of the original that nobody has sent, before it is clear how much it undoes.

    Whom it concerns is pinned by the original: it may be nobody's any more in the catalog.
    """
    return Activity(
        network_id=original.network_id,
        activity_id=activity_id,
        kind=Kind.REVERSAL,
        front_door=FrontDoor.NETWORK,
        activity_type_id=original.activity_type_id,
        amount=Decimal(0),
        participants=original.participants,
        occurred_at=recorded_at,
        recorded_at=recorded_at,
        request_id=request_id,
        invocation_id=invocation_id,
        key_id=key_id,
        payload_form=NO_PAYLOAD_FORM,
        payload_hash="",
        of=original.activity_id,
    )


def _with_opposite_sign(amount: Decimal, of: Decimal) -> Decimal:
    # Never -0, which a copy with the sign turned would be.
    return amount if of < 0 else EXACT.minus(amount)


def _is_same_call(stored: Activity, draft: Activity) -> bool:
    return stored.invocation_id == draft.invocation_id
