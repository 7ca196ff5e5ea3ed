from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.line_items import LineItem
from accrue.domain.network_activity_request import NetworkActivityRequest, parse_network_activity
from accrue.runtime.json_body import parse_json_body

# The source document's examples, verbatim.
EXAMPLE = """
    { "activity_short_id": "sale", "amount": "3",
      "users": { "buyer": "bradford@theroutingcompany.com", "seller": "bradford@villagelabs.co" },
      "metadata": { "reference_id": "customer_ref_id", "activity_timestamp": 12345678910, "description": "customer description" },
      "enforceUniqueRefId": false }
"""  # noqa: E501
CLIENT_SAMPLE = """
    { "activity_short_id": "S1-A", "amount": "100.99",
      "users": { "seller": "john.buyer@villagelabs.co", "buyer": "jane.seller@villagelabs.co" },
      "metadata": { "reference_id": "dpi_Ylo2Cfr8US8u1JIdAl2eZvKB", "activity_timestamp": 1664900628, "description": "Especially fancy white shoes." } }
"""  # noqa: E501
ABSENT = object()


def example(*changes: tuple[str, object]) -> dict[str, Any]:
    """The example's body with what is at each pointer replaced, or left out."""
    body: dict[str, Any] = deepcopy(parse_json_body(EXAMPLE, is_base64_encoded=False))
    for pointer, sent in changes:
        *path, name = pointer.split("/")[1:]
        place: Any = body
        for part in path:
            place = place[part]
        if sent is ABSENT:
            del place[name]
        else:
            place[name] = sent
    return body


def request(*changes: tuple[str, object]) -> NetworkActivityRequest:
    return parse_network_activity(example(*changes)).request


def faults(body: dict[str, Any], idempotency_key: str | None = None) -> tuple[Fault, ...]:
    with pytest.raises(InvalidRequestError) as refusal:
        parse_network_activity(body, idempotency_key)
    return refusal.value.faults


def test_the_verbatim_example_is_read() -> None:
    parsed = parse_network_activity(example())

    assert parsed.warnings == ()
    assert parsed.request == NetworkActivityRequest(
        activity_short_id="sale",
        amount=Decimal(3),
        users={"buyer": "bradford@theroutingcompany.com", "seller": "bradford@villagelabs.co"},
        reference_id="customer_ref_id",
        activity_timestamp=Decimal(12345678910),
        description="customer description",
        enforces_unique_reference=False,
        idempotency_key=None,
    )
    assert parsed.request.occurred_at == datetime(2361, 3, 21, 19, 15, 10, tzinfo=UTC)


def test_what_the_client_samples_send_is_read() -> None:
    body = parse_json_body(CLIENT_SAMPLE, is_base64_encoded=False)

    parsed = parse_network_activity(body, "key-1")

    assert parsed.warnings == ()
    assert parsed.request == NetworkActivityRequest(
        activity_short_id="S1-A",
        amount=Decimal("100.99"),
        users={"seller": "john.buyer@villagelabs.co", "buyer": "jane.seller@villagelabs.co"},
        reference_id="dpi_Ylo2Cfr8US8u1JIdAl2eZvKB",
        activity_timestamp=Decimal(1664900628),
        description="Especially fancy white shoes.",
        idempotency_key="key-1",
    )


