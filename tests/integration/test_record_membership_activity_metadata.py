"""POST /v2/program-memberships/{...}/activities: metadata, which Hang's own form does not have."""

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest

from tests.integration.bodies import ABSENT, HANG_EXAMPLE, hang_activity
from tests.integration.item_size import WRITE_UNIT_BYTES, item_size
from tests.integration.metadata import keep_metadata_named, unusable_metadata
from tests.integration.networks import demo_network
from tests.integration.world import Answer, World

JSON = {"Content-Type": "application/json"}
SERVICE = "accrue.services.record_membership_activity"
NOT_KEPT = "is not kept: an admin can name it in metadata_fields"
USUAL: dict[str, object] = {
    "channel": "app",
    "store_id": "S-17",
    "basket_value": "<12.50>",
    "is_gift": False,
}


def _body(metadata: object = USUAL, changes: Mapping[str, object] = {}) -> str:
    """Hang's example as JSON; what stands in "<...>" is a number spelt just so."""
    body = hang_activity({"/activity/metadata": metadata, **changes})
    return json.dumps(body).replace('"<', "").replace('>"', "")


def _post(world: World, metadata: object = USUAL, changes: Mapping[str, object] = {}) -> Answer:
    return world.post_membership_activity("12345", _body(metadata, changes))


def test_the_fields_that_the_network_names_are_kept_with_their_types(world: World) -> None:
    answer = _post(world)

    assert (answer.status, answer.headers.keys() & {"Accrue-Warnings"}) == (200, set())
    (item,) = world.items("ledger")
    assert item["metadata"] == {
        "M": {
            "channel": {"S": "app"},
            "store_id": {"S": "S-17"},
            "basket_value": {"N": "12.5"},
            "is_gift": {"BOOL": False},
        }
    }
    assert item["payload_form"] == {"S": "membership_activity/2"}


@pytest.mark.parametrize("sent", [ABSENT, None, {}, {"channel": None, "store_id": " "}])
def test_blank_metadata_is_absent(world: World, sent: object) -> None:
    answer = _post(world, sent)

    assert (answer.status, answer.headers.get("Accrue-Warnings")) == (200, None)
    assert "metadata" not in world.rows("ledger")[0]
    replayed = world.post_membership_activity("12345", HANG_EXAMPLE)
    assert replayed.headers["Idempotent-Replayed"] == "true"


NOT_KEPT_FIELDS: list[tuple[str, str]] = [
    ("colour", f'"colour" in /activity/metadata {NOT_KEPT}'),
    (
        "storeID",
        'unknown field "storeID" in /activity/metadata is ignored: did you mean store_id?',
    ),
    (
        "reference_id",
        '"reference_id" in /activity/metadata is not kept: only the network\'s endpoint knows it',
    ),
]


@pytest.mark.parametrize(("field", "warning"), NOT_KEPT_FIELDS)
@pytest.mark.parametrize("value", ["red", 5, True, {"shade": ["red"]}, "x" * 10_000])
def test_any_other_field_is_not_kept_and_the_sender_is_told(
    world: World, field: str, warning: str, value: object
) -> None:
    answer = _post(world, {field: value, "channel": "app"})

    assert (answer.status, answer.warnings) == (200, [warning])
    assert world.rows("ledger")[0]["metadata"] == {"channel": "app"}


def test_why_there_are_no_points_is_told_before_what_is_not_kept(world: World) -> None:
    answer = _post(world, {"colour": "red"}, {"/activity/transaction_timestamp": 12345678910})

    held = "the activity's time is more than a day ahead: it is held, without points"
    assert answer.warnings == [held, f'"colour" in /activity/metadata {NOT_KEPT}']


def test_an_email_in_a_kept_text_is_blanked_and_a_retry_is_still_one(world: World) -> None:
    sent = {"channel": "by jane.doe@example.com"}

    first = _post(world, sent)
    again = _post(world, sent)

    warning = "/activity/metadata/channel has an email in it, which is kept as [email]"
    assert (first.status, first.warnings) == (200, [warning])
    assert again == first.replayed()
    (row,) = world.rows("ledger")
    assert row["metadata"] == {"channel": "by [email]"}


UNUSABLE: list[tuple[object, str]] = [
    ("x" * 256, "is longer than 255 characters: shorten it"),
    ({"name": "app"}, "must be a string, a number, true or false, not an object"),
    (["app"], "must be a string, a number, true or false, not an array"),
    ("<1e16>", "is out of range: send an amount between -10^15 and 10^15, or send a string"),
    ("<0.0000000001>", "has too many decimal places: round it to 9, or send a string"),
]


@pytest.mark.parametrize(("value", "message"), UNUSABLE)
def test_a_named_field_that_cannot_be_kept_is_refused_by_its_pointer(
    world: World, value: object, message: str
) -> None:
    answer = _post(world, {"channel": value})

    assert answer == unusable_metadata(422, {"/activity/metadata/channel": message})
    assert world.items("ledger") == []
    # And the key is free.
    assert world.post_membership_activity("12345", HANG_EXAMPLE).status == 200


@pytest.mark.parametrize("sent", ["app", ["app"], 5, True])
def test_metadata_must_be_an_object(world: World, sent: object) -> None:
    answer = _post(world, sent)

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert [error["pointer"] for error in answer.body["errors"]] == ["/activity/metadata"]


