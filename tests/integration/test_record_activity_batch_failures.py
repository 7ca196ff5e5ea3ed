"""POST /networks/{network_id}/activities/batch: throttles, outages, lost answers, no time, and the
end of the process at every call.
"""

import json
import logging
from collections import Counter
from io import StringIO
from typing import Any, override

import pytest

from accrue.domain.ids import id_from_idempotency_key
from tests.integration.batches import (
    counted,
    ids,
    membership_row,
    network_row,
    reference_row,
    refusals,
    statuses,
)
from tests.integration.faults import Crash, CrashPoint, Faults, cancelled, refused
from tests.integration.invariants import Witness, activity_rows, assert_settled, balances_of
from tests.integration.sweep import Outcome, stop_everywhere, until_answered
from tests.integration.world import Answer, Context, World, gateway_event

LEAST_TIME_MS = 8_000
ROWS = [
    network_row("n-1"),
    membership_row("m-1"),
    reference_row("R-1", "n-2", enforced=True),
    reference_row("R-2", "n-3"),
    reference_row("R-2", "n-4"),
    reference_row("R-2", "n-5", enforced=True),
    membership_row("m-1"),
    network_row("n-1", "7"),
    network_row("n-6", changes={"/users": {"buyer": "nobody@example.com"}}),
]
KEYS = ("n-1", "m-1", "n-2", "n-3", "n-4", "n-5")
ANSWERED = [201, 200, 201, 201, 201, 201, 200, 422, 400]
PLAIN = [network_row(f"k-{n}") for n in range(60)]


def statement_answer(*codes: str | None) -> dict[str, Any]:
    """What BatchExecuteStatement answers without having done anything."""
    return {
        "Responses": [
            {"TableName": "ledger"} | ({"Error": {"Code": code, "Message": code}} if code else {})
            for code in codes
        ],
        "ResponseMetadata": {"HTTPStatusCode": 200},
    }


def post_within(world: World, remaining_ms: list[int], rows: list[dict[str, Any]]) -> Answer:
    """Post while the time runs out: what is left at each question."""

    class Clock(Context):
        @override
        def get_remaining_time_in_millis(self) -> int:
            return remaining_ms.pop(0) if len(remaining_ms) > 1 else remaining_ms[0]

    event = gateway_event(
        "POST", "/networks/{network_id}/activities/batch", {"network_id": "demo"}, rows
    )
    response = world.start("record_activity_batch").lambda_handler(event, Clock("an-invocation"))
    return Answer(response["statusCode"], response["headers"], json.loads(response["body"]))


@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "TransactionConflict",
    ],
)
def test_a_throttled_row_is_tried_again(world: World, faults: Faults, code: str) -> None:
    # All but one were really not written: this is said of all three, and then the truth.
    faults.answer_with("BatchExecuteStatement", iter([statement_answer(code, code, code)]))

    answer = world.post_batch(PLAIN[:3])

    assert answer.body["counts"] == counted(recorded=3)
    assert faults.counts()["BatchExecuteStatement"] == 2
    assert len(activity_rows(world)) == 3


def test_a_row_that_goes_on_being_throttled_may_be_sent_again(world: World, faults: Faults) -> None:
    first = statement_answer(*["ThrottlingError"] * 2)
    faults.answer_with("BatchExecuteStatement", iter([first] * 4))

    answer = world.post_batch([*PLAIN[:2], {}])

    assert statuses(answer) == [429, 429, 400]
    assert refusals(answer)[0] == (429, "THROTTLED", [])
    assert [each["retryable"] for each in answer.body["results"]] == [True, True, False]
    assert answer.body["counts"] == counted(retryable=2, refused=1)
    assert world.items("ledger") == []
    again = world.post_batch(PLAIN[:2])
    assert again.body["counts"] == counted(recorded=2)


