"""Activities that were logged only, and jobs that replay them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accrue.domain.activity import Activity, FrontDoor, Kind, MembershipRef, Outcome, Participant
from accrue.domain.ids import fresh_id
from accrue.storage.ledger import LedgerTable
from tests.integration.orders import Orders, queue_event
from tests.integration.rich_network import rich_network
from tests.integration.world import Answer, World

JOBS_ROUTE = "POST /networks/{network_id}/jobs"
JOB = "GET /networks/{network_id}/jobs/{job_id}"
FINDINGS = "GET /networks/{network_id}/jobs/{job_id}/findings"
CANCEL = "POST /networks/{network_id}/jobs/{job_id}/cancellation"
TYPE = "/networks/{network_id}/activity-types/{activity_type_id}"
SETTLED = timedelta(minutes=5)
# Longer than a function remembers what was defined.
FORGOTTEN = timedelta(minutes=1)


def define(world: World, activity_type_id: str, *, archived: bool = False, **rest: Any) -> None:
    """Define the type, or archive it, which is the same as not to define it."""
    shown = world.call(f"GET {TYPE}", path=_type(activity_type_id))
    known = (
        {k: v for k, v in shown.body.items() if k != "is_archived"} if shown.status == 200 else {}
    )
    body = {"kind": "action", **known, "is_archived": archived, **rest}
    headers = {"If-Match": shown.headers["ETag"]} if shown.status == 200 else {}
    answer = world.call(f"PUT {TYPE}", body, path=_type(activity_type_id), headers=headers)
    assert answer.status in (200, 201), answer


def _type(activity_type_id: str) -> dict[str, str]:
    return {"network_id": "demo", "activity_type_id": activity_type_id}


def log(world: World, number: int, membership: str = "ann", **changes: Any) -> str:
    """The id of an activity in Hang's form that is sent and delivered."""
    activity = {
        "activity_type_id": "survey",
        "value": "10",
        "transaction_timestamp": 1772366400,
        **changes,
    }
    body = {"idempotency_key": f"log-{number}", "activity": activity}
    answer = world.post_membership_activity(membership, body)
    assert answer.status == 200, answer
    activity_id = answer.headers["Accrue-Activity-Id"]
    deliver(world, activity_id)
    return activity_id


def deliver(world: World, activity_id: str) -> None:
    """What the stream does with one row."""
    rows = [i for i in world.items("ledger") if i["activity_key"]["S"].endswith(activity_id)]
    assert world.deliver(rows) == {"batchItemFailures": []}


def start(world: World, kind: str, **definition: Any) -> Answer:
    """Start a job of a replay."""
    request_id = f"request-{world.invocations}"
    return world.call(JOBS_ROUTE, {"kind": f"replay_{kind}", **definition}, request_id=request_id)


def run(orders: Orders, kind: str, **definition: Any) -> dict[str, Any]:
    """The job that was started, when it is over."""
    if kind == "preview":
        # The days before that would be asked for, too.
        since = {"recorded_from": "2026-01-30T00:00:00Z"}
        definition = {"idempotency_key": "preview-1", **since, **definition}
    started = start(orders.world, kind, **definition)
    assert started.status == 202, started
    orders.run()
    return job(orders.world, started.body["job_id"])


def job(world: World, job_id: str) -> dict[str, Any]:
    """The job as it is shown."""
    shown = world.call(JOB, path={"network_id": "demo", "job_id": job_id})
    assert shown.status == 200, shown
    body: dict[str, Any] = shown.body
    return body


def findings(world: World, job_id: str) -> list[dict[str, Any]]:
    """All that the job found."""
    found: list[dict[str, Any]] = []
    query = {"limit": "100"}
    while True:
        page = world.call(FINDINGS, path={"network_id": "demo", "job_id": job_id}, query=query)
        assert page.status == 200, page
        found += page.body["findings"]
        if page.body["next_cursor"] is None:
            return found
        query = {"limit": "100", "cursor": page.body["next_cursor"]}


def replays_in(world: World) -> dict[str, dict[str, Any]]:
    """The rows of kind replay by what they replay; of several, the last that was recorded."""
    rows = [row for row in world.rows("ledger") if row["kind"] == "replay"]
    return {row["of"]: row for row in sorted(rows, key=lambda row: row["recorded_at"])}


