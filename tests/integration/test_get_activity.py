"""GET /networks/{network_id}/activities/{activity_id}."""

from typing import Any

import pytest
import time_machine

from accrue.domain.canonical import content_hash
from accrue.storage.dynamo import to_attributes, to_item
from tests.integration.faults import UnreadKeys
from tests.integration.rich_network import purchase, rich_network
from tests.integration.world import Answer, World

type Json = dict[str, Any]

JSON = {"Content-Type": "application/json"}
NOW = "2026-03-01T12:00:00.000000Z"
FIRST_FRESH_ID = "fr_gp7ibumma3u5i3swslcy63afadwgn4z5"
ANN, BEN, CARL = "ann@example.com", "ben@example.com", "carl@example.com"


def buy(world: World, number: int, amount: str = "40") -> str:
    """Report a purchase of Ann's; gives the activity's id."""
    answer = world.post_membership_activity("ann", purchase(number, amount))
    assert answer.status == 200
    return answer.headers["Accrue-Activity-Id"]


def refer(referrer: str, friend: str, **changes: Any) -> Json:
    """One person has brought another."""
    users = {"referrer": referrer, "friend": friend}
    return {"activity_short_id": "referral", "amount": "1", "users": users, **changes}


def report(world: World, body: Json) -> str:
    """Report an activity of the network; gives its id."""
    answer = world.post_network_activity(body)
    assert answer.status == 201
    activity_id: str = answer.body["activity_id"]
    return activity_id


def shown(world: World, activity_id: str) -> Json:
    """The body of a GET that finds the activity."""
    answer = world.get_activity(activity_id)
    assert (answer.status, answer.headers) == (200, JSON | {"Accrue-Activity-Id": activity_id})
    body: Json = answer.body
    return body


def participant(role: str, user_id: str, *memberships: str) -> Json:
    return {"role": role, "user_id": user_id, "program_membership_ids": list(memberships)}


def at_any_time(points: str) -> Json:
    """Points that can be spent at once and for ever."""
    return {"points": points, "spendable_on": None, "last_day": None}


def received_purchase(activity_id: str) -> Json:
    """What is shown of a purchase itself."""
    return {
        "activity_id": activity_id,
        "kind": "activity",
        "front_door": "membership",
        "activity_type_id": "purchase",
        "amount": "40",
        "occurred_at": NOW,
        "recorded_at": NOW,
        "line_items": [
            {"item_id": "earl-grey", "value": "8.5", "group_id": "tea"},
            {"item_id": "carrot-cake", "value": None, "group_id": None},
        ],
        "metadata": {},
        "reference_id": None,
        "description": None,
        "participants": [participant("member", "user-1", "ann")],
        "duplicate_of": None,
        "hold_id": None,
        "hold_expires_at": None,
        "replay_of": None,
        "replays": [],
        "reversals": [],
        "reverses": None,
        "key_id": "partner",
        "request_id": "gateway-request",
    }


def received_referral(activity_id: str, *participants: Json, **changes: Any) -> Json:
    """What is shown of a referral itself."""
    return received_purchase(activity_id) | {
        "front_door": "network",
        "activity_type_id": "referral",
        "amount": "1",
        "line_items": [],
        "participants": list(participants),
        **changes,
    }


def pending(membership: str, *roles: str) -> Json:
    """What is shown of a membership that the activity is not applied to yet."""
    return {
        "program_membership_id": membership,
        "program_id": "tea-club",
        "roles": list(roles),
        "outcome": "pending",
        "reason": None,
        "points": None,
        "balance_after": None,
        "available_after": None,
        "owed_after": None,
        "posted_at": None,
        "sequence": None,
        "program_version": None,
        "lines": [],
        "lots": [],
        "holds": [],
        "matured": None,
        "considered": [],
        "quests": [],
        "tier": None,
        "events": [],
    }


def matched(**ids: str) -> Json:
    return {**ids, "matched": True, "why_not": None}


def failed(why_not: str, **ids: str) -> Json:
    return {**ids, "matched": False, "why_not": why_not}


def event(
    event_id: str, event_type: str, activity_id: str, data: Json, *, membership: str, sequence: int
) -> Json:
    return {
        "event_id": event_id,
        "type": event_type,
        "occurred_at": NOW,
        "network_id": "demo",
        "activity_id": activity_id,
        "program_id": "tea-club",
        "program_membership_id": membership,
        "sequence": sequence,
        "data": data,
    }


# ---- Found at once, and explained once it is applied ----


