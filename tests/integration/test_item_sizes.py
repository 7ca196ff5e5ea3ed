"""The usual case costs one write unit an item: 1 KB."""

from typing import Any

import pytest

from tests.integration.bodies import (
    HANG_EXAMPLE,
    VILLAGE_EXAMPLE,
    VILLAGE_SAMPLE,
    hang_activity,
    village_activity,
)
from tests.integration.item_size import WRITE_UNIT_BYTES, item_size
from tests.integration.rich_network import purchase
from tests.integration.world import World

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
THREE_ITEMS = [
    {"item_id": f"sku-100{n}", "value": "19.99", "group_id": "beverages"} for n in range(3)
]
HANG_BODIES: list[Any] = [
    HANG_EXAMPLE,
    hang_activity({"/idempotency_key": UUID, "/activity/line_items": THREE_ITEMS}),
    hang_activity({"/activity/activity_type_id": "correction", "/activity/value": "-12345.67"}),
    hang_activity({"/activity/metadata": {"channel": "app", "store_id": "S-17"}}),
]
VILLAGE_BODIES: list[Any] = [
    VILLAGE_EXAMPLE,
    VILLAGE_SAMPLE,
    village_activity(),
    village_activity({"/line_items": THREE_ITEMS[:2], "/metadata/channel": "app"}),
    village_activity(
        {
            "/metadata/reference_id": UUID,
            "/metadata/description": "One large flat white with oat milk, to take away",
            "/enforceUniqueRefId": True,
        }
    ),
]


def test_the_rule_counts_as_dynamodb_does() -> None:
    # The example of "DynamoDB item sizes and formats": names and values in UTF-8, numbers two
    # digits a byte and one more, an element's byte each and three for the list.
    item = {
        "id": {"S": "é"},
        "n": {"N": "-123.40"},
        "l": {"L": [{"BOOL": True}, {"S": "ab"}]},
        "m": {"M": {"k": {"NULL": True}}},
    }

    assert item_size(item) == (2 + 2) + (1 + 4) + (1 + 3 + 2 + 3) + (1 + 3 + 3)


@pytest.mark.parametrize("body", HANG_BODIES, ids=range(len(HANG_BODIES)))
def test_a_row_and_its_posting_in_hangs_form_are_small(world: World, body: Any) -> None:
    assert world.post_membership_activity("12345", body).status == 200
    world.deliver()

    _assert_small(world, rows=1, results=2)


@pytest.mark.parametrize("body", VILLAGE_BODIES, ids=range(len(VILLAGE_BODIES)))
def test_a_row_and_its_postings_in_villages_form_are_small(world: World, body: Any) -> None:
    assert world.post_network_activity(body).status == 201
    world.deliver()

    _assert_small(world, rows=1, results=1 if body is VILLAGE_EXAMPLE else 4)


def test_what_explains_itself_in_the_usual_case_is_small(tea_house: World) -> None:
    # Of five rules two match, of two bonuses one, and of three quests two advance.
    for number in range(1, 4):
        answer = tea_house.post_membership_activity("ann", purchase(number))
        (row,) = [
            item
            for item in tea_house.items("ledger")
            if item["activity_id"]["S"] == answer.headers["Accrue-Activity-Id"]
        ]
        tea_house.deliver([row])

    last = max(tea_house.postings(), key=lambda posting: posting["sequence"])
    assert len(last["considered"]) == 10
    assert [len(last[part]) for part in ("lines", "quests")] == [3, 2]
    _assert_small(tea_house, rows=3, results=4)


def test_a_marker_and_a_duplicate_are_small(world: World) -> None:
    for key in ("key-1", "key-2"):
        world.post_network_activity(VILLAGE_BODIES[-1], headers={"Idempotency-Key": key})
    world.deliver()

    assert {row["kind"] for row in world.rows("ledger")} == {
        "activity",
        "reference_marker",
        "duplicate",
    }
    _assert_small(world, rows=3, results=5)


def _assert_small(world: World, rows: int, results: int) -> None:
    ledger, balance = world.items("ledger"), world.items("balance")
    assert (len(ledger), len(balance)) == (rows, results)
    assert [size for item in ledger + balance if (size := item_size(item)) > WRITE_UNIT_BYTES] == []