MANY_USERS = {f"role_{n}": "a@b.c" for n in range(21)}
REFUSED: list[tuple[str, object, str]] = [
    # pointer of what is sent and of the fault, what is sent there, fragment of the message
    ("/activity_short_id", ABSENT, "is missing: send the id"),
    ("/activity_short_id", None, "is null: send the id"),
    ("/activity_short_id", " ", "is blank"),
    ("/activity_short_id", Decimal(1), "must be a string, not a number"),
    ("/activity_short_id", "s" * 129, "longer than 128"),
    ("/activity_short_id", "sale\n", "control characters"),
    ("/amount", ABSENT, 'is missing: send a decimal string such as "1"'),
    ("/amount", None, "is null"),
    ("/amount", "", "is blank"),
    ("/amount", "1,000.50", "remove the thousands separator"),
    ("/amount", "1e2000000", "out of range"),
    ("/amount", True, "must be a number, not a boolean"),
    ("/users", ABSENT, "is missing: send the email of at least one user"),
    ("/users", None, "is null"),
    ("/users", {}, "is empty: send the email of at least one user"),
    ("/users", ["a@b.c"], "must be an object, not an array"),
    ("/users", "a@b.c", "must be an object, not a string"),
    ("/users", MANY_USERS, "has 21 roles: send at most 20"),
    ("/users", {"": "a@b.c"}, 'has a role, "", that is blank'),
    ("/users", {"r" * 65: "a@b.c"}, "that is longer than 64 characters"),
    ("/users", {"bu\ryer": "a@b.c"}, 'has a role, "bu\\ryer", that contains control characters'),
    ("/users", {"jane@b.c": "buyer"}, 'has an email for a role: send {"<role>": "<email>"}'),
    ("/users/buyer", None, "must be a string, not null"),
    ("/users/buyer", "", "is blank"),
    ("/users/buyer", ["a@b.c"], "must be a string, not an array"),
    ("/users/buyer", "jane", "is not an email: send one such as name@example.com"),
    ("/users/buyer", " a@b.c", "contains spaces: remove them"),
    ("/users/buyer", "a@b.c, d@e.f", "contains spaces: remove them"),
    ("/users/buyer", "a@b.c\n", "control characters"),
    ("/users/buyer", "a" * 250 + "@b.co", "longer than 254"),
    ("/metadata", [], "must be an object, not an array"),
    ("/metadata", "reference", "must be an object, not a string"),
    ("/metadata/reference_id", Decimal(1), "must be a string, not a number"),
    ("/metadata/reference_id", "r" * 256, "longer than 255"),
    ("/metadata/reference_id", "r\x00", "control characters"),
    ("/metadata/activity_timestamp", Decimal(1664900628000), "looks like milliseconds"),
    ("/metadata/activity_timestamp", "1664900628000", "looks like milliseconds"),
    ("/metadata/activity_timestamp", Decimal(-1), "is before 1970"),
    ("/metadata/activity_timestamp", "yesterday", "is not a number"),
    ("/metadata/activity_timestamp", False, "must be a number, not a boolean"),
    ("/metadata/description", "d" * 1001, "longer than 1000"),
    ("/metadata/description", Decimal(1), "must be a string"),
    ("/enforceUniqueRefId", "true", "must be true or false, not a string"),
    ("/enforceUniqueRefId", Decimal(1), "must be true or false, not a number"),
    ("/metadata/enforceUniqueRefId", "false", "must be true or false, not a string"),
]


@pytest.mark.parametrize(("pointer", "sent", "fragment"), REFUSED)
def test_a_wrong_field_is_pointed_at_with_a_remedy(
    pointer: str, sent: object, fragment: str
) -> None:
    (fault,) = faults(example((pointer, sent)))

    assert fault.pointer == pointer
    assert fragment in fault.message


def test_a_role_is_escaped_in_its_pointer() -> None:
    (fault,) = faults(example(("/users", {"a/b~c": "no email"})))

    assert fault.pointer == "/users/a~1b~0c"


@pytest.mark.parametrize(
    "users", [{"jane@b.c": "buyer"}, {"buyer": "jane@b.c "}, {"b\n": "jane@b.c"}]
)
def test_no_email_is_ever_quoted(users: dict[str, str]) -> None:
    (fault,) = faults(example(("/users", users)))

    assert "jane" not in fault.pointer + fault.message


@pytest.mark.parametrize(
    ("key", "fragment"),
    [("", "is blank"), (" ", "is blank"), ("k" * 256, "longer than 255"), ("k\t", "control")],
)
def test_a_wrong_header_is_pointed_at(key: str, fragment: str) -> None:
    (fault,) = faults(example(), key)

    assert fault.pointer == "header:Idempotency-Key"
    assert fragment in fault.message


