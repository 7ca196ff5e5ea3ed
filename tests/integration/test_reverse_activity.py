"""POST /networks/{network_id}/activities/{activity_id}/reversal."""

from decimal import Decimal
from typing import Any

import time_machine

from tests.integration.reversals import buy, reverse
from tests.integration.spending import (
    balance_item,
    nothing_written,
    redeem,
    refused,
    said,
)
from tests.integration.world import World

NOW_TEXT = "2026-03-01T12:00:00.000000Z"
MEMBER = {
    "role": "member",
    "user_id": "user-1",
    "memberships": [{"program_id": "tea-club", "program_membership_id": "ann"}],
}


def test_a_purchase_is_taken_back_whole(spenders: World) -> None:
    purchase = buy(spenders, "100.50", "visit")

    answer = reverse(spenders, purchase, reason="Returned, wrote to ann@example.com")

    reversal_id = answer.body["reversal_id"]
    assert answer.status == 200
    assert answer.headers == {
        "Content-Type": "application/json",
        "Accrue-Activity-Id": reversal_id,
    }
    assert answer.body == {
        "idempotency_key": "reversal-1",
        "reversal_id": reversal_id,
        "activity_id": purchase,
        "amount": "-100.5",
        "amount_left": "0",
        "line_items": [],
        "reason": "Returned, wrote to [email]",
        "memberships": [
            {
                "program_membership_id": "ann",
                "program_id": "tea-club",
                "roles": ["member"],
                "outcome": "applied",
                "reason": None,
                "points": "-100.5",
                "balance_after": "0",
                "available_after": "0",
                "owed_after": "0",
                "posted_at": NOW_TEXT,
                "sequence": 2,
                "program_version": 1,
                "lines": [
                    {
                        "rule_id": "visit",
                        "role": "member",
                        "points": "-100.5",
                        "reason": "takes back 100.5: 100.5 x 1",
                    }
                ],
                "lots": [{"points": "-100.5", "spendable_on": None, "last_day": "2026-03-31"}],
                "holds": [],
                "matured": "0",
                "considered": [],
                "quests": [],
                "tier": None,
            }
        ],
        "recorded_at": NOW_TEXT,
    }
    rows = {row["kind"]: row for row in spenders.rows("ledger")}
    assert said(rows["reversal"]) == {
        "schema_version": 1,
        "network_id": "demo",
        "activity_id": reversal_id,
        "kind": "reversal",
        "front_door": "network",
        "activity_type_id": "visit",
        "amount": Decimal("-100.5"),
        "participants": [MEMBER],
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "request_id": "gateway-request",
        "key_id": "partner",
        "payload_form": "reversal/1",
        "description": "Returned, wrote to [email]",
        "of": purchase,
        "reversal": {"number": 1, "after": {"is_whole": True}},
        "activity_key": f"demo#{reversal_id}",
    }
    marker = rows["reversal_marker"]
    assert (marker["reverses"], marker["of"], marker["number"]) == (purchase, reversal_id, 1)
    assert balance_item(spenders)["points"] == 0


def test_a_repeat_answers_the_same_and_does_nothing(
    spenders: World, clock: time_machine.Traveller
) -> None:
    purchase = buy(spenders, "100")
    first = reverse(spenders, purchase, amount="40")
    whole = reverse(spenders, purchase, key="rest")
    clock.shift(1000)

    with nothing_written(spenders):
        assert reverse(spenders, purchase, amount="40.0") == first.replayed()
        assert reverse(spenders, purchase, key="rest") == whole.replayed()
        other = reverse(spenders, purchase, amount="41")

    assert refused(other)[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")


def test_what_is_reversed_whole_is_reversed_no_more(spenders: World) -> None:
    purchase = buy(spenders, "100")
    assert reverse(spenders, purchase).status == 200

    with nothing_written(spenders):
        again = reverse(spenders, purchase, key="reversal-2")

    assert refused(again)[:3] == (409, "ALREADY_REVERSED", "path:activity_id")


def test_what_was_spent_is_owed_beside_the_balance(spenders: World) -> None:
    purchase = buy(spenders, "100")
    assert redeem(spenders, "70").status == 200

    answer = reverse(spenders, purchase)

    (result,) = answer.body["memberships"]
    assert [(line["points"], line["reason"]) for line in result["lines"]] == [
        ("-100", "takes back 100: 100 x 1"),
        ("70", "spent already: owed"),
    ]
    assert (result["points"], result["balance_after"], result["owed_after"]) == ("-30", "0", "70")
    shown = spenders.get_membership("ann").body
    assert (shown["balance"], shown["available"], shown["owed"]) == ("0", "0", "70")

    buy(spenders, "100", key="purchase-2")
    shown = spenders.get_membership("ann").body
    assert (shown["balance"], shown["available"], shown["owed"]) == ("30", "30", "0")
    assert balance_item(spenders)["points"] == 30


def test_what_is_not_applied_yet_is_applied_first(spenders: World) -> None:
    purchase = buy(spenders, "100", is_applied=False)

    answer = reverse(spenders, purchase, amount="25")

    (result,) = answer.body["memberships"]
    assert (result["sequence"], result["points"], result["balance_after"]) == (2, "-25", "75")
    # The stream brings the purchase a moment later.
    assert spenders.deliver() == {"batchItemFailures": []}
    assert spenders.balance("ann") == "75"


def test_an_activity_shows_its_reversals(spenders: World) -> None:
    purchase = buy(spenders, "100")
    first = reverse(spenders, purchase, amount="25").body["reversal_id"]
    second = reverse(spenders, purchase, key="reversal-2").body["reversal_id"]

    shown: dict[str, Any] = spenders.get_activity(purchase).body

    assert shown["reversals"] == [
        {"activity_id": first, "amount": "-25", "amount_left": "75", "recorded_at": NOW_TEXT},
        {"activity_id": second, "amount": "-75", "amount_left": "0", "recorded_at": NOW_TEXT},
    ]
    assert spenders.get_activity(first).body["reverses"] == purchase


def test_the_last_items_are_told_too(spenders: World) -> None:
    things = [{"item_id": "tea", "value": "20"}, {"item_id": "cake", "value": "30"}]
    purchase = buy(spenders, "50", line_items=things)
    reverse(spenders, purchase, "first", line_items=[{"item_id": "tea"}])

    last = reverse(spenders, purchase, "last", line_items=[{"item_id": "cake"}]).body

    assert last["amount_left"] == "0"
    assert [item["item_id"] for item in last["line_items"]] == ["cake"]
    shown = spenders.get_activity(last["reversal_id"]).body
    assert [item["item_id"] for item in shown["line_items"]] == ["cake"]
