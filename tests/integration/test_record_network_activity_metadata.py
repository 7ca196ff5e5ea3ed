"""POST /networks/{network_id}/activity: what becomes of the partner's own metadata."""

import json
from decimal import Decimal

import pytest

from tests.integration.bodies import ABSENT, BUYER_EMAIL, village_activity
from tests.integration.item_size import WRITE_UNIT_BYTES, item_size
from tests.integration.metadata import keep_metadata_named, unusable_metadata
from tests.integration.world import World

JSON = {"Content-Type": "application/json"}
KEYED = {"Idempotency-Key": "key-1"}
SERVICE = "accrue.services.record_network_activity"
NOT_KEPT = "is not kept: an admin can name it in metadata_fields"
USUAL: dict[str, object] = {
    "/metadata/channel": "app",
    "/metadata/store_id": "S-17",
    "/metadata/basket_value": "<12.50>",
    "/metadata/is_gift": False,
}


def _body(changes: dict[str, object]) -> str:
    """A sale as JSON; what stands in "<...>" is a number spelt just so."""
    return json.dumps(village_activity(changes)).replace('"<', "").replace('>"', "")


def test_the_fields_that_the_network_names_are_kept_with_their_types(world: World) -> None:
    answer = world.post_network_activity(_body(USUAL))

    assert (answer.status, answer.headers.keys() & {"Accrue-Warnings"}) == (201, set())
    (item,) = world.items("ledger")
    assert item["metadata"] == {
        "M": {
            "channel": {"S": "app"},
            "store_id": {"S": "S-17"},
            "basket_value": {"N": "12.5"},
            "is_gift": {"BOOL": False},
        }
    }
    assert item["payload_form"] == {"S": "network_activity/2"}


def test_a_row_without_metadata_has_no_attribute_for_it(world: World) -> None:
    world.post_network_activity(village_activity({"/metadata/channel": None}))

    (row,) = world.rows("ledger")
    assert "metadata" not in row


NUMBERS = [
    ("12.50", "12.5"),
    ("1250e-2", "12.5"),
    ("0.1", "0.1"),
    ("-0", "0"),
    ("1e15", "1000000000000000"),
    ("999999999999999.123456789", "999999999999999.123456789"),
]


@pytest.mark.parametrize(("sent", "kept"), NUMBERS)
def test_a_number_is_kept_exactly(world: World, sent: str, kept: str) -> None:
    answer = world.post_network_activity(_body({"/metadata/basket_value": f"<{sent}>"}))

    assert answer.status == 201
    (row,) = world.rows("ledger")
    assert row["metadata"] == {"basket_value": Decimal(kept)}


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_field_is_absent(world: World, blank: object) -> None:
    changes = {"/metadata/channel": blank, "/metadata/store_id": "S-17"}

    answer = world.post_network_activity(village_activity(changes))

    assert (answer.status, answer.headers.get("Accrue-Warnings")) == (201, None)
    (row,) = world.rows("ledger")
    assert row["metadata"] == {"store_id": "S-17"}


@pytest.mark.parametrize("value", ["red", 5, True, {"shade": ["red"]}, "x" * 10_000])
def test_any_other_field_is_not_kept_and_the_sender_is_told(world: World, value: object) -> None:
    answer = world.post_network_activity(village_activity({"/metadata/colour": value}))

    assert answer.status == 201
    assert answer.warnings == [f'"colour" in /metadata {NOT_KEPT}']
    (row,) = world.rows("ledger")
    assert "metadata" not in row


def test_a_misspelt_field_of_the_networks_own_is_recognised(world: World) -> None:
    answer = world.post_network_activity(village_activity({"/metadata/storeID": "S-17"}))

    warning = 'unknown field "storeID" in /metadata is ignored: did you mean store_id?'
    assert answer.warnings == [warning]


def test_why_there_are_no_points_is_told_before_what_is_not_kept(world: World) -> None:
    changes = {
        "/users": {"buyer": "not.enrolled@example.com"},
        "/metadata": {f"colour{number}": "red" for number in range(20)},
    }

    answer = world.post_network_activity(village_activity(changes))

    first, *further = answer.warnings
    assert first == "nobody in this activity is enrolled in a program: there are no points"
    assert (len(further), further[-1]) == (8, "further warnings are left out")


def test_an_email_in_a_kept_text_is_blanked_and_a_retry_is_still_one(world: World) -> None:
    body = village_activity({"/metadata/channel": "by jane.doe@example.com"})

    first = world.post_network_activity(body, headers=KEYED)
    again = world.post_network_activity(body, headers=KEYED)

    warning = "/metadata/channel has an email in it, which is kept as [email]"
    assert (first.status, first.warnings) == (201, [warning])
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
    answer = world.post_network_activity(_body({"/metadata/channel": value}), headers=KEYED)

    assert answer == unusable_metadata(400, {"/metadata/channel": message})
    assert world.items("ledger") == []
    # And the key is free.
    assert world.post_network_activity(village_activity(), headers=KEYED).status == 201


