"""Record an activity of one membership (Hang's form)."""

from functools import partial

from accrue.domain.activity import (
    Activity,
    ActivityLineItem,
    FrontDoor,
    Kind,
    Participant,
)
from accrue.domain.caller import Caller
from accrue.domain.catalog import ActivityType, Membership
from accrue.domain.errors import (
    CatalogRefusalError,
    Fault,
    MembershipNotFoundError,
    NegativeValueError,
    UnknownActivityTypeError,
    UnknownRoleError,
)
from accrue.domain.ids import id_from_idempotency_key
from accrue.domain.membership_activity_request import MembershipActivityRequest
from accrue.domain.payload_forms import MEMBERSHIP_ACTIVITY_FORM, membership_payload_hash
from accrue.domain.program.parts import MEMBER_ROLE
from accrue.domain.recording import Attempt, Call, Recording
from accrue.services.ports import CatalogReader, LedgerReader, Recorder
from accrue.services.record_activity import ensure_same_payload, settled_outcome


def record_membership_activity(  # noqa: PLR0913 - three of them are ports
    request: MembershipActivityRequest,
    caller: Caller,
    call: Call,
    *,
    catalog: CatalogReader,
    ledger: LedgerReader,
    recorder: Recorder,
) -> Recording:
    """Record the activity once and for ever.

    Raises MembershipNotFoundError or a CatalogRefusalError if the catalog does not allow it (then
    nothing is written and the key stays free), IdempotencyKeyReusedError if the key stands for
    another payload.
    """
    activity_id = id_from_idempotency_key(caller.network_id, request.idempotency_key)
    payload_hash_under = partial(membership_payload_hash, request=request)
    try:
        activity = _allowed_activity(activity_id, request, caller, call, catalog)
    except (CatalogRefusalError, MembershipNotFoundError):
        # An acknowledged activity stays acknowledged, whatever has left the catalog since.
        earlier = ledger.find_row(caller.network_id, activity_id)
        if not isinstance(earlier, Activity):
            raise
        ensure_same_payload(earlier, payload_hash_under, FrontDoor.MEMBERSHIP)
        return Recording(earlier, created=False)
    return recorder.record(Attempt(activity, payload_hash_under=payload_hash_under))


def _allowed_activity(
    activity_id: str,
    request: MembershipActivityRequest,
    caller: Caller,
    call: Call,
    catalog: CatalogReader,
) -> Activity:
    membership = catalog.find_membership(caller.network_id, request.program_membership_id)
    if membership is None:
        raise MembershipNotFoundError
    activity_type = _allowed_type(request, caller.network_id, catalog)
    participants = (_member(membership),)
    return Activity(
        network_id=caller.network_id,
        activity_id=activity_id,
        kind=Kind.ACTIVITY,
        front_door=FrontDoor.MEMBERSHIP,
        activity_type_id=request.activity_type_id,
        amount=request.value,
        participants=participants,
        line_items=tuple(
            ActivityLineItem(item.item_id, item.value, item.group_id) for item in request.line_items
        ),
        occurred_at=request.occurred_at,
        recorded_at=call.received_at,
        request_id=call.request_id,
        invocation_id=call.invocation_id,
        key_id=caller.key_id,
        payload_form=MEMBERSHIP_ACTIVITY_FORM,
        payload_hash=membership_payload_hash(MEMBERSHIP_ACTIVITY_FORM, request),
        settled_outcome=settled_outcome(
            is_type_defined=activity_type is not None,
            participants=participants,
            occurred_at=request.occurred_at,
            recorded_at=call.received_at,
        ),
    )


def _member(membership: Membership) -> Participant:
    return Participant(MEMBER_ROLE, membership.user_id, (membership.ref,))


def _allowed_type(
    request: MembershipActivityRequest, network_id: str, catalog: CatalogReader
) -> ActivityType | None:
    """The activity's type; None if it is undefined and the network wants such activities logged."""
    activity_type = catalog.find_activity_type(network_id, request.activity_type_id)
    if activity_type is None:
        network = catalog.find_network(network_id)
        if network is not None and network.logs_undefined_types:
            return None
        raise UnknownActivityTypeError(
            "The network has no such activity type.",
            [
                Fault(
                    "/activity/activity_type_id", "is not defined: define it or send a defined one"
                )
            ],
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
    _ensure_sign(request, activity_type)
    return activity_type


def _ensure_sign(request: MembershipActivityRequest, activity_type: ActivityType) -> None:
    if activity_type.allows_negative:
        return
    faults = [
        Fault(pointer, "is negative, which this activity type does not allow")
        for pointer, value in (
            ("/activity/value", request.value),
            *(
                (f"/activity/line_items/{index}/value", item.value)
                for index, item in enumerate(request.line_items)
            ),
        )
        if value is not None and value < 0
    ]
    if faults:
        raise NegativeValueError("This activity type does not allow negative values.", faults)
