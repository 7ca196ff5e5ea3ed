"""POST /v2/program-memberships/{program_membership_id}/activities: what is recorded."""

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from tests.integration.bodies import ABSENT, HANG_EXAMPLE, hang_activity
from tests.integration.networks import demo_network
from tests.integration.world import Answer, World, gateway_event

ACTIVITY_ID = "ik_tftx3usxvu7utzjqx4zjitxbfn2mbdri"
POSTING_HASH = "baf5daa2edea630116441cdd5ccc25805d4f57002fe492e1a7e723f430734b2a"
CONFIRMED = {"idempotency_key": "unique-key-101"}
HEADERS = {"Content-Type": "application/json", "Accrue-Activity-Id": ACTIVITY_ID}
REPLAYED = {**HEADERS, "Idempotent-Replayed": "true"}
REUSED = {
    "message": "The idempotency key was used before, for another payload.",
    "code": "IDEMPOTENCY_KEY_REUSED",
    "errors": [
        {
            "pointer": "/idempotency_key",
            "message": "stands for another payload: send the first payload again to retry it,"
            " or a new key for something new",
        }
    ],
    "request_id": "gateway-request",
}
# Every attribute is fixed for ever, the hashes included: rows written today are compared with them.
EXAMPLE_ROW = {
    "activity_key": f"demo#{ACTIVITY_ID}",
    "time_shard": "demo#2026-03-01#2",
    "schema_version": Decimal(1),
    "network_id": "demo",
    "activity_id": ACTIVITY_ID,
    "kind": "activity",
    "front_door": "membership",
    "activity_type_id": "activity_type_1",
    "amount": Decimal(50),
    "participants": [
        {
            "role": "member",
            "user_id": "user-1",
            "memberships": [{"program_id": "coffee-club", "program_membership_id": "12345"}],
        }
    ],
    "line_items": [{"item_id": "item_1", "value": Decimal(30), "group_id": "group_1"}],
    "occurred_at": "2021-10-10T17:35:37.000000Z",
    "recorded_at": "2026-03-01T12:00:00.000000Z",
    "request_id": "gateway-request",
    "invocation_id": "invocation-2",
    "key_id": "partner",
    "payload_form": "membership_activity/2",
    "payload_hash": "b090cd951bd61ede52bfb264b4208c92ed4fe6b27bda952acdfb5f668b96a511",
    "content_hash": "5a65a609639f60028377f0c25b98ad617d83fec5948cf763387d92bcc87ac376",
}


def test_the_verbatim_example_is_confirmed_and_recorded(world: World) -> None:
    answer = world.post_membership_activity("12345", HANG_EXAMPLE)

    assert answer == Answer(200, HEADERS, CONFIRMED)

    assert world.rows("ledger") == [EXAMPLE_ROW]
    assert world.rows("balance") == []


def test_the_verbatim_example_becomes_points(world: World) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)

    assert world.deliver() == {"batchItemFailures": []}

    posting = {
        "membership_key": "demo#M#12345",
        "item_key": f"POSTING#2026-03-01T12:00:00.000000Z#{ACTIVITY_ID}",
        "schema_version": Decimal(2),
        "network_id": "demo",
        "program_id": "coffee-club",
        "program_membership_id": "12345",
        "activity_id": ACTIVITY_ID,
        "activity_type_id": "activity_type_1",
        "activity_hash": EXAMPLE_ROW["content_hash"],
        "occurred_at": "2021-10-10T17:35:37.000000Z",
        "recorded_at": "2026-03-01T12:00:00.000000Z",
        "posted_at": "2026-03-01T12:00:00.000000Z",
        "program_version": Decimal(1),
        "outcome": "applied",
        "lines": [[Decimal(50), "member", "50 x 1", "rule_id:identity"]],
        "points": Decimal(50),
        "balance_after": Decimal(50),
        "sequence": Decimal(1),
        "previous_hash": "",
        "content_hash": POSTING_HASH,
    }
    balance = {
        "membership_key": "demo#M#12345",
        "item_key": "BALANCE",
        "schema_version": Decimal(2),
        "network_id": "demo",
        "program_id": "coffee-club",
        "program_membership_id": "12345",
        "points": Decimal(50),
        "lifetime_points": Decimal(50),
        "program_version": Decimal(1),
        "sequence": Decimal(1),
        "last_posting_hash": POSTING_HASH,
        "last_activity": {
            "activity_id": ACTIVITY_ID,
            "activity_type_id": "activity_type_1",
            "occurred_at": "2021-10-10T17:35:37.000000Z",
            "recorded_at": "2026-03-01T12:00:00.000000Z",
        },
    }
    assert world.rows("balance") == [posting, balance]


def test_a_retry_is_answered_alike_and_changes_nothing(world: World) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)
    world.deliver()
    before = world.items("ledger"), world.items("balance")

    answers = [world.post_membership_activity("12345", HANG_EXAMPLE) for _ in range(9)]
    world.deliver()

    assert answers == 9 * [Answer(200, REPLAYED, CONFIRMED)]
    assert (world.items("ledger"), world.items("balance")) == before
    assert world.balance("12345") == "50"


