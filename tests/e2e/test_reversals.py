"""Activities are reversed over HTTP: what they added is taken back, once, however many try."""

import json
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest

from local.live_stack import LiveStack
from tests.e2e.examples import CLIENT_SAMPLE, MEMBERSHIP_ACTIVITY
from tests.e2e.network import STARTING_SECONDS, LiveNetwork, wait_until
from tests.integration.networks import demo_network

MEMBERSHIP = "12345"
RULES = [
    {
        "rule_id": "earn",
        "activity_type_id": "activity_type_1",
        "role": "member",
        "award": {"kind": "amount_times_rate", "rate": "1"},
        "limits": [{"per": "lifetime", "times": 1}],
    }
]
BONUSES = [
    {
        "bonus_id": "double-item-1",
        "when": {"line_items": {"item_ids": ["item_1"]}},
        "effect": {"kind": "multiply", "factor": "2", "on": "matched_items"},
    }
]
QUESTS = [
    {
        "quest_id": "fan",
        "name": "Fan",
        "requirements": [
            {
                "requirement_id": "spent",
                "activity_type_id": "activity_type_1",
                "role": "member",
                "threshold": "50",
            }
        ],
        "reward": {"points": "25"},
        "max_completions": 9,
    }
]
TIERS = {
    "by": {"kind": "lifetime_points"},
    "levels": [
        {"tier_id": "bronze", "name": "Bronze", "enters_at": "0"},
        {"tier_id": "silver", "name": "Silver", "enters_at": "100"},
    ],
}


@pytest.fixture
def shop(stack: LiveStack, http: httpx.Client) -> LiveNetwork:
    """A network with a limit, a bonus, a quest and tiers, whose balances don't go below zero."""
    network_id = f"net-{uuid.uuid4().hex[:12]}"
    document = demo_network(network_id)
    (program,) = document["programs"]
    program["points"]["may_go_below_zero"] = False
    program |= {"rules": program["rules"] + RULES, "bonuses": BONUSES, "quests": QUESTS}
    program["tiers"] = TIERS
    report = stack.invoke("import_catalog", document)
    keys = {key["key_id"]: key["api_key"] for key in report["api_keys"]}
    return LiveNetwork(stack, http, network_id, keys["partner"], keys["admin"])


def buy(network: LiveNetwork, key: str = "purchase-1", value: str = "50") -> str:
    """The id of a purchase that is applied."""
    activity = {**MEMBERSHIP_ACTIVITY["activity"], "value": value}
    body = {"idempotency_key": key, "activity": activity}
    answer = network.post_membership_activity(MEMBERSHIP, body)
    assert answer.status_code == 200, answer.text
    activity_id = answer.headers["Accrue-Activity-Id"]
    wait_until(lambda: network.get_activity(activity_id).json()["outcome"] != "pending")
    return activity_id


def reverse(
    network: LiveNetwork,
    activity_id: str,
    key: str = "reversal-1",
    *,
    as_admin: bool = False,
    query: dict[str, str] | None = None,
    **body: Any,
) -> httpx.Response:
    """Reverse an activity."""
    api_key = network.admin_api_key if as_admin else network.partner_api_key
    return network.http.post(
        f"/networks/{network.network_id}/activities/{activity_id}/reversal",
        params=query,
        content=json.dumps({"idempotency_key": key, **body}),
        headers={"Authorization": f"Bearer {api_key}"},
        timeout=STARTING_SECONDS,
    )


