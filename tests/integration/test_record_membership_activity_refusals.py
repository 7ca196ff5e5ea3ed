"""POST /v2/program-memberships/{program_membership_id}/activities: what is refused, and how."""

import json
import time
from typing import Any

import pytest
from moto.dynamodb.exceptions import MockValidationException

from tests.integration.bodies import ABSENT, HANG_EXAMPLE, hang_activity
from tests.integration.world import Answer, World

JSON = {"Content-Type": "application/json"}

# pointer of what is sent and of the fault, what is sent there, the fault's message
FIELD_FAULTS: list[tuple[str, object, str]] = [
    ("/idempotency_key", ABSENT, "is missing: send a key that is unique to the activity"),
    ("/idempotency_key", None, "is null: send a key that is unique to the activity"),
    ("/idempotency_key", "", "is blank: send a string that is not"),
    ("/idempotency_key", " \t", "is blank: send a string that is not"),
    ("/idempotency_key", 101, "must be a string, not a number"),
    ("/idempotency_key", "k" * 256, "is longer than 255 characters: shorten it"),
    ("/idempotency_key", "a\u0000b", "contains control characters: remove them"),
    ("/activity", ABSENT, "is missing: send the activity as an object"),
    ("/activity", [], "must be an object, not an array"),
    ("/activity/activity_type_id", ABSENT, "is missing: send the id of the activity type"),
    ("/activity/activity_type_id", "", "is blank: send a string that is not"),
    ("/activity/activity_type_id", True, "must be a string, not a boolean"),
    ("/activity/value", ABSENT, 'is missing: send a number such as "50"'),
    ("/activity/value", "", 'is blank: send a number such as "10.50"'),
    ("/activity/value", True, "must be a number, not a boolean"),
    ("/activity/value", {"amount": 1}, "must be a number, not an object"),
    ("/activity/value", "fifty", '"fifty" is not a number: send one such as "10.50"'),
    ("/activity/value", "NaN", '"NaN" is not a number: send one such as "10.50"'),
    (
        "/activity/value",
        "1e2000000",
        '"1e2000000" is out of range: write an exponent of at most 99',
    ),
    (
        "/activity/value",
        "1000000000000000.1",
        "is out of range: send an amount between -10^15 and 10^15",
    ),
    ("/activity/value", "0.0000000001", "has too many decimal places: round it to 9"),
    (
        "/activity/transaction_timestamp",
        ABSENT,
        "is missing: send the activity's time in Unix seconds",
    ),
    (
        "/activity/transaction_timestamp",
        1633887337000,
        "looks like milliseconds: send seconds",
    ),
    (
        "/activity/transaction_timestamp",
        100000000000,
        "looks like milliseconds: send seconds",
    ),
    (
        "/activity/transaction_timestamp",
        -1,
        "is before 1970: send Unix seconds, 0 or more",
    ),
    ("/activity/transaction_timestamp", [], "must be a number, not an array"),
    ("/activity/line_items", {}, "must be an array, not an object"),
    ("/activity/line_items/0", "item_1", "must be an object, not a string"),
    ("/activity/line_items/0/item_id", ABSENT, "is missing: send the id of the item"),
    ("/activity/line_items/0/item_id", " ", "is blank: send a string that is not"),
    ("/activity/line_items/0/value", [30], "must be a number, not an array"),
    ("/activity/line_items/0/group_id", 1, "must be a string, not a number"),
    (
        "/program_membership_id",
        "12346",
        "differs from the membership in the path: leave it out or make it equal",
    ),
]


@pytest.mark.parametrize(("pointer", "value", "message"), FIELD_FAULTS)
def test_a_wrong_field_is_refused_by_its_pointer(
    unchanged_world: World, pointer: str, value: object, message: str
) -> None:
    body = hang_activity({pointer: value})

    answer = unchanged_world.post_membership_activity("12345", body)

    assert answer == _refused(400, "INVALID_REQUEST", f"{pointer}: {message}", (pointer, message))
    assert unchanged_world.items("ledger") == []


