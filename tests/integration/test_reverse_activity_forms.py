"""Activities of both forms are reversed alike; one of several people, for all of them."""

from typing import Any

from tests.integration.bodies import HANG_EXAMPLE, VILLAGE_SAMPLE, hang_activity, village_activity
from tests.integration.bus import Listener
from tests.integration.reversals import reverse
from tests.integration.world import World

BUYER, SELLER = "12348", "12347"


def results(body: Any) -> dict[str, Any]:
    """The results of a reversal by membership."""
    return {each["program_membership_id"]: each for each in body["memberships"]}


def test_an_activity_of_hang_is_reversed(world: World) -> None:
    activity_id = world.post_membership_activity("12345", HANG_EXAMPLE).headers[
        "Accrue-Activity-Id"
    ]
    world.deliver()
    assert world.balance("12345") == "50"

    answer = reverse(world, activity_id, line_items=[{"item_id": "item_1"}])

    assert answer.body["line_items"] == [
        {"item_id": "item_1", "value": "30", "group_id": "group_1"}
    ]
    assert (answer.body["amount"], answer.body["amount_left"]) == ("-30", "20")
    assert world.balance("12345") == "20"


def test_what_took_points_gives_them_back(world: World) -> None:
    body = hang_activity({"/activity/activity_type_id": "correction", "/activity/value": "-8"})
    activity_id = world.post_membership_activity("12345", body).headers["Accrue-Activity-Id"]
    world.deliver()

    answer = reverse(world, activity_id, amount="3")

    # A part is above 0 and the reversal the opposite of the activity.
    assert (answer.body["amount"], answer.body["amount_left"]) == ("3", "5")
    assert results(answer.body)["12345"]["points"] == "3"
    assert world.balance("12345") == "-5"


def test_a_sale_between_two_is_reversed_for_both_at_once(world: World, bus: Listener) -> None:
    sale = world.post_network_activity(VILLAGE_SAMPLE).body["activity_id"]
    world.deliver()
    assert [world.balance(each) for each in (BUYER, SELLER)] == ["1.01", "5.05"]

    part = reverse(world, sale, "1", amount="33.66")
    rest = reverse(world, sale, "2")

    assert {name: each["roles"] for name, each in results(part.body).items()} == {
        SELLER: ["seller"],
        BUYER: ["buyer"],
    }
    found = [
        {name: (each["points"], each["balance_after"]) for name, each in results(body).items()}
        for body in (part.body, rest.body)
    ]
    # A third, rounded up to the program's decimals; then exactly what is left.
    assert found == [
        {SELLER: ("-1.69", "3.36"), BUYER: ("-0.34", "0.67")},
        {SELLER: ("-3.36", "0"), BUYER: ("-0.67", "0")},
    ]
    assert [world.balance(each) for each in (BUYER, SELLER)] == ["0", "0"]
    shown = world.get_activity(rest.body["reversal_id"]).body
    assert (shown["kind"], shown["outcome"], shown["reverses"]) == ("reversal", "applied", sale)
    assert [event["type"] for each in shown["memberships"] for event in each["events"]] == [
        "points.reversed",
        "points.reversed",
    ]
    world.publish()
    told = [event for event in bus.events() if event["type"] == "points.reversed"]
    assert {event["data"]["reverses"] for event in told} == {sale}
    assert len(told) == 4


def test_whoever_is_both_buyer_and_seller_has_one_result(world: World) -> None:
    email = "bradford@villagelabs.co"
    body = village_activity(
        {"/activity_short_id": "S1-A", "/users": {"buyer": email, "seller": email}}
    )
    sale = world.post_network_activity(body).body["activity_id"]
    world.deliver()
    assert world.balance("12346") == "30"

    (result,) = reverse(world, sale).body["memberships"]

    assert sorted(result["roles"]) == ["buyer", "seller"]
    assert result["points"] == "-30"
    assert sorted(line["points"] for line in result["lines"]) == ["-25", "-5"]
    assert world.balance("12346") == "0"


def test_a_rejected_activity_and_one_without_a_rule_are_reversed_to_nothing(world: World) -> None:
    body = village_activity({"/activity_short_id": "visit", "/users": {"visitor": "x"}})
    body["users"] = {"visitor": "bradford@villagelabs.co"}
    visit = world.post_network_activity(body).body["activity_id"]
    world.deliver()

    answer = reverse(world, visit)

    (result,) = answer.body["memberships"]
    assert (result["outcome"], result["points"], result["lines"]) == ("no_rule", "0", [])
    assert result["reason"] == "what is reversed came to nothing here"
