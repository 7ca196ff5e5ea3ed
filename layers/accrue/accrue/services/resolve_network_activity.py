"""What the catalog makes of an activity of a network: who took part, what is kept, if it may be."""

from collections.abc import Mapping
from dataclasses import replace

from accrue.domain.activity import Activity, Participant
from accrue.domain.catalog import ActivityType, Network, User
from accrue.domain.errors import (
    CatalogRefusalError,
    Fault,
    UnknownRoleError,
    UnknownUserError,
)
from accrue.domain.json_values import pointer, quoted
from accrue.domain.kept_metadata import KNOWN_METADATA_FIELDS, KeptMetadata, keep_metadata
from accrue.domain.near_miss import nearest_name
from accrue.domain.network_activity_request import NetworkActivityRequest
from accrue.services.enrol import AutomaticEnroller
from accrue.services.ports import ActivityCatalog
from accrue.services.record_activity import (
    ResolvedActivity,
    ensure_sign,
    noted,
    settled_outcome,
    values_of_items,
)

type Users = Mapping[str, User]


def resolve_network_activity(
    draft: Activity,
    request: NetworkActivityRequest,
    network: Network,
    catalog: ActivityCatalog,
    enroller: AutomaticEnroller,
) -> ResolvedActivity:
    """The draft with all that the catalog adds to it.

    Whoever takes part is enrolled in the network's automatic programs before the row pins the
    memberships; if the row is never written after that, nothing is lost. A CatalogRefusalError
    carries everything that the catalog does not allow, under the first code.
    """
    defined = catalog.find_activity_type(network.network_id, request.activity_short_id)
    activity_type = None if defined is None or defined.is_archived else defined
    users: Users = {}
    kept = KeptMetadata({})
    refusals: list[CatalogRefusalError] = []
    if activity_type is not None:
        with noted(refusals):
            _ensure_roles(request, activity_type)
        with noted(refusals):
            items = values_of_items(request.line_items, "/line_items")
            ensure_sign(activity_type, {"/amount": request.amount, **items})
    with noted(refusals):
        users = _users(request, network, catalog)
    with noted(refusals):
        kept = keep_metadata(
            request.metadata, network.metadata_fields, ["metadata"], KNOWN_METADATA_FIELDS
        )
    if refusals:
        raise CatalogRefusalError.together(refusals)
    participants = _participants(request, network, users, enroller)
    outcome = settled_outcome(
        is_type_defined=activity_type is not None,
        participants=participants,
        occurred_at=draft.occurred_at,
        recorded_at=draft.recorded_at,
    )
    warnings = () if activity_type else (_only_logged(request, defined, network, catalog),)
    return ResolvedActivity(
        replace(draft, participants=participants, metadata=kept.values, settled_outcome=outcome),
        warnings + kept.warnings,
    )


def _ensure_roles(request: NetworkActivityRequest, activity_type: ActivityType) -> None:
    allowed = ", ".join(activity_type.roles)
    faults = [
        Fault(pointer("users", role), f"is not a role of this activity type; it has {allowed}")
        for role in request.users
        if role not in activity_type.roles
    ]
    if faults:
        raise UnknownRoleError("The activity type does not have every role.", faults)


def _users(request: NetworkActivityRequest, network: Network, catalog: ActivityCatalog) -> Users:
    """The users by the pseudonyms of their emails, each asked for once."""
    users: dict[str, User] = {}
    faults: list[Fault] = []
    for role, email in request.users.items():
        pseudonym = network.pseudonym(email)
        user = users.get(pseudonym) or catalog.find_user(network.network_id, pseudonym)
        if user is None:
            where = pointer("users", role)
            faults.append(Fault(where, "is the email of no user of this network: create the user"))
            continue
        users[pseudonym] = user
    if faults:
        raise UnknownUserError("The network does not know every user.", faults)
    return users


def _participants(
    request: NetworkActivityRequest, network: Network, users: Users, enroller: AutomaticEnroller
) -> tuple[Participant, ...]:
    enrolled = {
        pseudonym: enroller.with_automatic(network, pseudonym, user)
        for pseudonym, user in users.items()
    }
    return tuple(
        Participant(role, user.user_id, user.memberships, user.standing)
        for role, email in request.users.items()
        for user in [enrolled[network.pseudonym(email)]]
    )


def _only_logged(
    request: NetworkActivityRequest,
    archived: ActivityType | None,
    network: Network,
    catalog: ActivityCatalog,
) -> str:
    sent = request.activity_short_id
    if archived is not None:
        return f"activity_short_id {quoted(sent)} is archived: the activity is only logged."
    near = nearest_name(sent, catalog.list_activity_type_ids(network.network_id))
    hint = f" Did you mean {quoted(near)}?" if near else ""
    return f"activity_short_id {quoted(sent)} is not defined: the activity is only logged.{hint}"
