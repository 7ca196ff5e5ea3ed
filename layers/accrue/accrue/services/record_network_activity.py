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
from accrue.domain.errors import CatalogRefusalError, NetworkNotFoundError, RefusalError
from accrue.domain.field_parsers import without_emails
from accrue.domain.ids import fresh_id, id_from_idempotency_key, id_from_reference
from accrue.domain.ledger_row import LedgerRow, ReferenceMarker
from accrue.domain.network_activity_request import NetworkActivityRequest
from accrue.domain.payload_forms import NETWORK_ACTIVITY_FORM, network_payload_hash
from accrue.domain.recording import Attempt, Call, Recording
from accrue.services.enrol import AutomaticEnroller
from accrue.services.ports import ActivityCatalog, LedgerReader, Recorder
from accrue.services.record_activity import (
    ActivityRecording,
    Plan,
    ResolvedActivity,
    carry_out,
    ensure_same_payload,
    kept_items,
)
from accrue.services.resolve_network_activity import resolve_network_activity

type NetworkPlan = Plan[NetworkActivityRequest]


@dataclass(frozen=True, slots=True)
class NetworkPlanner:
    """A `Planner` of activities of a network's users."""

    catalog: ActivityCatalog
    enroller: AutomaticEnroller

    def plan(self, request: NetworkActivityRequest, caller: Caller, call: Call) -> NetworkPlan:
        """What the request comes to. Raises NetworkNotFoundError."""
        network = self.catalog.find_network(caller.network_id)
        if network is None:
            raise NetworkNotFoundError
        draft = _draft(request, network, caller, call)
        settled: ResolvedActivity | RefusalError
        try:
            settled = resolve_network_activity(draft, request, network, self.catalog, self.enroller)
        except CatalogRefusalError as refusal:
            settled = refusal
        return Plan(request, network, call, draft, settled)

    def attempt_of(self, plan: NetworkPlan) -> Attempt | None:
        """The row under the id of its key or reference, unless the catalog refuses it."""
        if plan.resolved is None:
            return None
        draft = plan.resolved.activity
        return Attempt(draft, _marker(draft, plan.request), _payload_check(plan))

    def earlier(self, plan: NetworkPlan, ledger: LedgerReader) -> Recording | Attempt:
        """What there is of a retry whose user or role has left the catalog."""
        assert isinstance(plan.settled, RefusalError)
        draft, request, network_id = plan.draft, plan.request, plan.network.network_id
        if request.idempotency_key is not None:
            row = ledger.find_row(network_id, draft.activity_id)
            if isinstance(row, Activity):
                ensure_same_payload(row, _payload_hash_of(plan), draft.front_door)
                return Recording(row, created=False)
        if request.enforces_unique_reference and request.reference_id is not None:
            first = ledger.find_row(network_id, id_from_reference(network_id, request.reference_id))
            if first is not None:
                return _duplicate(plan, draft, first)
        raise plan.settled

    def further(self, plan: NetworkPlan, recording: Recording) -> Attempt | None:
        """The row that is written where the reference was taken."""
        assert plan.resolved is not None
        draft = plan.resolved.activity
        if recording.created or not _is_reference_taken(recording.stored, draft, plan.request):
            return None
        if plan.request.enforces_unique_reference:
            return _duplicate(plan, draft, recording.stored)
        further = _under_own_id(draft, plan.request, plan.call)
        return Attempt(further, None, _payload_check(plan))

    def reference_of(self, plan: NetworkPlan) -> str | None:
        """The id of its reference, if it has one."""
        reference_id = plan.request.reference_id
        return reference_id and id_from_reference(plan.network.network_id, reference_id)


@dataclass(frozen=True, slots=True)
class NetworkRecorder:
    """The ports that recording an activity of a network needs."""

    catalog: ActivityCatalog
    ledger: LedgerReader
    recorder: Recorder
    enroller: AutomaticEnroller

    def record(
        self, request: NetworkActivityRequest, caller: Caller, call: Call
    ) -> ActivityRecording:
        """Record the activity in the caller's network, or that it was a duplicate.

        Raises NetworkNotFoundError, a CatalogRefusalError if the catalog does not allow the
        activity (then nothing is written), IdempotencyKeyReusedError if the key stands for another
        payload.
        """
        planner = NetworkPlanner(self.catalog, self.enroller)
        plan = planner.plan(request, caller, call)
        return carry_out(plan, planner, self.ledger, self.recorder)


def _duplicate(plan: NetworkPlan, draft: Activity, first: LedgerRow) -> Attempt:
    duplicate = replace(
        _under_own_id(draft, plan.request, plan.call),
        kind=Kind.DUPLICATE,
        settled_outcome=Outcome.DUPLICATE,
        of=first.of if isinstance(first, ReferenceMarker) else first.activity_id,
    )
    return Attempt(duplicate, None, _payload_check(plan))


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
    return ReferenceMarker.of_row(draft, request.reference_id)


def _is_reference_taken(
    stored: LedgerRow, draft: Activity, request: NetworkActivityRequest
) -> bool:
    """Whether it was the reference, and not the idempotency key, that stood in the way."""
    if request.idempotency_key is None:
        return request.reference_id is not None
    return stored.activity_id != draft.activity_id


def _payload_hash_of(plan: NetworkPlan) -> Callable[[str], str]:
    return partial(network_payload_hash, request=plan.request, pseudonym=plan.network.pseudonym)


def _payload_check(plan: NetworkPlan) -> Callable[[str], str] | None:
    """Only an idempotency key stands for a payload: a reference is compared by itself."""
    return None if plan.request.idempotency_key is None else _payload_hash_of(plan)
