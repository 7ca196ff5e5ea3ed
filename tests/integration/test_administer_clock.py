"""A sandbox's clock over HTTP: shown, moved forward by admins, never back."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine

from accrue.domain.sandbox_errors import ClockGoesForwardOnlyError
from accrue.domain.timestamps import from_text, to_text
from accrue.services.administer_clock import ClockAdministrator
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.clocks import ClockTable
from accrue.storage.networks import NetworkTable
from tests.integration.conftest import NOW
from tests.integration.faults import Faults
from tests.integration.sandboxes import (
    A_YEAR_ON,
    SANDBOX,
    due_applier,
    get_clock,
    move_clock,
    sandbox_network,
    stored_clocks,
)
from tests.integration.world import Answer, World
from tests.unit.turns import Actor, Scheduler

SEEDS = 40


@pytest.fixture
def sandbox(world: World) -> World:
    """The application with a sandbox beside the demo network."""
    world.import_network(sandbox_network())
    world.restart()
    return world


def shown(now: str, offset_seconds: str) -> dict[str, Any]:
    return {"network_id": SANDBOX, "now": now, "offset_seconds": offset_seconds}


def moved(now: str, offset_seconds: str) -> dict[str, Any]:
    return {**shown(now, offset_seconds), "due_applied": 0, "is_complete": True}


def refused(answer: Answer) -> tuple[int, str, str]:
    (fault,) = answer.body["errors"]
    return answer.status, answer.body["code"], fault["pointer"]


def test_at_first_it_goes_by_real_time(sandbox: World) -> None:
    answer = get_clock(sandbox)

    assert (answer.status, answer.body) == (200, shown("2026-03-01T12:00:00.000000Z", "0"))
    assert stored_clocks(sandbox) == []


def test_moved_it_goes_on_from_there(sandbox: World, clock: time_machine.Traveller) -> None:
    answer = move_clock(sandbox, "2027-03-01T01:00:00+01:00")

    assert (answer.status, answer.body) == (200, moved(A_YEAR_ON, "31492800"))
    (item,) = stored_clocks(sandbox)
    assert item == {
        "catalog_key": "sandbox#CLOCK",
        "item_key": "CLOCK",
        "offset_seconds": 31492800,
        "moved_to": A_YEAR_ON,
        "steps": [{"settled_at": "2026-03-01T12:01:00.000000Z", "offset_seconds": 31492800}],
        "content_hash": item["content_hash"],
    }
    clock.shift(90)
    assert get_clock(sandbox).body == shown("2027-03-01T00:01:30.000000Z", "31492800")
    answer = move_clock(sandbox, "2027-03-01T00:02:00.000001Z")
    assert answer.body == moved("2027-03-01T00:02:00.000001Z", "31492830.000001")


def test_a_retry_gets_the_clock_as_it_is_and_moves_nothing(
    sandbox: World, clock: time_machine.Traveller
) -> None:
    move_clock(sandbox, A_YEAR_ON)
    before = stored_clocks(sandbox)

    clock.shift(30)
    answer = move_clock(sandbox, A_YEAR_ON)

    assert (answer.status, answer.body) == (200, moved("2027-03-01T00:00:30.000000Z", "31492800"))
    assert stored_clocks(sandbox) == before


def test_it_goes_forward_only(sandbox: World, clock: time_machine.Traveller) -> None:
    assert refused(move_clock(sandbox, "2026-03-01T11:59:59Z")) == (
        409,
        "CLOCK_GOES_FORWARD_ONLY",
        "/now",
    )
    assert stored_clocks(sandbox) == []
    move_clock(sandbox, A_YEAR_ON)
    clock.shift(10)
    move_clock(sandbox, "2027-03-02T00:00:00Z")
    before = stored_clocks(sandbox)

    for earlier in (A_YEAR_ON, "2027-03-01T23:59:59.999999Z"):
        answer = move_clock(sandbox, earlier)
        assert refused(answer) == (409, "CLOCK_GOES_FORWARD_ONLY", "/now")
        assert "2027-03-02T00:00:00.000000Z" in answer.body["errors"][0]["message"]
    assert stored_clocks(sandbox) == before


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2046-03-01T12:00:00.000001Z", "2046-03-01T12:00:00.000000Z is the latest now"),
        ("2027-03-01T00:00:00", "must be a time with its offset"),
        ("9999-12-31T23:59:59-14:00", "more than 20 years ahead"),
        ("2027-03-01", "must be a time with its offset"),
        (1803859200, "must be a time with its offset"),
        (None, "must be a time with its offset"),
    ],
)
def test_where_it_can_not_be_moved_to_is_told(sandbox: World, now: Any, said: str) -> None:
    answer = move_clock(sandbox, now)

    assert refused(answer) == (422, "INVALID_DEFINITION", "/now")
    assert said in answer.body["errors"][0]["message"]
    assert stored_clocks(sandbox) == []


def test_the_beginning_of_all_times_is_past(sandbox: World) -> None:
    answer = move_clock(sandbox, "0001-01-01T00:00:00+14:00")

    assert (answer.status, answer.body["code"]) == (409, "CLOCK_GOES_FORWARD_ONLY")


def test_production_networks_have_none(sandbox: World) -> None:
    for answer in (get_clock(sandbox, "demo"), move_clock(sandbox, A_YEAR_ON, "demo")):
        assert refused(answer) == (409, "NOT_A_SANDBOX", "path:network_id")
    assert stored_clocks(sandbox) == []


def test_it_is_its_admins_alone(sandbox: World) -> None:
    path = {"network_id": SANDBOX}
    for route in ("GET /networks/{network_id}/clock", "POST /networks/{network_id}/clock"):
        body = {"now": A_YEAR_ON}
        others = [
            (sandbox.call(route, body, path=path), (404, "NETWORK_NOT_FOUND")),
            (
                sandbox.call(route, body, path=path, network="", role="operator"),
                (404, "NETWORK_NOT_FOUND"),
            ),
            (
                sandbox.call(route, body, path=path, network=SANDBOX, role="partner"),
                (403, "ADMIN_KEY_REQUIRED"),
            ),
        ]
        for answer, expected in others:
            assert (answer.status, answer.body["code"]) == expected
    answer = get_clock(sandbox, "nowhere")
    assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")
    assert stored_clocks(sandbox) == []


def test_each_sandbox_has_its_own(sandbox: World) -> None:
    sandbox.import_network(sandbox_network("another"))

    move_clock(sandbox, A_YEAR_ON)

    assert get_clock(sandbox).body["now"] == A_YEAR_ON
    assert get_clock(sandbox, "another").body["now"] == "2026-03-01T12:00:00.000000Z"


def test_a_lost_answer_inside_the_sdks_own_retry_is_no_failure(
    sandbox: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    sandbox.restart()
    faults.lose_answers("TransactWriteItems")

    answer = move_clock(sandbox, A_YEAR_ON)

    assert (answer.status, answer.body["now"]) == (200, A_YEAR_ON)
    assert faults.fired["TransactWriteItems"] == 1


class Ticking:
    """Real time that goes on a little each time that somebody asks."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def mover(
    wanted: datetime, real_now: Callable[[], datetime], came_to: list[str]
) -> Callable[[Callable[[], None]], None]:
    def work(pause: Callable[[], None]) -> None:
        client = boto3.client("dynamodb", region_name="us-east-1")
        for when in ("before-call", "after-call"):
            client.meta.events.register(f"{when}.dynamodb", lambda **_: pause())
        table = AdministrationTable(client, "catalog")
        clocks = ClockAdministrator(NetworkTable(table), ClockTable(table), real_now)
        due = due_applier(client, real_now())
        try:
            came_to.append(to_text(clocks.move(SANDBOX, wanted, due).shown.now))
        except ClockGoesForwardOnlyError:
            came_to.append("refused")

    return work


