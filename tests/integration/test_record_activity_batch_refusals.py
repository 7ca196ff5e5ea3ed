"""POST /networks/{network_id}/activities/batch: what is refused, and spoils nothing else."""

import json
from typing import Any

import pytest

from tests.integration.batches import (
    counted,
    membership_row,
    network_row,
    reference_row,
    refusals,
    statuses,
)
from tests.integration.bodies import ABSENT, VILLAGE_EXAMPLE
from tests.integration.invariants import activity_rows
from tests.integration.world import World

NOBODY = {"/users": {"buyer": "nobody@example.com"}}
BAD_ROWS: dict[str, tuple[Any, int, str, list[str]]] = {
    "neither form": ({"amount": "1"}, 400, "INVALID_REQUEST", [""]),
    "both forms": ({**network_row("k"), **membership_row("k")}, 400, "INVALID_REQUEST", [""]),
    "no object": (7, 400, "MALFORMED_JSON", [""]),
    "an array": ([1], 400, "MALFORMED_JSON", [""]),
    "too deep": ({"a": [[[[[[[[1]]]]]]]]}, 400, "MALFORMED_JSON", [""]),
    "too long": ({"a": "x" * 65_536}, 413, "REQUEST_TOO_LARGE", [""]),
    "no key": (network_row(), 400, "INVALID_REQUEST", ["/idempotency_key"]),
    "no key but a reference": (reference_row("R"), 400, "INVALID_REQUEST", ["/idempotency_key"]),
    "a blank key": (network_row(" "), 400, "INVALID_REQUEST", ["/idempotency_key"]),
    "a long key and no amount": (
        network_row("k" * 256, changes={"/amount": ABSENT}),
        400,
        "INVALID_REQUEST",
        ["/idempotency_key", "/amount"],
    ),
    "no key in Hang's form": (
        membership_row("k", changes={"/idempotency_key": ABSENT}),
        400,
        "INVALID_REQUEST",
        ["/idempotency_key"],
    ),
    "no membership": (
        {n: v for n, v in membership_row("k").items() if n != "program_membership_id"},
        400,
        "INVALID_REQUEST",
        ["/program_membership_id"],
    ),
    "a membership that is none": (
        {**membership_row("k"), "program_membership_id": True},
        400,
        "INVALID_REQUEST",
        ["/program_membership_id"],
    ),
    "milliseconds": (
        membership_row("k", changes={"/activity/transaction_timestamp": 1633887337000}),
        400,
        "INVALID_REQUEST",
        ["/activity/transaction_timestamp"],
    ),
    "an unknown membership": (
        membership_row("k", membership="none"),
        404,
        "MEMBERSHIP_NOT_FOUND",
        ["/program_membership_id"],
    ),
    "a membership with a long id": (
        membership_row("k", membership="n" * 3000),
        404,
        "MEMBERSHIP_NOT_FOUND",
        ["/program_membership_id"],
    ),
    "an unknown type in Hang's form": (
        membership_row("k", changes={"/activity/activity_type_id": "none"}),
        422,
        "UNKNOWN_ACTIVITY_TYPE",
        ["/activity/activity_type_id"],
    ),
    "a negative value in Hang's form": (
        membership_row("k", "-1"),
        422,
        "NEGATIVE_VALUE",
        ["/activity/value"],
    ),
    "a negative amount": (network_row("k", "-1"), 400, "NEGATIVE_VALUE", ["/amount"]),
    "an unknown user": (network_row("k", changes=NOBODY), 400, "UNKNOWN_USER", ["/users/buyer"]),
    "an unknown role": (
        network_row("k", changes={"/activity_short_id": "visit"}),
        400,
        "UNKNOWN_ROLE",
        ["/users/buyer", "/users/seller"],
    ),
    "enforced without a reference": (
        network_row("k", changes={"/enforceUniqueRefId": True}),
        400,
        "INVALID_REQUEST",
        ["/metadata/reference_id"],
    ),
}
BAD_TEXTS = {
    "": "is empty",
    '{"a": 1,}': "trailing comma",
    '{"a": NaN}': "NaN",
    '{"a": 1, "a": 2}': "twice",
    '{"a": "\\ud800"}': "surrogate",
    "{'a': 1}": "double quotes",
    "nonsense": "is not JSON",
    '{"a": 1} {"a": 2}': "is not JSON",
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_spoils_no_other(world: World, name: str) -> None:
    bad, status, code, pointers = BAD_ROWS[name]

    answer = world.post_batch([network_row("before"), bad, membership_row("after")])

    assert statuses(answer) == [201, status, 200]
    assert refusals(answer) == [(status, code, pointers)]
    assert answer.body["results"][1]["retryable"] is False
    assert answer.body["counts"] == counted(recorded=2, refused=1)
    assert len(activity_rows(world)) == 2


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_what_is_no_json_spoils_its_row_alone(world: World, text: str) -> None:
    good = [json.dumps(row) for row in (network_row("before"), membership_row("after"))]

    answer = world.post_batch(f"[{good[0]},{text},{good[1]}]")

    assert refusals(answer) == [(400, "MALFORMED_JSON", refusals(answer)[0][2])]
    assert BAD_TEXTS[text] in answer.body["results"][1]["message"]
    assert answer.body["counts"] == counted(recorded=2, refused=1)
    if text:
        again = world.post_batch(f"{good[0]}\n{text}\n{good[1]}")
        assert again.body["results"][1] == answer.body["results"][1]


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        (None, 400, "MALFORMED_JSON", "has no rows"),
        ("", 400, "MALFORMED_JSON", "has no rows"),
        (" \n ", 400, "MALFORMED_JSON", "has no rows"),
        ("[]", 400, "MALFORMED_JSON", "has no rows"),
        ("[{}", 400, "MALFORMED_JSON", "without its end"),
        ('[{"a": "b]', 400, "MALFORMED_JSON", "without its end"),
        ("[{}]]", 400, "MALFORMED_JSON", "behind the array"),
        ("[{}] {}", 400, "MALFORMED_JSON", "behind the array"),
        ("\ud800", 400, "MALFORMED_JSON", "surrogate"),
        ([{}] * 501, 413, "REQUEST_TOO_LARGE", "more than 500 rows"),
        ("{}\n" * 501, 413, "REQUEST_TOO_LARGE", "more than 500 rows"),
        (" " * 2 * 1024 * 1024 + "{}", 413, "REQUEST_TOO_LARGE", "longer than 2097152 bytes"),
    ],
)
def test_what_cant_be_split_is_refused_as_a_whole(
    world: World, body: Any, status: int, code: str, message: str
) -> None:
    answer = world.post_batch(body)

    assert (answer.status, answer.body["code"]) == (status, code)
    assert message in answer.body["message"]


