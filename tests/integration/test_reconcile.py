"""reconcile as the schedule invokes it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, override

import pytest
import time_machine

from accrue.services.reconcile import OVERLAP
from accrue.storage.reconcile_progress import ReconcileProgressTable
from tests.integration.faults import CrashPoint, Faults, UnreadKeys, cancelled
from tests.integration.histories import MIXED_BATCH, hang_post, village_post
from tests.integration.invariants import Witness, assert_settled, balances_of
from tests.integration.networks import demo_network
from tests.integration.sweep import Outcome, stop_everywhere, until_answered
from tests.integration.world import Context, World

GRACE = timedelta(seconds=120)
A_WHILE = timedelta(minutes=5)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """The functions start anew, watched."""
    watching = Faults.install(monkeypatch)
    world.restart()
    return watching


def _reconcile(world: World, **event: Any) -> dict[str, Any]:
    report: dict[str, Any] = world.invoke("reconcile", event)
    return report


def _reconcile_within(world: World, context: Context) -> dict[str, Any]:
    report: dict[str, Any] = world.start("reconcile").lambda_handler({}, context)
    return report


def _summary(
    checked: int, found: int, failed: int = 0, *, is_complete: bool = True
) -> dict[str, Any]:
    return {"checked": checked, "found": found, "failed": failed, "is_complete": is_complete}


def _progress(world: World, network: str = "demo") -> dict[str, str | None]:
    """The reconciler's own items of a network."""
    return {
        item["item_key"]: item.get("swept_until")
        for item in world.rows("balance")
        if item["membership_key"] == f"#RECONCILE#{network}"
    }


def _stuck(world: World) -> list[str]:
    return [key.removeprefix("STUCK#") for key in _progress(world) if key.startswith("STUCK#")]


def _queries(faults: Faults) -> int:
    return sum(
        call.operation == "Query" and call.request.get("IndexName") is not None
        for call in faults.calls
    )


def _edit_row(world: World, activity_id: str, **changes: Any) -> None:
    (item,) = (i for i in world.items("ledger") if i["activity_id"]["S"] == activity_id)
    world.client.put_item(TableName="ledger", Item={**item, **changes})


def test_what_the_stream_never_delivered_is_applied(
    world: World, clock: time_machine.Traveller
) -> None:
    for post in MIXED_BATCH:
        post.act(world)
    clock.shift(A_WHILE)

    report = _reconcile(world)

    assert report == {"demo": _summary(checked=10, found=10)}
    assert_settled(world)
    Witness().observe(world)
    assert world.balance("12345") == "57.5"
    assert _stuck(world) == []


def test_running_again_changes_nothing(world: World, clock: time_machine.Traveller) -> None:
    for post in MIXED_BATCH:
        post.act(world)
    clock.shift(A_WHILE)
    _reconcile(world)
    before = world.items("balance")

    assert _reconcile(world)["demo"]["found"] == 0
    assert _reconcile(world, lookback_seconds=3600) == {"demo": _summary(checked=10, found=0)}

    assert world.items("balance") == before


def test_what_the_stream_delivers_later_is_not_applied_again(
    world: World, clock: time_machine.Traveller
) -> None:
    for post in MIXED_BATCH:
        post.act(world)
    clock.shift(A_WHILE)
    _reconcile(world)
    before = world.items("balance")

    assert world.deliver() == {"batchItemFailures": []}

    assert world.items("balance") == before


