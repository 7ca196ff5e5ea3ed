"""POST /networks/{network_id}/activity: what is recorded."""

import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from tests.integration.bodies import (
    ABSENT,
    BUYER_EMAIL,
    SELLER_EMAIL,
    VILLAGE_EXAMPLE,
    VILLAGE_SAMPLE,
    village_activity,
)
from tests.integration.networks import demo_network
from tests.integration.point_lines import lines_of
from tests.integration.world import Answer, World

EXAMPLE_ID = "rf_ayilmch7sm6tdamgdwg26xdpcatf3363"
SAMPLE_ID = "rf_idqbjwcuuwhsxmrn3l25fgnnyrn7cbwn"
FIRST_FRESH_ID = "fr_gp7ibumma3u5i3swslcy63afadwgn4z5"
JSON = {"Content-Type": "application/json"}
KEYED = {"Idempotency-Key": "key-1"}


def test_the_verbatim_example_is_recorded_and_held_because_it_is_of_the_year_2361(
    world: World,
) -> None:
    answer = world.post_network_activity(VILLAGE_EXAMPLE)
    world.deliver()

    warning = "the activity's time is more than a day ahead: it is held, without points"
    assert answer == _created(EXAMPLE_ID, {"Accrue-Warnings": f'["{warning}"]'})
    assert world.rows("ledger") == [
        {
            "activity_key": f"demo#{EXAMPLE_ID}",
            "time_shard": "demo#2026-03-01#5",
            "reference_key": f"demo#{EXAMPLE_ID}#5",
            "schema_version": Decimal(1),
            "network_id": "demo",
            "activity_id": EXAMPLE_ID,
            "kind": "activity",
            "front_door": "network",
            "activity_type_id": "sale",
            "amount": Decimal(3),
            "participants": [
                _participant("buyer", "user-1", "12345"),
                _participant("seller", "user-2", "12346"),
            ],
            "occurred_at": "2361-03-21T19:15:10.000000Z",
            "recorded_at": "2026-03-01T12:00:00.000000Z",
            "request_id": "gateway-request",
            "invocation_id": "invocation-2",
            "key_id": "partner",
            "payload_form": "network_activity/2",
            "payload_hash": "423a279b1f83a2a7ce77065996c83dd00ec255be19e3dd8fc0cc9d3c2cb24e47",
            "content_hash": "c6a8987ea5f7f036e318a274971834adf2dfa2b39fa8953bde4ac39ac8482c41",
            "reference_id": "customer_ref_id",
            "description": "customer description",
            "settled_outcome": "held",
        }
    ]
    assert [o["outcome"] for o in world.rows("balance")] == ["held"]


def test_the_clients_sample_is_recorded_and_becomes_points(world: World) -> None:
    answer = world.post_network_activity(VILLAGE_SAMPLE)
    world.deliver()

    assert answer == _created(SAMPLE_ID)
    assert world.rows("ledger") == [
        {
            "activity_key": f"demo#{SAMPLE_ID}",
            "time_shard": "demo#2026-03-01#3",
            "reference_key": f"demo#{SAMPLE_ID}#3",
            "schema_version": Decimal(1),
            "network_id": "demo",
            "activity_id": SAMPLE_ID,
            "kind": "activity",
            "front_door": "network",
            "activity_type_id": "S1-A",
            "amount": Decimal("100.99"),
            "participants": [
                _participant("seller", "user-3", "12347"),
                _participant("buyer", "user-4", "12348"),
            ],
            "occurred_at": "2022-10-04T16:23:48.000000Z",
            "recorded_at": "2026-03-01T12:00:00.000000Z",
            "request_id": "gateway-request",
            "invocation_id": "invocation-2",
            "key_id": "partner",
            "payload_form": "network_activity/2",
            "payload_hash": "13d531969020ca0123fdfdc763d73fbb2eb927abf334f113f5fbdcc8387b8844",
            "content_hash": "5b4ff02be6c947e45d3e00ab9629efdb14363c5961da31c6e75b0af3601c57bb",
            "reference_id": "dpi_Ylo2Cfr8US8u1JIdAl2eZvKB",
            "description": "Especially fancy white shoes.",
        }
    ]
    assert {p["program_membership_id"]: lines_of(p) for p in world.postings()} == {
        "12347": [
            {
                "rule_id": "s1-a-commission",
                "role": "seller",
                "points": Decimal("5.05"),
                "reason": "100.99 x 0.05 = 5.0495, rounded half_up",
            }
        ],
        "12348": [
            {
                "rule_id": "s1-a-cash-back",
                "role": "buyer",
                "points": Decimal("1.01"),
                "reason": "100.99 x 0.01 = 1.0099, rounded half_up",
            }
        ],
    }
    assert (world.balance("12347"), world.balance("12348")) == ("5.05", "1.01")


