"""POST /networks/{network_id}/activity: what is refused, and how."""

import json
import time
from collections.abc import Mapping

import pytest

from tests.integration.bodies import ABSENT, BUYER_EMAIL, VILLAGE_EXAMPLE, village_activity
from tests.integration.world import Answer, World

JSON = {"Content-Type": "application/json"}
AN_EMAIL = 'the email of at least one user, as in {"seller": "name@example.com"}'

# pointer of what is sent and of the fault, what is sent there, the fault's message
FIELD_FAULTS: list[tuple[str, object, str]] = [
    ("/activity_short_id", ABSENT, "is missing: send the id of the activity type"),
    ("/activity_short_id", "", "is blank: send a string that is not"),
    ("/activity_short_id", 7, "must be a string, not a number"),
    ("/amount", ABSENT, 'is missing: send a decimal string such as "1"'),
    ("/amount", "", 'is blank: send a number such as "10.50"'),
    ("/amount", [], "must be a number, not an array"),
    ("/amount", "NaN", '"NaN" is not a number: send one such as "10.50"'),
    ("/amount", "1e2000000", '"1e2000000" is out of range: write an exponent of at most 99'),
    (
        "/amount",
        "1,000.00",
        '"1,000.00" is not a number: remove the thousands separator',
    ),
    ("/amount", "1e16", "is out of range: send an amount between -10^15 and 10^15"),
    ("/users", ABSENT, f"is missing: send {AN_EMAIL}"),
    ("/users", None, f"is null: send {AN_EMAIL}"),
    ("/users", {}, "is empty: send the email of at least one user under its role"),
    ("/users", [BUYER_EMAIL], "must be an object, not an array"),
    ("/users", {str(n): BUYER_EMAIL for n in range(21)}, "has 21 roles: send at most 20"),
    ("/users", {BUYER_EMAIL: "buyer"}, 'has an email for a role: send {"<role>": "<email>"}'),
    ("/users/buyer", "", "is blank: send a string that is not"),
    ("/users/buyer", None, "must be a string, not null"),
    ("/users/buyer", "bradford", "is not an email: send one such as name@example.com"),
    ("/users/buyer", f" {BUYER_EMAIL}", "contains spaces: remove them"),
    ("/metadata", "m", "must be an object, not a string"),
    ("/metadata/reference_id", 5, "must be a string, not a number"),
    ("/metadata/reference_id", "r" * 256, "is longer than 255 characters: shorten it"),
    ("/metadata/activity_timestamp", 1664900628000, "looks like milliseconds: send seconds"),
    ("/metadata/activity_timestamp", 100000000000, "looks like milliseconds: send seconds"),
    (
        "/metadata/activity_timestamp",
        "yesterday",
        '"yesterday" is not a number: send one such as "10.50"',
    ),
    ("/metadata/description", 5, "must be a string, not a number"),
    ("/metadata/description", "d" * 1001, "is longer than 1000 characters: shorten it"),
    ("/enforceUniqueRefId", "true", "must be true or false, not a string"),
    ("/metadata/enforceUniqueRefId", 1, "must be true or false, not a number"),
]


@pytest.mark.parametrize(("pointer", "value", "message"), FIELD_FAULTS)
def test_a_wrong_field_is_refused_by_its_pointer(
    unchanged_world: World, pointer: str, value: object, message: str
) -> None:
    answer = unchanged_world.post_network_activity(village_activity({pointer: value}))

    assert answer == _refused(400, "INVALID_REQUEST", f"{pointer}: {message}", {pointer: message})
    assert unchanged_world.items("ledger") == []


