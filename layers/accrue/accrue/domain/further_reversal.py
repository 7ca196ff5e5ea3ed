"""How much is reversed once a request is carried out, of an activity of which some was before."""

from dataclasses import replace
from decimal import Decimal

from accrue.domain.activity import Activity
from accrue.domain.arithmetic import EXACT
from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.json_values import pointer
from accrue.domain.reversal_errors import AlreadyReversedError, ReversalTooLargeError
from accrue.domain.reversal_request import ReversalRequest
from accrue.domain.reversed_part import ReversedPart, Worth
from accrue.domain.undone import worth_of


def reversed_after(
    request: ReversalRequest, original: Activity, before: ReversedPart
) -> ReversedPart:
    """How much is reversed with it. Once nothing is left, it is the whole, whatever the parts.

    Raises AlreadyReversedError, ReversalTooLargeError, or InvalidRequestError for line items that
    the activity does not have, or that have no value, or that are of both signs.
    """
    if before.is_whole:
        raise AlreadyReversedError
    if request.is_of_all:
        return replace(before, is_whole=True)
    worth = worth_of(original)
    if request.amount is not None:
        after = _with_amount(request.amount, worth, before)
    else:
        _ensure_one_sign(original)
        after = _with_items(request.item_ids, original, worth, before)
    return replace(after, is_whole=worth.is_all(after))


def amount_between(original: Activity, before: ReversedPart, after: ReversedPart) -> Decimal:
    """How much of the amount that is, as the absolute value."""
    worth = worth_of(original)
    return EXACT.subtract(worth.left(before), worth.left(after))


def _with_amount(amount: Decimal, worth: Worth, before: ReversedPart) -> ReversedPart:
    left = worth.left(before)
    if amount > left:
        raise ReversalTooLargeError(left)
    return replace(before, amount=EXACT.add(before.amount, amount))


def _ensure_one_sign(original: Activity) -> None:
    """Without the shoes, a trade-in or a coupon for them would be more than is left: no share of
    the whole says what such a line item is.
    """
    values = [original.amount, *(item.value or Decimal(0) for item in original.line_items)]
    if min(values) < 0 < max(values):
        remedy = "are above and below 0, so that none has a share: reverse an amount, or all"
        raise InvalidRequestError.of(Fault(pointer("line_items"), remedy))


def _with_items(
    item_ids: tuple[str, ...], original: Activity, worth: Worth, before: ReversedPart
) -> ReversedPart:
    after = before
    for index, item_id in enumerate(item_ids):
        where = pointer("line_items", index, "item_id")
        after = replace(
            after, items=after.items | {_position(item_id, where, original, before, after)}
        )
        # What was reversed by amount may have been of it.
        if worth.left(replace(after, amount=Decimal(0))) < after.amount:
            raise ReversalTooLargeError(worth.left(before), where)
    return after


def _position(
    item_id: str,
    where: str,
    original: Activity,
    before: ReversedPart,
    reversed_part: ReversedPart,
) -> int:
    """The first line item with the id that has a value and is not reversed yet, by this request
    neither.
    """
    positions = [n for n, item in enumerate(original.line_items) if item.item_id == item_id]
    if not positions:
        known = ", ".join(dict.fromkeys(item.item_id for item in original.line_items)) or "none"
        remedy = f"is no line item of the activity; it has {known}"
        raise InvalidRequestError.of(Fault(where, remedy))
    left = [position for position in positions if position not in reversed_part.items]
    valued = [position for position in left if original.line_items[position].value is not None]
    if valued:
        return valued[0]
    if left:
        raise InvalidRequestError.of(Fault(where, "has no value: reverse an amount instead"))
    if set(positions) <= before.items:
        raise AlreadyReversedError(where)
    remedy = "is named more often than the activity has it, or has it left"
    raise InvalidRequestError.of(Fault(where, f"{remedy}: name each line item once"))
