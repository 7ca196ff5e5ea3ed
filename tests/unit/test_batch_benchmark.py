"""What the benchmark of batches does to the function that it measures."""

from types import ModuleType

from accrue.runtime.settings import BatchSettings
from benchmarks.batch.answered import Answered
from benchmarks.batch.waited import AT_ONCE, ROUNDS, WAIT_SECONDS, waited_for

SETTINGS = BatchSettings({"LEDGER_TABLE": "ledger", "WRITES_AT_ONCE": 7})


def test_each_number_of_writes_at_a_time_has_its_turn_and_dynamodb_takes_its_time() -> None:
    function, dynamodb = ModuleType("function"), Answered()
    function.__dict__["settings"] = SETTINGS
    seen: list[tuple[int, str, float]] = []

    def act() -> None:
        settings: BatchSettings = function.__dict__["settings"]
        seen.append((settings.writes_at_once, settings.ledger_table, dynamodb.after_seconds))

    table = waited_for(dynamodb, function, act)

    assert seen == [(number, "ledger", WAIT_SECONDS) for number in AT_ONCE] * ROUNDS
    assert [row[0] for row in table.rows] == [str(number) for number in AT_ONCE]
    assert (function.__dict__["settings"], dynamodb.after_seconds) == (SETTINGS, 0)