NO_REFERENCE = {"/metadata/reference_id": "is missing: enforceUniqueRefId needs it"}
CONTRADICTION = {
    "/enforceUniqueRefId": "contradicts /metadata/enforceUniqueRefId: send it once",
    "/metadata/enforceUniqueRefId": "contradicts /enforceUniqueRefId: send it once",
}
REFERENCE_FAULTS: list[tuple[dict[str, object], dict[str, str]]] = [
    ({"/enforceUniqueRefId": True}, NO_REFERENCE),
    ({"/metadata/enforceUniqueRefId": True}, NO_REFERENCE),
    ({"/enforceUniqueRefId": True, "/metadata/reference_id": " "}, NO_REFERENCE),
    ({"/enforceUniqueRefId": True, "/metadata": ABSENT}, NO_REFERENCE),
    (
        {
            "/enforceUniqueRefId": True,
            "/metadata/enforceUniqueRefId": False,
            "/metadata/reference_id": "r",
        },
        CONTRADICTION,
    ),
    (
        {
            "/enforceUniqueRefId": False,
            "/metadata/enforceUniqueRefId": True,
            "/metadata/reference_id": "r",
        },
        CONTRADICTION,
    ),
]


@pytest.mark.parametrize(("changes", "faults"), REFERENCE_FAULTS)
def test_a_reference_to_enforce_must_be_sent_and_asked_for_once(
    unchanged_world: World, changes: dict[str, object], faults: dict[str, str]
) -> None:
    answer = unchanged_world.post_network_activity(village_activity(changes))

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert {e["pointer"]: e["message"] for e in answer.body["errors"]} == faults
    assert unchanged_world.items("ledger") == []


HEADER_FAULTS = [
    ("", "is blank: send a string that is not"),
    ("  ", "is blank: send a string that is not"),
    ("k" * 256, "is longer than 255 characters: shorten it"),
    ("a\tb", "contains control characters: remove them"),
]


@pytest.mark.parametrize(("key", "message"), HEADER_FAULTS)
def test_a_wrong_idempotency_key_is_refused_by_its_header(
    unchanged_world: World, key: str, message: str
) -> None:
    answer = unchanged_world.post_network_activity(
        village_activity(), headers={"Idempotency-Key": key}
    )

    where = "header:Idempotency-Key"
    assert answer == _refused(400, "INVALID_REQUEST", f"{where}: {message}", {where: message})
    assert unchanged_world.items("ledger") == []


# the body, the pointer, the message
NOT_JSON: list[tuple[str | None, str, str]] = [
    (None, "", "is empty: send a JSON object"),
    ("amount=3", "", "is not JSON at line 1, column 1"),
    (
        VILLAGE_EXAMPLE.replace('"3",', '"3", // three'),
        "",
        (
            "is not JSON at line 2, column 51 (Expecting property name enclosed in double quotes):"
            " JSON has no comments: remove them"
        ),
    ),
    (
        VILLAGE_EXAMPLE.replace('"3"', "1e2000000"),
        "/amount",
        '"1e2000000" is out of range: write an exponent of at most 99',
    ),
    (
        VILLAGE_EXAMPLE.replace('"3"', "NaN"),
        "/amount",
        "NaN is not a JSON number: send a number, or leave the field out",
    ),
    (
        VILLAGE_EXAMPLE.replace('"seller"', '"buyer"'),
        "/users/buyer",
        "is sent twice: send it once",
    ),
    (
        VILLAGE_EXAMPLE.replace('"3"', "[" * 100 + "]" * 100),
        "",
        "nests deeper than 8 levels: flatten it",
    ),
]


@pytest.mark.parametrize(
    ("body", "pointer", "message"), NOT_JSON, ids=[str(n) for n in range(len(NOT_JSON))]
)
def test_a_body_that_is_not_our_json_is_refused(
    unchanged_world: World, body: str | None, pointer: str, message: str
) -> None:
    started = time.process_time()

    answer = unchanged_world.post_network_activity(body)

    assert (answer.status, answer.headers, answer.body["code"]) == (400, JSON, "MALFORMED_JSON")
    (fault,) = answer.body["errors"]
    assert fault["pointer"] == pointer
    assert fault["message"].startswith(message)
    assert unchanged_world.items("ledger") == []
    assert time.process_time() - started < 1


