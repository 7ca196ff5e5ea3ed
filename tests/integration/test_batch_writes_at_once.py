"""POST /networks/{network_id}/activities/batch: several writes under way at a time."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.integration.batches import counted, membership_row, network_row, reference_row, statuses
from tests.integration.conftest import running_application
from tests.integration.faults import Crash, Faults
from tests.integration.networks import demo_network
from tests.integration.world import World

AT_ONCE = 10
ROWS = [
    *(network_row(f"k-{n}") for n in range(60)),
    *(reference_row(f"R-{n}", f"r-{n}", enforced=True) for n in range(60)),
    *(reference_row(f"R-{n}", f"again-{n}") for n in range(60)),
    *(reference_row(f"R-{n}", enforced=True) for n in range(60)),
    *(membership_row(f"k-{n}") for n in range(0, 60, 7)),
]

type Things = Iterable[Any]
type Act = Callable[[Any], Any]


@contextmanager
def backwards(_number: int) -> Iterator[Callable[[Act, Things], Things]]:
    """The last thing first, and what each came to in their order."""

    def for_each(act: Act, things: Things) -> Things:
        return [act(each) for each in reversed(list(things))][::-1]

    yield for_each


def recorded(monkeypatch: pytest.MonkeyPatch, at_once: Any) -> tuple[Any, list[Any], int]:
    """The answer, the ledger, and how many calls it took, on tables of their own."""
    with monkeypatch.context() as patched, running_application(patched) as (world, _):
        world.import_network(demo_network())
        function = world.start("record_activity_batch")
        if at_once is not None:
            patched.setattr(function, "at_once", at_once)
        calls: list[object] = []
        function.client.meta.events.register(
            "before-call.dynamodb", lambda model, **_: calls.append(model.name)
        )
        answer = world.post_batch(ROWS)
        rows = sorted(world.rows("ledger"), key=lambda row: row["activity_id"])
        return answer.body, rows, len(calls)


def test_writes_that_are_made_backwards_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    in_turn = recorded(monkeypatch, None)

    assert recorded(monkeypatch, backwards) == in_turn
    assert in_turn[0]["counts"] == counted(recorded=180, duplicates=60, refused=9)


# The last rows of all, and not the first.
@pytest.mark.parametrize(("made", "there"), [(1, 10), (2, 35)])
def test_whichever_writes_were_made_a_batch_that_died_is_completed(
    world: World, faults: Faults, monkeypatch: pytest.MonkeyPatch, made: int, there: int
) -> None:
    rows = [network_row(f"k-{n}") for n in range(60)]
    monkeypatch.setattr(world.start("record_activity_batch"), "at_once", backwards)
    faults.run_before("BatchExecuteStatement", *[lambda: None] * made, die)
    with pytest.raises(Crash):
        world.post_batch(rows)
    assert len(world.rows("ledger")) == there
    world.restart()

    answer = world.post_batch(rows)

    assert answer.body["counts"] == counted(replayed=there, recorded=60 - there)
    assert [row["replayed"] for row in answer.body["results"]].index(True) == 60 - there
    assert len(world.rows("ledger")) == 60


def die() -> None:
    """The process ends."""
    raise Crash


def test_several_writes_are_under_way_and_each_row_gets_its_own_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRITES_AT_ONCE", str(AT_ONCE))
    world.restart()
    # Nobody gets past it before so many have come: those that are alone wait in vain.
    all_here = Barrier(AT_ONCE, timeout=30)

    def answer(params: dict[str, Any], **_event: object) -> tuple[AWSResponse, dict[str, Any]]:
        all_here.wait()
        return answered(each["Parameters"] for each in json.loads(params["body"])["Statements"])

    client = world.start("record_activity_batch").client
    client.meta.events.register("before-call.dynamodb.BatchExecuteStatement", answer)

    amounts = range(2 * AT_ONCE * 25)
    found = statuses(world.post_batch([network_row(f"k-{n}", str(n)) for n in amounts]))

    assert found == [201 if amount % 7 else 500 for amount in amounts]


def answered(inserts: Iterable[list[dict[str, str]]]) -> tuple[AWSResponse, dict[str, Any]]:
    """That each row was inserted, but for those with an amount that seven goes into."""
    failed = {"Error": {"Code": "ValidationError", "Message": "no"}}
    amounts = [next(int(each["N"]) for each in row[2:] if "N" in each) for row in inserts]
    responses = [{} if amount % 7 else failed for amount in amounts]
    http = AWSResponse("https://dynamodb", 200, HTTPHeaders(), None)
    return http, {"Responses": responses}
