"""What all orders about a membership's points have in common: a row, recorded with its posting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from accrue.domain.activity import Activity, FrontDoor, Kind, Participant
from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership, Network
from accrue.domain.concerned import concerned_memberships
from accrue.domain.errors import MembershipNotFoundError, RefusalError
from accrue.domain.field_parsers import without_emails
from accrue.domain.ids import id_from_idempotency_key, is_activity_id
from accrue.domain.payload_forms import (
    ADJUSTMENT_FORM,
    CAPTURE_FORM,
    HOLD_FORM,
    REDEMPTION_FORM,
    RELEASE_FORM,
    order_payload_hash,
)
from accrue.domain.points_order import PointsOrder
from accrue.domain.posting import Posting
from accrue.domain.recording import Attempt, Call, RowInserter
from accrue.domain.roles import MEMBER_ROLE
from accrue.domain.spending_errors import HoldNotFoundError
from accrue.services.fold import Folder
from accrue.services.ports import BalanceBook, CatalogReader, LedgerReader, Recorder
from accrue.services.post_at_once import AtOnceLedger
from accrue.services.record_activity import ensure_same_payload

_FORMS: Mapping[Kind, str] = {
    Kind.REDEMPTION: REDEMPTION_FORM,
    Kind.HOLD: HOLD_FORM,
    Kind.CAPTURE: CAPTURE_FORM,
    Kind.RELEASE: RELEASE_FORM,
    Kind.ADJUSTMENT: ADJUSTMENT_FORM,
}


@dataclass(frozen=True, slots=True)
class OrderResult:
    """An order as it was carried out, by this request or by an earlier one with its key."""

    row: Activity
    posting: Posting
    replayed: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order comes to, by look-ups and defaults: its points, and how long they are held."""

    points: Decimal
    hold_expires_at: datetime | None = None


# Of an order about this membership. May raise a RefusalError.
type FindTerms = Callable[[Membership], Terms]


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """The ports that carrying an order out needs; `recorder_of` makes what records once."""

    catalog: CatalogReader
    ledger: LedgerReader
    book: BalanceBook
    recorder_of: Callable[[RowInserter], Recorder]

    def carry_out(
        self, kind: Kind, order: PointsOrder, caller: Caller, call: Call, find_terms: FindTerms
    ) -> OrderResult:
        """Record the order and its posting once and for ever.

        Raises MembershipNotFoundError, what `find_terms` raises, a RefusalError of
        `domain.spending_errors`, IdempotencyKeyReusedError: then nothing was written.
        """
        network = self.catalog.find_network(caller.network_id)
        if network is None:
            raise MembershipNotFoundError
        payload_hash_under = partial(
            order_payload_hash, own_form=_FORMS[kind], order=order, pseudonym=network.pseudonym
        )
        activity_id = id_from_idempotency_key(network.network_id, order.idempotency_key)
        try:
            membership = self._membership(network, order)
            terms = find_terms(membership)
        except RefusalError:
            # What was acknowledged stays acknowledged, and a key that stands for something else is
            # told before anything that is wrong with this order.
            earlier = self.ledger.find_row(network.network_id, activity_id)
            if not isinstance(earlier, Activity):
                raise
            ensure_same_payload(earlier, payload_hash_under, FrontDoor.MEMBERSHIP)
            return self._result(earlier, replayed=True)
        row = Activity(
            network_id=network.network_id,
            activity_id=activity_id,
            kind=kind,
            front_door=FrontDoor.MEMBERSHIP,
            activity_type_id=kind.value,
            amount=terms.points,
            participants=(
                Participant(
                    MEMBER_ROLE, membership.user_id, (membership.ref,), membership.standing
                ),
            ),
            occurred_at=call.received_at,
            recorded_at=call.received_at,
            request_id=call.request_id,
            invocation_id=call.invocation_id,
            key_id=caller.key_id,
            payload_form=_FORMS[kind],
            payload_hash=payload_hash_under(_FORMS[kind]),
            description=order.description and without_emails(order.description),
            of=order.of,
            hold_expires_at=terms.hold_expires_at,
        )
        inserter = AtOnceLedger(self.ledger, self.book, Folder(self.catalog, call.received_at))
        recorder = self.recorder_of(inserter)
        recording = recorder.record(Attempt(row, payload_hash_under=payload_hash_under))
        stored = recording.stored
        assert isinstance(stored, Activity)
        return self._result(stored, replayed=not recording.created)

    def find_hold(self, network_id: str, hold_id: str | None, membership: Membership) -> Activity:
        """The row of one of the membership's holds, open or not. Raises HoldNotFoundError."""
        if hold_id is None or not is_activity_id(hold_id):
            raise HoldNotFoundError
        row = self.ledger.find_row(network_id, hold_id)
        if (
            isinstance(row, Activity)
            and row.kind is Kind.HOLD
            and membership.ref in concerned_memberships(row)
        ):
            return row
        raise HoldNotFoundError

    def _membership(self, network: Network, order: PointsOrder) -> Membership:
        # Past the cache: whoever was suspended a moment ago spends nothing more.
        found = self.catalog.find_membership_now(network.network_id, order.program_membership_id)
        if found is None:
            raise MembershipNotFoundError
        return found

    def _result(self, row: Activity, *, replayed: bool) -> OrderResult:
        # The membership that the row pins: the catalog may not have it any more.
        (membership,) = concerned_memberships(row)
        return OrderResult(row, self.book.find_postings(row)[membership], replayed)