def test_a_body_of_a_megabyte_is_refused_by_its_size(unchanged_world: World) -> None:
    body = json.dumps(village_activity({"/note": "x" * 1024 * 1024}))

    answer = unchanged_world.post_network_activity(body)

    message = "is longer than 65536 bytes: send less at a time"
    assert answer == _refused(413, "REQUEST_TOO_LARGE", f"body: {message}", {"": message})
    assert unchanged_world.items("ledger") == []


def test_an_unknown_email_is_refused_by_its_role_and_never_repeated(
    unchanged_world: World,
) -> None:
    body = village_activity({"/users": {"buyer": "nobody@example.com", "seller": "no.one@x.org"}})

    answer = unchanged_world.post_network_activity(body)

    fault = "is the email of no user of this network: create the user"
    faults = {"/users/buyer": fault, "/users/seller": fault}
    message = "The network does not know every user."
    assert answer == _refused(400, "UNKNOWN_USER", message, faults)
    assert "@" not in json.dumps(answer.body)
    assert unchanged_world.items("ledger") == []


def test_a_role_with_a_slash_is_pointed_at_with_its_slash_escaped(unchanged_world: World) -> None:
    body = village_activity({"/activity_short_id": "undefined", "/users": {"a/b~c": "x@y.org"}})

    answer = unchanged_world.post_network_activity(body)

    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/users/a~1b~0c"]


def test_a_role_that_a_defined_type_lacks_is_refused_naming_those_it_has(
    unchanged_world: World,
) -> None:
    body = village_activity({"/users": {"buyer": BUYER_EMAIL, "courier": BUYER_EMAIL}})

    answer = unchanged_world.post_network_activity(body)

    faults = {"/users/courier": "is not a role of this activity type; it has buyer, seller"}
    message = "The activity type does not have every role."
    assert answer == _refused(400, "UNKNOWN_ROLE", message, faults)
    assert unchanged_world.items("ledger") == []


def test_a_negative_amount_is_refused_where_the_type_does_not_allow_it(
    unchanged_world: World,
) -> None:
    answer = unchanged_world.post_network_activity(village_activity({"/amount": "-3"}))

    faults = {"/amount": "is negative, which this activity type does not allow"}
    message = "This activity type does not allow negative values."
    assert answer == _refused(400, "NEGATIVE_VALUE", message, faults)
    assert unchanged_world.items("ledger") == []


OTHER_NETWORKS = ["other", "Demo", "demo%2F", "demo/", "d%C3%A9mo", "démo", "%20demo", "d" * 5000]


NO_SUCH_NETWORK = (
    "There is no such network for this key.",
    {"path:network_id": "is not the key's network: check the id in the URL"},
)


@pytest.mark.parametrize("network_id", OTHER_NETWORKS)
@pytest.mark.parametrize("body", [VILLAGE_EXAMPLE, "not even JSON"])
def test_another_network_than_the_keys_is_not_found(
    unchanged_world: World, network_id: str, body: str
) -> None:
    answer = unchanged_world.post_network_activity(body, path_network=network_id)

    assert answer == _refused(404, "NETWORK_NOT_FOUND", *NO_SUCH_NETWORK)
    assert unchanged_world.items("ledger") == []


def test_a_network_that_is_gone_is_not_found(unchanged_world: World) -> None:
    answer = unchanged_world.post_network_activity(
        VILLAGE_EXAMPLE, network="gone", path_network="gone"
    )

    assert answer == _refused(404, "NETWORK_NOT_FOUND", *NO_SUCH_NETWORK)
    assert unchanged_world.items("ledger") == []


def _refused(status: int, code: str, message: str, faults: Mapping[str, str]) -> Answer:
    return Answer(
        status,
        JSON,
        {
            "message": message,
            "code": code,
            "errors": [{"pointer": pointer, "message": text} for pointer, text in faults.items()],
            "request_id": "gateway-request",
        },
    )