@pytest.mark.parametrize("rows", [PLAIN[:30], [reference_row("R", "k"), *PLAIN[:29]]])
def test_throttled_calls(world: World, faults: Faults, rows: list[dict[str, Any]]) -> None:
    # Two tries of the SDK, and four of ours.
    faults.throttle("BatchExecuteStatement", 8)
    faults.throttle("TransactWriteItems", 8)

    answer = world.post_batch(rows)

    # The first chunk has 25 rows.
    assert answer.body["counts"] == counted(retryable=25, recorded=5)
    assert statuses(answer) == [429] * 25 + [201] * 5
    assert len(activity_rows(world)) == 5
    assert world.post_batch(rows).body["counts"] == counted(recorded=25, replayed=5)


@pytest.mark.parametrize("operation", ["Query", "GetItem"])
def test_what_is_throttled_while_a_row_is_planned_may_be_sent_again(
    world: World, faults: Faults, logs: StringIO, operation: str
) -> None:
    world.post_batch(PLAIN[:1])
    # For the types that are like this one; for what is under the key of what is refused.
    unlike = network_row("u", changes={"/activity_short_id": "no-such-type"})
    unknown = network_row("n", changes={"/users": {"buyer": "nobody@example.com"}})
    rows = [PLAIN[1], unlike if operation == "Query" else unknown]
    # First the catalog is read. Of the ledger, what can't be read together is read one by one.
    faults.run_before(
        "BatchGetItem",
        lambda: faults.throttle(operation, 2),
        lambda: faults.throttle("BatchGetItem", 2),
    )

    answer = world.post_batch(rows)

    assert statuses(answer) == [201, 429]
    assert refusals(answer) == [(429, "THROTTLED", [])]
    assert not [line for line in logged(logs) if line["message"] == "rows failed"]


def test_a_throttled_read_of_a_dry_run(world: World, faults: Faults, logs: StringIO) -> None:
    world.post_batch(PLAIN[:1])
    faults.throttle("BatchGetItem", 2)

    answer = world.post_batch(PLAIN[:3], query={"dry_run": "true"})

    assert statuses(answer) == [429] * 3
    assert not [line for line in logged(logs) if line["message"] == "rows failed"]


def test_a_throttled_read_of_what_was_met(world: World, faults: Faults) -> None:
    world.post_batch(PLAIN[:2])
    faults.run_before("BatchExecuteStatement", lambda: faults.throttle("BatchGetItem", 2))

    answer = world.post_batch(PLAIN[:3])

    assert statuses(answer) == [429, 429, 201]


@pytest.mark.parametrize("code", ["InternalServerError", "ValidationError", "AccessDenied"])
def test_a_row_that_fails_is_logged_and_spoils_no_other(
    world: World, faults: Faults, logs: StringIO, code: str
) -> None:
    def answers() -> Any:
        yield statement_answer(code, "DuplicateItem")

    world.post_batch(PLAIN[1:2])
    faults.answer_with("BatchExecuteStatement", answers())

    answer = world.post_batch(PLAIN[:2])

    assert statuses(answer) == [500, 201]
    assert refusals(answer) == [(500, "INTERNAL_ERROR", [])]
    assert answer.body["counts"] == counted(retryable=1, replayed=1)
    (failed,) = [line for line in logged(logs) if line["message"] == "rows failed"]
    assert (failed["rows"], failed["network_id"], failed["request_id"]) == (
        [0],
        "demo",
        "gateway-request",
    )
    assert code in failed["exception"]
    assert world.post_batch(PLAIN[:2]).body["counts"] == counted(recorded=1, replayed=1)


