"""Record an activity of several users of a network (Village's form).

References: the first activity with a reference takes the id derived from it, so that one
conditional write both records it and claims the reference. Where an idempotency key decides the id,
a marker claims the reference in the same transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from accrue.domain.activity import Activity, FrontDoor, Kind, Outcome
from accrue.domain.caller import Caller
from accrue.domain.catalog import Network
from accrue.domain.errors import CatalogRefusalError, NetworkNotFoundError
from accrue.domain.field_parsers import without_emails
from accrue.domain.ids import fresh_id, id_from_idempotency_key, id_from_reference
from accrue.domain.ledger_row import LedgerRow, ReferenceMarker
from accrue.domain.network_activity_request import NetworkActivityRequest
from accrue.domain.payload_forms import NETWORK_ACTIVITY_FORM, network_payload_hash
from accrue.domain.recording import Attempt, Call, Recording
from accrue.services.enrol import AutomaticEnroller
from accrue.services.ports import CatalogReader, LedgerReader, Recorder
from accrue.services.record_activity import (
    ResolvedActivity,
    ensure_same_payload,
    kept_items,
    warnings_about,
)
from accrue.services.resolve_network_activity import resolve_network_activity


@dataclass(frozen=True, slots=True)
class NetworkRecording:
    """What became of a request, and what its sender should be told."""

    row: Activity
    replayed: bool
    warnings: tuple[str, ...]

    @property
    def duplicate_of(self) -> str | None:
        """The first activity with the reference, if this was a duplicate of it."""
        return self.row.of if self.row.kind is Kind.DUPLICATE else None


@dataclass(frozen=True, slots=True)
class NetworkRecorder:
    """The ports that recording an activity of a network needs."""

    catalog: CatalogReader
    ledger: LedgerReader
    recorder: Recorder
    enroller: AutomaticEnroller

    def record(
        self, request: NetworkActivityRequest, caller: Caller, call: Call
    ) -> NetworkRecording:
        """Record the activity in the caller's network, or that it was a duplicate.

        Raises NetworkNotFoundError, a CatalogRefusalError if the catalog does not allow the
        activity (then nothing is written), IdempotencyKeyReusedError if the key stands for another
        payload.
        """
        network = self.catalog.find_network(caller.network_id)
        if network is None:
            raise NetworkNotFoundError
        draft = _draft(request, network, caller, call)
        try:
            resolved = resolve_network_activity(
                draft, request, network, self.catalog, self.enroller
            )
        except CatalogRefusalError:
            answered = self._answer_earlier(draft, request, network, call)
            if answered is None:
                raise
            return answered
        recording = self._record(resolved.activity, request, network, call)
        return _answer(recording, resolved)

    def _answer_earlier(
        self, draft: Activity, request: NetworkActivityRequest, network: Network, call: Call
    ) -> NetworkRecording | None:
        """The answer to a retry whose user or role has left the catalog; None if it is no retry."""
        payload_hash_under = partial(
            network_payload_hash, request=request, pseudonym=network.pseudonym
        )
        if request.idempotency_key is not None:
            row = self.ledger.find_row(network.network_id, draft.activity_id)
            if isinstance(row, Activity):
                ensure_same_payload(row, payload_hash_under, draft.front_door)
                return _answer(Recording(row, created=False), None)
        if request.enforces_unique_reference and request.reference_id is not None:
            reference = id_from_reference(network.network_id, request.reference_id)
            first = self.ledger.find_row(network.network_id, reference)
            if first is not None:
                return _answer(self._record_duplicate(draft, first, request, network, call), None)
        return None

    def _record(
        self, draft: Activity, request: NetworkActivityRequest, network: Network, call: Call
    ) -> Recording:
        recording = self.recorder.record(
            Attempt(draft, _marker(draft, request), _payload_check(request, network))
        )
        if recording.created or not _is_reference_taken(recording.stored, draft, request):
            return recording
        if request.enforces_unique_reference:
            return self._record_duplicate(draft, recording.stored, request, network, call)
        further = _under_own_id(draft, request, call)
        return self.recorder.record(Attempt(further, None, _payload_check(request, network)))

    def _record_duplicate(
        self,
        draft: Activity,
        first: LedgerRow,
        request: NetworkActivityRequest,
        network: Network,
        call: Call,
    ) -> Recording:
        duplicate = replace(
            _under_own_id(draft, request, call),
            kind=Kind.DUPLICATE,
            settled_outcome=Outcome.DUPLICATE,
            of=first.of if isinstance(first, ReferenceMarker) else first.activity_id,
        )
        return self.recorder.record(Attempt(duplicate, None, _payload_check(request, network)))


def _draft(
    request: NetworkActivityRequest, network: Network, caller: Caller, call: Call
) -> Activity:
    network_id = network.network_id
    if request.idempotency_key is not None:
        activity_id = id_from_idempotency_key(network_id, request.idempotency_key)
    elif request.reference_id is not None:
        activity_id = id_from_reference(network_id, request.reference_id)
    else:
        activity_id = fresh_id(call.new_unique())
    return Activity(
        network_id=network_id,
        activity_id=activity_id,
        kind=Kind.ACTIVITY,
        front_door=FrontDoor.NETWORK,
        activity_type_id=request.activity_short_id,
        amount=request.amount,
        participants=(),
        line_items=kept_items(request.line_items),
        occurred_at=request.occurred_at or call.received_at,
        recorded_at=call.received_at,
        request_id=call.request_id,
        invocation_id=call.invocation_id,
        key_id=caller.key_id,
        payload_form=NETWORK_ACTIVITY_FORM,
        payload_hash=network_payload_hash(NETWORK_ACTIVITY_FORM, request, network.pseudonym),
        reference_id=request.reference_id,
        description=request.description and without_emails(request.description),
    )


def _under_own_id(draft: Activity, request: NetworkActivityRequest, call: Call) -> Activity:
    """The draft under an id that does not claim its reference: the key's, or a fresh one."""
    if request.idempotency_key is not None:
        return draft
    return replace(draft, activity_id=fresh_id(call.new_unique()))


def _marker(draft: Activity, request: NetworkActivityRequest) -> ReferenceMarker | None:
    if request.idempotency_key is None or request.reference_id is None:
        return None
    return ReferenceMarker(
        network_id=draft.network_id,
        reference_id=request.reference_id,
        activity_id=id_from_reference(draft.network_id, request.reference_id),
        of=draft.activity_id,
        recorded_at=draft.recorded_at,
        request_id=draft.request_id,
    )


def _is_reference_taken(
    stored: LedgerRow, draft: Activity, request: NetworkActivityRequest
) -> bool:
    """Whether it was the reference, and not the idempotency key, that stood in the way."""
    if request.idempotency_key is None:
        return request.reference_id is not None
    return stored.activity_id != draft.activity_id


def _payload_check(
    request: NetworkActivityRequest, network: Network
) -> Callable[[str], str] | None:
    """Only an idempotency key stands for a payload: a reference is compared by itself."""
    if request.idempotency_key is None:
        return None
    return partial(network_payload_hash, request=request, pseudonym=network.pseudonym)


def _answer(recording: Recording, resolved: ResolvedActivity | None) -> NetworkRecording:
    stored = recording.stored
    assert isinstance(stored, Activity)
    return NetworkRecording(
        row=stored,
        replayed=not recording.created,
        warnings=warnings_about(recording, resolved),
    )
