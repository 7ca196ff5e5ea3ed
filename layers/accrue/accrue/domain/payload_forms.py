"""What "the same payload" means, for ever.

A ledger row keeps a hash of what its sender sent and the name of the form it was hashed in. A
retry is hashed in the form that the *row* names: so a release that knows more fields, and has a
newer form for new rows, still recognises the retries of old ones. A form is never changed; a new
one is added. It lists its fields; an optional one that was not sent is left out. The idempotency
key is not among them, nor is anything that the server adds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from accrue.domain.canonical import content_hash
from accrue.domain.emails import normalize_email
from accrue.domain.errors import UnreadableRowError

# Only types: whoever hashes one form must not wait for the others.
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from accrue.domain.line_items import LineItem
    from accrue.domain.membership_activity_request import MembershipActivityRequest
    from accrue.domain.network_activity_request import NetworkActivityRequest
    from accrue.domain.points_order import PointsOrder
    from accrue.domain.reversal_request import ReversalRequest

# The forms of new rows.
MEMBERSHIP_ACTIVITY_FORM = "membership_activity/2"
NETWORK_ACTIVITY_FORM = "network_activity/2"
REDEMPTION_FORM = "redemption/1"
HOLD_FORM = "hold/1"
CAPTURE_FORM = "capture/1"
RELEASE_FORM = "release/1"
ADJUSTMENT_FORM = "adjustment/1"
REVERSAL_FORM = "reversal/1"
# Of rows that nobody sent.
NO_PAYLOAD_FORM = "none"

_KNOWN_FORMS = frozenset(
    {
        "membership_activity/1",
        "membership_activity/2",
        "network_activity/1",
        "network_activity/2",
        "redemption/1",
        "hold/1",
        "capture/1",
        "release/1",
        "adjustment/1",
        "reversal/1",
    }
)


def membership_payload_hash(
    form: str, request: MembershipActivityRequest, pseudonym: Callable[[str], str]
) -> str:
    """SHA-256, in hex, of what was sent in Hang's form.

    `pseudonym` is the network's keyed digest. Metadata that no row keeps may be personal, and all
    else that is hashed stands in the row: without a key it could be found out by hashing guesses.
    """
    if form == "membership_activity/1":
        return _hash(form, _membership_activity_1(request))
    if form == "membership_activity/2":
        return _hash(form, _membership_activity_2(request, pseudonym))
    _ensure_known(form)
    return membership_payload_hash(MEMBERSHIP_ACTIVITY_FORM, request, pseudonym)


def network_payload_hash(
    form: str, request: NetworkActivityRequest, pseudonym: Callable[[str], str]
) -> str:
    """SHA-256, in hex, of what was sent in Village's form.

    `pseudonym` is the network's keyed digest of a normalized email: a hash of the email itself
    could be guessed. At least one is in every payload, so neither can anything else that was sent,
    such as a name in metadata that no row keeps, be found out by hashing guesses.
    """
    if form == "network_activity/1":
        return _hash(form, _network_activity_1(request, pseudonym))
    if form == "network_activity/2":
        return _hash(form, _network_activity_2(request, pseudonym))
    _ensure_known(form)
    return network_payload_hash(NETWORK_ACTIVITY_FORM, request, pseudonym)


def order_payload_hash(
    form: str, own_form: str, order: PointsOrder, pseudonym: Callable[[str], str]
) -> str:
    """SHA-256, in hex, of an order about a membership's points, whose own form is `own_form`.

    The text that people write may be personal, and all else that is hashed stands in the row.
    """
    _ensure_known(form)
    # Under the form that the row names, if it is one of these orders.
    kind, _, _ = own_form.partition("/")
    form = form if form.startswith(f"{kind}/") else own_form
    text = order.description and pseudonym(content_hash({"text": order.description}))
    return _hash(
        form,
        {
            "program_membership_id": order.program_membership_id,
            "points": order.points,
            "of": order.of,
            "expires_in_seconds": order.expires_in_seconds,
            "description": text,
        },
    )


def reversal_payload_hash(
    form: str, request: ReversalRequest, pseudonym: Callable[[str], str]
) -> str:
    """SHA-256, in hex, of a reversal; its reason is hashed as an order's text is."""
    _ensure_known(form)
    reason = request.reason and pseudonym(content_hash({"text": request.reason}))
    return _hash(
        REVERSAL_FORM,
        {
            "activity_id": request.activity_id,
            "amount": request.amount,
            "item_ids": list(request.item_ids) or None,
            "reason": reason,
        },
    )


def _ensure_known(form: str) -> None:
    """A known form of the other front door is fine: its name is hashed too, so no hash is equal."""
    if form not in _KNOWN_FORMS:
        raise UnreadableRowError(f"a row has the payload form {form!r}, which is unknown here")


def _hash(form: str, sent: dict[str, object]) -> str:
    return content_hash({"form": form, **_without_absent(sent)})


def _without_absent(sent: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in sent.items() if value is not None}


def _membership_activity_1(request: MembershipActivityRequest) -> dict[str, object]:
    return {
        "program_membership_id": request.program_membership_id,
        "activity_type_id": request.activity_type_id,
        "value": request.value,
        "transaction_timestamp": request.transaction_timestamp,
        "line_items": _line_items(request.line_items),
    }


def _membership_activity_2(
    request: MembershipActivityRequest, pseudonym: Callable[[str], str]
) -> dict[str, object]:
    """Form 1 and all of `metadata`, whatever of it the network keeps."""
    metadata = pseudonym(content_hash(request.metadata)) if request.metadata else None
    return {**_membership_activity_1(request), "metadata": metadata}


def _network_activity_1(
    request: NetworkActivityRequest, pseudonym: Callable[[str], str]
) -> dict[str, object]:
    return {
        "activity_short_id": request.activity_short_id,
        "amount": request.amount,
        "users": {role: pseudonym(normalize_email(mail)) for role, mail in request.users.items()},
        "reference_id": request.reference_id,
        "activity_timestamp": request.activity_timestamp,
        "description": request.description,
        "enforceUniqueRefId": request.enforces_unique_reference or None,
    }


def _network_activity_2(
    request: NetworkActivityRequest, pseudonym: Callable[[str], str]
) -> dict[str, object]:
    """Form 1, `line_items`, and all that the partner added to `metadata`, kept or not."""
    return {
        **_network_activity_1(request, pseudonym),
        "line_items": _line_items(request.line_items),
        "metadata": request.metadata or None,
    }


def _line_items(items: Sequence[LineItem]) -> list[dict[str, object]] | None:
    sent = [
        _without_absent({"item_id": each.item_id, "value": each.value, "group_id": each.group_id})
        for each in items
    ]
    return sent or None