def test_an_activity_is_found_as_pending_right_after_its_post(tea_house: World) -> None:
    activity_id = buy(tea_house, 1)

    assert shown(tea_house, activity_id) == received_purchase(activity_id) | {
        "outcome": "pending",
        "settled_at": None,
        "events": [],
        "memberships": [pending("ann", "member")],
    }


def test_an_applied_activity_explains_every_point(tea_house: World) -> None:
    buy(tea_house, 1, "60")
    tea_house.deliver()
    activity_id = buy(tea_house, 2)
    tea_house.deliver()

    def happened(event_id: str, event_type: str, data: Json) -> Json:
        return event(event_id, event_type, activity_id, data, membership="ann", sequence=2)

    tea = {"requirement_id": "buy", "gained": "1", "progress": "0", "threshold": "2"}
    spent = {"requirement_id": "buy", "gained": "40", "progress": "100", "threshold": "500"}
    assert shown(tea_house, activity_id) == received_purchase(activity_id) | {
        "outcome": "applied",
        "settled_at": None,
        "events": [],
        "memberships": [
            {
                "program_membership_id": "ann",
                "program_id": "tea-club",
                "roles": ["member"],
                "outcome": "applied",
                "reason": None,
                "points": "115",
                "balance_after": "180",
                "available_after": "180",
                "owed_after": "0",
                "lots": [at_any_time("115")],
                "holds": [],
                "matured": "0",
                "posted_at": NOW,
                "sequence": 2,
                "program_version": 1,
                "lines": [
                    {"rule_id": "earn", "role": "member", "points": "40", "reason": "40 x 1"},
                    {"rule_id": "tea", "role": "member", "points": "5", "reason": "1 x 5"},
                    {
                        "rule_id": "earn",
                        "bonus_id": "double-for-regulars",
                        "role": "member",
                        "points": "40",
                        "reason": "40 x (2 - 1)",
                    },
                    {
                        "quest_id": "tea-lover",
                        "role": "member",
                        "points": "30",
                        "reason": "1 x 30",
                    },
                ],
                "considered": [
                    matched(rule_id="earn"),
                    matched(rule_id="tea"),
                    failed("amount is 40, and must be at least 100", rule_id="large-basket"),
                    failed("tier is none, and must be gold", rule_id="gold-extra"),
                    failed(
                        "it is the 2nd occurrence, and only every 10th counts",
                        rule_id="every-tenth",
                    ),
                    matched(bonus_id="double-for-regulars"),
                    failed(
                        "it occurred at 13:00, and must have occurred from 15:00 until 17:00",
                        bonus_id="happy-hour",
                    ),
                    matched(quest_id="tea-lover", requirement_id="buy"),
                    matched(quest_id="big-spender", requirement_id="buy"),
                    failed(
                        "no line item is among group coffee",
                        quest_id="explorer",
                        requirement_id="buy",
                    ),
                ],
                "quests": [
                    {
                        "quest_id": "tea-lover",
                        "requirements": [tea],
                        "completions": 1,
                        "completions_after": 1,
                    },
                    {
                        "quest_id": "big-spender",
                        "requirements": [spent],
                        "completions": 0,
                        "completions_after": 0,
                    },
                ],
                "tier": {"before": None, "after": "silver"},
                "events": [
                    happened(
                        "ev_igulrkz2oyxrnrrilonsyaxhj77l7fm7",
                        "points.awarded",
                        {
                            "points": "115",
                            "balance_after": "180",
                            "available_after": "180",
                            "owed_after": "0",
                            "lots": [at_any_time("115")],
                            "lots_left_out": 0,
                            "lines": [
                                {"rule_id": "earn", "role": "member", "points": "40"},
                                {"rule_id": "tea", "role": "member", "points": "5"},
                                {
                                    "rule_id": "earn",
                                    "bonus_id": "double-for-regulars",
                                    "role": "member",
                                    "points": "40",
                                },
                                {"quest_id": "tea-lover", "role": "member", "points": "30"},
                            ],
                            "lines_left_out": 0,
                        },
                    ),
                    happened(
                        "ev_icvzlkufk7orwqi2nohh7ogti25ozsmz",
                        "quest.progressed",
                        {"quest_id": "tea-lover", "requirements": [tea]},
                    ),
                    happened(
                        "ev_mge4knws6jzv7dnq3pwn6vzt3td32hud",
                        "quest.progressed",
                        {"quest_id": "big-spender", "requirements": [spent]},
                    ),
                    happened(
                        "ev_ftmdwoujzzyia2jj4ptxlwnvjiy53rex",
                        "quest.completed",
                        {
                            "quest_id": "tea-lover",
                            "completions": 1,
                            "first_completion": 1,
                            "last_completion": 1,
                        },
                    ),
                    happened(
                        "ev_m5oav5ftuz6web6rmscgbqovjlqqp5u2",
                        "tier.changed",
                        {"before": None, "after": "silver"},
                    ),
                ],
            }
        ],
    }