def test_a_row_with_one_of_two_postings_gets_the_other(
    world: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    MIXED_BATCH[2].act(world)
    faults.answer_with("TransactWriteItems", iter([cancelled("ValidationError", "None")] * 2))
    world.deliver()
    assert balances_of(world) == {"12348": 5}
    clock.shift(A_WHILE)

    assert _reconcile(world) == {"demo": _summary(checked=1, found=1)}

    assert balances_of(world) == {"12347": 1, "12348": 5}
    assert_settled(world)


def test_rows_younger_than_the_grace_are_left_to_the_stream(
    world: World, clock: time_machine.Traveller
) -> None:
    hang_post("hang-1").act(world)

    clock.shift(GRACE)
    assert _reconcile(world) == {"demo": _summary(checked=0, found=0)}
    assert world.postings() == []

    clock.shift(timedelta(microseconds=1))
    assert _reconcile(world) == {"demo": _summary(checked=1, found=1)}
    assert world.balance("12345") == "50"


def test_progress_is_saved_and_the_next_sweep_starts_a_little_before_it(
    world: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    _reconcile(world)
    assert _progress(world) == {"SWEPT": "2026-03-01T11:58:00.000000Z"}
    clock.shift(60)
    faults.calls.clear()

    _reconcile(world)

    assert _progress(world) == {"SWEPT": "2026-03-01T11:59:00.000000Z"}
    swept = datetime.fromisoformat("2026-03-01T11:58:00+00:00")
    firsts = {
        call.request["ExpressionAttributeValues"][":first"]["S"]
        for call in faults.calls
        if call.request.get("IndexName")
    }
    assert min(firsts) == f"{swept - OVERLAP:%Y-%m-%dT%H:%M:%S}.000000Z"


def test_a_row_that_becomes_visible_late_is_found_by_the_overlap(
    world: World, clock: time_machine.Traveller
) -> None:
    hang_post("hang-1").act(world)
    (late,) = world.items("ledger")
    world.client.delete_item(TableName="ledger", Key={"activity_key": late["activity_key"]})
    clock.shift(GRACE + OVERLAP / 2)
    assert _reconcile(world) == {"demo": _summary(checked=0, found=0)}
    world.client.put_item(TableName="ledger", Item=late)

    assert _reconcile(world) == {"demo": _summary(checked=1, found=1)}
    assert world.balance("12345") == "50"


def test_the_first_sweep_looks_back_over_midnight_as_far_as_a_stream_keeps_records(
    world: World, clock: time_machine.Traveller
) -> None:
    hang_post("hang-1").act(world)
    clock.shift(timedelta(hours=24) - timedelta(minutes=1))

    assert _reconcile(world) == {"demo": _summary(checked=1, found=1)}
    assert world.balance("12345") == "50"


def test_an_empty_stretch_takes_few_queries(
    world: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    _reconcile(world)
    clock.shift(timedelta(days=30))
    faults.calls.clear()

    assert _reconcile(world) == {"demo": _summary(checked=0, found=0)}

    assert _queries(faults) <= 500
    assert _progress(world) == {"SWEPT": "2026-03-31T11:58:00.000000Z"}


def test_the_lookback_finds_what_progress_has_passed_and_moves_no_progress(
    world: World, clock: time_machine.Traveller
) -> None:
    """As when an index catches up hours later."""
    hang_post("hang-1").act(world)
    (late,) = world.items("ledger")
    world.client.delete_item(TableName="ledger", Key={"activity_key": late["activity_key"]})
    clock.shift(timedelta(hours=2))
    _reconcile(world)
    world.client.put_item(TableName="ledger", Item=late)
    progress = _progress(world)

    assert _reconcile(world) == {"demo": _summary(checked=0, found=0)}
    clock.shift(timedelta(minutes=1))
    assert _reconcile(world, lookback_seconds=3 * 3600) == {"demo": _summary(checked=1, found=1)}

    assert _progress(world) == progress
    assert world.balance("12345") == "50"


def test_out_of_time_it_stops_and_goes_on_where_it_was(
    world: World, clock: time_machine.Traveller
) -> None:
    hang_post("hang-1").act(world)
    clock.shift(timedelta(hours=20))
    hang_post("hang-2", "7").act(world)
    clock.shift(A_WHILE)
    reports: list[dict[str, Any]] = []

    while not reports or not reports[-1]["is_complete"]:
        # Asked at the beginning, before each slice and before each page: there is time for ten.
        reports.append(
            _reconcile_within(world, _RunningOut("reconcile", remaining_ms=215_000))["demo"]
        )
        assert len(reports) < 10

    assert len(reports) > 1
    assert sum(report["found"] for report in reports) == 2
    assert world.balance("12345") == "57"
    assert _progress(world) == {"SWEPT": "2026-03-02T08:03:00.000000Z"}


def test_without_any_time_nothing_is_done(world: World, clock: time_machine.Traveller) -> None:
    hang_post("hang-1").act(world)
    clock.shift(A_WHILE)

    report = _reconcile_within(world, Context("reconcile", remaining_ms=1))

    assert report == {"demo": _summary(checked=0, found=0, is_complete=False)}
    assert world.items("balance") == []


@dataclass
class _RunningOut(Context):
    """Each time that it is asked, fifteen seconds have gone."""

    @override
    def get_remaining_time_in_millis(self) -> int:
        self.remaining_ms -= 15_000
        return self.remaining_ms


def test_two_networks_are_swept_each_by_itself(world: World, clock: time_machine.Traveller) -> None:
    world.import_network(demo_network("other"))
    hang_post("hang-1").act(world)
    world.post_membership_activity("12345", hang_post("hang-1", "8").body, network="other")
    clock.shift(A_WHILE)

    report = _reconcile(world)

    assert report == {
        "demo": _summary(checked=1, found=1),
        "other": _summary(checked=1, found=1),
    }
    assert world.balance("12345") == "50"
    assert world.balance("12345", network="other") == "8"
    assert set(_progress(world)) == set(_progress(world, "other")) == {"SWEPT"}


def test_a_row_that_would_not_apply_is_kept_tried_each_time_and_let_go_once_applied(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = hang_post("hang-1").act(world).headers["Accrue-Activity-Id"]
    hang_post("hang-2", "7").act(world)
    clock.shift(A_WHILE)
    with monkeypatch.context() as broken:
        from accrue.domain.decide import decide  # noqa: PLC0415 - the one that is broken here

        def decide_or_break(activity: Any, *rest: Any) -> Any:
            if activity.activity_id == bad:
                raise ZeroDivisionError
            return decide(activity, *rest)

        broken.setattr("accrue.services.fold.decide", decide_or_break)
        assert _reconcile(world) == {"demo": _summary(checked=2, found=2, failed=1)}
        assert world.balance("12345") == "7"
        assert _stuck(world) == [bad]
        # Far behind the overlap it is still tried.
        clock.shift(timedelta(hours=1))
        _reconcile(world)
        clock.shift(timedelta(hours=1))
        assert _reconcile(world) == {"demo": _summary(checked=0, found=0, failed=1)}
        assert _stuck(world) == [bad]

    assert _reconcile(world)["demo"]["failed"] == 0
    assert world.balance("12345") == "57"
    assert _stuck(world) == []
    assert_settled(world)
    Witness().observe(world)


def test_a_row_that_cannot_be_read_blocks_no_other_and_is_applied_once_it_can(
    world: World, clock: time_machine.Traveller
) -> None:
    bad = hang_post("hang-1").act(world).headers["Accrue-Activity-Id"]
    hang_post("hang-2", "7").act(world)
    _edit_row(world, bad, schema_version={"N": "2"})
    clock.shift(A_WHILE)

    assert _reconcile(world) == {"demo": _summary(checked=2, found=1, failed=1)}
    assert world.balance("12345") == "7"
    clock.shift(timedelta(hours=2))
    assert _reconcile(world)["demo"]["failed"] == 1
    assert _stuck(world) == [bad]

    # A release that can read it.
    _edit_row(world, bad, schema_version={"N": "1"})
    clock.shift(timedelta(hours=2))
    assert _reconcile(world) == {"demo": _summary(checked=0, found=0)}
    assert world.balance("12345") == "57"
    assert _stuck(world) == []


def test_stopped_while_a_row_is_stuck_it_forgets_nothing(
    world: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    bad = hang_post("hang-1").act(world).headers["Accrue-Activity-Id"]
    hang_post("hang-2", "7").act(world)
    village_post(activity_type="unheard-of", earns={}).act(world)
    _edit_row(world, bad, schema_version={"N": "2"})
    _reconcile(world)
    clock.shift(A_WHILE)
    before, began_at = world.snapshot(), datetime.now(UTC)

    def play(*crashes: CrashPoint) -> Outcome:
        world.restore(before)
        world.restart()
        clock.move_to(began_at)
        faults.plan_crashes(crashes)
        until_answered(world, _reconcile)
        assert faults.crashes_left == 0
        calls = list(faults.calls_since_crash)
        clock.shift(timedelta(minutes=10))
        # Fixed only now, when no sweep looks at it any more.
        _edit_row(world, bad, schema_version={"N": "1"})
        _reconcile(world)
        assert _stuck(world) == []
        assert_settled(world)
        Witness().observe(world)
        return Outcome(calls, world.balance("12345"))

    undisturbed = stop_everywhere("reconcile, a row is stuck", faults, play)
    assert undisturbed.told == "57"


def test_an_unread_answer_counts_as_unapplied_and_changes_nothing(
    world: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    """Keys that a throttled read leaves unread are found by the write to be applied."""
    hang_post("hang-1").act(world)
    world.deliver()
    clock.shift(A_WHILE)
    faults.throttle("BatchGetItem", 2)

    assert _reconcile(world) == {"demo": _summary(checked=1, found=0)}
    assert faults.fired["BatchGetItem"] == 2
    Witness().observe(world)


def test_what_is_never_read_counts_as_unapplied_and_is_not_applied_again(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang_post("hang-1").act(world)
    world.deliver()
    before = world.postings()
    clock.shift(A_WHILE)
    UnreadKeys(monkeypatch, times=1000)

    assert _reconcile(world) == {"demo": _summary(checked=1, found=1)}

    assert world.postings() == before
    assert world.balance("12345") == "50"


def test_lost_balances_are_rebuilt_from_the_ledger(
    world: World, clock: time_machine.Traveller
) -> None:
    for post in MIXED_BATCH:
        post.act(world)
    world.deliver()
    before = balances_of(world)
    for item in world.items("balance"):
        key = {name: item[name] for name in ("membership_key", "item_key")}
        world.client.delete_item(TableName="balance", Key=key)
    clock.shift(A_WHILE)

    assert _reconcile(world)["demo"]["found"] == 10

    assert balances_of(world) == before
    assert_settled(world)
    Witness().observe(world)


def test_a_network_in_trouble_keeps_no_other_from_being_swept(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.import_network(demo_network("other"))
    hang_post("hang-1").act(world)
    world.post_membership_activity("12345", hang_post("hang-1", "8").body, network="other")
    clock.shift(A_WHILE)
    swept_until = ReconcileProgressTable.swept_until

    def swept_until_or_trouble(
        progress: ReconcileProgressTable, network_id: str
    ) -> datetime | None:
        if network_id == "demo":
            raise RuntimeError("trouble")
        return swept_until(progress, network_id)

    monkeypatch.setattr(ReconcileProgressTable, "swept_until", swept_until_or_trouble)

    report = _reconcile(world)

    assert report == {"demo": {"error": "RuntimeError"}, "other": _summary(checked=1, found=1)}
    assert world.balance("12345", network="other") == "8"


def test_out_of_time_within_a_slice_it_keeps_what_it_has_applied(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.storage.ledger.ROWS_A_PAGE", 1)
    _reconcile(world)
    clock.shift(timedelta(seconds=30))
    for number in range(3):
        hang_post(f"hang-{number}").act(world)
    clock.shift(timedelta(seconds=121))

    # Asked at the beginning, before each slice, of which the third has rows, and before each page:
    # there is time for one page.
    report = _reconcile_within(world, _RunningOut("reconcile", remaining_ms=105_000))

    assert report == {"demo": _summary(checked=1, found=1, is_complete=False)}
    assert world.balance("12345") == "50"
    # Up to the slice that the rows are in, and not beyond.
    assert _progress(world) == {"SWEPT": "2026-03-01T12:00:00.000000Z"}
    assert _reconcile(world)["demo"]["found"] == 2
    assert world.balance("12345") == "150"


def test_out_of_time_before_the_stuck_it_tries_them_the_next_time(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang_post("hang-1").act(world)
    clock.shift(A_WHILE)
    with monkeypatch.context() as broken:
        broken.setattr("accrue.services.fold.decide", _break)
        _reconcile(world)
    clock.shift(timedelta(hours=1))

    # Six slices cover the hour.
    report = _reconcile_within(world, _RunningOut("reconcile", remaining_ms=135_000))

    assert report == {"demo": _summary(checked=0, found=0, is_complete=False)}
    assert len(_stuck(world)) == 1
    _reconcile(world)
    assert (world.balance("12345"), _stuck(world)) == ("50", [])


def _break(*_anything: object) -> None:
    raise ZeroDivisionError