def told(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def shown(network: LiveNetwork) -> dict[str, Any]:
    """What a membership has, without when and by what."""
    found: dict[str, Any] = network.get_membership(MEMBERSHIP).json()
    return {name: value for name, value in found.items() if name != "last_activity"}


def without_times(body: dict[str, Any]) -> dict[str, Any]:
    """An answer without what depends on the moment."""
    (result,) = body["memberships"]
    said = {name: value for name, value in result.items() if name != "posted_at"}
    return {**body, "recorded_at": None, "memberships": [said]}


def event_types(network: LiveNetwork, activity_id: str) -> list[str]:
    (result,) = network.get_activity(activity_id).json()["memberships"]
    return [event["type"] for event in result["events"]]


def test_a_purchase_with_a_bonus_and_a_quest_is_as_if_it_had_never_been(shop: LiveNetwork) -> None:
    before = shown(shop)
    purchase = buy(shop)
    # 50, 30 more for the item, and 25 for the quest.
    assert shop.balance(MEMBERSHIP) == "105"
    assert shown(shop)["tier"]["tier_id"] == "silver"
    assert shown(shop)["quests"][0]["completions"] == 1

    tried = reverse(shop, purchase, reason="Returned", query={"dry_run": "true"})
    answer = reverse(shop, purchase, reason="Returned")
    again = reverse(shop, purchase, reason="Returned")

    assert told(answer) == (200, None), answer.text
    assert without_times({"dry_run": True, **answer.json()}) == without_times(tried.json())
    assert again.json() == answer.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    (result,) = answer.json()["memberships"]
    assert [line["points"] for line in result["lines"]] == ["-50", "-30", "-25"]
    assert shown(shop) == before
    reversal_id = answer.json()["reversal_id"]
    assert event_types(shop, reversal_id) == [
        "points.reversed",
        "quest.revoked",
        "tier.changed",
    ]
    page = shop.get_activity(purchase).json()
    assert [(each["activity_id"], each["amount_left"]) for each in page["reversals"]] == [
        (reversal_id, "0")
    ]
    # The limit is free again, and nothing is left to keep.
    assert told(reverse(shop, purchase, "reversal-2")) == (409, "ALREADY_REVERSED")
    buy(shop, "purchase-2")
    assert shop.balance(MEMBERSHIP) == "105"
    wait_until(lambda: published(shop, reversal_id) == {"points.reversed", "quest.revoked"})


def published(network: LiveNetwork, activity_id: str) -> set[str]:
    """The types of the events in the log that it led to, but for tiers."""
    events = network.list_events(limit="100")["events"]
    found = {event["type"] for event in events if event["activity_id"] == activity_id}
    return found - {"tier.changed"}


def test_a_part_is_reversed_by_items_and_by_amount(shop: LiveNetwork) -> None:
    purchase = buy(shop)

    item = reverse(shop, purchase, "1", line_items=[{"item_id": "item_1"}])
    part = reverse(shop, purchase, "2", amount="10")
    too_much = reverse(shop, purchase, "3", amount="10.01")
    rest = reverse(shop, purchase, "4", amount="10")

    # The item's bonus goes with the item, and its share of the award; what is left is not enough
    # for the quest.
    assert shares(item) == ["-30", "-30", "-25"]
    assert (shares(part), shares(rest)) == (["-10"], ["-10"])
    assert told(too_much) == (409, "REVERSAL_TOO_LARGE")
    left = [answer.json()["amount_left"] for answer in (item, part, rest)]
    assert left == ["20", "10", "0"]
    assert shop.balance(MEMBERSHIP) == "0"


def shares(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["memberships"]
    return [line["points"] for line in result["lines"]]


def test_of_many_reversals_at_once_no_more_is_taken_back_than_there_was(shop: LiveNetwork) -> None:
    purchase = buy(shop)

    def take_back(number: int) -> httpx.Response:
        return reverse(shop, purchase, f"part-{number}", amount="8")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(take_back, range(12)))

    assert Counter(map(told, answers)) == {(200, None): 6, (409, "REVERSAL_TOO_LARGE"): 6}
    done = [answer.json() for answer in answers if answer.status_code == 200]
    assert sum(Decimal(body["amount"]) for body in done) == -48
    assert sorted(body["amount_left"] for body in done) == ["10", "18", "2", "26", "34", "42"]
    marks = shop.get_activity(purchase).json()["reversals"]
    assert [mark["amount_left"] for mark in marks] == ["42", "34", "26", "18", "10", "2"]
    taken = sum(Decimal(body["memberships"][0]["points"]) for body in done)
    assert Decimal(shop.balance(MEMBERSHIP)) == 105 + taken
    assert shares(reverse(shop, purchase, "rest"))
    assert shop.balance(MEMBERSHIP) == "0"


def test_the_same_reversal_many_times_at_once_is_one(shop: LiveNetwork) -> None:
    purchase = buy(shop)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: reverse(shop, purchase), range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert shop.balance(MEMBERSHIP) == "0"


def test_who_buys_spends_and_returns_owes_what_he_spent(shop: LiveNetwork) -> None:
    purchase = buy(shop)
    order = {"idempotency_key": "order-1", "points": "100"}
    redeemed = shop.order(MEMBERSHIP, "redemptions", order)
    assert redeemed.status_code == 200, redeemed.text

    answer = reverse(shop, purchase)

    (result,) = answer.json()["memberships"]
    assert (result["points"], result["owed_after"]) == ("-5", "100")
    assert result["lines"][-1] == {
        "role": "member",
        "points": "100",
        "reason": "spent already: owed",
    }
    owing = shown(shop)
    assert (owing["balance"], owing["available"], owing["owed"]) == ("0", "0", "100")
    again = shop.order(MEMBERSHIP, "redemptions", {"idempotency_key": "order-2", "points": "1"})
    assert told(again) == (409, "INSUFFICIENT_POINTS")

    # What he earns next pays it.
    second = buy(shop, "purchase-2")
    paid = shown(shop)
    assert (paid["balance"], paid["available"], paid["owed"]) == ("5", "5", "0")
    assert "points.collected" in event_types(shop, second)
    # He never got what he ordered: the points come back.
    back = reverse(shop, redeemed.json()["redemption_id"], "no-tea")
    assert back.json()["memberships"][0]["points"] == "100"
    assert shop.balance(MEMBERSHIP) == "105"


def test_a_sale_between_two_is_reversed_for_both_before_it_is_applied(shop: LiveNetwork) -> None:
    sale = shop.post_network_activity(CLIENT_SAMPLE).json()["activity_id"]

    answer = reverse(shop, sale)

    assert answer.status_code == 200, answer.text
    assert [each["points"] for each in answer.json()["memberships"]] == ["-5.05", "-1.01"]
    # Whoever applied it, stream or reversal: once.
    wait_until(lambda: shop.get_activity(sale).json()["outcome"] == "applied")
    assert [shop.balance(each) for each in ("12347", "12348")] == ["0", "0"]


def test_what_is_refused(shop: LiveNetwork, other_network: LiveNetwork) -> None:
    purchase = buy(shop)
    adjusted = shop.order(
        MEMBERSHIP,
        "adjustments",
        {"idempotency_key": "ticket-1", "points": "5", "reason": "sorry"},
        as_admin=True,
    ).json()["adjustment_id"]

    assert told(reverse(shop, adjusted)) == (403, "ADMIN_KEY_REQUIRED")
    assert told(reverse(shop, adjusted, as_admin=True)) == (200, None)
    assert told(reverse(shop, purchase)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert told(reverse(shop, purchase, "2", amount="0")) == (400, "INVALID_REQUEST")
    assert told(reverse(other_network, purchase, "2")) == (404, "ACTIVITY_NOT_FOUND")
    reversal_id = reverse(shop, purchase, "3").json()["reversal_id"]
    assert told(reverse(shop, reversal_id, "4")) == (409, "NOT_REVERSIBLE")
    assert other_network.ledger_rows() == []
    assert shop.balance(MEMBERSHIP) == "0"