def test_one_person_in_two_roles_is_one_result_and_each_membership_has_its_own(
    tea_house: World,
) -> None:
    alone = report(tea_house, refer(ANN, ANN, metadata={"store": "Mitte", "guests": "2.50"}))
    together = report(tea_house, refer(ANN, BEN))
    tea_house.deliver()

    alone_shown, together_shown = shown(tea_house, alone), shown(tea_house, together)

    assert [
        (m["program_membership_id"], m["roles"], m["outcome"], m["points"])
        for m in together_shown["memberships"]
    ] == [("ann", ["referrer"], "applied", "25"), ("ben", ["friend"], "applied", "10")]
    referred = {"rule_id": "referred", "role": "referrer", "points": "25"}
    welcome = {"rule_id": "welcome", "role": "friend", "points": "10"}
    assert alone_shown == received_referral(
        FIRST_FRESH_ID,
        participant("referrer", "user-1", "ann"),
        participant("friend", "user-1", "ann"),
        metadata={"store": "Mitte", "guests": "2.50"},
    ) | {
        "outcome": "applied",
        "settled_at": None,
        "events": [],
        "memberships": [
            {
                "program_membership_id": "ann",
                "program_id": "tea-club",
                "roles": ["referrer", "friend"],
                "outcome": "applied",
                "reason": None,
                "points": "35",
                "balance_after": "35",
                "available_after": "35",
                "owed_after": "0",
                "lots": [at_any_time("35")],
                "holds": [],
                "matured": "0",
                "posted_at": NOW,
                "sequence": 1,
                "program_version": 1,
                "lines": [referred | {"reason": "25 flat"}, welcome | {"reason": "10 flat"}],
                "considered": [matched(rule_id="referred"), matched(rule_id="welcome")],
                "quests": [],
                "tier": None,
                "events": [
                    event(
                        "ev_azjuq47ctth32kyw5wodbizvupiibp5w",
                        "points.awarded",
                        FIRST_FRESH_ID,
                        {
                            "points": "35",
                            "balance_after": "35",
                            "available_after": "35",
                            "owed_after": "0",
                            "lots": [at_any_time("35")],
                            "lots_left_out": 0,
                            "lines": [referred, welcome],
                            "lines_left_out": 0,
                        },
                        membership="ann",
                        sequence=1,
                    )
                ],
            }
        ],
    }


def test_an_activity_is_pending_until_it_is_applied_to_every_membership(tea_house: World) -> None:
    activity_id = report(tea_house, refer(ANN, BEN))
    tea_house.deliver()
    of_ben = [i for i in tea_house.items("balance") if i["membership_key"]["S"] == "demo#M#ben"]
    for item in of_ben:
        key = {name: item[name] for name in ("membership_key", "item_key")}
        tea_house.client.delete_item(TableName="balance", Key=key)

    body = shown(tea_house, activity_id)

    assert body["outcome"] == "pending"
    assert body["memberships"][1] == pending("ben", "friend")
    assert body["memberships"][0]["outcome"] == "applied"


def test_the_outcome_of_the_whole_is_applied_if_one_membership_got_something(
    tea_house: World,
) -> None:
    # A friend who is brought along gets nothing: no rule is on this role any more.
    document = rich_network()
    document["programs"][0]["rules"] = [
        rule for rule in document["programs"][0]["rules"] if rule["rule_id"] != "welcome"
    ]
    other = document | {"network": {"network_id": "other", "name": "Other"}}
    tea_house.import_network(other)
    posted = tea_house.post_network_activity(refer(ANN, BEN), network="other", path_network="other")
    tea_house.deliver()

    answer = tea_house.get_activity(
        posted.body["activity_id"], network="other", path_network="other"
    )

    memberships = answer.body["memberships"]
    assert answer.body["outcome"] == "applied"
    assert [(m["outcome"], m["reason"]) for m in memberships] == [
        ("applied", None),
        ("no_rule", "no rule of tea-club is on referral"),
    ]
    assert memberships[1]["events"] == []


def test_an_activity_that_would_overflow_the_balance_is_rejected_with_an_event(
    tea_house: World,
) -> None:
    activity_id = buy(tea_house, 1, "1e15")
    tea_house.put_items("balance", [_balance_of_ann("999999999999999999999999")])
    tea_house.deliver()

    body = shown(tea_house, activity_id)

    (ann,) = body["memberships"]
    assert (body["outcome"], ann["outcome"]) == ("rejected", "rejected")
    assert (ann["points"], ann["lines"], ann["considered"]) == ("0", [], [])
    assert ann["reason"] == "the balance would pass 1e+24"
    assert [(e["type"], e["data"]) for e in ann["events"]] == [
        ("activity.rejected", {"reason": "the balance would pass 1e+24"})
    ]