LOGGED = Activity(
    network_id="demo",
    activity_id="",
    kind=Kind.ACTIVITY,
    front_door=FrontDoor.NETWORK,
    activity_type_id="survey",
    amount=Decimal(0),
    participants=(),
    occurred_at=datetime(2026, 2, 1, tzinfo=UTC),
    recorded_at=datetime(2026, 2, 1, tzinfo=UTC),
    request_id="r",
    invocation_id="i",
    key_id="partner",
    payload_form="network_activity/2",
    payload_hash="0" * 64,
    settled_outcome=Outcome.UNDEFINED_TYPE,
)


def logged(number: int, *, user_id: str, membership: str | None = None, **changes: Any) -> Activity:
    """A row as it would have been written; without membership, nobody was enrolled then."""
    program_id = changes.pop("program_id", "tea-club")
    refs = (MembershipRef(program_id, membership),) if membership else ()
    role = changes.pop("role", "member")
    # In Hang's form, in which no rule is needed.
    changes.setdefault("front_door", FrontDoor.MEMBERSHIP if membership else FrontDoor.NETWORK)
    return replace(
        LOGGED,
        activity_id=fresh_id(f"seeded-{number}"),
        participants=(Participant(role, user_id, refs),),
        **changes,
    )


def seed(world: World, rows: Iterable[Activity]) -> None:
    """Put rows into the ledger as they would have been written."""
    ledger = LedgerTable(world.client, "ledger")
    world.put_items("ledger", [dict(ledger.insertion_of(row)["Put"]["Item"]) for row in rows])


def points_by_membership(world: World) -> Mapping[str, Decimal]:
    """All balances."""
    return {
        row["program_membership_id"]: row["points"]
        for row in world.rows("balance")
        if row["item_key"] == "BALANCE"
    }


def post_together(world: World, users: Mapping[str, str], **changes: Any) -> str:
    """The id of an activity in Village's form that is sent and delivered."""
    body = {"activity_short_id": "walk", "amount": "10", "users": dict(users), **changes}
    answer = world.post_network_activity(body)
    assert answer.status == 201, answer
    activity_id: str = answer.body["activity_id"]
    deliver(world, activity_id)
    return activity_id


def publish_tea_club(world: World, clock: time_machine.Traveller, *rules: dict[str, Any]) -> None:
    """A further version of the tea club with these rules as well, and the time when it counts."""
    program = rich_network()["programs"][0]
    program = {**program, "rules": [*program["rules"], *rules]}
    path = {"network_id": "demo", "program_id": "tea-club"}
    route = "/networks/{network_id}/programs/{program_id}"
    shown = world.call(f"GET {route}", path=path)
    answer = world.call(
        f"PUT {route}", {"program": program}, path=path, headers={"If-Match": shown.headers["ETag"]}
    )
    assert answer.status == 200, answer
    clock.shift(timedelta(minutes=10))


def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two activities a step, so that few make many steps."""
    for name, value in {
        "preview_replay.REPLAYS_A_STEP": 2,
        "preview_replay.TOTALS_AT_ONCE": 2,
        "preview_replay.TOTALS_A_STEP": 2,
        "walk_ledger.ROWS_AT_ONCE": 1,
        "commit_replay.ACTIVITIES_A_STEP": 2,
        "commit_replay.ACTIVITIES_AT_ONCE": 2,
        "reverse_replay.ACTIVITIES_A_STEP": 2,
        "reverse_replay.ACTIVITIES_AT_ONCE": 2,
    }.items():
        monkeypatch.setattr(f"accrue.services.{name}", value)


def take_one(orders: Orders) -> None:
    """Let one step be done."""
    answer = orders.client.receive_message(
        QueueUrl=orders.queue.url,
        MaxNumberOfMessages=1,
        AttributeNames=["ApproximateReceiveCount"],
    )
    (message,) = answer["Messages"]
    orders.world.invoke("run_job", queue_event(message, orders.queue))
    orders.client.delete_message(QueueUrl=orders.queue.url, ReceiptHandle=message["ReceiptHandle"])
