"""Record an activity of one membership (Hang's form)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from accrue.domain.activity import Activity, FrontDoor, Kind, Participant
from accrue.domain.caller import Caller
from accrue.domain.catalog import ActivityType, Network
from accrue.domain.errors import (
    CatalogRefusalError,
    Fault,
    MembershipNotFoundError,
    RefusalError,
    UnknownActivityTypeError,
    UnknownRoleError,
)
from accrue.domain.ids import id_from_idempotency_key
from accrue.domain.kept_metadata import KeptMetadata, keep_metadata
from accrue.domain.membership_activity_request import MembershipActivityRequest
from accrue.domain.payload_forms import MEMBERSHIP_ACTIVITY_FORM, membership_payload_hash
from accrue.domain.recording import Attempt, Call, Recording
from accrue.domain.roles import MEMBER_ROLE
from accrue.services.ports import ActivityCatalog, LedgerReader, Recorder
from accrue.services.record_activity import (
    ActivityRecording,
    Plan,
    ResolvedActivity,
    carry_out,
    ensure_same_payload,
    ensure_sign,
    kept_items,
    noted,
    settled_outcome,
    values_of_items,
)

type MembershipPlan = Plan[MembershipActivityRequest]


@dataclass(frozen=True, slots=True)
class MembershipPlanner:
    """A `Planner` of activities of one membership."""

    catalog: ActivityCatalog

    def plan(
        self, request: MembershipActivityRequest, caller: Caller, call: Call
    ) -> MembershipPlan:
        """What the request comes to. Raises MembershipNotFoundError if the network is gone."""
        network = self.catalog.find_network(caller.network_id)
        if network is None:
            raise MembershipNotFoundError
        draft = _draft(request, network, caller, call)
        settled: ResolvedActivity | RefusalError
        try:
            settled = _resolve(draft, request, network, self.catalog)
        except (CatalogRefusalError, MembershipNotFoundError) as refusal:
            settled = refusal
        return Plan(request, network, call, draft, settled)

    def attempt_of(self, plan: MembershipPlan) -> Attempt | None:
        """The row under the key's id, unless the catalog refuses it."""
        if plan.resolved is None:
            return None
        return Attempt(plan.resolved.activity, payload_hash_under=_payload_hash_of(plan))

    def earlier(self, plan: MembershipPlan, ledger: LedgerReader) -> Recording | Attempt:
        """An acknowledged activity stays acknowledged, whatever has left the catalog since."""
        assert isinstance(plan.settled, RefusalError)
        earlier = ledger.find_row(plan.network.network_id, plan.draft.activity_id)
        if not isinstance(earlier, Activity):
            raise plan.settled
        ensure_same_payload(earlier, _payload_hash_of(plan), FrontDoor.MEMBERSHIP)
        return Recording(earlier, created=False)

    def further(
        self,
        plan: MembershipPlan,  # noqa: ARG002 - another form has more to write
        recording: Recording,  # noqa: ARG002
    ) -> Attempt | None:
        """Nothing: whatever was there is the answer."""
        return None

    def reference_of(self, plan: MembershipPlan) -> None:
        """It has none."""


def record_membership_activity(  # noqa: PLR0913 - three of them are ports
    request: MembershipActivityRequest,
    caller: Caller,
    call: Call,
    *,
    catalog: ActivityCatalog,
    ledger: LedgerReader,
    recorder: Recorder,
) -> ActivityRecording:
    """Record the activity once and for ever.

    Raises MembershipNotFoundError or a CatalogRefusalError if the catalog does not allow it (then
    nothing is written and the key stays free), IdempotencyKeyReusedError if the key stands for
    another payload.
    """
    planner = MembershipPlanner(catalog)
    return carry_out(planner.plan(request, caller, call), planner, ledger, recorder)


def _payload_hash_of(plan: MembershipPlan) -> Callable[[str], str]:
    return partial(membership_payload_hash, request=plan.request, pseudonym=plan.network.pseudonym)


def _draft(
    request: MembershipActivityRequest, network: Network, caller: Caller, call: Call
) -> Activity:
    return Activity(
        network_id=network.network_id,
        activity_id=id_from_idempotency_key(network.network_id, request.idempotency_key),
        kind=Kind.ACTIVITY,
        front_door=FrontDoor.MEMBERSHIP,
        activity_type_id=request.activity_type_id,
        amount=request.value,
        participants=(),
        line_items=kept_items(request.line_items),
        occurred_at=request.occurred_at,
        recorded_at=call.received_at,
        request_id=call.request_id,
        invocation_id=call.invocation_id,
        key_id=caller.key_id,
        payload_form=MEMBERSHIP_ACTIVITY_FORM,
        payload_hash=membership_payload_hash(MEMBERSHIP_ACTIVITY_FORM, request, network.pseudonym),
    )


def _resolve(
    draft: Activity, request: MembershipActivityRequest, network: Network, catalog: ActivityCatalog
) -> ResolvedActivity:
    """The draft with all that the catalog adds to it.

    A CatalogRefusalError carries everything that the catalog does not allow, under the first code.
    """
    membership = catalog.find_membership(network.network_id, request.program_membership_id)
    if membership is None:
        raise MembershipNotFoundError
    activity_type: ActivityType | None = None
    kept = KeptMetadata({})
    refusals: list[CatalogRefusalError] = []
    with noted(refusals):
        activity_type = _allowed_type(request, network, catalog)
    with noted(refusals):
        kept = keep_metadata(request.metadata, network.metadata_fields, ["activity", "metadata"])
    if refusals:
        raise CatalogRefusalError.together(refusals)
    participants = (
        Participant(MEMBER_ROLE, membership.user_id, (membership.ref,), membership.standing),
    )
    outcome = settled_outcome(
        is_type_defined=activity_type is not None,
        participants=participants,
        occurred_at=draft.occurred_at,
        recorded_at=draft.recorded_at,
    )
    return ResolvedActivity(
        replace(draft, participants=participants, metadata=kept.values, settled_outcome=outcome),
        kept.warnings,
    )


def _allowed_type(
    request: MembershipActivityRequest, network: Network, catalog: ActivityCatalog
) -> ActivityType | None:
    """The type; None if it is not defined, or archived, and the network wants that logged."""
    activity_type = catalog.find_activity_type(network.network_id, request.activity_type_id)
    if activity_type is None or activity_type.is_archived:
        if network.logs_undefined_types:
            return None
        what = "archived: take it out of the archive" if activity_type else "not defined: define it"
        remedy = f"is {what} or send a defined one"
        raise UnknownActivityTypeError(
            "The network has no such activity type.",
            [Fault("/activity/activity_type_id", remedy)],
        )
    if MEMBER_ROLE not in activity_type.roles:
        allowed = ", ".join(activity_type.roles)
        raise UnknownRoleError(
            "This activity type is not about a single member.",
            [
                Fault(
                    "/activity/activity_type_id",
                    f"has the roles {allowed}: report it to the network's activity endpoint,"
                    f" or give it the role {MEMBER_ROLE}",
                )
            ],
        )
    items = values_of_items(request.line_items, "/activity/line_items")
    ensure_sign(activity_type, {"/activity/value": request.value, **items})
    return activity_type