def _balance_of_ann(points: str) -> Json:
    return {
        "membership_key": {"S": "demo#M#ann"},
        "item_key": {"S": "BALANCE"},
        "schema_version": {"N": "1"},
        "network_id": {"S": "demo"},
        "program_id": {"S": "tea-club"},
        "program_membership_id": {"S": "ann"},
        "points": {"N": points},
        "lifetime_points": {"N": "0"},
        "sequence": {"N": "1"},
        "last_posting_hash": {"S": ""},
    }


# ---- What no rule may look at ----


@pytest.mark.parametrize(
    ("body", "outcome", "received"),
    [
        (
            refer(ANN, BEN, activity_short_id="undefined"),
            "undefined_type",
            {
                "activity_type_id": "undefined",
                "participants": [
                    participant("referrer", "user-1", "ann"),
                    participant("friend", "user-2", "ben"),
                ],
            },
        ),
        (
            refer(ANN, BEN, metadata={"activity_timestamp": 1900000000, "description": "late"}),
            "held",
            {
                "occurred_at": "2030-03-17T17:46:40.000000Z",
                "description": "late",
                "participants": [
                    participant("referrer", "user-1", "ann"),
                    participant("friend", "user-2", "ben"),
                ],
            },
        ),
        (
            refer(CARL, CARL),
            "nobody_enrolled",
            {
                "participants": [
                    participant("referrer", "user-3"),
                    participant("friend", "user-3"),
                ]
            },
        ),
    ],
    ids=["undefined type", "held", "nobody enrolled"],
)
def test_an_activity_that_no_rule_may_look_at_has_its_outcome_at_once(
    tea_house: World, body: Json, outcome: str, received: Json
) -> None:
    activity_id = report(tea_house, body)
    at_once = shown(tea_house, activity_id)
    tea_house.deliver()
    later = shown(tea_house, activity_id)

    assert at_once == received_referral(activity_id) | received | {
        "outcome": outcome,
        "settled_at": None,
        "events": [],
        "memberships": [],
    }
    (happened,) = later.pop("events")
    assert later == {k: v for k, v in at_once.items() if k != "events"} | {"settled_at": NOW}
    assert happened == {
        "event_id": happened["event_id"],
        "type": f"activity.{outcome}",
        "occurred_at": NOW,
        "network_id": "demo",
        "activity_id": activity_id,
        "program_id": None,
        "program_membership_id": None,
        "sequence": None,
        "data": {},
    }


def test_a_duplicate_names_the_first_activity(tea_house: World) -> None:
    once = refer(ANN, BEN, metadata={"reference_id": "r-1"}, enforceUniqueRefId=True)
    first = report(tea_house, once)
    assert report(tea_house, once) == first
    tea_house.deliver()
    (duplicate,) = [row for row in tea_house.rows("ledger") if row["kind"] == "duplicate"]

    body = shown(tea_house, duplicate["activity_id"])

    (happened,) = body.pop("events")
    assert happened["type"] == "activity.duplicate"
    assert body == received_referral(
        duplicate["activity_id"],
        participant("referrer", "user-1", "ann"),
        participant("friend", "user-2", "ben"),
        kind="duplicate",
        reference_id="r-1",
        duplicate_of=first,
    ) | {"outcome": "duplicate", "settled_at": NOW, "memberships": []}


# ---- Not found ----


@pytest.mark.parametrize(
    "activity_id",
    [
        FIRST_FRESH_ID,
        "ik_2",
        "x" * 3000,
        "ü" * 3000,
        f"{FIRST_FRESH_ID}\n",
        "\ud800",
        "demo#ik_1",
        "..%2F..",
        "%",
        "",
    ],
    ids=["unknown", "short", "long", "many bytes", "line", "surrogate", "key", "path", "%", "none"],
)
def test_an_unknown_activity_is_not_found(tea_house: World, activity_id: str) -> None:
    assert tea_house.get_activity(activity_id) == _not_found()


def test_a_reference_marker_is_no_activity(tea_house: World) -> None:
    body = refer(ANN, BEN, metadata={"reference_id": "r-1"})
    tea_house.post_network_activity(body, headers={"Idempotency-Key": "key-1"})
    (marker,) = [r for r in tea_house.rows("ledger") if r["kind"] == "reference_marker"]

    assert tea_house.get_activity(marker["activity_id"]) == _not_found()
    assert tea_house.get_activity(marker["of"]).status == 200


