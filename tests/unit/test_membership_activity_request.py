from copy import deepcopy
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.line_items import LineItem
from accrue.domain.membership_activity_request import (
    MembershipActivityRequest,
    parse_membership_activity,
)
from accrue.runtime.json_body import parse_json_body

# The source document's example, verbatim.
EXAMPLE = """
    {
      "idempotency_key": "unique-key-101",
      "activity": {
        "activity_type_id": "activity_type_1",
        "value": "50",
        "transaction_timestamp": 1633887337,
        "line_items": [ { "item_id": "item_1", "value": 30, "group_id": "group_1" } ]
      }
    }
"""
ABSENT = object()


def example(pointer: str = "", sent: object = ABSENT) -> dict[str, Any]:
    """The example's body with what is at `pointer` replaced, or left out."""
    body: dict[str, Any] = deepcopy(parse_json_body(EXAMPLE, is_base64_encoded=False))
    *path, name = pointer.split("/")[1:] or ["left out"]
    place: Any = body
    for part in path:
        place = place[int(part) if isinstance(place, list) else part]
    if sent is ABSENT:
        place.pop(name, None)
    else:
        place[int(name) if isinstance(place, list) else name] = sent
    return body


def request(body: dict[str, Any]) -> MembershipActivityRequest:
    return parse_membership_activity(body, "12345").request


def faults(body: dict[str, Any]) -> tuple[Fault, ...]:
    with pytest.raises(InvalidRequestError) as refusal:
        parse_membership_activity(body, "12345")
    return refusal.value.faults


def test_the_verbatim_example_is_read() -> None:
    parsed = parse_membership_activity(example(), "12345")

    assert parsed.warnings == ()
    assert parsed.request == MembershipActivityRequest(
        program_membership_id="12345",
        idempotency_key="unique-key-101",
        activity_type_id="activity_type_1",
        value=Decimal(50),
        transaction_timestamp=Decimal(1633887337),
        line_items=(LineItem(item_id="item_1", value=Decimal(30), group_id="group_1"),),
    )
    assert parsed.request.occurred_at == datetime(2021, 10, 10, 17, 35, 37, tzinfo=UTC)


