"""POST /networks/{network_id}/activity: line items, which Village's own form does not have."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.bodies import ABSENT, village_activity
from tests.integration.item_size import WRITE_UNIT_BYTES, item_size
from tests.integration.networks import demo_network
from tests.integration.world import World

KEYED = {"Idempotency-Key": "key-1"}
SERVICE = "accrue.services.record_network_activity"
ITEMS: list[dict[str, Any]] = [
    {"item_id": "espresso", "value": "30.50", "group_id": "coffee"},
    {"item_id": "scone"},
]


def _sale(changes: Mapping[str, object] = {}) -> dict[str, Any]:
    return village_activity({"/line_items": ITEMS, **changes})


def test_line_items_are_kept_in_the_row_like_those_of_hangs_form(world: World) -> None:
    answer = world.post_network_activity(_sale())

    assert (answer.status, answer.headers.keys() & {"Accrue-Warnings"}) == (201, set())
    (row,) = world.rows("ledger")
    assert row["line_items"] == [
        {"item_id": "espresso", "value": Decimal("30.5"), "group_id": "coffee"},
        {"item_id": "scone"},
    ]
    shown = world.get_activity(answer.body["activity_id"]).body
    assert shown["line_items"] == [
        {"item_id": "espresso", "value": "30.5", "group_id": "coffee"},
        {"item_id": "scone", "value": None, "group_id": None},
    ]


@pytest.mark.parametrize("sent", [ABSENT, None, []])
def test_a_row_without_line_items_has_no_attribute_for_them(world: World, sent: object) -> None:
    answer = world.post_network_activity(_sale({"/line_items": sent}))

    assert (answer.status, answer.headers.get("Accrue-Warnings")) == (201, None)
    assert "line_items" not in world.rows("ledger")[0]


FAULTS: list[tuple[str, object, str]] = [
    # pointer of what is sent and of the fault, what is sent there, the fault's message
    ("/line_items", {}, "must be an array, not an object"),
    ("/line_items", [{"item_id": "i"}] * 101, "has 101 items: send at most 100"),
    ("/line_items/0", "espresso", "must be an object, not a string"),
    ("/line_items/0/item_id", ABSENT, "is missing: send the id of the item"),
    ("/line_items/0/item_id", 1, "must be a string, not a number"),
    (
        "/line_items/0/item_id",
        "for jane.doe@example.com",
        "has an email in it, and is kept for ever: send an opaque id",
    ),
    ("/line_items/0/value", "many", '"many" is not a number: send one such as "10.50"'),
    ("/line_items/0/group_id", " ", "is blank: send a string that is not"),
]


@pytest.mark.parametrize(("pointer", "value", "message"), FAULTS)
def test_a_wrong_line_item_is_refused_by_its_pointer(
    world: World, pointer: str, value: object, message: str
) -> None:
    body = json.loads(json.dumps(_sale()))
    answer = world.post_network_activity(_changed(body, pointer, value), headers=KEYED)

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert answer.body["errors"] == [{"pointer": pointer, "message": message}]
    assert world.items("ledger") == []
    # And the key is free.
    assert world.post_network_activity(_sale(), headers=KEYED).status == 201


def test_an_unknown_field_of_a_line_item_is_warned_about(world: World) -> None:
    items = [{"item_id": "espresso", "itemId": "espresso", "note": "hot"}]

    answer = world.post_network_activity(_sale({"/line_items": items}))

    assert json.loads(answer.headers["Accrue-Warnings"]) == [
        'unknown field "itemId" in /line_items/0 is ignored: did you mean item_id?',
        'unknown field "note" in /line_items/0 is ignored',
    ]


def test_negative_values_of_items_need_a_type_that_allows_them(world: World) -> None:
    items = [{"item_id": "voucher", "value": "-5"}, {"item_id": "a"}, {"item_id": "b", "value": -1}]

    answer = world.post_network_activity(_sale({"/line_items": items, "/amount": "-6"}))

    assert (answer.status, answer.body["code"]) == (400, "NEGATIVE_VALUE")
    assert [error["pointer"] for error in answer.body["errors"]] == [
        "/amount",
        "/line_items/0/value",
        "/line_items/2/value",
    ]
    assert world.items("ledger") == []


def test_negative_values_of_items_are_kept_where_the_type_allows_them(world: World) -> None:
    document = demo_network()
    document["activity_types"][2]["allows_negative"] = True
    world.import_network(document)
    world.restart()

    answer = world.post_network_activity(
        _sale({"/line_items": [{"item_id": "voucher", "value": "-5"}]})
    )

    assert answer.status == 201
    assert world.rows("ledger")[0]["line_items"] == [{"item_id": "voucher", "value": -5}]


def test_items_of_an_undefined_type_are_kept_for_when_it_is_defined(world: World) -> None:
    world.post_network_activity(_sale({"/activity_short_id": "rental"}))

    (row,) = world.rows("ledger")
    assert (row["settled_outcome"], len(row["line_items"])) == ("undefined_type", 2)


def test_what_a_duplicate_said_of_its_items_is_kept_too(world: World) -> None:
    reference: dict[str, object] = {"/metadata/reference_id": "r", "/enforceUniqueRefId": True}
    world.post_network_activity(_sale(reference))

    world.post_network_activity(_sale({**reference, "/line_items": [{"item_id": "tea"}]}))

    items = {row["kind"]: row["line_items"] for row in world.rows("ledger")}
    assert items["duplicate"] == [{"item_id": "tea"}]
    assert len(items["activity"]) == 2


def test_a_retry_with_the_same_items_is_answered_alike(world: World) -> None:
    first = world.post_network_activity(_sale(), headers=KEYED)
    before = world.items("ledger")

    again = [
        world.post_network_activity(_sale({"/line_items": items}), headers=KEYED)
        for items in (ITEMS, [{**ITEMS[0], "value": 30.5}, {"item_id": "scone", "value": None}])
    ]

    assert again == 2 * [first.replayed()]
    assert world.items("ledger") == before


OTHER_ITEMS: list[object] = [
    ABSENT,
    [],
    ITEMS[:1],
    ITEMS[::-1],
    [{**ITEMS[0], "value": "30.51"}, ITEMS[1]],
    [{**ITEMS[0], "group_id": None}, ITEMS[1]],
]


@pytest.mark.parametrize("items", OTHER_ITEMS)
def test_a_retry_with_other_items_is_another_payload(world: World, items: object) -> None:
    world.post_network_activity(_sale(), headers=KEYED)
    before = world.items("ledger")

    answer = world.post_network_activity(_sale({"/line_items": items}), headers=KEYED)

    assert (answer.status, answer.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


def test_a_row_of_the_release_before_is_retried_as_it_was_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To it, line items were an unknown field: it hashed none.
    with monkeypatch.context() as release_before:
        release_before.setattr(f"{SERVICE}.NETWORK_ACTIVITY_FORM", "network_activity/1")
        first = world.post_network_activity(_sale(), headers=KEYED)
    before = world.items("ledger")
    assert before[0]["payload_form"] == {"S": "network_activity/1"}

    again = world.post_network_activity(_sale(), headers=KEYED)
    other = world.post_network_activity(_sale({"/amount": "501"}), headers=KEYED)

    assert again == first.replayed()
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


def test_a_row_with_some_items_costs_one_write_unit(world: World) -> None:
    items = [{"item_id": f"sku-100{n}", "value": "19.99", "group_id": "coffee"} for n in range(2)]

    world.post_network_activity(_sale({"/line_items": items}))

    (item,) = world.items("ledger")
    assert item_size(item) <= WRITE_UNIT_BYTES


def _changed(body: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    *path, name = pointer.split("/")[1:]
    place: Any = body
    for part in path:
        place = place[int(part) if isinstance(place, list) else part]
    if value is ABSENT:
        del place[name]
    else:
        place[int(name) if isinstance(place, list) else name] = value
    return body