def test_of_two_who_move_it_at_once_neither_moves_it_back(sandbox: World) -> None:
    snapshot = sandbox.snapshot()
    near, far = datetime(2026, 6, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
    ends = Counter[bool]()

    for seed in range(SEEDS):
        sandbox.restore(snapshot)
        real_now, came_to = Ticking(), list[str]()
        works = [mover(near, real_now, came_to), mover(far, real_now, came_to)]
        Scheduler(seed).run([Actor(w) for w in works], lambda: None, may_kill=False)

        now = from_text(get_clock(sandbox).body["now"])
        assert far - timedelta(seconds=1) <= now + (real_now() - NOW) <= far + timedelta(seconds=1)
        (item,) = stored_clocks(sandbox)
        assert item["moved_to"] == A_YEAR_ON
        ends["refused" in came_to] += 1

    # Whoever comes second with the earlier time is told so.
    assert len(ends) == 2


def test_two_who_move_it_to_the_same_time_both_do(sandbox: World) -> None:
    """As a request and its retry."""
    snapshot = sandbox.snapshot()
    far = datetime(2027, 3, 1, tzinfo=UTC)

    for seed in range(SEEDS):
        sandbox.restore(snapshot)
        real_now, came_to = Ticking(), list[str]()
        works = [mover(far, real_now, came_to), mover(far, real_now, came_to)]
        Scheduler(seed).run([Actor(w) for w in works], lambda: None, may_kill=False)

        assert len(came_to) == 2
        assert "refused" not in came_to
        (item,) = stored_clocks(sandbox)
        assert len(item["steps"]) == 1