ACCEPTED: list[tuple[str, object, str, object]] = [
    # pointer of what is sent, what is sent, field of the request, its value
    ("/activity_short_id", " Sale ", "activity_short_id", " Sale "),
    ("/activity_short_id", "s" * 128, "activity_short_id", "s" * 128),
    ("/amount", "-100.990", "amount", Decimal("-100.99")),
    (
        "/users",
        {"buyer": "Jane.SELLER@VillageLabs.co"},
        "users",
        {"buyer": "jane.seller@villagelabs.co"},
    ),
    ("/users", {"r" * 64: "a" * 249 + "@b.co"}, "users", {"r" * 64: "a" * 249 + "@b.co"}),
    ("/users", {"a": "x@y.z", "b": "x@y.z"}, "users", {"a": "x@y.z", "b": "x@y.z"}),
    ("/metadata", ABSENT, "reference_id", None),
    ("/metadata", None, "activity_timestamp", None),
    ("/metadata", {}, "description", None),
    ("/metadata/reference_id", None, "reference_id", None),
    ("/metadata/reference_id", "", "reference_id", None),
    ("/metadata/reference_id", "  ", "reference_id", None),
    ("/metadata/reference_id", "r" * 255, "reference_id", "r" * 255),
    ("/metadata/activity_timestamp", ABSENT, "activity_timestamp", None),
    ("/metadata/activity_timestamp", None, "activity_timestamp", None),
    ("/metadata/activity_timestamp", "", "activity_timestamp", None),
    ("/metadata/activity_timestamp", Decimal("1.5"), "activity_timestamp", Decimal("1.5")),
    (
        "/metadata/activity_timestamp",
        Decimal("99999999999.9"),
        "activity_timestamp",
        Decimal("99999999999.9"),
    ),
    ("/metadata/description", None, "description", None),
    ("/metadata/description", "d\n" * 500, "description", "d\n" * 500),
    ("/enforceUniqueRefId", True, "enforces_unique_reference", True),
    ("/enforceUniqueRefId", None, "enforces_unique_reference", False),
    ("/enforceUniqueRefId", ABSENT, "enforces_unique_reference", False),
    ("/metadata/enforceUniqueRefId", False, "enforces_unique_reference", False),
    ("/metadata/enforceUniqueRefId", None, "enforces_unique_reference", False),
]


@pytest.mark.parametrize(("pointer", "sent", "field", "value"), ACCEPTED)
def test_blank_is_absent_and_limits_are_inclusive(
    pointer: str, sent: object, field: str, value: object
) -> None:
    assert getattr(request((pointer, sent)), field) == value


# fault's pointer, line items, fragment of the message
REFUSED_ITEMS: list[tuple[str, object, str]] = [
    ("/line_items", {}, "must be an array, not an object"),
    ("/line_items", "item_1", "must be an array, not a string"),
    ("/line_items", [{"item_id": "i"}] * 101, "has 101 items: send at most 100"),
    ("/line_items/1", [{"item_id": "i"}, None], "must be an object, not null"),
    ("/line_items/0/item_id", [{}], "is missing: send the id of the item"),
    ("/line_items/0/item_id", [{"item_id": Decimal(1)}], "must be a string, not a number"),
    ("/line_items/0/item_id", [{"item_id": "i" * 129}], "longer than 128"),
    ("/line_items/0/item_id", [{"item_id": "jane@example.com"}], "has an email in it"),
    ("/line_items/0/value", [{"item_id": "i", "value": "many"}], "is not a number"),
    ("/line_items/0/value", [{"item_id": "i", "value": "1e16"}], "out of range"),
    ("/line_items/0/group_id", [{"item_id": "i", "group_id": ""}], "is blank"),
]


@pytest.mark.parametrize(("pointer", "sent", "fragment"), REFUSED_ITEMS)
def test_a_wrong_line_item_is_pointed_at_with_a_remedy(
    pointer: str, sent: object, fragment: str
) -> None:
    (fault,) = faults(example(("/line_items", sent)))

    assert fault.pointer == pointer
    assert fragment in fault.message


ACCEPTED_ITEMS: list[tuple[object, tuple[LineItem, ...]]] = [
    (None, ()),
    ([], ()),
    ([{"item_id": "i"}] * 100, (LineItem(item_id="i"),) * 100),
    ([{"item_id": "i", "value": None, "group_id": None}], (LineItem(item_id="i"),)),
    (
        [{"item_id": "i", "value": "30.0", "group_id": "g"}, {"item_id": "j", "value": Decimal(2)}],
        (
            LineItem(item_id="i", value=Decimal(30), group_id="g"),
            LineItem(item_id="j", value=Decimal(2)),
        ),
    ),
]


@pytest.mark.parametrize(("sent", "items"), ACCEPTED_ITEMS)
def test_line_items_are_read_as_in_hangs_form(sent: object, items: tuple[LineItem, ...]) -> None:
    assert request(("/line_items", sent)).line_items == items


