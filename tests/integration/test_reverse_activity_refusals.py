"""What is not reversed, and by whom. A refusal writes nothing, and leaves the key free."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from tests.integration.reversals import REVERSAL, buy, reverse
from tests.integration.spending import (
    adjust,
    capture,
    earn,
    held,
    nothing_written,
    redeem,
    refused,
    release,
    spending_network,
)
from tests.integration.world import World

TEA = {"item_id": "tea", "value": "60"}
CAKE = {"item_id": "cake", "value": "40"}
FREE = {"item_id": "napkin"}
VILLAGE: dict[str, Any] = {
    "activity_short_id": "sale",
    "amount": "5",
    "users": {"member": "ann@example.com"},
}

type Row = Callable[[World], str]


def _id_of_kind(world: World, kind: str) -> str:
    (found,) = (row["activity_id"] for row in world.rows("ledger") if row["kind"] == kind)
    return str(found)


def _duplicate(world: World) -> str:
    body = {**VILLAGE, "metadata": {"reference_id": "r"}, "enforceUniqueRefId": True}
    for _ in range(2):
        assert world.post_network_activity(body).status == 201
    return _id_of_kind(world, "duplicate")


def _undefined(world: World) -> str:
    answer = world.post_network_activity({**VILLAGE, "activity_short_id": "nap"})
    return str(answer.body["activity_id"])


def _held_activity(world: World) -> str:
    # A week ahead.
    metadata = {"activity_timestamp": 1772971200}
    answer = world.post_network_activity({**VILLAGE, "metadata": metadata})
    return str(answer.body["activity_id"])


def _nobody(world: World) -> str:
    body = {**VILLAGE, "users": {"member": "cem@example.com"}}
    return str(world.post_network_activity(body).body["activity_id"])


def _hold(world: World) -> str:
    buy(world, "50")
    return held(world, "10")


def _release(world: World) -> str:
    answer = release(world, _hold(world))
    return answer.headers["Accrue-Activity-Id"]


def _due(world: World) -> str:
    buy(world, "50", "visit", key="long-ago", occurred_on="2026-01-01")
    return _id_of_kind(world, "due")


def _reversal(world: World) -> str:
    return str(reverse(world, buy(world, "50"), key="first").body["reversal_id"])


NOT_REVERSIBLE: dict[str, tuple[Row, str]] = {
    "duplicate": (_duplicate, "was not processed: reverse the activity that it is a duplicate of"),
    "undefined type": (
        _undefined,
        "is of an undefined type and only logged: there is nothing to take back",
    ),
    "held": (_held_activity, "is held without points: there is nothing to take back"),
    "nobody enrolled": (_nobody, "concerns nobody who is enrolled: there is nothing to take back"),
    "hold": (_hold, "is a hold: release it, or if it is captured, reverse the capture"),
    "release": (_release, "released a hold: there is nothing to take back"),
    "due": (_due, "is what came with a day: an administrator can adjust the points"),
    "reversal": (_reversal, "is itself a reversal: send the activity again, under a new key"),
}


@pytest.fixture
def spenders(empty_world: World) -> World:
    """The network of `spending`, with a user who is enrolled nowhere."""
    network = spending_network()
    network["users"].append({"user_id": "user-3", "email": "cem@example.com"})
    empty_world.import_network(network)
    empty_world.restart()
    return empty_world


@pytest.mark.parametrize("what", NOT_REVERSIBLE)
def test_what_nothing_came_of_is_not_reversed(spenders: World, what: str) -> None:
    make, remedy = NOT_REVERSIBLE[what]
    activity_id = make(spenders)

    with nothing_written(spenders):
        for role in ("partner", "admin"):
            told = refused(reverse(spenders, activity_id, role=role))
            assert told == (409, "NOT_REVERSIBLE", "path:activity_id", remedy)
    # The key is free.
    assert reverse(spenders, buy(spenders, "5", key="other")).status == 200


def test_markers_are_no_activities(spenders: World) -> None:
    body = {**VILLAGE, "metadata": {"reference_id": "r"}, "enforceUniqueRefId": True}
    spenders.post_network_activity(body, headers={"Idempotency-Key": "k"})
    reverse(spenders, buy(spenders, "50"))

    for kind in ("reference_marker", "reversal_marker"):
        told = refused(reverse(spenders, _id_of_kind(spenders, kind), key="x"))
        assert told[:3] == (404, "ACTIVITY_NOT_FOUND", "path:activity_id")
        shown = spenders.get_activity(_id_of_kind(spenders, kind))
        assert (shown.status, shown.body["code"]) == (404, "ACTIVITY_NOT_FOUND")


def test_a_key_that_stands_for_something_else_is_told_first(spenders: World) -> None:
    purchase = buy(spenders, "50", key="purchase")
    spenders.post_network_activity(VILLAGE, headers={"Idempotency-Key": "in-village"})
    reversal_id = str(reverse(spenders, purchase, "back", amount="20").body["reversal_id"])
    unknown = "ik_" + "a" * 32

    for key in ("back", "purchase", "in-village"):
        for activity_id in (unknown, "none", reversal_id, purchase):
            told = refused(reverse(spenders, activity_id, key, line_items=[{"item_id": "tea"}]))
            assert told[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")
    told = refused(reverse(spenders, unknown, "free"))
    assert told[:2] == (404, "ACTIVITY_NOT_FOUND")
    told = refused(reverse(spenders, reversal_id, "free"))
    assert told[:2] == (409, "NOT_REVERSIBLE")
    again = reverse(spenders, purchase, "back", amount="20")
    assert (again.status, again.body["reversal_id"]) == (200, reversal_id)


def test_a_partner_does_not_get_the_answer_of_an_admin(spenders: World) -> None:
    added = adjust(spenders, "30").body["adjustment_id"]
    assert reverse(spenders, added, "back", role="admin").status == 200

    told = refused(reverse(spenders, added, "back"))

    assert told[:2] == (403, "ADMIN_KEY_REQUIRED")


def test_line_items_of_both_signs(spenders: World) -> None:
    coupon = {"item_id": "coupon", "value": "-20"}
    purchase = buy(spenders, "80", "visit", line_items=[TEA, CAKE, coupon])

    with nothing_written(spenders):
        told = refused(reverse(spenders, purchase, line_items=[{"item_id": "tea"}]))

    assert told == (
        400,
        "INVALID_REQUEST",
        "/line_items",
        "are above and below 0, so that none has a share: reverse an amount, or all",
    )
    assert reverse(spenders, purchase, amount="30").body["amount_left"] == "50"


# ---- How much ----

PARTS: list[tuple[list[dict[str, Any]], dict[str, Any], tuple[int, str, str, str]]] = [
    (
        [],
        {"amount": "100.01"},
        (409, "REVERSAL_TOO_LARGE", "/amount", "is more than the 100 that are left"),
    ),
    (
        [{"amount": "99"}],
        {"amount": "1.000001"},
        (409, "REVERSAL_TOO_LARGE", "/amount", "is more than the 1 that are left"),
    ),
    (
        [{"line_items": [{"item_id": "tea"}]}],
        {"amount": "40.5"},
        (409, "REVERSAL_TOO_LARGE", "/amount", "is more than the 40 that are left"),
    ),
    (
        [{"amount": "70"}],
        {"line_items": [{"item_id": "tea"}]},
        (
            409,
            "REVERSAL_TOO_LARGE",
            "/line_items/0/item_id",
            "is more than the 30 that are left: send an amount of at most that, or reverse all",
        ),
    ),
    (
        [{"amount": "30"}],
        {"line_items": [{"item_id": "tea"}, {"item_id": "cake"}]},
        (409, "REVERSAL_TOO_LARGE", "/line_items/1/item_id", "is more than the 70 that are left"),
    ),
    (
        [{"line_items": [{"item_id": "tea"}]}],
        {"line_items": [{"item_id": "cake"}, {"item_id": "tea"}]},
        (
            409,
            "ALREADY_REVERSED",
            "/line_items/1/item_id",
            "is reversed already: GET the activity shows by which reversal",
        ),
    ),
    (
        [],
        {"line_items": [{"item_id": "cake"}, {"item_id": "cake"}]},
        (
            400,
            "INVALID_REQUEST",
            "/line_items/1/item_id",
            "is named more often than the activity has it, or has it left: name each line item",
        ),
    ),
    (
        [{"amount": "50"}, {"amount": "50"}],
        {"amount": "1"},
        (
            409,
            "ALREADY_REVERSED",
            "path:activity_id",
            "is reversed already: GET the activity shows by which reversal",
        ),
    ),
    (
        [{"line_items": [{"item_id": "tea"}, {"item_id": "cake"}]}],
        {},
        (
            409,
            "ALREADY_REVERSED",
            "path:activity_id",
            "is reversed already: GET the activity shows by which reversal",
        ),
    ),
    (
        [],
        {"line_items": [{"item_id": "TEA"}]},
        (
            400,
            "INVALID_REQUEST",
            "/line_items/0/item_id",
            "is no line item of the activity; it has tea, cake, napkin",
        ),
    ),
    (
        [],
        {"line_items": [{"item_id": "tea"}, {"item_id": "napkin"}]},
        (
            400,
            "INVALID_REQUEST",
            "/line_items/1/item_id",
            "has no value: reverse an amount instead",
        ),
    ),
]


@pytest.mark.parametrize(("before", "body", "expected"), PARTS)
def test_no_more_is_reversed_than_there_is(
    spenders: World,
    before: list[dict[str, Any]],
    body: dict[str, Any],
    expected: tuple[int, str, str, str],
) -> None:
    purchase = buy(spenders, "100", line_items=[TEA, CAKE, FREE])
    for number, part in enumerate(before):
        assert reverse(spenders, purchase, f"before-{number}", **part).status == 200

    with nothing_written(spenders):
        *told, message = refused(reverse(spenders, purchase, **body))

    assert tuple(told) == expected[:3]
    assert message.startswith(expected[3])


def test_an_activity_without_items_and_without_amount(spenders: World) -> None:
    purchase = buy(spenders, "0")

    items = refused(reverse(spenders, purchase, line_items=[{"item_id": "tea"}]))
    amount = refused(reverse(spenders, purchase, amount="1"))

    assert items[3] == "is no line item of the activity; it has none"
    assert amount[:3] == (409, "REVERSAL_TOO_LARGE", "/amount")
    whole = reverse(spenders, purchase)
    assert (whole.status, whole.body["amount"], whole.body["amount_left"]) == (200, "0", "0")
    assert refused(reverse(spenders, purchase, "again"))[:2] == (409, "ALREADY_REVERSED")


def test_there_are_so_many_parts_and_then_the_rest(
    spenders: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.services.reverse_activity.MAX_REVERSALS", 2)
    purchase = buy(spenders, "100")
    for number in range(2):
        assert reverse(spenders, purchase, f"part-{number}", amount="1").status == 200

    with nothing_written(spenders):
        told = refused(reverse(spenders, purchase, amount="1"))

    assert told == (
        409,
        "TOO_MANY_REVERSALS",
        "path:activity_id",
        "has too many reversals: reverse all that is left of it at once",
    )
    assert reverse(spenders, purchase).body["amount_left"] == "0"
    assert spenders.balance("ann") == "0"


# ---- Who ----


def test_partners_reverse_redemptions_and_captures(spenders: World) -> None:
    buy(spenders, "100")
    redemption = redeem(spenders, "30").body["redemption_id"]
    capture_id = capture(spenders, held(spenders, "50"), "20").body["capture_id"]

    gave_back = reverse(spenders, redemption, "1", amount="10")
    captured = reverse(spenders, capture_id, "2")

    assert (gave_back.status, captured.status) == (200, 200)
    shown = [answer.body["memberships"][0] for answer in (gave_back, captured)]
    assert [(each["points"], each["lines"][0]["reason"]) for each in shown] == [
        ("10", "takes back -10 of -30: redeemed"),
        ("20", "takes back -20: captured"),
    ]
    # What is reversed of a redemption is of its points, as it says them.
    assert (gave_back.body["amount"], gave_back.body["amount_left"]) == ("-10", "20")
    assert spenders.balance("ann") == "80"
    too_much = refused(reverse(spenders, redemption, "3", amount="21"))
    assert too_much[:3] == (409, "REVERSAL_TOO_LARGE", "/amount")


def test_an_adjustment_is_reversed_by_an_admin_alone(spenders: World) -> None:
    added = adjust(spenders, "30").body["adjustment_id"]
    taken = adjust(spenders, "-10", key="adjust-2").body["adjustment_id"]

    with nothing_written(spenders):
        told = refused(reverse(spenders, added))
    assert told[:2] == (403, "ADMIN_KEY_REQUIRED")

    answers = [reverse(spenders, each, f"reversal-{each}", role="admin") for each in (added, taken)]
    assert [answer.status for answer in answers] == [200, 200]
    points = [answer.body["memberships"][0]["points"] for answer in answers]
    # 20 of the 30 were there still, and the 10 that come back pay what is owed.
    assert points == ["-20", "0"]
    shown = spenders.get_membership("ann").body
    assert (shown["balance"], shown["owed"], shown["lifetime_points"]) == ("0", "0", "0")


def test_what_a_suspended_user_did_is_reversed(spenders: World) -> None:
    purchase = buy(spenders, "50")
    path = {"network_id": "demo", "user_id": "user-1"}
    suspended = spenders.call(
        "POST /networks/{network_id}/users/{user_id}/suspend", {"reason": "fraud"}, path=path
    )
    assert suspended.status == 200

    assert reverse(spenders, purchase).status == 200
    assert spenders.balance("ann") == "0"


def test_what_another_network_has_is_not_found(spenders: World) -> None:
    spenders.import_network(spending_network("other"))
    spenders.restart()
    purchase = buy(spenders, "50")

    with nothing_written(spenders):
        elsewhere = reverse(spenders, purchase, network="other", role="admin")
        path = {"network_id": "demo", "activity_id": purchase}
        foreign_key = spenders.call(REVERSAL, {"idempotency_key": "k"}, path=path, network="other")

    assert refused(elsewhere)[:3] == (404, "ACTIVITY_NOT_FOUND", "path:activity_id")
    assert refused(foreign_key)[:3] == (404, "NETWORK_NOT_FOUND", "path:network_id")
    assert reverse(spenders, purchase).status == 200


def test_networks_have_keys_of_their_own(spenders: World) -> None:
    spenders.import_network(spending_network("other"))
    spenders.restart()
    earn(spenders, "50", network="other")
    there = _id_of_network(spenders, "other")
    here = buy(spenders, "50", key="activity-0")

    answers = [
        reverse(spenders, here),
        reverse(spenders, there, network="other"),
    ]

    assert [answer.status for answer in answers] == [200, 200]
    assert all("Idempotent-Replayed" not in answer.headers for answer in answers)
    assert len({answer.body["reversal_id"] for answer in answers}) == 2
    assert [spenders.balance("ann", network=name) for name in ("demo", "other")] == ["0", "0"]


def _id_of_network(world: World, network: str) -> str:
    (found,) = (row["activity_id"] for row in world.rows("ledger") if row["network_id"] == network)
    return str(found)


# ---- Keys ----


def test_a_key_stands_for_one_reversal_and_nothing_else(spenders: World) -> None:
    purchase = buy(spenders, "100", line_items=[TEA, CAKE])
    other = buy(spenders, "100", key="purchase-2")
    done = reverse(spenders, purchase, "k", amount="10", reason="cold")

    with nothing_written(spenders):
        refusals = [
            reverse(spenders, purchase, "k"),
            reverse(spenders, purchase, "k", amount="11", reason="cold"),
            reverse(spenders, purchase, "k", amount="10"),
            reverse(spenders, purchase, "k", amount="10", reason="Cold"),
            reverse(spenders, purchase, "k", line_items=[{"item_id": "tea"}], reason="cold"),
            reverse(spenders, other, "k", amount="10", reason="cold"),
            redeem(spenders, "1", "k"),
            adjust(spenders, "1", "k"),
        ]
        hang = spenders.post_membership_activity(
            "ann",
            {
                "idempotency_key": "k",
                "activity": {
                    "activity_type_id": "gift",
                    "value": "10",
                    "transaction_timestamp": 1772366400,
                },
            },
        )
        village = spenders.post_network_activity(VILLAGE, headers={"Idempotency-Key": "k"})
        again = reverse(spenders, purchase, "k", amount="10.0", reason="cold")

    for answer in (*refusals, hang):
        assert refused(answer)[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")
    assert refused(village)[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "header:Idempotency-Key")
    assert again == done.replayed()


def test_a_key_of_something_else_stands_for_no_reversal(spenders: World) -> None:
    purchase = buy(spenders, "100", key="bought")
    spenders.post_network_activity(VILLAGE, headers={"Idempotency-Key": "sold"})
    redeem(spenders, "1", "redeemed")
    capture(spenders, held(spenders, "5", key="held"), key="captured")
    adjust(spenders, "1", "adjusted")

    with nothing_written(spenders):
        for key in ("bought", "sold", "redeemed", "held", "captured", "adjusted"):
            told = refused(reverse(spenders, purchase, key, amount="1"))
            assert told[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")


def test_a_key_that_was_refused_is_free(spenders: World) -> None:
    purchase = buy(spenders, "100")
    assert reverse(spenders, purchase, "k", amount="101").status == 409

    assert reverse(spenders, purchase, "k", amount="100").status == 200


def test_a_retry_gets_its_answer_though_the_catalog_and_the_key_changed(
    spenders: World, clock: time_machine.Traveller
) -> None:
    purchase = buy(spenders, "100")
    done = reverse(spenders, purchase, amount="40")
    for item in spenders.items("catalog"):
        if "#MEMBERSHIP#" in item["catalog_key"]["S"]:
            key = {name: item[name] for name in ("catalog_key", "item_key")}
            spenders.client.delete_item(TableName="catalog", Key=key)
    spenders.restart()
    clock.shift(86_400)

    with nothing_written(spenders):
        again = reverse(spenders, purchase, amount="40", role="admin")

    assert again == done.replayed()
    # Whom it concerns is the original's.
    assert reverse(spenders, purchase, "rest").body["amount_left"] == "0"


def test_what_is_misspelt_does_not_reverse_the_whole(spenders: World) -> None:
    purchase = buy(spenders, "100")
    with nothing_written(spenders):
        answer = reverse(spenders, purchase, amout="5")

    remedy = "is unknown: send only amount, idempotency_key, line_items, reason"
    assert refused(answer) == (400, "INVALID_REQUEST", "/amout", f"{remedy}: did you mean amount?")
