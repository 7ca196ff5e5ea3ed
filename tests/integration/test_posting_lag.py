"""How long activities waited, as CloudWatch reads it from the log."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.integration.bodies import hang_activity, village_activity
from tests.integration.faults import Faults, cancelled
from tests.integration.histories import JANE, JOHN, hang_post, village_post
from tests.integration.logs import captured_logs
from tests.integration.sandboxes import A_YEAR_ON, SANDBOX, move_clock, sandbox_network
from tests.integration.spending import redeem
from tests.integration.world import World
from tests.template import template

RESOURCES = template()["Resources"]
GRACE = timedelta(seconds=120)
METRIC = "AcceptedToPostedLag"

type Output = pytest.CaptureFixture[str]


def metric_lines(output: Output) -> list[dict[str, Any]]:
    """The metrics among what was printed since the last time."""
    lines = [line for line in output.readouterr().out.splitlines() if '"_aws"' in line]
    return [json.loads(line) for line in lines]


def lags(output: Output) -> list[float]:
    """The lags that were published since the last time."""
    return [lag for line in metric_lines(output) for lag in line[METRIC]]


def reconcile(world: World) -> Any:
    return world.invoke("reconcile", {})["demo"]


def test_a_batch_is_one_line_that_cloudwatch_understands(
    world: World, clock: time_machine.Traveller, capsys: Output
) -> None:
    hang_post("hang-1").act(world)
    clock.shift(1.25)
    hang_post("hang-2").act(world)
    clock.shift(0.5)

    world.deliver()

    (line,) = metric_lines(capsys)
    (slowest,) = (r for r in world.rows("ledger") if r["recorded_at"].endswith("00.000000Z"))
    posted_at = datetime(2026, 3, 1, 12, 0, 1, 750_000, tzinfo=UTC)
    assert line == {
        "_aws": {
            "Timestamp": int(posted_at.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "accrue/test",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": METRIC, "Unit": "Seconds"}],
                }
            ],
        },
        "service": "accrue",
        "network_id": "demo",
        "activity_id": slowest["activity_id"],
        METRIC: [1.75, 0.5],
    }


def test_what_was_posted_already_does_not_count_again(
    world: World, clock: time_machine.Traveller, capsys: Output
) -> None:
    hang_post("hang-1").act(world)
    village_post(activity_type="unheard-of", earns={}).act(world)
    clock.shift(2)
    world.deliver()
    assert lags(capsys) == [2.0, 2.0]

    clock.shift(3600)
    hang_post("hang-2").act(world)
    clock.shift(1)
    world.deliver()

    assert lags(capsys) == [1.0]
    world.deliver()
    assert metric_lines(capsys) == []


@pytest.mark.parametrize(
    "body",
    [
        village_activity({"/activity_short_id": "unheard-of"}),
        village_activity({"/metadata": {"activity_timestamp": 12345678901}}),
    ],
    ids=["undefined type", "held"],
)
def test_an_outcome_counts_as_a_posting_does(
    world: World, clock: time_machine.Traveller, capsys: Output, body: dict[str, Any]
) -> None:
    assert world.post_network_activity(body).status == 201
    clock.shift(2)

    world.deliver()
    world.deliver()

    assert lags(capsys) == [2.0]


def test_an_activity_waits_until_all_of_its_memberships_have_their_posting(
    world: World, clock: time_machine.Traveller, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()
    village_post(activity_type="S1-A", users={"buyer": JOHN, "seller": JANE}, earns={}).act(world)
    clock.shift(1)
    refused = cancelled("ValidationError", "None")
    # Together, the first by itself, and the second.
    faults.answer_with("TransactWriteItems", iter([refused, None, refused]))

    assert len(world.deliver()["batchItemFailures"]) == 1
    assert len(world.postings()) == 1
    assert metric_lines(capsys) == []
    clock.shift(60)
    world.deliver()

    assert len(world.postings()) == 2
    assert lags(capsys) == [61.0]


def test_what_the_stream_left_behind_counts_with_all_of_its_lag(
    world: World, clock: time_machine.Traveller, capsys: Output
) -> None:
    hang_post("hang-1").act(world)
    village_post(activity_type="unheard-of", earns={}).act(world)
    clock.shift(GRACE + timedelta(seconds=30))

    assert reconcile(world)["found"] == 2

    assert lags(capsys) == [150.0, 150.0]
    clock.shift(60)
    assert reconcile(world)["found"] == 0
    world.deliver()
    assert metric_lines(capsys) == []


def test_what_would_not_apply_counts_once_it_is_applied(
    world: World, clock: time_machine.Traveller, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()
    hang_post("hang-1").act(world)
    clock.shift(GRACE + timedelta(seconds=1))
    faults.answer_with("TransactWriteItems", iter([cancelled("ValidationError", "None")]))

    assert reconcile(world)["failed"] == 1
    assert metric_lines(capsys) == []
    clock.shift(3600)
    reconcile(world)

    assert lags(capsys) == [3721.0]


def test_what_was_applied_before_a_sweep_broke_off_counts_all_the_same(
    world: World, clock: time_machine.Traveller, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang_post("hang-1").act(world)
    clock.shift(GRACE + timedelta(seconds=1))

    def fail_once_posted(*_: object) -> None:
        if world.postings():
            raise RuntimeError

    progress = world.start("reconcile").progress
    monkeypatch.setattr(progress, "save_swept_until", fail_once_posted)

    assert reconcile(world) == {"error": "RuntimeError"}

    assert lags(capsys) == [121.0]


def test_more_than_a_line_takes_come_in_several(
    world: World, clock: time_machine.Traveller, capsys: Output
) -> None:
    for number in range(101):
        hang_post(f"hang-{number}").act(world)
        clock.shift(0.001)
    clock.shift(GRACE)

    reconcile(world)

    lines = metric_lines(capsys)
    assert [len(line[METRIC]) for line in lines] == [100, 1]
    assert all(120 < lag < 121 for line in lines for lag in line[METRIC])


def test_what_a_sandbox_records_ahead_of_time_has_no_lag(
    world: World, clock: time_machine.Traveller, capsys: Output
) -> None:
    world.import_network(sandbox_network())
    world.restart()
    world.post_membership_activity("12345", hang_activity(), network=SANDBOX)
    clock.shift(2)
    world.deliver()
    # One that was never moved goes by real time.
    assert lags(capsys) == [2.0]

    move_clock(world, A_YEAR_ON)
    world.post_membership_activity(
        "12345", hang_activity({"/idempotency_key": "ahead"}), network=SANDBOX
    )
    hang_post("hang-1").act(world)
    clock.shift(1)
    world.deliver()

    assert len(world.postings()) == 3
    assert lags(capsys) == [1.0]


def test_what_is_answered_with_its_posting_never_waited(
    world: World, clock: time_machine.Traveller, capsys: Output
) -> None:
    hang_post("hang-1").act(world)
    world.deliver()
    assert lags(capsys) == [0.0]
    assert redeem(world, "5", membership="12345").status == 200
    clock.shift(3600)
    # As after a restore of the table to before all of it: the rows are still there.
    for item in world.items("balance"):
        key = {name: item[name] for name in ("membership_key", "item_key")}
        world.client.delete_item(TableName="balance", Key=key)

    assert reconcile(world)["found"] == 2

    assert world.balance("12345") == "45"
    # The activity's points were missing for an hour; of the order nobody waited for anything.
    assert lags(capsys) == [3600.0]


def test_it_is_published_whatever_the_level_of_the_log(
    world: World, clock: time_machine.Traveller, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "CRITICAL")
    world.restart()
    hang_post("hang-1").act(world)
    clock.shift(2)

    world.deliver()

    assert lags(capsys) == [2.0]


@pytest.mark.parametrize("function", ["ApplyRulesFunction", "ReconcileFunction"])
def test_the_alarm_watches_what_is_published(
    world: World, capsys: Output, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = RESOURCES["AcceptedToPostedLagAlarm"]["Properties"]
    variables = RESOURCES[function]["Properties"]["Environment"]["Variables"]
    # As it stands in the template: what takes the stack's name there is the same on both sides.
    monkeypatch.setenv("METRICS_NAMESPACE", json.dumps(variables["METRICS_NAMESPACE"]))
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", shared["POWERTOOLS_SERVICE_NAME"])
    world.restart()
    hang_post("hang-1").act(world)

    world.deliver()

    (line,) = metric_lines(capsys)
    (published,) = line["_aws"]["CloudWatchMetrics"]
    (dimensions,) = published["Dimensions"]
    assert json.loads(published["Namespace"]) == alarm["Namespace"]
    assert published["Metrics"] == [{"Name": alarm["MetricName"], "Unit": "Seconds"}]
    assert [{"Name": n, "Value": line[n]} for n in dimensions] == alarm["Dimensions"]


def test_what_is_stuck_is_logged_in_the_words_that_its_alarm_waits_for(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no lag as long as it is not posted."""
    faults = Faults.install(monkeypatch)
    world.restart()
    logs = captured_logs(world, monkeypatch)
    hang_post("hang-1").act(world)
    clock.shift(GRACE + timedelta(seconds=1))
    refused = cancelled("ValidationError", "None")
    faults.answer_with("TransactWriteItems", iter([refused]))
    reconcile(world)
    progress = world.start("reconcile").progress
    monkeypatch.setattr(progress, "list_stuck", lambda _network_id: 1 / 0)
    reconcile(world)

    lines = map(json.loads, logs.getvalue().splitlines())
    errors = {line["message"] for line in lines if line["level"] == "ERROR"}
    listening = RESOURCES["ActivityNotAppliedFilter"]["Properties"]
    assert errors == set(re.findall(r'\$\.message = "([^"]+)"', listening["FilterPattern"]))
    (counted,) = listening["MetricTransformations"]
    alarm = RESOURCES["ActivityNotAppliedAlarm"]["Properties"]
    assert (counted["MetricNamespace"], counted["MetricName"], counted["MetricValue"]) == (
        alarm["Namespace"],
        alarm["MetricName"],
        "1",
    )
    assert RESOURCES["ReconcileFunction"]["Properties"]["LoggingConfig"] == {
        "LogGroup": listening["LogGroupName"]
    }
