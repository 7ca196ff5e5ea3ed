"""Requests that are tried out, and then made in earnest."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from tests.integration.bodies import hang_activity, village_activity
from tests.integration.faults import Faults
from tests.integration.world import Answer, World

DRY_RUN = {"dry_run": "true"}
TABLES = ("ledger", "balance", "catalog", "events")

# Sends a request, with further arguments of `World.call`.
type Send = Callable[..., Answer]


@contextmanager
def only_read(world: World, faults: Faults) -> Iterator[None]:
    """What runs inside reads the tables, and asks nobody to write."""
    before = {table: world.items(table) for table in TABLES}
    faults.calls.clear()
    yield
    assert {table: world.items(table) for table in TABLES} == before
    assert set(faults.counts()) <= {"GetItem", "Query", "BatchGetItem"}


def try_out(world: World, faults: Faults, send: Send) -> Answer:
    """Send a request as a dry run, which must write nothing."""
    with only_read(world, faults):
        answer = send(query=DRY_RUN)
    assert answer.status >= 300 or faults.calls, "nobody watched"
    return answer


def try_out_and_record(world: World, faults: Faults, send: Send) -> tuple[Answer, Answer]:
    """Try an activity out and record it at the same moment: what is told and asked for must be what
    comes of it. Both answers.
    """
    tried = try_out(world, faults, send)
    known = {row["activity_key"] for row in world.rows("ledger")}
    real = send()
    if real.status >= 300:
        assert tried == real
        return tried, real
    assert (tried.status, tried.headers.get("Accrue-Dry-Run")) == (200, "true")
    rows = [item for item in world.items("ledger") if item["activity_key"]["S"] not in known]
    assert world.deliver(rows) == {"batchItemFailures": []}
    (row_id,) = {
        item["activity_id"]["S"] for item in rows if item["kind"]["S"] != "reference_marker"
    }
    assert tried.body["activity"] == expected_of(world.get_activity(row_id).body)
    assert tried.body["replays"] is None
    assert tried.body["warnings"] == (real.warnings if "Accrue-Warnings" in real.headers else [])
    assert told(tried) == told(real)
    return tried, real


def told(answer: Answer) -> Mapping[str, str]:
    """What the headers of a request in earnest tell, but for the id of what it recorded."""
    left_out = {"Accrue-Dry-Run", "Accrue-Activity-Id"}
    return {name: value for name, value in answer.headers.items() if name not in left_out}


def expected_of(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Of an activity as it is shown once it is applied: what a dry run told before."""
    activity_id = None if shown["activity_id"].startswith("fr_") else shown["activity_id"]
    memberships = [_without_events(each) for each in shown["memberships"]]
    return {**_without_events(shown), "activity_id": activity_id, "memberships": memberships}


def _without_events(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name != "events"}


def hang(world: World, membership: str = "12345", **changes: Any) -> Send:
    """An activity in Hang's form, changed at JSON pointers."""
    pointers = {f"/{name.replace('__', '/')}": value for name, value in changes.items()}
    return partial(world.post_membership_activity, membership, hang_activity(pointers))


def village(
    world: World, changes: Mapping[str, object] = {}, key: str | None = None, **request: Any
) -> Send:
    """An activity in Village's form, changed at JSON pointers."""
    headers = {"Idempotency-Key": key} if key else {}
    return partial(
        world.post_network_activity, village_activity(changes), headers=headers, **request
    )
