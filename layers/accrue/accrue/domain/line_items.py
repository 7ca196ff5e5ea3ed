"""The items of an activity, read alike by both front doors."""

from dataclasses import dataclass
from decimal import Decimal

from accrue.domain.amounts import parse_amount
from accrue.domain.body_fields import Fields
from accrue.domain.field_parsers import stored_identifier

MAX_ID_CHARS = 128
# With the longest ids this is still far below DynamoDB's 400 KB an item.
MAX_LINE_ITEMS = 100

LINE_ITEM_FIELDS = frozenset({"item_id", "value", "group_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """One item of an activity. `value` None means that no value was sent for it."""

    item_id: str
    value: Decimal | None = None
    group_id: str | None = None


def read_line_items(fields: Fields) -> tuple[LineItem, ...]:
    """What the optional field `line_items` holds; empty if it is absent."""
    parse_id = stored_identifier(MAX_ID_CHARS)
    return tuple(
        LineItem(
            item_id=item.required("item_id", parse_id, "", "the id of the item"),
            value=item.optional("value", parse_amount),
            group_id=item.optional("group_id", parse_id),
        )
        for item in fields.optional_objects("line_items", LINE_ITEM_FIELDS, MAX_LINE_ITEMS)
    )