def test_a_retry_after_a_restart_and_a_day_is_still_a_retry(
    world: World, clock: time_machine.Traveller
) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)
    clock.shift(86_400)
    world.restart()

    answer = world.post_membership_activity("12345", HANG_EXAMPLE)

    assert answer == Answer(200, REPLAYED, CONFIRMED)
    assert world.rows("ledger") == [EXAMPLE_ROW]


OTHER_PAYLOADS: list[tuple[str, object]] = [
    ("/activity/value", "60"),
    ("/activity/activity_type_id", "correction"),
    ("/activity/transaction_timestamp", 1633887338),
    ("/activity/line_items", ABSENT),
    ("/activity/line_items/0/item_id", "item_2"),
    ("/activity/line_items/0/value", 31),
    ("/activity/line_items/0/group_id", ABSENT),
]


@pytest.mark.parametrize(("pointer", "value"), OTHER_PAYLOADS)
def test_a_key_used_for_another_payload_is_refused_and_nothing_changes(
    world: World, pointer: str, value: object
) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)
    world.deliver()

    answer = world.post_membership_activity("12345", hang_activity({pointer: value}))
    world.deliver()

    assert answer == Answer(422, {"Content-Type": "application/json"}, REUSED)
    assert world.rows("ledger") == [EXAMPLE_ROW]
    assert world.balance("12345") == "50"


def test_a_key_used_for_another_membership_is_refused_and_nothing_changes(world: World) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)

    answers = [world.post_membership_activity(other, HANG_EXAMPLE) for other in ("12346", "none")]

    assert answers == 2 * [Answer(422, {"Content-Type": "application/json"}, REUSED)]
    assert world.rows("ledger") == [EXAMPLE_ROW]


SAME_PAYLOADS = [
    hang_activity({"/activity/value": 50}),
    hang_activity({"/activity/value": "50.0"}),
    hang_activity({"/activity/value": "5e1"}),
    hang_activity({"/activity/line_items/0/value": "30.00"}),
    hang_activity({"/activity/transaction_timestamp": "1633887337.000"}),
    hang_activity({"/program_membership_id": "12345"}),
    hang_activity({"/program_membership_id": 12345}),
    hang_activity({"/note": "unknown fields say nothing"}),
    hang_activity({"/activity/note": None}),
]


@pytest.mark.parametrize("body", SAME_PAYLOADS)
def test_another_spelling_of_the_payload_is_the_same_payload(
    world: World, body: dict[str, Any]
) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)

    answer = world.post_membership_activity("12345", body)

    assert (answer.status, answer.body) == (200, CONFIRMED)
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert world.rows("ledger") == [EXAMPLE_ROW]


def test_a_value_sent_as_a_number_is_recorded_like_the_string(world: World) -> None:
    answer = world.post_membership_activity("12345", hang_activity({"/activity/value": 50}))

    assert answer == Answer(200, HEADERS, CONFIRMED)
    assert world.rows("ledger") == [EXAMPLE_ROW]


def test_what_is_optional_may_be_left_out(world: World) -> None:
    body = hang_activity({"/activity/line_items": ABSENT})

    answer = world.post_membership_activity("12345", body)

    assert answer == Answer(200, HEADERS, CONFIRMED)
    assert "line_items" not in world.rows("ledger")[0]


def test_line_items_may_lack_value_and_group_and_need_not_add_up(world: World) -> None:
    items = [{"item_id": "item_1"}, {"item_id": "item_1", "value": "1000.5"}]

    world.post_membership_activity("12345", hang_activity({"/activity/line_items": items}))

    assert world.rows("ledger")[0]["line_items"] == [
        {"item_id": "item_1"},
        {"item_id": "item_1", "value": Decimal("1000.5")},
    ]


def test_fractions_of_a_second_are_kept(world: World) -> None:
    body = hang_activity({"/activity/transaction_timestamp": "1633887337.123456789"})

    world.post_membership_activity("12345", body)

    assert world.rows("ledger")[0]["occurred_at"] == "2021-10-10T17:35:37.123456Z"


def test_unknown_fields_are_accepted_and_warned_about(world: World) -> None:
    body = hang_activity({"/note": "n", "/activity/activityTypeId": "activity_type_1"})

    answer = world.post_membership_activity("12345", body)

    warnings = [
        'unknown field "note" is ignored',
        'unknown field "activityTypeId" in /activity is ignored: did you mean activity_type_id?',
    ]
    headers = {**HEADERS, "Accrue-Warnings": json.dumps(warnings)}
    assert answer == Answer(200, headers, CONFIRMED)
    assert world.rows("ledger") == [EXAMPLE_ROW]


