"""What was logged undefined is previewed, applied and taken back, as jobs over HTTP."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accrue.domain.activity import Activity
from tests.integration.folds import assert_folds
from tests.integration.invariants import Witness
from tests.integration.orders import Orders
from tests.integration.replays import (
    CANCEL,
    FORGOTTEN,
    SETTLED,
    define,
    findings,
    in_small_steps,
    job,
    log,
    logged,
    post_together,
    publish_tea_club,
    replays_in,
    run,
    seed,
    start,
    take_one,
)
from tests.integration.reversals import reverse
from tests.integration.spending import redeem
from tests.integration.users import SUSPEND, about_user, enrol
from tests.integration.world import World


def test_what_was_logged_undefined_counts_after_it_is_defined(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    ids = [log(tea_house, number, value=f"{number}.5") for number in (1, 2)]
    other = log(tea_house, 3, membership="ben", value="7")
    clock.shift(SETTLED)
    define(tea_house, "survey")

    preview = run(job_orders, "preview")

    assert preview["status"] == "completed"
    assert preview["counts"] == {"activities": 3, "memberships": 2, "skipped": 0}
    assert preview["report"] == {
        "activities": 3,
        "memberships": 2,
        "points": "12",
        "programs": {"tea-club": {"points": "12", "memberships": 2}},
        "skipped": {},
        "largest_activities": [
            {"activity_id": other, "points": "7"},
            {"activity_id": ids[1], "points": "3"},
            {"activity_id": ids[0], "points": "2"},
        ],
        "largest_memberships": [
            {"program_id": "tea-club", "program_membership_id": "ben", "points": "7"},
            {"program_id": "tea-club", "program_membership_id": "ann", "points": "5"},
        ],
    }
    assert preview["definition"]["program_versions"] == {"tea-club": 1}
    assert replays_in(tea_house) == {}
    assert tea_house.postings() == []

    commit = run(job_orders, "commit", of=preview["job_id"])

    counts = {"applied": 3, "changed": 0, "already_replayed": 0, "skipped": 0}
    assert (commit["status"], commit["counts"]) == ("completed", counts)
    assert commit["report"]["points"] == "12"
    assert commit["progress"] == {"done": 3, "total": 3, "steps": 1}
    assert (tea_house.balance("ann"), tea_house.balance("ben")) == ("5", "7")
    replay = replays_in(tea_house)[ids[0]]
    shown = tea_house.get_activity(ids[0]).body
    assert (shown["outcome"], shown["replays"]) == ("undefined_type", [replay["activity_id"]])
    again = tea_house.get_activity(replay["activity_id"]).body
    assert (again["kind"], again["replay_of"], again["outcome"]) == ("replay", ids[0], "applied")
    assert again["occurred_at"] == shown["occurred_at"] < again["recorded_at"]
    assert [each["points"] for each in again["memberships"]] == ["2"]
    assert [e["type"] for e in again["memberships"][0]["events"]] == ["points.awarded"]
    Witness().observe(tea_house)
    assert_folds(tea_house)

    clock.shift(timedelta(days=1))
    reversal = run(job_orders, "reversal", of=commit["job_id"])

    assert reversal["counts"] == {"reversed": 3, "already_reversed": 0, "not_reversed": 0}
    assert reversal["report"] == {"points": "-12"}
    assert (tea_house.balance("ann"), tea_house.balance("ben")) == ("0", "0")
    Witness().observe(tea_house)
    assert_folds(tea_house)

    second = run(job_orders, "preview", idempotency_key="preview-2")
    assert second["counts"] == {"activities": 3, "memberships": 2, "skipped": 0}
    run(job_orders, "commit", of=second["job_id"])
    assert tea_house.balance("ann") == "5"
    assert len(tea_house.get_activity(ids[0]).body["replays"]) == 2
    Witness().observe(tea_house)
    assert_folds(tea_house)
    third = run(job_orders, "preview", idempotency_key="preview-3")
    assert third["report"]["skipped"] == {"already_replayed": 3}


AHEAD = datetime(2026, 4, 1, tzinfo=UTC)
SKIPPED: dict[str, tuple[Activity, str]] = {
    "undefined_type": (
        logged(1, user_id="user-1", membership="ann", activity_type_id="odd"),
        "odd",
    ),
    "archived_type": (logged(2, user_id="user-1", membership="ann", activity_type_id="old"), "old"),
    "unknown_role": (logged(3, user_id="user-1", membership="ann", role="judge"), "judge"),
    "negative_value": (
        logged(4, user_id="user-1", membership="ann", amount=Decimal(-1)),
        "negative",
    ),
    "held": (logged(5, user_id="user-1", membership="ann", occurred_at=AHEAD), "a day ahead"),
    "nobody_enrolled": (logged(6, user_id="user-3"), "enrol"),
    "rejected": (logged(7, user_id="user-2", membership="ben"), "the user is suspended"),
    "no_rule": (
        logged(8, user_id="user-1", membership="ann", role="walker", activity_type_id="walk"),
        "",
    ),
}


@pytest.mark.parametrize("reason", SKIPPED)
def test_what_still_can_not_count_is_left_out_with_the_reason(
    tea_house: World, job_orders: Orders, reason: str
) -> None:
    row, told = SKIPPED[reason]
    counting = logged(100, user_id="user-1", membership="ann", amount=Decimal(5))
    seed(tea_house, [row, counting])
    define(tea_house, "survey")
    define(tea_house, "walk", roles=["walker"])
    define(tea_house, "old")
    define(tea_house, "old", archived=True)
    about_user(tea_house, SUSPEND, "user-2")

    preview = run(job_orders, "preview")

    assert preview["report"]["skipped"] == {reason: 1}
    assert preview["counts"] == {"activities": 1, "memberships": 1, "skipped": 1}
    found = findings(tea_house, preview["job_id"])
    assert [(each["activity_id"], each["reason"]) for each in found] == (
        [(row.activity_id, reason)] if told else []
    )
    assert all(told in each["message"] for each in found)
    commit = run(job_orders, "commit", of=preview["job_id"])
    assert commit["counts"]["applied"] == 1
    assert tea_house.balance("ann") == "5"


def test_who_was_enrolled_late_is_replayed_with_what_there_is_today(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    nobody = {"friend": "carl@example.com", "referrer": "carl@example.com"}
    activity_id = post_together(tea_house, nobody, activity_short_id="referral")
    assert tea_house.get_activity(activity_id).body["outcome"] == "nobody_enrolled"
    clock.shift(SETTLED)
    assert run(job_orders, "preview", outcomes=["nobody_enrolled"])["report"]["skipped"] == {
        "nobody_enrolled": 1
    }
    enrol(tea_house, program_membership_id="carl", program_id="tea-club", email="carl@example.com")

    preview = run(job_orders, "preview", idempotency_key="2", outcomes=["nobody_enrolled", "held"])
    run(job_orders, "commit", of=preview["job_id"])

    assert preview["counts"] == {"activities": 1, "memberships": 1, "skipped": 0}
    assert tea_house.balance("carl") == "35"
    assert_folds(tea_house)


def test_what_no_rule_was_on_is_replayed_for_those_memberships_alone(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    define(tea_house, "walk", roles=["walker", "member"])
    publish_tea_club(tea_house, clock, {**WALK, "rule_id": "come-along", "role": "member"})
    people = {"walker": "ann@example.com", "member": "ben@example.com"}
    walked = post_together(tea_house, people)
    taken_back = post_together(tea_house, people)
    assert (tea_house.balance("ann"), tea_house.balance("ben")) == ("0", "60")
    assert reverse(tea_house, taken_back).status == 200
    publish_tea_club(tea_house, clock, WALK)

    by_first = run(job_orders, "preview", outcomes=["no_rule"], program_versions={"tea-club": 1})
    by_second = run(job_orders, "preview", idempotency_key="2", outcomes=["no_rule"])

    assert by_first["report"]["skipped"] == {"no_rule": 1, "reversed": 1}
    assert by_second["report"]["skipped"] == {"reversed": 1}
    assert by_second["counts"]["activities"] == 1
    assert by_second["definition"]["program_versions"] == {"tea-club": 3}
    run(job_orders, "commit", of=by_second["job_id"])
    assert (tea_house.balance("ann"), tea_house.balance("ben")) == ("30", "30")
    assert len(tea_house.get_activity(walked).body["replays"]) == 1
    assert_folds(tea_house)
    Witness().observe(tea_house)


def test_a_replay_is_decided_by_the_version_that_the_preview_pinned(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    post_together(tea_house, {"walker": "ann@example.com"})
    define(tea_house, "walk", roles=["walker"])
    publish_tea_club(tea_house, clock, WALK)
    preview = run(job_orders, "preview")
    publish_tea_club(tea_house, clock, {**WALK, "award": {"kind": "flat", "points": "1000"}})

    commit = run(job_orders, "commit", of=preview["job_id"])

    assert commit["counts"]["applied"] == 1
    assert tea_house.balance("ann") == "30"
    (posting,) = tea_house.postings()
    assert posting["program_version"] == 2
    # Lost and found again, it is decided by the same.
    for item in tea_house.items("balance"):
        key = {name: item[name] for name in ("membership_key", "item_key")}
        tea_house.client.delete_item(TableName="balance", Key=key)
    clock.shift(SETTLED)
    tea_house.invoke("reconcile", {"lookback_seconds": 86_400})
    assert tea_house.balance("ann") == "30"
    Witness().observe(tea_house)
    assert_folds(tea_house)


def test_what_changed_since_the_preview_is_told_and_nothing_of_it_written(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    define(tea_house, "purchase", archived=True)
    clock.shift(FORGOTTEN)
    changing = log(tea_house, 1, activity_type_id="purchase", value="20")
    same = log(tea_house, 2, membership="ben", activity_type_id="purchase", value="20")
    define(tea_house, "purchase")
    define(tea_house, "survey")
    clock.shift(SETTLED)
    preview = run(job_orders, "preview")
    assert preview["report"]["points"] == "40"
    # From 50 points on, purchases count twice. What is spent meanwhile changes nothing.
    log(tea_house, 3, value="60")
    log(tea_house, 4, membership="ben", value="30")
    assert redeem(tea_house, "25", membership="ben").status == 200

    commit = run(job_orders, "commit", of=preview["job_id"])

    counts = {"applied": 1, "changed": 1, "already_replayed": 0, "skipped": 0}
    assert commit["counts"] == counts
    assert replays_in(tea_house).keys() == {same}
    (found,) = findings(tea_house, commit["job_id"])
    shown = {"program_id": "tea-club", "program_membership_id": "ann", "outcome": "applied"}
    assert found == {
        "finding": "changed",
        "activity_id": changing,
        "previewed": [{**shown, "points": "20"}],
        "now": [{**shown, "points": "40"}],
    }
    assert (tea_house.balance("ann"), tea_house.balance("ben")) == ("60", "25")
    assert_folds(tea_house)


def test_a_type_that_is_archived_meanwhile_is_not_applied(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    log(tea_house, 1)
    define(tea_house, "survey")
    clock.shift(SETTLED)
    preview = run(job_orders, "preview")
    define(tea_house, "survey", archived=True)
    clock.shift(FORGOTTEN)

    commit = run(job_orders, "commit", of=preview["job_id"])

    assert commit["report"]["skipped"] == {"archived_type": 1}
    assert findings(tea_house, commit["job_id"])[0]["reason"] == "archived_type"
    assert tea_house.postings() == []


def test_two_previews_that_are_committed_at_once_count_once(
    tea_house: World,
    job_orders: Orders,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(7):
        log(tea_house, number)
    define(tea_house, "survey")
    clock.shift(SETTLED)
    previews = [run(job_orders, "preview", idempotency_key=key) for key in ("one", "two")]
    assert [each["counts"]["activities"] for each in previews] == [7, 7]
    in_small_steps(monkeypatch)

    started = [start(tea_house, "commit", of=each["job_id"]).body for each in previews]
    job_orders.run()

    commits = [job(tea_house, each["job_id"]) for each in started]
    assert all(each["progress"]["steps"] > 1 for each in commits)
    assert sum(each["counts"]["applied"] for each in commits) == 7
    assert sum(each["counts"]["already_replayed"] for each in commits) == 7
    assert tea_house.balance("ann") == "70"
    reversals = [run(job_orders, "reversal", of=each["job_id"]) for each in commits]
    assert [r["counts"]["reversed"] for r in reversals] == [c["counts"]["applied"] for c in commits]
    assert tea_house.balance("ann") == "0"
    Witness().observe(tea_house)
    assert_folds(tea_house)


def test_a_cancelled_commit_is_ended_before_it_is_taken_back(
    tea_house: World,
    job_orders: Orders,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = [log(tea_house, number) for number in range(5)]
    define(tea_house, "survey")
    clock.shift(SETTLED)
    preview = run(job_orders, "preview")
    in_small_steps(monkeypatch)
    commit = start(tea_house, "commit", of=preview["job_id"]).body
    refused = start(tea_house, "reversal", of=commit["job_id"])
    assert (refused.status, refused.body["code"]) == (409, "JOB_NOT_READY")
    take_one(job_orders)
    path = {"network_id": "demo", "job_id": commit["job_id"]}
    assert tea_house.call(CANCEL, path=path).body["status"] == "cancelled"
    assert 0 < len(replays_in(tea_house)) < len(ids)
    # And one of them was taken back by somebody else.
    first = next(iter(replays_in(tea_house).values()))
    assert reverse(tea_house, first["activity_id"]).status == 200

    refused = start(tea_house, "reversal", of=commit["job_id"])
    assert (refused.status, refused.body["code"]) == (409, "JOB_NOT_READY")
    assert "start the same commit again" in refused.body["errors"][0]["message"]
    assert run(job_orders, "commit", of=preview["job_id"])["counts"]["applied"] == 5
    reversal = run(job_orders, "reversal", of=commit["job_id"])

    assert reversal["counts"] == {"reversed": 4, "already_reversed": 1, "not_reversed": 0}
    assert tea_house.balance("ann") == "0"
    # Nor does it go on by being started again.
    assert run(job_orders, "commit", of=preview["job_id"])["counts"]["applied"] == 5
    assert tea_house.balance("ann") == "0"
    Witness().observe(tea_house)


def test_a_replay_is_listed_and_stands_in_histories(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    define(tea_house, "referral", archived=True)
    clock.shift(FORGOTTEN)
    activity_id = post_together(
        tea_house,
        {"referrer": "ann@example.com"},
        activity_short_id="referral",
        metadata={"reference_id": "order-7", "description": "by phone"},
    )
    define(tea_house, "referral")
    clock.shift(SETTLED)
    preview = run(job_orders, "preview", user_id="user-1", activity_type_ids=["referral"])
    run(job_orders, "commit", of=preview["job_id"])
    clock.shift(SETTLED)

    def listed(**query: str) -> list[Any]:
        answer = tea_house.call(LIST, query=query)
        return [(each["kind"], each["replay_of"]) for each in answer.body["activities"]]

    assert listed(kind="replay") == [("replay", activity_id)]
    assert listed(reference_id="order-7") == [("replay", activity_id), ("activity", None)]
    history = tea_house.call(HISTORY, path={"program_membership_id": "ann"}).body["activities"]
    assert [(each["kind"], each["points"]) for each in history] == [("replay", "25")]
    row = replays_in(tea_house)[activity_id]
    assert (row["description"], row["reference_id"]) == ("by phone", "order-7")


WALK = {
    "rule_id": "walk",
    "activity_type_id": "walk",
    "role": "walker",
    "award": {"kind": "flat", "points": "30"},
}
LIST = "GET /networks/{network_id}/activities"
HISTORY = "GET /v2/program-memberships/{program_membership_id}/activities"
