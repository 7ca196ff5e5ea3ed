"""What went wrong with replays once, or might have."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from accrue.domain.jobs.job import Job, JobStep
from accrue.services.preview_replay import ReplayPreviewer
from accrue.storage.balances import BalanceTable
from accrue.storage.jobs import JobTable
from tests.integration.orders import Orders
from tests.integration.replays import (
    SETTLED,
    define,
    findings,
    log,
    post_together,
    publish_tea_club,
    replays_in,
    run,
    start,
)
from tests.integration.reversals import reverse
from tests.integration.world import World


def test_what_a_step_kept_that_died_is_not_what_a_later_one_goes_by(
    tea_house: World,
    job_orders: Orders,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    define(tea_house, "purchase", archived=True)
    clock.shift(timedelta(minutes=1))
    for number in range(4):
        log(tea_house, number, activity_type_id="purchase", value="12")
    define(tea_house, "purchase")
    clock.shift(SETTLED)
    monkeypatch.setattr("accrue.services.walk_ledger.ROWS_AT_ONCE", 1)
    advance, save_step = ReplayPreviewer.advance, JobTable.save_step
    tries: list[Job] = []

    def with_little_time(self: ReplayPreviewer, job: Job, _has_time: Callable[[], bool]) -> JobStep:
        """But for the first try, which gets to the end."""
        tries.append(job)
        is_first = len(tries) == 1
        return advance(self, job, lambda: is_first)

    def dying(self: JobTable, after: Job, step: JobStep) -> None:
        if len(tries) == 1:
            raise RuntimeError("killed before the step is kept")
        save_step(self, after, step)

    monkeypatch.setattr(ReplayPreviewer, "advance", with_little_time)
    monkeypatch.setattr(JobTable, "save_step", dying)
    preview = run(job_orders, "preview")

    assert preview["progress"]["steps"] > 4
    # The fifth that is bought at once would count twice.
    assert (preview["report"]["points"], preview["counts"]["activities"]) == ("48", 4)
    assert [each["points"] for each in preview["report"]["largest_memberships"]] == ["48"]
    assert run(job_orders, "commit", of=preview["job_id"])["counts"]["applied"] == 4
    assert tea_house.balance("ann") == "48"


def test_a_key_that_is_used_again_when_its_jobs_are_forgotten_replays_again(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    for number in range(3):
        log(tea_house, number)
    define(tea_house, "survey")
    clock.shift(SETTLED)
    first = run(job_orders, "preview")
    commit = run(job_orders, "commit", of=first["job_id"])
    assert run(job_orders, "reversal", of=commit["job_id"])["counts"]["reversed"] == 3
    for item in tea_house.items("jobs"):
        key = {name: item[name] for name in ("job_key", "item_key")}
        tea_house.client.delete_item(TableName="jobs", Key=key)
    clock.shift(timedelta(days=1))

    second = run(job_orders, "preview")
    again = run(job_orders, "commit", of=second["job_id"])

    assert second["job_id"] == first["job_id"]
    assert (second["counts"]["activities"], again["counts"]["applied"]) == (3, 3)
    assert tea_house.balance("ann") == "30"
    assert run(job_orders, "reversal", of=again["job_id"])["counts"]["reversed"] == 3
    assert tea_house.balance("ann") == "0"


WALK = {
    "rule_id": "walk",
    "activity_type_id": "walk",
    "role": "walker",
    "award": {"kind": "flat", "points": "30"},
}
AS_MEMBER = {**WALK, "rule_id": "come-along", "role": "member"}
BOTH = {"walker": "ann@example.com", "member": "ben@example.com"}


def test_an_activity_is_not_reversed_before_its_replay(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    logged = log(tea_house, 1)
    define(tea_house, "survey")
    define(tea_house, "walk", roles=["walker", "member"])
    publish_tea_club(tea_house, clock, AS_MEMBER)
    walked = post_together(tea_house, BOTH)
    publish_tea_club(tea_house, clock, AS_MEMBER, WALK)
    preview = run(job_orders, "preview", outcomes=["undefined_type", "no_rule"])
    assert run(job_orders, "commit", of=preview["job_id"])["counts"]["applied"] == 2
    before = (tea_house.balance("ann"), tea_house.balance("ben"))
    assert before == ("40", "30")

    for activity_id in (logged, walked):
        replay_id = replays_in(tea_house)[activity_id]["activity_id"]
        told = f"counts by its replay: reverse the replay {replay_id} first"
        for query in ({}, {"dry_run": "true"}):
            refused = reverse(tea_house, activity_id, query=query)
            assert (refused.status, refused.body["code"]) == (409, "NOT_REVERSIBLE")
            assert refused.body["errors"][0]["message"] == told
        assert (tea_house.balance("ann"), tea_house.balance("ben")) == before
    for number, row in enumerate(replays_in(tea_house).values()):
        assert reverse(tea_house, row["activity_id"], key=f"replay-{number}").status == 200
    assert reverse(tea_house, walked, key="walked").status == 200
    assert (tea_house.balance("ann"), tea_house.balance("ben")) == ("0", "0")
    told = reverse(tea_house, logged).body["errors"][0]["message"]
    assert told == "is of an undefined type and only logged: there is nothing to take back"


def spoil(world: World, activity_id: str) -> None:
    """Put the row into a form that nobody reads yet."""
    for item in world.items("ledger"):
        if item["activity_key"]["S"].endswith(activity_id):
            newer = {**item, "schema_version": {"N": "99"}}
            world.client.put_item(TableName="ledger", Item=newer)


def test_what_can_not_be_read_keeps_nothing_else_up(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    ids = [log(tea_house, number) for number in range(3)]
    define(tea_house, "survey")
    clock.shift(SETTLED)
    preview = run(job_orders, "preview")
    spoil(tea_house, ids[1])

    commit = run(job_orders, "commit", of=preview["job_id"])

    assert commit["counts"] == {"applied": 2, "changed": 0, "already_replayed": 0, "skipped": 1}
    (found,) = findings(tea_house, commit["job_id"])
    assert (found["activity_id"], found["reason"]) == (ids[1], "unreadable")
    assert tea_house.balance("ann") == "20"
    spoil(tea_house, replays_in(tea_house)[ids[0]]["activity_id"])
    reversal = run(job_orders, "reversal", of=commit["job_id"])
    assert reversal["counts"] == {"reversed": 1, "already_reversed": 0, "not_reversed": 1}
    (found,) = findings(tea_house, reversal["job_id"])
    assert (found["finding"], found["activity_id"]) == ("not_reversed", ids[0])
    assert tea_house.balance("ann") == "10"
    again = run(job_orders, "preview", idempotency_key="again")
    # The replay's own row is met, too.
    assert (again["counts"]["activities"], again["report"]["skipped"]) == (1, {"unreadable": 3})


def test_what_does_not_fit_together_after_all_is_written_one_by_one(
    tea_house: World,
    job_orders: Orders,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(6):
        log(tea_house, number, membership="ann" if number % 2 else "ben")
    define(tea_house, "survey")
    clock.shift(SETTLED)
    preview = run(job_orders, "preview")
    monkeypatch.setattr("accrue.storage.balances.MAX_BYTES_PER_WRITE", 1)
    monkeypatch.setattr(BalanceTable, "how_many_fit", lambda _self, entries: len(entries))

    commit = run(job_orders, "commit", of=preview["job_id"])

    assert (commit["status"], commit["counts"]["applied"]) == ("completed", 6)
    # In one try.
    assert sum(commit["job_id"] in order.values() for order in job_orders.seen) == 1
    assert (tea_house.balance("ann"), tea_house.balance("ben")) == ("30", "30")


def test_who_got_nothing_by_a_replay_is_told_of_with_the_remedy(
    tea_house: World, job_orders: Orders, clock: time_machine.Traveller
) -> None:
    walked = post_together(tea_house, BOTH)
    define(tea_house, "walk", roles=["walker", "member"])
    publish_tea_club(tea_house, clock, WALK)
    first = run(job_orders, "preview")
    run(job_orders, "commit", of=first["job_id"])
    assert (tea_house.balance("ann"), tea_house.balance("ben")) == ("30", "0")
    publish_tea_club(tea_house, clock, WALK, AS_MEMBER)

    second = run(job_orders, "preview", idempotency_key="2")

    assert second["report"]["skipped"] == {"partly_replayed": 1}
    (found,) = findings(tea_house, second["job_id"])
    replay_id = replays_in(tea_house)[walked]["activity_id"]
    assert f"by {replay_id}, in which somebody got nothing: reverse that" in found["message"]
    assert reverse(tea_house, replay_id).status == 200
    third = run(job_orders, "preview", idempotency_key="3")
    run(job_orders, "commit", of=third["job_id"])
    assert (tea_house.balance("ann"), tea_house.balance("ben")) == ("30", "30")


def test_a_type_counts_as_it_was_defined_just_now(tea_house: World, job_orders: Orders) -> None:
    assert job_orders.seen == []
    wanted = {"activity_type_ids": ["survey"]}
    define(tea_house, "survey", archived=True)
    assert start(tea_house, "preview", idempotency_key="a", **wanted).status == 422
    define(tea_house, "survey")
    assert start(tea_house, "preview", idempotency_key="b", **wanted).status == 202


@pytest.mark.parametrize("field", ["idempotency_key", "user_id"])
def test_an_email_is_no_part_of_a_preview(tea_house: World, field: str) -> None:
    definition = {"idempotency_key": "a", field: "ann@example.com"}
    refused = start(tea_house, "preview", **definition)
    assert (refused.status, refused.body["code"]) == (422, "INVALID_DEFINITION")
    assert [each["pointer"] for each in refused.body["errors"]] == [f"/{field}"]