def test_all_that_the_catalog_refuses_is_reported_at_once(world: World) -> None:
    changes = {
        "/amount": "-3",
        "/users": {"buyer": "nobody@example.com", "courier": BUYER_EMAIL},
        "/metadata/channel": ["app"],
        "/metadata/store_id": "x" * 256,
    }

    answer = world.post_network_activity(village_activity(changes))

    assert (answer.status, answer.body["code"]) == (400, "UNKNOWN_ROLE")
    assert [e["pointer"] for e in answer.body["errors"]] == [
        "/users/courier",
        "/amount",
        "/users/buyer",
        "/metadata/channel",
        "/metadata/store_id",
    ]
    assert world.items("ledger") == []


def test_a_retry_with_the_same_metadata_is_answered_alike(world: World) -> None:
    first = world.post_network_activity(_body(USUAL), headers=KEYED)
    before = world.items("ledger")

    again = [
        world.post_network_activity(_body(USUAL | changes), headers=KEYED)
        for changes in ({}, {"/metadata/basket_value": "<12.500>"}, {"/metadata/colour": ""})
    ]

    assert again == 3 * [first.replayed()]
    assert world.items("ledger") == before


OTHER_METADATA: list[tuple[str, object]] = [
    ("/metadata/channel", "web"),
    ("/metadata/channel", ABSENT),
    ("/metadata/basket_value", "12.50"),
    ("/metadata/is_gift", True),
    # It would not have been kept, but it was not sent either.
    ("/metadata/colour", {"shade": ["red"]}),
]


@pytest.mark.parametrize(("pointer", "value"), OTHER_METADATA)
def test_a_retry_with_other_metadata_is_another_payload(
    world: World, pointer: str, value: object
) -> None:
    world.post_network_activity(_body(USUAL), headers=KEYED)
    before = world.items("ledger")

    answer = world.post_network_activity(_body(USUAL | {pointer: value}), headers=KEYED)

    assert (answer.status, answer.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


@pytest.mark.parametrize("named", [[], ["colour"], ["channel", "store_id", "is_gift"]])
def test_a_retry_is_one_whatever_the_network_keeps_by_then(world: World, named: list[str]) -> None:
    body = _body(USUAL | {"/metadata/colour": {"shade": ["red"]}})
    first = world.post_network_activity(body, headers=KEYED)
    before = world.items("ledger")
    keep_metadata_named(world, named)

    again = world.post_network_activity(body, headers=KEYED)
    other = world.post_network_activity(_body(USUAL | {"/metadata/colour": []}), headers=KEYED)

    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


def test_an_enforced_duplicate_is_one_though_its_metadata_cannot_be_kept(world: World) -> None:
    reference: dict[str, object] = {"/metadata/reference_id": "r", "/enforceUniqueRefId": True}
    first = world.post_network_activity(village_activity(reference))

    again = world.post_network_activity(village_activity(reference | {"/metadata/channel": []}))

    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Accrue-Duplicate-Of"] == first.body["activity_id"]


def test_a_row_of_the_release_before_is_retried_as_it_was_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It hashed no metadata, and kept none.
    with monkeypatch.context() as release_before:
        release_before.setattr(f"{SERVICE}.NETWORK_ACTIVITY_FORM", "network_activity/1")
        first = world.post_network_activity(_body(USUAL), headers=KEYED)
    before = world.items("ledger")
    assert before[0]["payload_form"] == {"S": "network_activity/1"}

    again = world.post_network_activity(_body(USUAL), headers=KEYED)
    other = world.post_network_activity(_body(USUAL | {"/amount": "501"}), headers=KEYED)

    assert again == first.replayed()
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


def test_metadata_of_an_undefined_type_is_kept_for_when_it_is_defined(world: World) -> None:
    body = village_activity({"/activity_short_id": "rental", "/metadata/channel": "app"})

    world.post_network_activity(body)

    (row,) = world.rows("ledger")
    assert row["settled_outcome"] == "undefined_type"
    assert row["metadata"] == {"channel": "app"}


def test_a_network_that_names_no_field_keeps_none(world: World) -> None:
    keep_metadata_named(world, [])

    answer = world.post_network_activity(village_activity({"/metadata/channel": ["app"]}))

    assert (answer.status, answer.warnings) == (201, [f'"channel" in /metadata {NOT_KEPT}'])
    assert "metadata" not in world.rows("ledger")[0]


def test_a_row_with_the_usual_metadata_costs_one_write_unit(world: World) -> None:
    described: dict[str, object] = {
        "/metadata/reference_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "/metadata/description": "One large flat white with oat milk, to take away",
    }

    world.post_network_activity(_body(USUAL | described))

    (item,) = world.items("ledger")
    assert item["metadata"]["M"].keys() == {"channel", "store_id", "basket_value", "is_gift"}
    assert item_size(item) <= WRITE_UNIT_BYTES