def test_without_key_and_reference_each_post_is_a_new_activity(world: World) -> None:
    answers = [world.post_network_activity(village_activity()) for _ in range(3)]
    world.deliver()

    assert answers[0] == _created(FIRST_FRESH_ID)
    assert len({answer.body["activity_id"] for answer in answers}) == 3
    assert [r["kind"] for r in world.rows("ledger")] == 3 * ["activity"]
    assert world.balance("12345") == "15"


def test_a_retry_with_a_key_is_answered_alike_and_changes_nothing(world: World) -> None:
    first = world.post_network_activity(village_activity(), headers=KEYED)
    world.deliver()
    before = world.items("ledger"), world.items("balance")

    again = [
        world.post_network_activity(village_activity(), headers={name: "key-1"})
        for name in ("Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY")
    ]
    world.deliver()

    activity_id = first.body["activity_id"]
    assert first == _created(activity_id)
    assert again == 3 * [_created(activity_id, {"Idempotent-Replayed": "true"})]
    assert (world.items("ledger"), world.items("balance")) == before
    assert world.balance("12345") == "5"


def test_a_defaulted_time_does_not_turn_a_retry_into_another_payload(
    world: World, clock: time_machine.Traveller
) -> None:
    body = village_activity({"/metadata": ABSENT})
    first = world.post_network_activity(body, headers=KEYED)
    clock.shift(3600)

    again = world.post_network_activity(body, headers=KEYED)

    assert again == _created(first.body["activity_id"], {"Idempotent-Replayed": "true"})
    assert [r["occurred_at"] for r in world.rows("ledger")] == ["2026-03-01T12:00:00.000000Z"]


SAME_PAYLOADS = [
    village_activity({"/amount": "500.0"}),
    village_activity({"/amount": 500}),
    village_activity({"/metadata/activity_timestamp": "1772362800"}),
    village_activity({"/users/buyer": BUYER_EMAIL.upper()}),
    village_activity({"/users": {"seller": SELLER_EMAIL, "buyer": BUYER_EMAIL}}),
    village_activity({"/enforceUniqueRefId": False}),
    village_activity({"/metadata/reference_id": ""}),
]


@pytest.mark.parametrize("body", SAME_PAYLOADS)
def test_another_spelling_of_the_payload_is_the_same_payload(
    world: World, body: dict[str, Any]
) -> None:
    first = world.post_network_activity(village_activity(), headers=KEYED)

    again = world.post_network_activity(body, headers=KEYED)

    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(world.rows("ledger")) == 1


OTHER_PAYLOADS: list[tuple[str, object]] = [
    ("/amount", "501"),
    ("/activity_short_id", "S1-A"),
    ("/users/buyer", "jane.seller@villagelabs.co"),
    ("/users/seller", ABSENT),
    ("/metadata/activity_timestamp", 1772362801),
    ("/metadata/activity_timestamp", ABSENT),
    ("/metadata/description", "d"),
    ("/metadata/reference_id", "r"),
]