def test_every_fault_is_reported_at_once(unchanged_world: World) -> None:
    body = hang_activity(
        {
            "/idempotency_key": "",
            "/activity/value": "x",
            "/activity/transaction_timestamp": 1633887337000,
            "/activity/line_items/0/item_id": ABSENT,
        }
    )

    answer = unchanged_world.post_membership_activity("12345", body)

    assert answer.body["message"] == (
        "/idempotency_key: is blank: send a string that is not (and 3 more)"
    )
    assert [fault["pointer"] for fault in answer.body["errors"]] == [
        "/idempotency_key",
        "/activity/value",
        "/activity/transaction_timestamp",
        "/activity/line_items/0/item_id",
    ]


def _with_value(text: str) -> str:
    return HANG_EXAMPLE.replace('"50"', text)


# the body, the pointer, the message
NOT_JSON: list[tuple[str | None, str, str]] = [
    (None, "", "is empty: send a JSON object"),
    ("  \r\n", "", "is empty: send a JSON object"),
    (
        "activity_type_id=1",
        "",
        "is not JSON at line 1, column 1 (Expecting value): check it with a JSON validator",
    ),
    ("[]", "", "must be a JSON object, not an array: send {...}"),
    ('"text"', "", "must be a JSON object, not a string: send {...}"),
    (
        '{ // the key\n "idempotency_key": "k" }',
        "",
        (
            "is not JSON at line 1, column 3 (Expecting property name enclosed in double quotes):"
            " JSON has no comments: remove them"
        ),
    ),
    (
        '{"idempotency_key": "k" /* the key */}',
        "",
        (
            "is not JSON at line 1, column 25 (Expecting ',' delimiter):"
            " JSON has no comments: remove them"
        ),
    ),
    (
        _with_value("1e2000000"),
        "/activity/value",
        '"1e2000000" is out of range: write an exponent of at most 99',
    ),
    (
        _with_value("1" * 5000),
        "/activity/value",
        "is longer than 40 characters: send fewer digits",
    ),
    (
        _with_value("NaN"),
        "/activity/value",
        "NaN is not a JSON number: send a number, or leave the field out",
    ),
    (
        _with_value("-Infinity"),
        "/activity/value",
        "-Infinity is not a JSON number: send a number, or leave the field out",
    ),
    (
        _with_value('"50", "value": "60"'),
        "/activity/value",
        "is sent twice: send it once",
    ),
    ('{"idempotency_key": "\\ud800"}', "/idempotency_key", "has half of a surrogate pair: send"),
    ("[" * 100 + "]" * 100, "", "nests deeper than 8 levels: flatten it"),
    (
        '{"a":' * 100 + "1" + "}" * 100,
        "",
        "nests deeper than 8 levels: flatten it",
    ),
    (_with_value("[" * 50_000), "", "nests deeper than 8 levels: flatten it"),
]


@pytest.mark.parametrize(
    ("body", "pointer", "message"), NOT_JSON, ids=[str(n) for n in range(len(NOT_JSON))]
)
def test_a_body_that_is_not_our_json_is_refused(
    unchanged_world: World, body: str | None, pointer: str, message: str
) -> None:
    started = time.process_time()

    answer = unchanged_world.post_membership_activity("12345", body)

    assert (answer.status, answer.headers, answer.body["code"]) == (400, JSON, "MALFORMED_JSON")
    (fault,) = answer.body["errors"]
    assert fault["pointer"] == pointer
    assert fault["message"].startswith(message)
    assert answer.body["message"] == f"{pointer or 'body'}: {fault['message']}"
    assert unchanged_world.items("ledger") == []
    assert time.process_time() - started < 1


def test_a_body_of_a_megabyte_is_refused_by_its_size(unchanged_world: World) -> None:
    body = json.dumps(hang_activity({"/note": "x" * 1024 * 1024}))

    answer = unchanged_world.post_membership_activity("12345", body)

    message = "is longer than 65536 bytes: send less at a time"
    assert answer == _refused(413, "REQUEST_TOO_LARGE", f"body: {message}", ("", message))
    assert unchanged_world.items("ledger") == []


# As they stand in the path, and decoded: gateways differ.
UNKNOWN_MEMBERSHIPS = [
    "99999",
    "1234%2F5",
    "1234/5",
    "12345%20",
    "12345 ",
    "%2F",
    "m%C3%BCller",
    "müller",
    "🦆",
    "%FF",
    "12345%00",
    "demo#MEMBERSHIP#12345",
]


