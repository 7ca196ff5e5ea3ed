"""Record an activity of several users of a network (Village's form).

References: the first activity with a reference takes the id derived from it, so that one
conditional write both records it and claims the reference. Where an idempotency key decides the id,
a marker claims the reference in the same transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from accrue.domain.activity import (
    Activity,
    FrontDoor,
    Kind,
    LedgerRow,
    Outcome,
    Participant,
    ReferenceMarker,
)
from accrue.domain.caller import Caller
from accrue.domain.catalog import ActivityType, Network
from accrue.domain.errors import (
    CatalogRefusalError,
    Fault,
    NegativeValueError,
    NetworkNotFoundError,
    UnknownRoleError,
    UnknownUserError,
)
from accrue.domain.field_parsers import without_emails
from accrue.domain.ids import fresh_id, id_from_idempotency_key, id_from_reference
from accrue.domain.json_values import pointer, quoted
from accrue.domain.near_miss import nearest_name
from accrue.domain.network_activity_request import NetworkActivityRequest
from accrue.domain.payload_forms import NETWORK_ACTIVITY_FORM, network_payload_hash
from accrue.domain.recording import Attempt, Call, Recording
from accrue.services.ports import CatalogReader, LedgerReader, Recorder
from accrue.services.record_activity import ensure_same_payload, outcome_warnings, settled_outcome


@dataclass(frozen=True, slots=True)
class NetworkRecording:
    """What became of a request: `activity_id` is the first activity's if this was a duplicate of
    it.
    """

    activity_id: str
    replayed: bool
    duplicate_of: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NetworkRecorder:
    """The ports that recording an activity of a network needs."""

    catalog: CatalogReader
    ledger: LedgerReader
    recorder: Recorder

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
            draft, warnings = self._resolve(draft, request, network)
        except CatalogRefusalError:
            answered = self._answer_earlier(draft, request, network, call)
            if answered is None:
                raise
            return answered
        return _answer(self._record(draft, request, network, call), warnings)

    def _resolve(
        self, draft: Activity, request: NetworkActivityRequest, network: Network
    ) -> tuple[Activity, tuple[str, ...]]:
        activity_type = self.catalog.find_activity_type(
            network.network_id, request.activity_short_id
        )
        if activity_type is not None:
            _ensure_allowed(request, activity_type)
        participants = self._participants(request, network)
        outcome = settled_outcome(
            is_type_defined=activity_type is not None,
            participants=participants,
            occurred_at=draft.occurred_at,
            recorded_at=draft.recorded_at,
        )
        warnings = () if activity_type else (self._undefined_type_warning(request, network),)
        return replace(draft, participants=participants, settled_outcome=outcome), warnings

    def _participants(
        self, request: NetworkActivityRequest, network: Network
    ) -> tuple[Participant, ...]:
        participants: list[Participant] = []
        faults: list[Fault] = []
        for role, email in request.users.items():
            user = self.catalog.find_user(network.network_id, network.pseudonym(email))
            if user is None:
                where = pointer("users", role)
                faults.append(
                    Fault(where, "is the email of no user of this network: create the user")
                )
                continue
            participants.append(Participant(role, user.user_id, user.memberships))
        if faults:
            raise UnknownUserError("The network does not know every user.", faults)
        return tuple(participants)

    def _undefined_type_warning(self, request: NetworkActivityRequest, network: Network) -> str:
        sent = request.activity_short_id
        near = nearest_name(sent, self.catalog.list_activity_type_ids(network.network_id))
        hint = f" Did you mean {quoted(near)}?" if near else ""
        return (
            f"activity_short_id {quoted(sent)} is not defined: the activity is only logged.{hint}"
        )

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
                return _answer(Recording(row, created=False), ())
        if request.enforces_unique_reference and request.reference_id is not None:
            reference = id_from_reference(network.network_id, request.reference_id)
            first = self.ledger.find_row(network.network_id, reference)
            if first is not None:
                return _answer(self._record_duplicate(draft, first, request, network, call), ())
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


def _answer(recording: Recording, warnings: tuple[str, ...]) -> NetworkRecording:
    stored = recording.stored
    assert isinstance(stored, Activity)
    duplicate_of = stored.of if stored.kind is Kind.DUPLICATE else None
    return NetworkRecording(
        activity_id=duplicate_of or stored.activity_id,
        replayed=not recording.created,
        duplicate_of=duplicate_of,
        warnings=warnings + outcome_warnings(stored),
    )


def _ensure_allowed(request: NetworkActivityRequest, activity_type: ActivityType) -> None:
    allowed = ", ".join(activity_type.roles)
    faults = [
        Fault(pointer("users", role), f"is not a role of this activity type; it has {allowed}")
        for role in request.users
        if role not in activity_type.roles
    ]
    if faults:
        raise UnknownRoleError("The activity type does not have every role.", faults)
    if request.amount < 0 and not activity_type.allows_negative:
        raise NegativeValueError(
            "This activity type does not allow negative values.",
            [Fault("/amount", "is negative, which this activity type does not allow")],
        )
