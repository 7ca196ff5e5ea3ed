"""reconcile with more to look through than a run has time for: each network gets its turn."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any, override

import pytest
import time_machine

from accrue.domain.timestamps import from_text, to_text
from accrue.storage.reconcile_progress import ReconcileProgressTable
from tests.integration.bodies import hang_activity
from tests.integration.conftest import NOW
from tests.integration.faults import Faults
from tests.integration.histories import hang_post
from tests.integration.sandboxes import SANDBOX, move_clock, sandbox_network
from tests.integration.world import Context, World

GRACE = timedelta(seconds=120)
# More than two sweeps overlap by.
TO_SWEEP = timedelta(minutes=2)
TWO_YEARS_ON = to_text(NOW + timedelta(days=730))
COMPLETE = {"checked": 1, "found": 1, "failed": 0, "is_complete": True}


@dataclass
class _SlowQueries(Context):
    """Each query of the ledger takes a tenth of a second."""

    faults: Faults = field(kw_only=True)
    begun_at: int = field(kw_only=True)

    @override
    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms - 100 * (_queries(self.faults) - self.begun_at)


def _queries(faults: Faults) -> int:
    return sum(
        call.operation == "Query" and call.request["TableName"] == "ledger" for call in faults.calls
    )


def _post(world: World, key: str, network: str) -> None:
    body = hang_activity({"/idempotency_key": key})
    world.post_membership_activity("12345", body, network=network)


def _break_network(world: World, network: str) -> None:
    """A network that no release can read."""
    key = {"catalog_key": {"S": "#NETWORKS"}, "item_key": {"S": network}}
    world.client.put_item(TableName="catalog", Item={**key, "network_id": {"S": network}})


def _swept_until(world: World) -> str:
    (progress,) = (
        row["swept_until"]
        for row in world.rows("balance")
        if row["membership_key"] == f"#RECONCILE#{SANDBOX}" and row["item_key"] == "SWEPT"
    )
    return str(progress)


def test_a_clock_that_was_moved_by_years_costs_no_other_network_its_turn(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.import_network(sandbox_network())
    # The worst order.
    monkeypatch.setattr("random.shuffle", lambda networks: networks.sort(reverse=True))
    faults = Faults.install(monkeypatch)
    world.restart()
    _post(world, "before", SANDBOX)
    move_clock(world, TWO_YEARS_ON)
    _post(world, "after", SANDBOX)
    progress: list[str] = []
    found = 0

    for run in range(10):
        _post(world, f"demo-{run}", "demo")
        clock.shift(GRACE + TO_SWEEP)
        context = _SlowQueries("reconcile", 300_000, faults=faults, begun_at=_queries(faults))
        report = world.start("reconcile").lambda_handler({}, context)
        assert context.get_remaining_time_in_millis() > 0
        assert report["demo"] == COMPLETE
        found += report[SANDBOX]["found"]
        progress.append(_swept_until(world))
        if report[SANDBOX]["is_complete"]:
            break

    assert len(progress) > 3
    assert all(earlier < later for earlier, later in pairwise(progress))
    gone = len(progress) * (GRACE + TO_SWEEP)
    assert from_text(progress[-1]) == from_text(TWO_YEARS_ON) + gone - GRACE
    assert found == 2
    assert world.balance("12345", network=SANDBOX) == "100"


def test_the_only_network_may_take_all_the_time(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()
    world.invoke("reconcile", {})
    hang_post("hang-1").act(world)
    # 2,500 queries and some.
    clock.shift(timedelta(days=300))
    context = _SlowQueries("reconcile", 300_000, faults=faults, begun_at=_queries(faults))

    report = world.start("reconcile").lambda_handler({}, context)

    assert report == {"demo": COMPLETE}
    assert 0 < context.get_remaining_time_in_millis() < 60_000


def test_a_run_that_is_behind_does_not_send_the_next_one_back(world: World) -> None:
    progress = ReconcileProgressTable(world.client, "balance")
    minute = timedelta(minutes=1)
    assert progress.swept_until("demo") is None

    for moment in (NOW, NOW + minute, NOW):
        progress.save_swept_until("demo", moment)
    assert progress.swept_until("demo") == NOW + minute

    progress.save_swept_until("demo", NOW + 2 * minute)
    assert progress.swept_until("demo") == NOW + 2 * minute


def test_however_many_networks_there_are_each_may_take_a_minute(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.shuffle", lambda networks: networks.sort())
    faults = Faults.install(monkeypatch)
    world.restart()
    world.invoke("reconcile", {})
    for number in range(20):
        _break_network(world, f"other-{number}")
    clock.shift(timedelta(days=300))
    context = _SlowQueries("reconcile", 300_000, faults=faults, begun_at=_queries(faults))

    report = world.start("reconcile").lambda_handler({}, context)

    assert not report["demo"]["is_complete"]
    # With the slice that was begun within it.
    assert 60_000 <= 300_000 - context.get_remaining_time_in_millis() <= 60_000 + 25_000


@pytest.mark.parametrize("operation", ["reconcile", "apply_due"])
def test_a_network_that_cannot_be_read_is_in_nobodys_way(
    world: World, clock: time_machine.Traveller, operation: str
) -> None:
    _break_network(world, "other")
    hang_post("hang-1").act(world)
    clock.shift(timedelta(minutes=5))

    report: dict[str, Any] = world.invoke(operation, {})

    assert report["other"] == {"error": "KeyError"}
    assert report["demo"]["is_complete"]
    assert world.balance("12345") == ("50" if operation == "reconcile" else "0")