@pytest.mark.parametrize("key", ["", " ", "a\tb", "k" * 252])
def test_a_header_that_gives_no_keys(world: World, key: str) -> None:
    answer = world.post_batch([network_row()], headers={"Idempotency-Key": key})

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert answer.body["errors"][0]["pointer"] == "header:Idempotency-Key"


def test_the_longest_header(world: World) -> None:
    rows = [network_row()] * 500
    answer = world.post_batch(rows[:2], headers={"Idempotency-Key": "k" * 251})

    assert answer.body["counts"] == counted(recorded=2)


@pytest.mark.parametrize("network", ["other", "none"])
def test_another_network(world: World, network: str) -> None:
    answer = world.post_batch([network_row("k")], path_network=network)

    assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")


def test_a_membership_id_may_be_a_number(world: World) -> None:
    row = {**membership_row("k"), "program_membership_id": 12345}

    world.post_batch([row])

    assert world.post_batch([membership_row("k")]).body["counts"] == counted(replayed=1)


def test_an_acknowledged_row_stays_acknowledged(world: World) -> None:
    rows = [
        network_row("k-1"),
        membership_row("m-1"),
        reference_row("R", "k-2", enforced=True),
        reference_row("R", enforced=True),
    ]
    assert world.post_batch(rows).body["counts"] == counted(recorded=3, duplicates=1)
    for item in world.items("catalog"):
        if item["item_key"]["S"] in {"USER", "MEMBERSHIP"}:
            key = {name: item[name] for name in ("catalog_key", "item_key")}
            world.client.delete_item(TableName="catalog", Key=key)
    world.restart()

    new = [reference_row("R", "k-3", enforced=True), network_row("k-4"), membership_row("m-2")]
    answer = world.post_batch([*rows, *new, network_row("k-1", "7")])

    assert statuses(answer) == [201, 200, 201, 201, 201, 400, 404, 422]
    assert answer.body["counts"] == counted(replayed=3, duplicates=2, refused=3)
    first = answer.body["results"][2]["activity_id"]
    assert [answer.body["results"][n]["duplicate_of"] for n in (3, 4)] == [first, first]


def test_refused_rows_take_their_turn(world: World) -> None:
    """A reference that a refused row could not take is taken by one behind it, not the other way
    round.
    """
    nobody = {**reference_row("R", "k-1", enforced=True), "users": {"buyer": "no@example.com"}}

    before = world.post_batch([nobody, reference_row("R", "k-2", enforced=True)])
    after = world.post_batch(
        [reference_row("S", "k-3"), {**nobody, "metadata": {"reference_id": "S"}}]
    )

    assert statuses(before) == [400, 201]
    assert before.body["counts"] == counted(recorded=1, refused=1)
    assert statuses(after) == [201, 201]
    assert after.body["counts"] == counted(recorded=1, duplicates=1)


def test_many_faults_leave_the_answer_small_enough(world: World) -> None:
    items = [{"item_id": 7, "value": "x", "group_id": True}] * 100
    bad = {**json.loads(VILLAGE_EXAMPLE), "line_items": items}
    rows = [json.dumps(bad)] * 300 + [json.dumps(network_row("good"))]

    answer = world.post_batch("\n".join(rows))

    assert answer.body["counts"] == counted(recorded=1, refused=300)
    assert len(json.dumps(answer.body)) < 6_000_000 - 100_000
    assert answer.body["results"][0]["errors"]
    assert answer.body["results"][299]["errors"] == []
    assert answer.body["results"][299]["message"] == answer.body["results"][0]["message"]