UNDEFINED = "/activity/activity_type_id"
REFUSED_TOGETHER: list[tuple[dict[str, object], str, list[str]]] = [
    ({UNDEFINED: "brand-new"}, "UNKNOWN_ACTIVITY_TYPE", [UNDEFINED]),
    ({UNDEFINED: "sale"}, "UNKNOWN_ROLE", [UNDEFINED]),
    ({"/activity/value": "-50"}, "NEGATIVE_VALUE", ["/activity/value"]),
]


@pytest.mark.parametrize(("changes", "code", "pointers"), REFUSED_TOGETHER)
def test_all_that_the_catalog_refuses_is_reported_at_once(
    world: World, changes: dict[str, object], code: str, pointers: list[str]
) -> None:
    answer = _post(world, {"channel": [], "store_id": {}}, changes)

    assert (answer.status, answer.body["code"]) == (422, code)
    assert [error["pointer"] for error in answer.body["errors"]] == [
        *pointers,
        "/activity/metadata/channel",
        "/activity/metadata/store_id",
    ]
    assert world.items("ledger") == []


def test_a_membership_that_is_unknown_is_told_before_anything_else(world: World) -> None:
    answer = world.post_membership_activity("99999", _body({"channel": []}))

    assert (answer.status, answer.body["code"]) == (404, "MEMBERSHIP_NOT_FOUND")


def test_a_retry_with_the_same_metadata_is_answered_alike(world: World) -> None:
    first = _post(world)
    before = world.items("ledger")

    again = [
        _post(world, USUAL | changes)
        for changes in ({}, {"basket_value": "<12.500>"}, {"colour": ""})
    ]

    assert again == 3 * [first.replayed()]
    assert world.items("ledger") == before


OTHER_METADATA: list[object] = [
    ABSENT,
    {},
    USUAL | {"channel": "web"},
    USUAL | {"channel": None},
    USUAL | {"basket_value": "12.50"},
    USUAL | {"is_gift": True},
    # It would not have been kept, but it was not sent either.
    USUAL | {"colour": {"shade": ["red"]}},
]


@pytest.mark.parametrize("metadata", OTHER_METADATA)
def test_a_retry_with_other_metadata_is_another_payload(world: World, metadata: object) -> None:
    _post(world)
    before = world.items("ledger")

    answer = _post(world, metadata)

    assert (answer.status, answer.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


@pytest.mark.parametrize("named", [[], ["colour"], ["channel", "store_id", "is_gift"]])
def test_a_retry_is_one_whatever_the_network_keeps_by_then(world: World, named: list[str]) -> None:
    sent = USUAL | {"colour": {"shade": ["red"]}}
    first = _post(world, sent)
    before = world.items("ledger")
    keep_metadata_named(world, named)

    again = _post(world, sent)
    other = _post(world, USUAL | {"colour": []})

    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


def test_a_row_of_the_release_before_is_retried_as_it_was_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To it, metadata was an unknown field: it hashed none.
    with monkeypatch.context() as release_before:
        release_before.setattr(f"{SERVICE}.MEMBERSHIP_ACTIVITY_FORM", "membership_activity/1")
        first = _post(world)
    before = world.items("ledger")
    assert before[0]["payload_form"] == {"S": "membership_activity/1"}

    again = _post(world)
    unusable = _post(world, {"channel": []})
    other = _post(world, changes={"/activity/value": "51"})

    assert again == first.replayed()
    assert (unusable.status, unusable.headers["Idempotent-Replayed"]) == (200, "true")
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


def test_metadata_of_an_undefined_type_is_kept_for_when_it_is_defined(world: World) -> None:
    document = demo_network()
    document["network"]["logs_undefined_types"] = True
    world.import_network(document)
    world.restart()

    _post(world, {"channel": "app"}, {"/activity/activity_type_id": "brand-new"})

    (row,) = world.rows("ledger")
    assert row["settled_outcome"] == "undefined_type"
    assert row["metadata"] == {"channel": "app"}


def test_a_network_that_names_no_field_keeps_none(world: World) -> None:
    keep_metadata_named(world, [])

    answer = _post(world, {"channel": ["app"]})

    assert (answer.status, answer.warnings) == (
        200,
        [f'"channel" in /activity/metadata {NOT_KEPT}'],
    )
    assert "metadata" not in world.rows("ledger")[0]


def test_metadata_is_shown_with_its_activity(world: World) -> None:
    answer = _post(world)

    shown = world.get_activity(answer.headers["Accrue-Activity-Id"]).body
    assert shown["metadata"] == {
        "channel": "app",
        "store_id": "S-17",
        "basket_value": "12.5",
        "is_gift": False,
    }


def test_a_row_with_the_usual_metadata_costs_one_write_unit(world: World) -> None:
    _post(world, changes={"/idempotency_key": "0f8fad5b-d9cb-469f-a165-70867728950e"})

    (item,) = world.items("ledger")
    assert item["metadata"]["M"].keys() == USUAL.keys()
    assert world.rows("ledger")[0]["metadata"]["basket_value"] == Decimal("12.5")
    assert item_size(item) <= WRITE_UNIT_BYTES