@pytest.mark.parametrize(("pointer", "value"), OTHER_PAYLOADS)
def test_a_key_used_for_another_payload_is_refused_and_nothing_changes(
    world: World, pointer: str, value: object
) -> None:
    world.post_network_activity(village_activity(), headers=KEYED)
    before = world.items("ledger")

    answer = world.post_network_activity(village_activity({pointer: value}), headers=KEYED)

    assert (answer.status, answer.headers) == (422, JSON)
    assert answer.body["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert answer.body["errors"][0]["pointer"] == "header:Idempotency-Key"
    assert world.items("ledger") == before


def test_a_key_is_the_networks_whatever_the_front_door(world: World) -> None:
    body = {
        "idempotency_key": "key-1",
        "activity": {
            "activity_type_id": "activity_type_1",
            "value": "500",
            "transaction_timestamp": 1772362800,
        },
    }
    world.post_network_activity(village_activity(), headers=KEYED)

    answer = world.post_membership_activity("12345", body)

    assert (answer.status, answer.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len(world.rows("ledger")) == 1


def test_one_person_as_buyer_and_seller_gets_one_posting_with_both_lines(world: World) -> None:
    body = village_activity(
        {
            "/activity_short_id": "S1-A",
            "/amount": "100",
            "/users": {"buyer": BUYER_EMAIL, "seller": BUYER_EMAIL.title()},
        }
    )

    answer = world.post_network_activity(body)
    world.deliver()

    assert answer.status == 201
    assert world.rows("ledger")[0]["participants"] == [
        _participant("buyer", "user-1", "12345"),
        _participant("seller", "user-1", "12345"),
    ]
    (posting,) = world.postings()
    assert lines_of(posting) == [
        {
            "rule_id": "s1-a-cash-back",
            "role": "buyer",
            "points": Decimal(1),
            "reason": "100 x 0.01",
        },
        {
            "rule_id": "s1-a-commission",
            "role": "seller",
            "points": Decimal(5),
            "reason": "100 x 0.05",
        },
    ]
    assert (posting["points"], world.balance("12345")) == (Decimal(6), "6")


def test_a_user_in_two_programs_gets_a_posting_in_each_by_its_own_rules(world: World) -> None:
    document = demo_network()
    tea_club: dict[str, Any] = json.loads(json.dumps(document["programs"][0]))
    tea_club |= {"program_id": "tea-club", "points": {"unit": "leaves", "scale": 0}}
    tea_club["rules"][0]["award"]["rate"] = "2"
    document["programs"].append(tea_club)
    document["memberships"].append(
        {"program_membership_id": "T-1", "program_id": "tea-club", "user_id": "user-1"}
    )
    world.import_network(document)
    world.restart()

    world.post_network_activity(village_activity({"/users": {"buyer": BUYER_EMAIL}}))
    world.deliver()

    points = {p["program_membership_id"]: p["points"] for p in world.postings()}
    assert points == {"12345": 5, "T-1": 1000}
    assert (world.balance("12345"), world.balance("T-1")) == ("5", "1000")


def test_a_user_without_a_membership_is_logged_as_nobody_enrolled(world: World) -> None:
    body = village_activity({"/users": {"buyer": "not.enrolled@example.com"}})

    answer = world.post_network_activity(body)
    world.deliver()

    warning = "nobody in this activity is enrolled in a program: there are no points"
    assert answer == _created(FIRST_FRESH_ID, {"Accrue-Warnings": f'["{warning}"]'})
    (row,) = world.rows("ledger")
    assert row["participants"] == [{"role": "buyer", "user_id": "user-5", "memberships": []}]
    assert row["settled_outcome"] == "nobody_enrolled"
    assert world.rows("balance") == [
        {
            "membership_key": f"demo#A#{FIRST_FRESH_ID}",
            "item_key": "OUTCOME",
            "schema_version": Decimal(1),
            "network_id": "demo",
            "activity_id": FIRST_FRESH_ID,
            "activity_hash": row["content_hash"],
            "outcome": "nobody_enrolled",
            "outcome_shard": row["time_shard"],
            "outcome_at": f"2026-03-01T12:00:00.000000Z#{FIRST_FRESH_ID}",
            "recorded_at": "2026-03-01T12:00:00.000000Z",
            "settled_at": "2026-03-01T12:00:00.000000Z",
            "content_hash": "3ec23b22239af33f2f413430e899b180b00606224276b1cd214411117d3ce3e9",
        }
    ]


def test_who_has_no_rule_gets_a_posting_that_says_so(world: World) -> None:
    body = village_activity({"/users": {"seller": SELLER_EMAIL}})

    world.post_network_activity(body)
    world.deliver()

    (posting,) = world.postings()
    assert (posting["outcome"], lines_of(posting), posting["points"]) == ("no_rule", [], 0)
    assert posting["reason"] == "no rule of coffee-club is on sale"


UNDEFINED_TYPES = [
    ("Sale", ' Did you mean "sale"?'),
    ("s1a", ' Did you mean "S1-A"?'),
    ("visits", ' Did you mean "visit"?'),
    ("entirely new", ""),
]


@pytest.mark.parametrize(("short_id", "hint"), UNDEFINED_TYPES)
def test_an_undefined_type_is_logged_with_a_warning_and_any_role(
    world: World, short_id: str, hint: str
) -> None:
    body = village_activity({"/activity_short_id": short_id, "/users": {"courier": BUYER_EMAIL}})

    answer = world.post_network_activity(body)
    world.deliver()

    warning = f'activity_short_id "{short_id}" is not defined: the activity is only logged.{hint}'
    assert answer == _created(FIRST_FRESH_ID, {"Accrue-Warnings": json.dumps([warning])})
    (row,) = world.rows("ledger")
    assert (row["activity_type_id"], row["settled_outcome"]) == (short_id, "undefined_type")
    assert row["participants"] == [_participant("courier", "user-1", "12345")]
    assert [o["outcome"] for o in world.rows("balance")] == ["undefined_type"]


def test_a_type_defined_a_moment_later_does_not_change_what_is_recorded(world: World) -> None:
    body = village_activity({"/activity_short_id": "Sale"})
    world.post_network_activity(body)
    document = demo_network()
    document["activity_types"].append(
        {"activity_type_id": "Sale", "kind": "sale", "roles": ["buyer", "seller"]}
    )
    world.import_network(document)
    world.restart()

    world.deliver()

    assert [o["outcome"] for o in world.rows("balance")] == ["undefined_type"]


@pytest.mark.parametrize("timestamp", [None, "", "  ", ABSENT])
def test_without_a_timestamp_it_happened_when_it_was_received(
    world: World, timestamp: object
) -> None:
    body = village_activity({"/metadata/activity_timestamp": timestamp})

    answer = world.post_network_activity(body)

    assert answer == _created(FIRST_FRESH_ID)
    assert world.rows("ledger")[0]["occurred_at"] == "2026-03-01T12:00:00.000000Z"


def test_without_metadata_it_is_recorded_all_the_same(world: World) -> None:
    answer = world.post_network_activity(village_activity({"/metadata": ABSENT}))

    assert answer == _created(FIRST_FRESH_ID)
    (row,) = world.rows("ledger")
    assert {"reference_id", "description", "settled_outcome"} & row.keys() == set()


WARNED: list[tuple[str, object, str]] = [
    ("/amount", 3, 'amount was sent as a number: send the string "3"'),
    ("/amount", 4.45, 'amount was sent as a number: send the string "4.45"'),
    (
        "/metadata/activity_timestamp",
        "1664900628",
        "activity_timestamp was sent as a string: send a number",
    ),
    # The vendor's own CSV script sends it so.
    (
        "/metadata/reference",
        "r",
        'unknown field "reference" in /metadata is ignored: did you mean reference_id?',
    ),
    (
        "/enforceUniqueRefID",
        True,
        'unknown field "enforceUniqueRefID" is ignored: did you mean enforceUniqueRefId?',
    ),
]


@pytest.mark.parametrize(("pointer", "value", "warning"), WARNED)
def test_what_is_tolerated_is_warned_about(
    world: World, pointer: str, value: object, warning: str
) -> None:
    answer = world.post_network_activity(village_activity({pointer: value}))

    assert answer == _created(FIRST_FRESH_ID, {"Accrue-Warnings": json.dumps([warning])})
    assert len(world.rows("ledger")) == 1


def test_warnings_never_fill_more_than_their_share_of_the_headers(world: World) -> None:
    body = village_activity({f"/{number}{'é' * 500}": 1 for number in range(20)})

    answer = world.post_network_activity(body)

    assert answer.status == 201
    warnings = answer.headers["Accrue-Warnings"]
    assert warnings.isascii()
    assert len(warnings) <= 4096
    assert json.loads(warnings)[-1] == "further warnings are left out"


def test_emails_are_compared_whatever_their_case(world: World) -> None:
    body = village_activity({"/users/buyer": "Bradford@TheRoutingCompany.COM"})

    world.post_network_activity(body)

    assert world.rows("ledger")[0]["participants"][0] == _participant("buyer", "user-1", "12345")


def test_a_key_that_was_refused_is_still_free(world: World) -> None:
    unknown = village_activity({"/users/buyer": "nobody@example.com"})
    refused = world.post_network_activity(unknown, headers=KEYED)
    assert (refused.status, world.rows("ledger")) == (400, [])

    answer = world.post_network_activity(village_activity(), headers=KEYED)

    assert answer.status == 201
    assert "Idempotent-Replayed" not in answer.headers


def test_a_missing_content_type_is_read_as_json(world: World) -> None:
    answer = world.post_network_activity(village_activity(), headers={"Content-Type": ""})

    assert answer == _created(FIRST_FRESH_ID)


def _created(activity_id: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(
        201,
        {**JSON, "Accrue-Activity-Id": activity_id, **(headers or {})},
        {"activity_id": activity_id},
    )


def _participant(role: str, user_id: str, membership: str) -> dict[str, Any]:
    return {
        "role": role,
        "user_id": user_id,
        "memberships": [{"program_id": "coffee-club", "program_membership_id": membership}],
    }
