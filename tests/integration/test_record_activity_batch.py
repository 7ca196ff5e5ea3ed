"""POST /networks/{network_id}/activities/batch: what is recorded, and how it is answered."""

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from accrue.domain.ids import id_from_idempotency_key, id_from_reference
from tests.integration.batches import (
    counted,
    ids,
    membership_row,
    network_row,
    reference_row,
    statuses,
)
from tests.integration.conftest import NOW
from tests.integration.faults import Faults
from tests.integration.invariants import Witness, activity_rows, assert_settled, balances_of
from tests.integration.users import SUSPEND, about_user
from tests.integration.world import Answer, World, gateway_event

MIXED = [
    network_row("n-1"),
    membership_row("m-1"),
    reference_row("R-1", enforced=True),
    reference_row("R-2", "n-2", enforced=True),
    reference_row("R-3", "n-3"),
    membership_row("m-2", "70"),
]


def by_id(world: World) -> dict[str, dict[str, Any]]:
    return {row["activity_id"]: row for row in world.rows("ledger")}


def without_receipt(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what tells one request from another."""
    told = ("recorded_at", "request_id", "invocation_id", "content_hash")
    return {name: value for name, value in row.items() if name not in told}


def test_the_whole_answer(world: World) -> None:
    answer = world.post_batch([network_row("n-1"), membership_row("m-1"), {"activity": {}}])

    assert answer.status == 200
    assert answer.body == {
        "results": [
            {
                "row": 0,
                "status": 201,
                "activity_id": id_from_idempotency_key("demo", "n-1"),
                "replayed": False,
                "duplicate_of": None,
                "warnings": [],
            },
            {
                "row": 1,
                "status": 200,
                "activity_id": id_from_idempotency_key("demo", "m-1"),
                "replayed": False,
                "duplicate_of": None,
                "warnings": [],
            },
            {
                "row": 2,
                "status": 400,
                "code": "INVALID_REQUEST",
                "message": answer.body["results"][2]["message"],
                "errors": answer.body["results"][2]["errors"],
                "retryable": False,
            },
        ],
        "counts": counted(recorded=2, refused=1),
    }
    assert [fault["pointer"] for fault in answer.body["results"][2]["errors"]] == [
        "/program_membership_id",
        "/idempotency_key",
        "/activity/activity_type_id",
        "/activity/value",
        "/activity/transaction_timestamp",
    ]
    assert "Accrue-Warnings" not in answer.headers


def test_rows_are_those_of_single_requests(world: World) -> None:
    together = world.post_batch(MIXED)
    rows = by_id(world)
    snapshot = {name: row for name, row in rows.items() if not row["kind"].endswith("_marker")}
    assert together.body["counts"] == counted(recorded=len(MIXED))
    assert len(snapshot) == len(MIXED)

    world.restore({**world.snapshot(), **empty_ledger(world)})
    for row in MIXED:
        post_alone(world, row)

    single = by_id(world)
    assert single.keys() == rows.keys()
    for activity_id, row in snapshot.items():
        assert without_receipt(single[activity_id]) | {"time_shard": row["time_shard"]} == (
            without_receipt(row)
        )


def empty_ledger(world: World) -> dict[str, Any]:
    tables = world.snapshot()
    tables["ledger"].items.clear()
    return {"ledger": tables["ledger"]}


def post_alone(world: World, row: dict[str, Any], **headers: str) -> Answer:
    if "activity" in row:
        return world.post_membership_activity(row["program_membership_id"], row)
    sent = {"Idempotency-Key": row["idempotency_key"]} if "idempotency_key" in row else headers
    body = {name: value for name, value in row.items() if name != "idempotency_key"}
    return world.post_network_activity(body, headers=sent)


def test_rows_are_recorded_in_their_order(world: World) -> None:
    world.post_batch(MIXED, request_id="the-request")

    rows = activity_rows(world)

    order = sorted(rows, key=lambda row: row["recorded_at"])
    assert [row["recorded_at"] for row in order] == [
        (NOW + timedelta(microseconds=n)).isoformat(timespec="microseconds").replace("+00:00", "Z")
        for n in range(len(MIXED))
    ]
    assert {row["request_id"] for row in rows} == {"the-request"}
    assert len({row["invocation_id"] for row in rows}) == 1
    assert [row["amount"] for row in order] == [500, 50, 500, 500, 500, 70]


def test_what_is_recorded_becomes_points(world: World) -> None:
    witness = Witness()
    world.post_batch(MIXED)
    witness.observe(world)

    assert world.deliver() == {"batchItemFailures": []}
    witness.observe(world)
    world.post_batch(MIXED)
    witness.observe(world)
    assert world.deliver() == {"batchItemFailures": []}

    assert_settled(world)
    assert balances_of(world) == {"12345": 4 * 5 + 50 + 70}


def test_sent_again_everything_is_replayed(world: World) -> None:
    first = world.post_batch(MIXED)
    before = world.items("ledger")

    again = world.post_batch(MIXED, request_id="another-request")

    # A reference without a key is compared by itself: each further attempt is a duplicate.
    keyed = [n for n, row in enumerate(MIXED) if "idempotency_key" in row]
    assert again.body["counts"] == counted(replayed=len(keyed), duplicates=1)
    assert ids(again) == ids(first)
    assert statuses(again) == statuses(first)
    new = [item for item in world.items("ledger") if item not in before]
    assert [item["kind"]["S"] for item in new] == ["duplicate"]


def test_keyed_rows_sent_again_leave_no_trace(world: World) -> None:
    rows = [row for row in MIXED if "idempotency_key" in row]
    first = world.post_batch(rows)
    before = world.items("ledger")

    again = world.post_batch(rows[::-1])

    assert again.body["counts"] == counted(replayed=len(rows))
    assert ids(again) == ids(first)[::-1]
    assert all(each["replayed"] for each in again.body["results"])
    assert world.items("ledger") == before


@pytest.mark.parametrize("row", [n for n, row in enumerate(MIXED) if "idempotency_key" in row])
def test_a_single_request_and_a_batch_have_the_same_keys(world: World, row: int) -> None:
    alone = post_alone(world, MIXED[row])
    before = world.items("ledger")

    batch = world.post_batch([MIXED[row]])

    assert batch.body["counts"] == counted(replayed=1)
    assert ids(batch) == [alone.headers["Accrue-Activity-Id"]]
    assert batch.body["results"][0]["status"] == alone.status
    assert world.items("ledger") == before


@pytest.mark.parametrize("row", [n for n, row in enumerate(MIXED) if "idempotency_key" in row])
def test_a_single_request_is_replayed_after_a_batch(world: World, row: int) -> None:
    batch = world.post_batch([MIXED[row]])
    before = world.items("ledger")

    alone = post_alone(world, MIXED[row])

    assert alone.headers["Idempotent-Replayed"] == "true"
    assert alone.headers["Accrue-Activity-Id"] == ids(batch)[0]
    assert world.items("ledger") == before


def test_the_header_gives_each_row_a_key(world: World) -> None:
    rows = [network_row(), network_row("own"), reference_row("R", enforced=True), network_row()]

    answer = world.post_batch(rows, headers={"Idempotency-Key": "K"})
    again = world.post_batch(rows, headers={"Idempotency-Key": "K"})

    assert ids(answer) == [
        id_from_idempotency_key("demo", "K/0"),
        id_from_idempotency_key("demo", "own"),
        id_from_reference("demo", "R"),
        id_from_idempotency_key("demo", "K/3"),
    ]
    assert again.body["counts"] == counted(replayed=3, duplicates=1)
    alone = world.post_network_activity(network_row(), headers={"Idempotency-Key": "K/3"})
    assert alone.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\n\n \n", ",\n"])
def test_ndjson_and_arrays_are_the_same(world: World, separator: str) -> None:
    texts = [json.dumps(row) for row in MIXED]
    text = separator.join(texts)
    body = f"[{text}]" if "," in separator else f"\n{text}\n"

    answer = world.post_batch(body)
    plain = world.post_batch(MIXED)

    assert answer.body["counts"] == counted(recorded=len(MIXED))
    assert ids(plain) == ids(answer)


def test_base64(world: World) -> None:
    event = gateway_event(
        "POST",
        "/networks/{network_id}/activities/batch",
        {"network_id": "demo"},
        b64encode(json.dumps(MIXED).encode()).decode(),
    )

    response = world.invoke("record_activity_batch", {**event, "isBase64Encoded": True})

    assert json.loads(response["body"])["counts"] == counted(recorded=len(MIXED))


def test_a_row_that_others_repeat(world: World) -> None:
    rows = [
        network_row("k"),
        network_row("k"),
        network_row("k", "501"),
        membership_row("k"),
        membership_row("m"),
        membership_row("m", "51"),
        membership_row("m"),
    ]

    answer = world.post_batch(rows)

    assert statuses(answer) == [201, 201, 422, 422, 200, 422, 200]
    assert answer.body["counts"] == counted(recorded=2, replayed=2, refused=3)
    assert [
        (each["code"], each["errors"][0]["pointer"])
        for each in answer.body["results"]
        if "code" in each
    ] == [("IDEMPOTENCY_KEY_REUSED", "/idempotency_key")] * 3
    assert [row["amount"] for row in activity_rows(world)] in ([500, 50], [50, 500])


def test_a_key_of_the_header_that_was_used_before(world: World) -> None:
    headers = {"Idempotency-Key": "K"}
    world.post_batch([network_row()], headers=headers)

    answer = world.post_batch([network_row(amount="501")], headers=headers)

    (result,) = answer.body["results"]
    assert (result["status"], result["errors"][0]["pointer"]) == (422, "header:Idempotency-Key")


def test_references_within_a_batch(world: World) -> None:
    rows = [
        reference_row("R", "a"),
        reference_row("R", "b", amount="600"),
        reference_row("R", "c", enforced=True),
        reference_row("R", enforced=True),
        reference_row("S", enforced=True),
        reference_row("S", enforced=True),
        reference_row("S", "d"),
        reference_row("S", "d"),
        reference_row("S", "d", amount="7"),
    ]
    first, second = id_from_idempotency_key("demo", "a"), id_from_reference("demo", "S")

    answer = world.post_batch(rows)

    assert statuses(answer) == [201, 201, 201, 201, 201, 201, 201, 201, 422]
    assert [each.get("duplicate_of") for each in answer.body["results"]] == [
        *(None, None, first, first, None, second, None, None, None),
    ]
    assert ids(world.post_batch(rows[:3])) == [
        first,
        id_from_idempotency_key("demo", "b"),
        first,
    ]
    assert answer.body["counts"] == counted(recorded=4, duplicates=3, replayed=1, refused=1)
    kinds = [row["kind"] for row in world.rows("ledger")]
    assert sorted(kinds) == [*["activity"] * 4, *["duplicate"] * 3, "reference_marker"]


def test_references_that_were_taken_before(world: World) -> None:
    taken = post_alone(world, reference_row("R", enforced=True)).headers["Accrue-Activity-Id"]
    rows = [reference_row("R", "a"), reference_row("R", "b", enforced=True), network_row("c")]

    answer = world.post_batch(rows)
    again = world.post_batch(rows)

    assert [each["duplicate_of"] for each in answer.body["results"]] == [None, taken, None]
    assert answer.body["counts"] == counted(recorded=2, duplicates=1)
    assert again.body["counts"] == counted(replayed=3)
    assert [each["duplicate_of"] for each in again.body["results"]] == [None, taken, None]


def test_many_with_one_reference_are_written_together(world: World, faults: Faults) -> None:
    rows = [reference_row("import-7", f"k{n}", amount=str(n)) for n in range(100)]

    answer = world.post_batch(rows)

    assert answer.body["counts"] == counted(recorded=100)
    assert faults.counts() == {
        "GetItem": 1,
        "BatchGetItem": 2,
        "TransactWriteItems": 1,
        "BatchExecuteStatement": 4,
    }


@pytest.mark.parametrize(
    ("came_to", "calls"),
    [
        ("recorded", {"GetItem": 1, "BatchGetItem": 1, "BatchExecuteStatement": 20}),
        ("replayed", {"GetItem": 1, "BatchGetItem": 21, "BatchExecuteStatement": 20}),
    ],
)
def test_five_hundred_rows_take_few_calls(
    world: World, faults: Faults, came_to: str, calls: dict[str, int]
) -> None:
    rows = [network_row(f"n{n}") if n % 2 else membership_row(f"m{n}") for n in range(500)]
    if came_to == "replayed":
        world.post_batch(rows)
        world.restart()
        faults.calls.clear()

    answer = world.post_batch(rows)

    assert answer.body["counts"] == counted(**{came_to: 500})
    assert faults.counts() == calls
    assert len(activity_rows(world)) == 500


def test_rows_with_references_take_few_calls(world: World, faults: Faults) -> None:
    rows = [reference_row(f"R{n}", f"k{n}") for n in range(100)]

    answer = world.post_batch(rows)
    once = faults.counts()
    again = world.post_batch(rows)

    assert answer.body["counts"] == counted(recorded=100)
    assert once == {"GetItem": 1, "BatchGetItem": 1, "TransactWriteItems": 4}
    assert again.body["counts"] == counted(replayed=100)
    assert ids(again) == ids(answer)
    # Whatever met its own row is left out of the next try, and nothing is left.
    assert faults.counts()["TransactWriteItems"] == 8


def test_what_many_rows_name_is_asked_for_once_even_if_it_is_missing(
    world: World, faults: Faults
) -> None:
    nobody = {"/users": {"buyer": "nobody@example.com"}}
    rows = [network_row(f"k{n}", changes=nobody) for n in range(200)]
    rows += [membership_row(f"m{n}", membership=f"none-{n}") for n in range(200)]

    answer = world.post_batch(rows)

    assert answer.body["counts"] == counted(refused=400)
    # 203 things in the catalog, and 400 keys in the ledger: acknowledged is acknowledged.
    assert faults.counts() == {"GetItem": 1, "BatchGetItem": 3 + 4}


def test_suspended_and_forgotten_users(world: World) -> None:
    assert about_user(world, SUSPEND, "user-1", {}).status in (200, 204)

    answer = world.post_batch([membership_row("m"), network_row("n")])

    warning = "a user in this activity is suspended and earns nothing"
    assert [each["warnings"] for each in answer.body["results"]] == [[warning], [warning]]


def test_warnings_are_of_their_rows(world: World) -> None:
    rows = [
        network_row("a", changes={"/activity_short_id": "sal"}),
        network_row("b"),
        membership_row("c", changes={"/activity/nonsense": 1}),
        network_row("d", changes={"/users": {"buyer": "not.enrolled@example.com"}}),
    ]

    logged = 'activity_short_id "sal" is not defined: the activity is only logged.'

    answer = world.post_batch(rows, query={"tag": "x"})

    assert [each["warnings"] for each in answer.body["results"]] == [
        [logged + ' Did you mean "sale"?'],
        [],
        ['unknown field "nonsense" in /activity is ignored'],
        ["nobody in this activity is enrolled in a program: there are no points"],
    ]
    assert answer.warnings == ['unknown query parameter "tag" is ignored']