def test_another_networks_activity_is_not_found(tea_house: World) -> None:
    tea_house.import_network(rich_network("other"))
    activity_id = buy(tea_house, 1)

    as_theirs = tea_house.get_activity(activity_id, network="other", path_network="other")
    in_their_path = tea_house.get_activity(activity_id, path_network="other")

    assert as_theirs == _not_found()
    assert in_their_path == Answer(
        404,
        JSON,
        {
            "message": "There is no such network for this key.",
            "code": "NETWORK_NOT_FOUND",
            "errors": [
                {
                    "pointer": "path:network_id",
                    "message": "is not the key's network: check the id in the URL",
                }
            ],
            "request_id": "gateway-request",
        },
    )


def _not_found() -> Answer:
    return Answer(
        404,
        JSON,
        {
            "message": "There is no such activity in this network.",
            "code": "ACTIVITY_NOT_FOUND",
            "errors": [
                {
                    "pointer": "path:activity_id",
                    "message": "is unknown here: check the id in the URL",
                }
            ],
            "request_id": "gateway-request",
        },
    )


# ---- What stays true later ----


def test_an_explanation_is_in_the_words_of_the_version_that_decided(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    activity_id = buy(tea_house, 1)
    tea_house.deliver()
    before = shown(tea_house, activity_id)
    document = rich_network()
    document["programs"][0]["rules"][2]["when"]["amount"]["at_least"] = "30"
    document["programs"][0]["rules"].reverse()
    tea_house.import_network(document)
    clock.shift(3600)
    tea_house.restart()

    assert tea_house.get_membership("ann").body["program"]["version"] == 2
    assert shown(tea_house, activity_id) == before


def test_a_posting_of_the_first_release_shows_its_lines_without_explanations(
    tea_house: World,
) -> None:
    activity_id = buy(tea_house, 1)
    tea_house.deliver()
    _rewrite_posting(
        tea_house,
        {"schema_version": 1},
        "considered",
        "quests",
        "tier",
    )

    (ann,) = shown(tea_house, activity_id)["memberships"]

    assert (ann["outcome"], ann["points"]) == ("applied", "45")
    assert [line["rule_id"] for line in ann["lines"]] == ["earn", "tea"]
    assert (ann["considered"], ann["quests"], ann["tier"]) == ([], [], None)


def test_what_was_packed_and_is_not_understood_hides_nothing(tea_house: World) -> None:
    activity_id = buy(tea_house, 1)
    tea_house.deliver()
    _rewrite_posting(tea_house, {"considered": ["r0", "r1 moon full", "b77 amount 3"]})

    (ann,) = shown(tea_house, activity_id)["memberships"]

    assert ann["points"] == "45"
    assert ann["considered"] == [
        matched(rule_id="earn"),
        failed("its condition moon did not hold (it met full)", rule_id="tea"),
        failed("its condition amount did not hold (it met 3)"),
    ]


def test_a_posting_that_is_not_the_one_written_is_an_error(tea_house: World) -> None:
    activity_id = buy(tea_house, 1)
    tea_house.deliver()
    _rewrite_posting(tea_house, {"points": 1_000_000, "content_hash": "0" * 64})

    answer = tea_house.get_activity(activity_id)

    assert (answer.status, answer.body["code"]) == (500, "INTERNAL_ERROR")


def _rewrite_posting(world: World, changes: Json, *left_out: str) -> None:
    """Put the one posting as another release could have written it."""
    (item,) = [i for i in world.items("balance") if i["item_key"]["S"].startswith("POSTING#")]
    kept = {name: item[name] for name in ("membership_key", "item_key")}
    said = {
        name: value
        for name, value in to_attributes(item).items()
        if name not in {*kept, *left_out, "content_hash"}
    } | changes
    proven = {"content_hash": content_hash(said)} | said
    world.put_items("balance", [{**to_item(proven), **kept}])


# ---- Throttled reads ----


def test_keys_that_were_left_unread_are_read_again(
    tea_house: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity_id = buy(tea_house, 1)
    tea_house.deliver()
    unread = UnreadKeys(monkeypatch, times=3)

    assert shown(tea_house, activity_id)["outcome"] == "applied"

    assert unread.left == 0


def test_what_could_not_be_read_is_never_shown_as_pending(
    tea_house: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity_id = buy(tea_house, 1)
    tea_house.deliver()
    UnreadKeys(monkeypatch, times=1000)

    answer = tea_house.get_activity(activity_id)

    assert (answer.status, answer.body["code"]) == (500, "INTERNAL_ERROR")