REFUSED: list[tuple[str, object, str]] = [
    # pointer of what is sent and of the fault, what is sent there, fragment of the message
    ("/idempotency_key", ABSENT, "is missing: send a key"),
    ("/idempotency_key", None, "is null: send a key"),
    ("/idempotency_key", "", "is blank"),
    ("/idempotency_key", " \u00a0", "is blank"),
    ("/idempotency_key", Decimal(7), "must be a string, not a number"),
    ("/idempotency_key", ["k"], "must be a string, not an array"),
    ("/idempotency_key", "k" * 256, "longer than 255 characters: shorten it"),
    ("/idempotency_key", "a\nb", "contains control characters: remove them"),
    ("/program_membership_id", "12346", "differs from the membership in the path"),
    ("/program_membership_id", "012345", "differs from the membership in the path"),
    ("/program_membership_id", Decimal(1), "differs from the membership in the path"),
    ("/program_membership_id", Decimal("12345.5"), "differs from the membership in the path"),
    ("/program_membership_id", "", "differs from the membership in the path"),
    ("/program_membership_id", True, "must be a string or an integer, not a boolean"),
    ("/program_membership_id", {}, "must be a string or an integer, not an object"),
    ("/activity", ABSENT, "is missing: send the activity as an object"),
    ("/activity", None, "is null: send the activity"),
    ("/activity", [], "must be an object, not an array"),
    ("/activity", "sale", "must be an object, not a string"),
    ("/activity/activity_type_id", ABSENT, "is missing: send the id"),
    ("/activity/activity_type_id", None, "is null: send the id"),
    ("/activity/activity_type_id", "", "is blank"),
    ("/activity/activity_type_id", Decimal(1), "must be a string, not a number"),
    ("/activity/activity_type_id", "t" * 129, "longer than 128"),
    ("/activity/activity_type_id", "t\x7f", "control characters"),
    ("/activity/value", ABSENT, 'is missing: send a number such as "50"'),
    ("/activity/value", None, "is null"),
    ("/activity/value", "", "is blank"),
    ("/activity/value", "1,000.50", "remove the thousands separator"),
    ("/activity/value", "1e16", "out of range"),
    ("/activity/value", "0.0000000001", "too many decimal places"),
    ("/activity/value", True, "must be a number, not a boolean"),
    ("/activity/value", {}, "must be a number, not an object"),
    ("/activity/transaction_timestamp", ABSENT, "is missing"),
    ("/activity/transaction_timestamp", None, "is null"),
    ("/activity/transaction_timestamp", "", "is blank"),
    ("/activity/transaction_timestamp", "2021-10-10", "is not a number"),
    ("/activity/transaction_timestamp", Decimal(1633887337000), "looks like milliseconds"),
    ("/activity/transaction_timestamp", Decimal(-1), "is before 1970"),
    ("/activity/line_items", {}, "must be an array, not an object"),
    ("/activity/line_items", [{"item_id": "i"}] * 101, "has 101 items: send at most 100"),
    ("/activity/line_items/0", None, "must be an object, not null"),
    ("/activity/line_items/0", "item_1", "must be an object, not a string"),
    ("/activity/line_items/0/item_id", ABSENT, "is missing: send the id of the item"),
    ("/activity/line_items/0/item_id", None, "is null"),
    ("/activity/line_items/0/item_id", "", "is blank"),
    ("/activity/line_items/0/item_id", Decimal(1), "must be a string"),
    ("/activity/line_items/0/item_id", "i" * 129, "longer than 128"),
    ("/activity/line_items/0/item_id", "i\u0085", "control characters"),
    ("/activity/line_items/0/value", "many", "is not a number"),
    ("/activity/line_items/0/value", "", "is blank"),
    ("/activity/line_items/0/value", False, "must be a number, not a boolean"),
    ("/activity/line_items/0/group_id", "", "is blank"),
    ("/activity/line_items/0/group_id", Decimal(1), "must be a string"),
    ("/activity/line_items/0/group_id", "g" * 129, "longer than 128"),
    ("/activity/line_items/0/group_id", "g\t", "control characters"),
    ("/activity/metadata", [], "must be an object, not an array"),
    ("/activity/metadata", "app", "must be an object, not a string"),
]


@pytest.mark.parametrize(("pointer", "sent", "fragment"), REFUSED)
def test_a_wrong_field_is_pointed_at_with_a_remedy(
    pointer: str, sent: object, fragment: str
) -> None:
    (fault,) = faults(example(pointer, sent))

    assert fault.pointer == pointer
    assert fragment in fault.message


ACCEPTED: list[tuple[str, object, str, object]] = [
    # pointer of what is sent, what is sent, field of the request, its value
    ("/idempotency_key", "k" * 255, "idempotency_key", "k" * 255),
    ("/idempotency_key", " Zoë/1 ", "idempotency_key", " Zoë/1 "),
    ("/program_membership_id", ABSENT, "program_membership_id", "12345"),
    ("/program_membership_id", None, "program_membership_id", "12345"),
    ("/program_membership_id", "12345", "program_membership_id", "12345"),
    ("/program_membership_id", Decimal(12345), "program_membership_id", "12345"),
    ("/activity/activity_type_id", "t" * 128, "activity_type_id", "t" * 128),
    ("/activity/value", Decimal("-4.45"), "value", Decimal("-4.45")),
    ("/activity/value", "1e15", "value", Decimal(10**15)),
    ("/activity/transaction_timestamp", Decimal("1.5"), "transaction_timestamp", Decimal("1.5")),
    ("/activity/transaction_timestamp", "1.50", "transaction_timestamp", Decimal("1.5")),
    ("/activity/line_items", ABSENT, "line_items", ()),
    ("/activity/line_items", None, "line_items", ()),
    ("/activity/line_items", [], "line_items", ()),
    (
        "/activity/line_items",
        [{"item_id": "i"}] * 100,
        "line_items",
        (LineItem(item_id="i"),) * 100,
    ),
    (
        "/activity/line_items/0",
        {"item_id": "i", "value": None, "group_id": None},
        "line_items",
        (LineItem(item_id="i"),),
    ),
    ("/activity/metadata", ABSENT, "metadata", {}),
    ("/activity/metadata", None, "metadata", {}),
    ("/activity/metadata", {}, "metadata", {}),
    ("/activity/metadata", {"a": None, "b": "", "c": " \n"}, "metadata", {}),
]