@pytest.mark.parametrize("content_type", ["text/plain", ""])
def test_the_body_is_read_as_json_whatever_it_is_called(world: World, content_type: str) -> None:
    answer = world.post_membership_activity(
        "12345", HANG_EXAMPLE, headers={"Content-Type": content_type}
    )

    assert answer == Answer(200, HEADERS, CONFIRMED)


def test_a_negative_value_counts_where_the_type_allows_it(world: World) -> None:
    body = hang_activity(
        {
            "/activity/activity_type_id": "correction",
            "/activity/value": "-7.5",
            "/activity/line_items/0/value": -7,
        }
    )

    answer = world.post_membership_activity("12345", body)
    world.deliver()

    assert answer == Answer(200, HEADERS, CONFIRMED)
    assert world.rows("ledger")[0]["amount"] == Decimal("-7.5")
    shown = world.get_membership("12345").body
    assert (shown["balance"], shown["lifetime_points"]) == ("-7.5", "0")


def test_what_happened_far_in_the_future_is_held(world: World) -> None:
    body = hang_activity({"/activity/transaction_timestamp": 12345678910})

    answer = world.post_membership_activity("12345", body)
    world.deliver()

    warning = "the activity's time is more than a day ahead: it is held, without points"
    assert answer == Answer(200, {**HEADERS, "Accrue-Warnings": f'["{warning}"]'}, CONFIRMED)
    assert world.rows("ledger")[0]["settled_outcome"] == "held"
    assert [outcome["outcome"] for outcome in world.outcomes()] == ["held"]
    assert world.postings() == []
    assert world.balance("12345") == "0"


@pytest.mark.parametrize(("hours_ahead", "outcome"), [(24, None), (24.01, "held")])
def test_a_clock_that_is_a_day_off_is_not_the_future(
    world: World, hours_ahead: float, outcome: str | None
) -> None:
    seconds = int(1772366400 + hours_ahead * 3600)

    world.post_membership_activity(
        "12345", hang_activity({"/activity/transaction_timestamp": seconds})
    )

    assert world.rows("ledger")[0].get("settled_outcome") == outcome


def test_a_network_that_opts_in_has_undefined_types_logged_and_never_credited(
    empty_world: World,
) -> None:
    document = demo_network()
    document["network"]["logs_undefined_types"] = True
    empty_world.import_network(document)

    body = hang_activity({"/activity/activity_type_id": "brand-new"})
    answer = empty_world.post_membership_activity("12345", body)
    empty_world.deliver()

    warning = "the activity type is not defined: the activity is only logged"
    assert answer == Answer(200, {**HEADERS, "Accrue-Warnings": f'["{warning}"]'}, CONFIRMED)
    row = empty_world.rows("ledger")[0]
    assert (row["activity_type_id"], row["settled_outcome"]) == ("brand-new", "undefined_type")
    outcome = {
        "membership_key": f"demo#A#{ACTIVITY_ID}",
        "item_key": "OUTCOME",
        "schema_version": Decimal(1),
        "network_id": "demo",
        "activity_id": ACTIVITY_ID,
        "activity_hash": row["content_hash"],
        "outcome": "undefined_type",
        "outcome_shard": row["time_shard"],
        "outcome_at": f"2026-03-01T12:00:00.000000Z#{ACTIVITY_ID}",
        "recorded_at": "2026-03-01T12:00:00.000000Z",
        "settled_at": "2026-03-01T12:00:00.000000Z",
    }
    assert [o | {"content_hash": None} for o in empty_world.rows("balance")] == [
        outcome | {"content_hash": None}
    ]


REFUSED_AT_FIRST: list[tuple[str, str, object, int]] = [
    ("12345", "/activity/value", "fifty", 400),
    ("12345", "/activity", ABSENT, 400),
    ("12345", "/activity/transaction_timestamp", 1633887337000, 400),
    ("12345", "/activity/value", "-50", 422),
    ("12345", "/activity/activity_type_id", "brand-new", 422),
    ("99999", "/activity/value", "50", 404),
]


@pytest.mark.parametrize(("membership", "pointer", "value", "status"), REFUSED_AT_FIRST)
def test_a_refusal_never_uses_up_the_key(
    world: World, membership: str, pointer: str, value: object, status: int
) -> None:
    refused = world.post_membership_activity(membership, hang_activity({pointer: value}))
    assert refused.status == status
    assert world.rows("ledger") == []

    answer = world.post_membership_activity("12345", HANG_EXAMPLE)

    assert answer == Answer(200, HEADERS, CONFIRMED)


def test_a_body_in_base64_is_decoded(world: World) -> None:
    event = gateway_event(
        "POST",
        "/v2/program-memberships/{program_membership_id}/activities",
        {"program_membership_id": "12345"},
        base64.b64encode(HANG_EXAMPLE.encode()).decode(),
    )

    answer = world.invoke("record_membership_activity", event | {"isBase64Encoded": True})

    assert answer["statusCode"] == 200
    assert world.rows("ledger") == [EXAMPLE_ROW]