def test_twenty_users_are_accepted() -> None:
    users = dict(list(MANY_USERS.items())[:20])

    assert request(("/users", users)).users == users


def test_the_reference_may_be_enforced_in_metadata() -> None:
    changes = (("/enforceUniqueRefId", ABSENT), ("/metadata/enforceUniqueRefId", True))

    assert request(*changes).enforces_unique_reference


@pytest.mark.parametrize("outer", [True, False])
def test_the_two_places_of_enforcement_must_agree(outer: bool) -> None:  # noqa: FBT001
    changes = (("/enforceUniqueRefId", outer), ("/metadata/enforceUniqueRefId", not outer))

    one, other = faults(example(*changes))

    assert one == Fault(
        "/enforceUniqueRefId", "contradicts /metadata/enforceUniqueRefId: send it once"
    )
    assert other == Fault(
        "/metadata/enforceUniqueRefId", "contradicts /enforceUniqueRefId: send it once"
    )


@pytest.mark.parametrize(
    "change",
    [
        ("/metadata", ABSENT),
        ("/metadata", None),
        ("/metadata/reference_id", ABSENT),
        ("/metadata/reference_id", None),
        ("/metadata/reference_id", " "),
    ],
)
def test_enforcing_needs_a_reference(change: tuple[str, object]) -> None:
    (fault,) = faults(example(("/enforceUniqueRefId", True), change))

    assert fault == Fault("/metadata/reference_id", "is missing: enforceUniqueRefId needs it")


@pytest.mark.parametrize("change", [("/metadata", "x"), ("/metadata/reference_id", Decimal(1))])
def test_a_wrong_reference_is_not_also_missing(change: tuple[str, object]) -> None:
    (fault,) = faults(example(("/enforceUniqueRefId", True), change))

    assert fault.pointer == change[0]


def test_all_faults_are_reported_at_once() -> None:
    body = example(
        ("/amount", "x"),
        ("/users", {"buyer": "jane", "seller": None}),
        ("/metadata/reference_id", ""),
        ("/metadata/activity_timestamp", Decimal(10**12)),
        ("/metadata/description", Decimal(1)),
        ("/enforceUniqueRefId", True),
    )

    assert [fault.pointer for fault in faults(body, "")] == [
        "header:Idempotency-Key",
        "/amount",
        "/users/buyer",
        "/users/seller",
        "/metadata/activity_timestamp",
        "/metadata/description",
        "/metadata/reference_id",
    ]


@pytest.mark.parametrize(
    ("pointer", "sent", "warning"),
    [
        ("/amount", Decimal("3.0"), 'amount was sent as a number: send the string "3"'),
        ("/metadata/activity_timestamp", "12345678910", "sent as a string: send a number"),
        ("/enforce_unique_ref_id", True, "is ignored: did you mean enforceUniqueRefId?"),
        ("/user", {}, 'unknown field "user" is ignored: did you mean users?'),
        ("/source", "csv", 'unknown field "source" is ignored'),
        ("/lineItems", [], 'unknown field "lineItems" is ignored: did you mean line_items?'),
    ],
)
def test_what_is_accepted_all_the_same_is_warned_about(
    pointer: str, sent: object, warning: str
) -> None:
    parsed = parse_network_activity(example((pointer, sent)))

    assert parsed.request == request()
    (told,) = parsed.warnings
    assert told.endswith(warning)


def test_the_partners_own_metadata_is_read_as_it_was_sent() -> None:
    own = {"reference": "r", "basket": {"size": [Decimal("2.50"), None]}, "is_gift": False}
    body = example()
    body["metadata"] |= own

    parsed = parse_network_activity(body)

    assert parsed == replace(
        parse_network_activity(example()), request=replace(request(), metadata=own)
    )


def test_the_known_fields_are_not_the_partners_own() -> None:
    known = {"reference_id": "r", "activity_timestamp": Decimal(1), "description": "d"}

    assert request(("/metadata", known | {"enforceUniqueRefId": False})).metadata == {}


@pytest.mark.parametrize("blank", [None, "", "  \n"])
def test_a_blank_field_of_the_partners_own_is_absent(blank: object) -> None:
    parsed = parse_network_activity(example(("/metadata/channel", blank)))

    assert (parsed.request.metadata, parsed.warnings) == ({}, ())