@pytest.mark.parametrize(("pointer", "sent", "field", "value"), ACCEPTED)
def test_null_is_absent_and_limits_are_inclusive(
    pointer: str, sent: object, field: str, value: object
) -> None:
    assert getattr(request(example(pointer, sent)), field) == value


def test_all_faults_are_reported_at_once() -> None:
    body = example("/activity/line_items", [{"item_id": ""}, None, {"value": "x"}])
    body |= {"idempotency_key": "", "program_membership_id": "9"}
    del body["activity"]["value"]

    assert [fault.pointer for fault in faults(body)] == [
        "/idempotency_key",
        "/program_membership_id",
        "/activity/value",
        "/activity/line_items/1",
        "/activity/line_items/0/item_id",
        "/activity/line_items/2/item_id",
        "/activity/line_items/2/value",
    ]


def test_an_empty_body_lacks_both_fields() -> None:
    assert [fault.pointer for fault in faults({})] == ["/idempotency_key", "/activity"]


def test_a_misspelt_required_field_is_named() -> None:
    body = example("/idempotency_key")
    body["idempotencyKey"] = "k"

    (fault,) = faults(body)

    assert fault.message.endswith('(instead of "idempotencyKey"?)')


@pytest.mark.parametrize(
    ("pointer", "warning"),
    [
        ("/note", 'unknown field "note" is ignored'),
        ("/activity/actvity_type_id", "in /activity is ignored: did you mean activity_type_id?"),
        (
            "/activity/line_items/0/groupId",
            'unknown field "groupId" in /activity/line_items/0 is ignored: did you mean group_id?',
        ),
        ("/caf\u00e9\r\nSet-Cookie: x", '"caf\\xe9\\r\\nSet-Cookie: x"'),
        ('/say "hi"', 'unknown field "say \\"hi\\"" is ignored'),
        ("/" + "n" * 60_000, f'"{"n" * 40}..." is ignored'),
    ],
)
def test_unknown_fields_are_accepted_and_warned_about(pointer: str, warning: str) -> None:
    parsed = parse_membership_activity(example(pointer, "sent"), "12345")

    assert parsed.request == request(example())
    (told,) = parsed.warnings
    assert warning in told
    assert told.isascii()
    assert told.isprintable()


@pytest.mark.parametrize(("unknown", "told"), [(8, 8), (9, 8), (5000, 8)])
def test_warnings_fit_into_a_header(unknown: int, told: int) -> None:
    body = example() | {f"field_{n}": None for n in range(unknown)}

    warnings = parse_membership_activity(body, "12345").warnings

    assert len(warnings) == told
    assert (warnings[-1] == "further warnings are left out") == (unknown > told)


def test_the_partners_metadata_is_read_as_it_was_sent() -> None:
    sent = {
        "channel": "app",
        "basket": {"size": [Decimal("2.50"), None]},
        "is_gift": False,
        # Of Village's form, which has a field of this name; this one has none.
        "reference_id": "r",
    }

    parsed = parse_membership_activity(example("/activity/metadata", sent), "12345")

    assert (parsed.request.metadata, parsed.warnings) == (sent, ())


def test_a_request_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        request(example()).value = Decimal(1)  # type: ignore[misc]