@pytest.mark.parametrize("membership", UNKNOWN_MEMBERSHIPS)
def test_an_unknown_membership_is_not_found(unchanged_world: World, membership: str) -> None:
    answer = unchanged_world.post_membership_activity(membership, HANG_EXAMPLE)

    message = "There is no such membership in this network."
    fault = ("path:program_membership_id", "is unknown here: check the id in the URL")
    assert answer == _refused(404, "MEMBERSHIP_NOT_FOUND", message, fault)
    assert unchanged_world.items("ledger") == []


@pytest.mark.parametrize("membership", ["9" * 5000, "🦆" * 600])
def test_an_id_that_is_longer_than_any_key_is_not_found(
    unchanged_world: World, monkeypatch: pytest.MonkeyPatch, membership: str
) -> None:
    monkeypatch.setattr("moto.dynamodb.models.DynamoDBBackend.get_item", _find_nothing)

    answer = unchanged_world.post_membership_activity(membership, HANG_EXAMPLE)

    assert (answer.status, answer.body["code"]) == (404, "MEMBERSHIP_NOT_FOUND")


def test_an_encoded_id_in_the_path_is_the_same_id(unchanged_world: World) -> None:
    body = hang_activity({"/program_membership_id": "12345", "/activity/value": "-1"})

    answer = unchanged_world.post_membership_activity("1234%35", body)

    # It got as far as the last check.
    assert (answer.status, answer.body["code"]) == (422, "NEGATIVE_VALUE")


CATALOG_REFUSALS: list[tuple[dict[str, object], str, str, list[tuple[str, str]]]] = [
    (
        {"/activity/activity_type_id": "activity_type_2"},
        "UNKNOWN_ACTIVITY_TYPE",
        "The network has no such activity type.",
        [("/activity/activity_type_id", "is not defined: define it or send a defined one")],
    ),
    (
        {"/activity/activity_type_id": "ACTIVITY_TYPE_1"},
        "UNKNOWN_ACTIVITY_TYPE",
        "The network has no such activity type.",
        [("/activity/activity_type_id", "is not defined: define it or send a defined one")],
    ),
    (
        {"/activity/activity_type_id": "sale"},
        "UNKNOWN_ROLE",
        "This activity type is not about a single member.",
        [
            (
                "/activity/activity_type_id",
                (
                    "has the roles buyer, seller: report it to the network's activity endpoint,"
                    " or give it the role member"
                ),
            )
        ],
    ),
    (
        {"/activity/value": "-50", "/activity/line_items/0/value": -30},
        "NEGATIVE_VALUE",
        "This activity type does not allow negative values.",
        [
            ("/activity/value", "is negative, which this activity type does not allow"),
            (
                "/activity/line_items/0/value",
                "is negative, which this activity type does not allow",
            ),
        ],
    ),
]


@pytest.mark.parametrize(("changes", "code", "message", "faults"), CATALOG_REFUSALS)
def test_what_the_catalog_does_not_allow_is_refused(
    unchanged_world: World,
    changes: dict[str, object],
    code: str,
    message: str,
    faults: list[tuple[str, str]],
) -> None:
    answer = unchanged_world.post_membership_activity("12345", hang_activity(changes))

    assert answer == _refused(422, code, message, *faults)
    assert unchanged_world.items("ledger") == []


def test_a_route_left_open_fails_closed(unchanged_world: World) -> None:
    event: dict[str, Any] = {
        "httpMethod": "POST",
        "resource": "/v2/program-memberships/{program_membership_id}/activities",
        "headers": {},
        "pathParameters": {"program_membership_id": "12345"},
        "requestContext": {"requestId": "gateway-request"},
        "body": HANG_EXAMPLE,
        "isBase64Encoded": False,
    }

    answer = unchanged_world.invoke("record_membership_activity", event)

    assert answer["statusCode"] == 500
    assert unchanged_world.items("ledger") == []


def _find_nothing(
    _backend: object, _table_name: str, keys: dict[str, Any], _projection: object = None
) -> None:
    """Moto's search for an item, made to refuse the keys that DynamoDB refuses."""
    if len(keys.get("catalog_key", {}).get("S", "").encode()) > 2048:
        raise MockValidationException("Size of hashkey has exceeded the maximum size limit")


def _refused(status: int, code: str, message: str, *faults: tuple[str, str]) -> Answer:
    return Answer(
        status,
        JSON,
        {
            "message": message,
            "code": code,
            "errors": [{"pointer": pointer, "message": text} for pointer, text in faults],
            "request_id": "gateway-request",
        },
    )