@pytest.fixture
def logs(world: World, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the function logs."""
    stream = StringIO()
    world.start("record_activity_batch")
    for name in list(logging.root.manager.loggerDict):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler):
                monkeypatch.setattr(handler, "stream", stream)
    return stream


def logged(logs: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logs.getvalue().splitlines()]


def test_one_line_a_request_with_its_counts(world: World, logs: StringIO) -> None:
    world.post_batch([*PLAIN[:3], PLAIN[0], {}])

    (line,) = logged(logs)
    assert {name: line[name] for name in ("rows", *counted())} == {
        "rows": 5,
        **counted(recorded=3, replayed=1, refused=1),
    }


def test_a_call_that_fails_spoils_its_own_rows_alone(
    world: World, faults: Faults, logs: StringIO
) -> None:
    faults.answer_with("BatchExecuteStatement", iter([None, refused("InternalServerError"), None]))

    answer = world.post_batch(PLAIN)

    assert statuses(answer) == [201] * 25 + [500] * 25 + [201] * 10
    (failed,) = [line for line in logged(logs) if line["message"] == "rows failed"]
    assert failed["rows"] == list(range(25, 50))
    again = world.post_batch(PLAIN)
    assert again.body["counts"] == counted(recorded=25, replayed=35)


@pytest.mark.parametrize("times", [1, 2, 7])
@pytest.mark.parametrize("operation", ["BatchExecuteStatement", "TransactWriteItems"])
def test_rows_whose_answer_was_lost_are_the_first(
    world: World, faults: Faults, operation: str, times: int
) -> None:
    faults.lose_answers(operation, times)

    answer = world.post_batch(ROWS)

    assert faults.fired[operation] == times
    assert statuses(answer) == ANSWERED
    assert answer.body["counts"] == counted(recorded=5, duplicates=1, replayed=1, refused=2)
    assert Counter(row["activity_id"] for row in activity_rows(world)) == {
        id_from_idempotency_key("demo", key): 1 for key in KEYS
    }


@pytest.mark.parametrize(
    ("operation", "rows"),
    [
        ("BatchExecuteStatement", PLAIN[:2]),
        ("TransactWriteItems", [reference_row(f"R{n}", f"k{n}") for n in range(2)]),
    ],
)
def test_answers_that_are_lost_for_good_are_not_success(
    world: World, faults: Faults, operation: str, rows: list[dict[str, Any]]
) -> None:
    faults.lose_answers(operation, 8)

    answer = world.post_batch(rows)

    # They are in the ledger, but this request can't know.
    assert statuses(answer) == [500, 500]
    assert len(activity_rows(world)) == 2
    assert world.post_batch(rows).body["counts"] == counted(replayed=2)


def test_conflicts_of_transactions(world: World, faults: Faults) -> None:
    rows = [reference_row(f"R{n}", f"k{n}") for n in range(2)]
    conflict = cancelled("TransactionConflict", "None", "None", "TransactionConflict")
    faults.answer_with("TransactWriteItems", iter([conflict] * 3))

    assert world.post_batch(rows).body["counts"] == counted(recorded=2)

    rows = [reference_row(f"S{n}", f"l{n}") for n in range(2)]
    faults.answer_with("TransactWriteItems", iter([conflict] * 4))

    assert statuses(world.post_batch(rows)) == [429, 429]
    assert world.post_batch(rows).body["counts"] == counted(recorded=2)


def test_a_conflict_keeps_no_other_row_from_being_written(world: World, faults: Faults) -> None:
    rows = [reference_row(f"R{n}", f"k{n}") for n in range(3)]

    def answers() -> Any:
        yield cancelled("None", "None", "None", "TransactionConflict", "None", "None")
        # The other two are written.
        yield None
        yield from [cancelled("TransactionConflict", "None")] * 3

    faults.answer_with("TransactWriteItems", answers())

    assert statuses(world.post_batch(rows)) == [201, 429, 201]
    assert faults.counts()["TransactWriteItems"] == 5
    assert world.post_batch(rows).body["counts"] == counted(recorded=1, replayed=2)


def test_a_conflict_that_is_over_costs_no_row(world: World, faults: Faults) -> None:
    rows = [reference_row(f"R{n}", f"k{n}") for n in range(3)]
    conflict = cancelled("None", "None", "ProvisionedThroughputExceeded", "None", "None", "None")
    faults.answer_with("TransactWriteItems", iter([conflict]))

    assert world.post_batch(rows).body["counts"] == counted(recorded=3)


def test_what_fails_in_a_transaction_spoils_no_other_row(world: World, faults: Faults) -> None:
    rows = [reference_row(f"R{n}", f"k{n}") for n in range(3)]
    world.post_batch(rows[:1])

    def answers() -> Any:
        yield cancelled("None", "None", "ValidationError", "None", "None", "TransactionConflict")

    faults.answer_with("TransactWriteItems", answers())

    assert statuses(world.post_batch(rows)) == [201, 500, 201]


def test_a_transaction_cancelled_for_no_reason_is_a_failure(world: World, faults: Faults) -> None:
    faults.answer_with("TransactWriteItems", iter([cancelled("None", "None")]))

    assert statuses(world.post_batch([reference_row("R", "k")])) == [500]


def test_no_time_is_left_from_the_first_row_on(world: World) -> None:
    answer = post_within(world, [LEAST_TIME_MS - 1], ROWS[:2])

    assert refusals(answer) == [(503, "NOT_ATTEMPTED", [])] * 2
    assert answer.body["counts"] == counted(retryable=2)
    assert world.items("ledger") == []


def test_time_runs_out_between_two_chunks(world: World) -> None:
    # It is asked at each row that is planned, and before each chunk.
    answer = post_within(world, [LEAST_TIME_MS] * (len(PLAIN) + 2) + [LEAST_TIME_MS - 1], PLAIN)

    assert statuses(answer) == [201] * 50 + [503] * 10
    assert len(activity_rows(world)) == 50
    assert world.post_batch(PLAIN).body["counts"] == counted(recorded=10, replayed=50)


def test_a_chunk_that_is_throttled_ends_when_no_time_is_left(world: World, faults: Faults) -> None:
    faults.throttle("BatchExecuteStatement", 100)
    # At each row and at the chunk, and then at the first and the second try more.
    answer = post_within(world, [LEAST_TIME_MS] * (3 + 1 + 1) + [LEAST_TIME_MS - 1], PLAIN[:3])

    assert refusals(answer) == [(429, "THROTTLED", [])] * 3
    assert faults.counts()["BatchExecuteStatement"] == 2


def test_a_transaction_that_is_throttled_ends_when_no_time_is_left(
    world: World, faults: Faults
) -> None:
    faults.throttle("TransactWriteItems", 100)
    answer = post_within(
        world, [LEAST_TIME_MS] * (1 + 1 + 1) + [LEAST_TIME_MS - 1], [reference_row("R", "k")]
    )

    assert refusals(answer) == [(429, "THROTTLED", [])]
    assert faults.counts()["TransactWriteItems"] == 2


def test_a_lost_answer_when_no_time_is_left_is_not_success(world: World, faults: Faults) -> None:
    faults.lose_answers("BatchExecuteStatement", 2)
    answer = post_within(world, [LEAST_TIME_MS] * (1 + 1) + [LEAST_TIME_MS - 1], PLAIN[:1])

    assert refusals(answer) == [(500, "INTERNAL_ERROR", [])]
    assert faults.counts()["BatchExecuteStatement"] == 1
    assert world.post_batch(PLAIN[:1]).body["counts"] == counted(replayed=1)


def test_rows_with_markers_are_not_begun_when_no_time_is_left(world: World, faults: Faults) -> None:
    rows = [*PLAIN[:2], reference_row("R", "k")]

    answer = post_within(world, [LEAST_TIME_MS] * (3 + 1) + [LEAST_TIME_MS - 1], rows)

    assert statuses(answer) == [201, 201, 503]
    assert faults.counts()["TransactWriteItems"] == 0


def test_what_was_met_is_not_read_when_no_time_is_left(world: World, faults: Faults) -> None:
    world.post_batch(PLAIN[:2])
    faults.calls.clear()

    answer = post_within(world, [LEAST_TIME_MS] * (3 + 1) + [LEAST_TIME_MS - 1], PLAIN[:3])

    assert statuses(answer) == [503, 503, 201]
    assert faults.counts()["BatchGetItem"] == 0


def test_the_time_that_is_kept_is_longer_than_any_call(world: World) -> None:
    handler = world.start("record_activity_batch")
    config = handler.client.meta.config
    tries = config.retries["total_max_attempts"]
    # Between tries the SDK waits a second at most, then two, and so on.
    longest_seconds = tries * (config.connect_timeout + config.read_timeout) + 2 ** (tries - 1) - 1

    assert longest_seconds * 1000 + 500 <= handler.LEAST_TIME_MS == LEAST_TIME_MS


@pytest.mark.parametrize("questions", range(2, 24))
def test_whenever_time_runs_out_no_answer_is_wrong(world: World, questions: int) -> None:
    answer = post_within(world, [LEAST_TIME_MS] * questions + [0], ROWS)

    stored = {row["activity_id"] for row in activity_rows(world)}
    assert set(statuses(answer)) <= {200, 201, 422, 400, 503}
    told = {each["activity_id"] for each in answer.body["results"] if "activity_id" in each}
    # A duplicate names the first one.
    assert told <= stored
    assert statuses(world.post_batch(ROWS)) == ANSWERED
    assert {row["activity_id"] for row in activity_rows(world)} == {
        id_from_idempotency_key("demo", key) for key in KEYS
    }


def test_stopped_before_and_after_each_call(world: World, faults: Faults) -> None:
    """The whole batch is sent again after each crash."""
    empty = world.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        world.restore(empty)
        world.restart()
        witness = Witness()
        faults.plan_crashes(crashes)
        answer = until_answered(world, lambda w: w.post_batch(ROWS), lambda: witness.observe(world))
        assert faults.crashes_left == 0
        calls = list(faults.calls_since_crash)
        witness.observe(world)
        assert_one_row_a_key(world, answer)
        return Outcome(calls, ids_told(answer))

    undisturbed = stop_everywhere("record_activity_batch", faults, play, activities=len(KEYS))
    assert len(undisturbed.calls) > 5


def assert_one_row_a_key(world: World, answer: Answer) -> None:
    assert statuses(answer) == ANSWERED
    assert Counter(row["activity_id"] for row in activity_rows(world)) == {
        id_from_idempotency_key("demo", key): 1 for key in KEYS
    }
    assert world.deliver(world.items("ledger") * 2) == {"batchItemFailures": []}
    assert_settled(world)
    assert balances_of(world)["12345"] == 4 * 5 + 50
    before = world.items("ledger")
    again = world.post_batch(ROWS)
    assert again.body["counts"] == counted(replayed=7, refused=2)
    assert ids_told(again) == ids_told(answer)
    assert world.items("ledger") == before


def ids_told(answer: Answer) -> list[str | None]:
    return [each.get("activity_id") for each in answer.body["results"]]


def test_an_outage_of_the_catalog_is_nobodys_fault(world: World, faults: Faults) -> None:
    faults.answer_with("BatchGetItem", iter([refused("InternalServerError")]))

    answer = world.post_batch(PLAIN[:1])

    assert (answer.status, answer.body["code"]) == (500, "INTERNAL_ERROR")
    assert world.items("ledger") == []
    assert ids(world.post_batch(PLAIN[:1])) == [id_from_idempotency_key("demo", "k-0")]


def test_somebody_else_records_the_same_meanwhile(world: World, faults: Faults) -> None:
    rows = [network_row("a"), network_row("b"), reference_row("R", "c", enforced=True)]

    def others() -> None:
        world.post_network_activity(network_row(), headers={"Idempotency-Key": "a"})
        world.post_network_activity(network_row(amount="7"), headers={"Idempotency-Key": "b"})
        world.post_network_activity(reference_row("R"))

    faults.run_before("BatchExecuteStatement", others)

    answer = world.post_batch(rows)

    assert statuses(answer) == [201, 422, 201]
    assert answer.body["counts"] == counted(replayed=1, refused=1, duplicates=1)
    assert len(activity_rows(world)) == 4


def test_what_is_met_was_written_by_a_batch_that_stopped(world: World, faults: Faults) -> None:
    faults.plan_crashes([CrashPoint(3, "after")])
    with pytest.raises(Crash):
        world.post_batch(PLAIN[:2])
    faults.plan_crashes(())

    answer = world.post_batch([PLAIN[1], PLAIN[0]])

    assert answer.body["counts"] == counted(replayed=2)


def test_an_unreadable_row_spoils_no_other(world: World, faults: Faults) -> None:
    world.post_batch(PLAIN[:2])
    (broken, _) = sorted(world.items("ledger"), key=lambda item: item["recorded_at"]["S"])
    world.put_items("ledger", [{**broken, "amount": {"N": "1"}}])

    answer = world.post_batch(PLAIN[:3])

    assert faults.calls
    assert statuses(answer) == [500, 201, 201]
    assert answer.body["counts"] == counted(retryable=1, replayed=1, recorded=1)
