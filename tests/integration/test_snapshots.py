"""Functions that start from a snapshot: what all environments have from it, and what none has."""

import json
import random
from collections import Counter
from collections.abc import Callable
from io import StringIO
from itertools import repeat
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from snapshot_restore_py import (  # type: ignore[import-untyped]
    get_after_restore,
    get_before_snapshot,
)

from tests.integration.bodies import hang_activity
from tests.integration.faults import URL, Faults, refused
from tests.integration.world import World

FROM_SNAPSHOTS = (
    "authorize_api_key",
    "authorize_bearer",
    "record_membership_activity",
    "record_network_activity",
    "record_activity_batch",
)


@pytest.fixture(autouse=True)
def no_hooks() -> None:
    """Of earlier starts in this process there are some; an environment has its own alone."""
    forget_hooks()


def forget_hooks() -> None:
    get_before_snapshot().clear()
    get_after_restore().clear()


def take_snapshot() -> None:
    """As the runtime does it: in the reverse order of registration."""
    for hook, arguments, named in reversed(get_before_snapshot()):
        hook(*arguments, **named)


def restore() -> None:
    """As the runtime does it: in the order of registration."""
    for hook, arguments, named in get_after_restore():
        hook(*arguments, **named)


def reads_of(world: World, operation: str) -> Counter[str]:
    """What its client reads from now on."""
    reads: Counter[str] = Counter()

    def count(model: Any, **_rest: object) -> None:
        reads[model.name] += 1

    world.start(operation).client.meta.events.register("before-call.dynamodb", count)
    return reads


@pytest.mark.parametrize("operation", FROM_SNAPSHOTS)
def test_no_two_environments_have_the_same_luck(world: World, operation: str) -> None:
    world.start(operation)
    take_snapshot()
    in_the_snapshot = random.getstate()
    drawn = []
    for _ in range(3):
        random.setstate(in_the_snapshot)
        restore()
        drawn.append(random.random())  # noqa: S311 - guards nothing

    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("operation", FROM_SNAPSHOTS)
def test_the_snapshot_is_of_a_client_that_made_a_call_and_holds_no_connection(
    world: World, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = reads_of(world, operation)
    calls_when_closed = []
    session = world.start(operation).client._endpoint.http_session
    monkeypatch.setattr(session, "close", lambda: calls_when_closed.append(reads.total()))

    take_snapshot()

    assert reads == {"GetItem": 1}
    assert calls_when_closed == [1]


def lose_connection() -> None:
    raise EndpointConnectionError(endpoint_url=URL)


MISFORTUNES: dict[str, Callable[[Faults], None]] = {
    # The SDK's own error, and two of the service's: one that it tries again, one that it does not.
    "EndpointConnectionError": lambda faults: faults.run_before("GetItem", lose_connection),
    "ProvisionedThroughputExceededException": lambda faults: faults.throttle("GetItem", 3),
    "ClientError": lambda faults: faults.answer_with(
        "GetItem", repeat(refused("AccessDeniedException"))
    ),
}


@pytest.mark.parametrize("name", MISFORTUNES)
@pytest.mark.parametrize("operation", FROM_SNAPSHOTS)
def test_a_call_that_fails_before_the_snapshot_is_no_reason_to_take_none(
    world: World,
    faults: Faults,
    logs: StringIO,
    monkeypatch: pytest.MonkeyPatch,
    *,
    operation: str,
    name: str,
) -> None:
    world.restart()
    forget_hooks()
    closed = []
    session = world.start(operation).client._endpoint.http_session
    monkeypatch.setattr(session, "close", lambda: closed.append(session))
    MISFORTUNES[name](faults)

    take_snapshot()

    assert closed == [session]
    (line,) = map(json.loads, logs.getvalue().splitlines())
    assert (line["level"], line["exception_name"]) == ("WARNING", name)


def test_a_restored_environment_remembers_no_more_than_a_fresh_one(world: World) -> None:
    fresh = reads_of(world, "record_membership_activity")
    assert world.post_membership_activity("12345", hang_activity()).status == 200
    world.restart()
    forget_hooks()
    world.start("record_membership_activity")
    take_snapshot()
    another = hang_activity({"/idempotency_key": "another"})
    restored = reads_of(world, "record_membership_activity")
    restore()

    assert world.post_membership_activity("12345", another).status == 200

    assert restored == fresh
    assert restored.total() > 0
