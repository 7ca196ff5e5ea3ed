"""A reversal as it is sent: which activity, how much of it, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from accrue.domain.amounts import parse_amount
from accrue.domain.body_fields import Fields
from accrue.domain.field_parsers import free_text, identifier, stored_identifier
from accrue.domain.findings import Findings
from accrue.domain.json_values import WrongValueError
from accrue.domain.line_items import MAX_ID_CHARS, MAX_LINE_ITEMS
from accrue.domain.membership_activity_request import MAX_IDEMPOTENCY_KEY_CHARS

MAX_REASON_CHARS = 255

BODY_FIELDS = frozenset({"idempotency_key", "amount", "line_items", "reason"})
ITEM_FIELDS = frozenset({"item_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalRequest:
    """Undo so much of the activity's amount, or these of its line items; all, without either.

    `amount` is above 0, whatever the sign of the activity's.
    """

    activity_id: str
    idempotency_key: str
    amount: Decimal | None = None
    item_ids: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def is_of_all(self) -> bool:
        """Whether all that is left of the activity is meant."""
        return self.amount is None and not self.item_ids


@dataclass(frozen=True, slots=True)
class ParsedReversal:
    """A reversal that may be carried out, and what its sender should be told."""

    request: ReversalRequest
    warnings: tuple[str, ...] = ()


def parse_reversal(body: Mapping[str, object], activity_id: str) -> ParsedReversal:
    """Read a reversal of the activity in the path. InvalidRequestError carries every fault."""
    findings = Findings()
    # A misspelt field would make a reversal of a part one of the whole.
    fields = Fields(body, findings, BODY_FIELDS, is_strict=True)
    request = ReversalRequest(
        activity_id=activity_id,
        idempotency_key=fields.required(
            "idempotency_key",
            identifier(MAX_IDEMPOTENCY_KEY_CHARS),
            "",
            "a key that is unique to this reversal",
        ),
        amount=fields.optional("amount", _positive_amount),
        item_ids=_item_ids(fields),
        reason=fields.optional("reason", free_text(MAX_REASON_CHARS)),
    )
    if request.amount is not None and request.item_ids:
        fields.refuse("is one way to say how much, line_items another: send one of them", "amount")
    findings.raise_faults()
    return ParsedReversal(request, findings.warnings())


def _item_ids(fields: Fields) -> tuple[str, ...]:
    fields.optional("line_items", _not_empty)
    parse_id = stored_identifier(MAX_ID_CHARS)
    return tuple(
        item.required("item_id", parse_id, "", "the id of the item")
        for item in fields.optional_objects("line_items", ITEM_FIELDS, MAX_LINE_ITEMS)
    )


def _not_empty(value: object) -> object:
    if isinstance(value, list) and not value:
        raise WrongValueError("names no item: leave it out to reverse the whole activity")
    return value


def _positive_amount(value: object) -> Decimal:
    amount = parse_amount(value)
    if amount <= 0:
        raise WrongValueError("is not above 0: send how much of the activity's amount to reverse")
    return amount
