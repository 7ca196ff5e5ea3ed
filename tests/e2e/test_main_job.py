"""An activity becomes points, through API Gateway, Lambda, the stream and DynamoDB."""

import copy
from concurrent.futures import ThreadPoolExecutor

import httpx

from local.live_stack import LiveStack
from tests.e2e.examples import CLIENT_SAMPLE, MEMBERSHIP_ACTIVITY, NETWORK_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until

SETTLING_SECONDS = 2.0


def test_the_demo_network_takes_the_verbatim_examples(stack: LiveStack, http: httpx.Client) -> None:
    demo = LiveNetwork(stack, http, stack.network_id, stack.partner_api_key, stack.admin_api_key)

    hang = demo.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)
    village = [demo.post_network_activity(body) for body in (NETWORK_ACTIVITY, CLIENT_SAMPLE)]

    assert (hang.status_code, hang.json()) == (200, {"idempotency_key": "unique-key-101"})
    assert [answer.status_code for answer in village] == [201, 201]
    demo.wait_for_balance("12345", "50")


def test_points_are_awarded_once_however_often_and_at_once_it_is_sent(
    network: LiveNetwork,
) -> None:
    def send(_: int) -> httpx.Response:
        return network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)

    with ThreadPoolExecutor(5) as pool:
        at_once = list(pool.map(send, range(5)))
    network.wait_for_balance("12345", "50")
    afterwards = [send(i) for i in range(5)]

    answers = [(a.status_code, a.json()) for a in (*at_once, *afterwards)]
    assert answers == [(200, {"idempotency_key": "unique-key-101"})] * 10
    assert sum("Idempotent-Replayed" not in a.headers for a in at_once) == 1
    assert all(a.headers["Idempotent-Replayed"] == "true" for a in afterwards)
    assert len(network.ledger_rows()) == 1
    assert network.balance("12345") == "50"


def test_the_same_key_with_another_payload_changes_nothing(network: LiveNetwork) -> None:
    network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)
    network.wait_for_balance("12345", "50")
    changed = copy.deepcopy(MEMBERSHIP_ACTIVITY)
    changed["activity"]["value"] = "60"

    answer = network.post_membership_activity("12345", changed)

    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len(network.ledger_rows()) == 1
    assert network.balance("12345") == "50"


def test_a_sale_pays_cash_back_and_commission(network: LiveNetwork) -> None:
    answer = network.post_network_activity(CLIENT_SAMPLE)

    assert answer.status_code == 201
    assert answer.json() == {"activity_id": answer.headers["Accrue-Activity-Id"]}
    network.wait_for_balance("12348", "1.01")
    network.wait_for_balance("12347", "5.05")


def test_a_task_pays_fifty_and_the_source_documents_mistake_2500(network: LiveNetwork) -> None:
    task = {"activity_short_id": "task", "users": {"doer": "bradford@villagelabs.co"}}

    network.post_network_activity({**task, "amount": "1"})
    network.wait_for_balance("12346", "50")
    network.post_network_activity({**task, "amount": "50"})

    network.wait_for_balance("12346", "2550")


def test_a_membership_shows_its_last_activity_and_program(network: LiveNetwork) -> None:
    posted = network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)
    network.wait_for_balance("12345", "50")

    shown = network.get_membership("12345").json()

    recorded_at = shown["last_activity"].pop("recorded_at")
    assert recorded_at.endswith("Z")
    assert shown == {
        "program_membership_id": "12345",
        "balance": "50",
        "lifetime_points": "50",
        "available": "50",
        "pending": "0",
        "held": "0",
        "owed": "0",
        "expiring_next": None,
        "pending_next": None,
        "holds": [],
        "last_activity": {
            "activity_id": posted.headers["Accrue-Activity-Id"],
            "activity_type_id": "activity_type_1",
            "occurred_at": "2021-10-10T17:35:37.000000Z",
        },
        "tier": None,
        "quests": [],
        "program": {
            "program_id": "coffee-club",
            "name": "Coffee club",
            "version": 1,
            "points_unit": "points",
            "points_scale": 2,
        },
    }


def test_an_activity_is_found_at_once_and_explains_itself_when_it_is_applied(
    network: LiveNetwork,
) -> None:
    activity_id = network.post_network_activity(CLIENT_SAMPLE).json()["activity_id"]

    at_once = network.get_activity(activity_id)
    assert at_once.status_code == 200
    assert at_once.json()["amount"] == "100.99"
    assert at_once.json()["outcome"] in {"pending", "applied"}

    wait_until(lambda: network.get_activity(activity_id).json()["outcome"] == "applied")
    memberships = network.get_activity(activity_id).json()["memberships"]
    assert [line["reason"] for each in memberships for line in each["lines"]] == [
        "100.99 x 0.05 = 5.0495, rounded half_up",
        "100.99 x 0.01 = 1.0099, rounded half_up",
    ]


def test_an_enforced_reference_counts_once_and_answers_the_same(network: LiveNetwork) -> None:
    enforced = {**CLIENT_SAMPLE, "enforceUniqueRefId": True}

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(network.post_network_activity, [enforced] * 4))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Accrue-Duplicate-Of" in answer.headers for answer in answers) == 3
    network.wait_for_balance("12348", "1.01")
    wait_until(lambda: _kinds(network) == ["activity"] + ["duplicate"] * 3)
    assert network.balance("12348") == "1.01"


def test_key_and_reference_are_recorded_together_and_replayed(network: LiveNetwork) -> None:
    headers = {"Idempotency-Key": "order-1"}

    first = network.post_network_activity(CLIENT_SAMPLE, headers)
    again = network.post_network_activity(CLIENT_SAMPLE, headers)
    changed = network.post_network_activity({**CLIENT_SAMPLE, "amount": "1"}, headers)

    assert (first.status_code, first.text) == (again.status_code, again.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (changed.status_code, changed.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert _kinds(network) == ["activity", "reference_marker"]
    network.wait_for_balance("12348", "1.01")


def test_two_networks_may_have_a_membership_of_the_same_id(
    network: LiveNetwork, other_network: LiveNetwork
) -> None:
    network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)
    network.wait_for_balance("12345", "50")

    answer = other_network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)

    assert "Idempotent-Replayed" not in answer.headers
    other_network.wait_for_balance("12345", "50")
    assert network.balance("12345") == "50"


def test_one_person_as_buyer_and_seller_gets_both(network: LiveNetwork) -> None:
    alone = {"seller": "john.buyer@villagelabs.co", "buyer": "John.Buyer@VillageLabs.co"}

    network.post_network_activity({**CLIENT_SAMPLE, "users": alone})

    network.wait_for_balance("12347", "6.06")


def _kinds(network: LiveNetwork) -> list[str]:
    return sorted(row["kind"]["S"] for row in network.ledger_rows())
