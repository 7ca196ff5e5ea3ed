"""The command is killed at random moments, and nothing is lost or doubled."""

import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.batch_receiver import BatchReceiver, Fault, running_batch_receiver
from tests.integration.send_command import started

ROWS = 20_000
KILLS = 6
# After the first request of a run: a few batches are sent in this time.
LATEST_SECONDS = 0.25
PATIENCE_SECONDS = 120.0


def write(file: Path) -> None:
    lines = (f"sale,{number},buyer,ada@example.com\n" for number in range(ROWS))
    header = "activity_short_id,amount,user_1_key,user_1_email\n"
    file.write_text(header + "".join(lines), encoding="utf-8")


def wait_for_request(receiver: BatchReceiver, number: int, process: subprocess.Popen[str]) -> None:
    """Wait until it was sent, or will never be: a kill may leave nothing to be sent."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while receiver.requests < number and process.poll() is None:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def assert_whole(file: Path, receiver: BatchReceiver) -> None:
    """Each row was recorded once, and has its one line in the results, in order."""
    recorded = [int(json.loads(text)["amount"]) for text in receiver.ledger.values()]
    assert recorded == list(range(ROWS))
    text = file.with_name(f"{file.name}.results.ndjson").read_text(encoding="utf-8")
    results = [json.loads(line) for line in text.splitlines()]
    assert [each["row"] for each in results] == list(range(1, ROWS + 1))
    assert [each["activity_id"] for each in results] == [f"ik_{key}" for key in receiver.ledger]
    assert not file.with_name(f"{file.name}.progress").exists()


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_random_moments(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - for a test
    file = tmp_path / "activities.csv"
    write(file)
    kills = 0
    with running_batch_receiver() as receiver:
        # Besides, connections are dropped, before and after the rows were recorded.
        receiver.fault = lambda number: (
            Fault(drops=True, after_recording=number % 2 == 0) if number % 17 == 0 else None
        )
        while True:
            with started(file, receiver.environment()) as process:
                if kills < KILLS:
                    wait_for_request(receiver, receiver.requests + 1, process)
                    time.sleep(chance.uniform(0, LATEST_SECONDS))
                    process.send_signal(signal.SIGKILL)
                process.communicate(timeout=PATIENCE_SECONDS)
                if process.returncode == 0:
                    break
            assert process.returncode == -signal.SIGKILL
            kills += 1

        assert kills >= 2
        assert receiver.requests > ROWS / 500
        assert_whole(file, receiver)


def test_ctrl_c_ends_it_after_the_batch_and_says_how_to_go_on(tmp_path: Path) -> None:
    file = tmp_path / "activities.csv"
    write(file)
    with running_batch_receiver() as receiver:
        with started(file, receiver.environment()) as process:
            wait_for_request(receiver, 2, process)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 2
        rows = len(receiver.ledger)
        assert f"{rows:,} rows are done, and the same command goes on from there" in output

        with started(file, receiver.environment()) as process:
            output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0
        assert f"going on after row {rows:,}" in output
        assert f"{ROWS:,} rows sent: {ROWS:,} recorded, 0 replayed" in output
        assert_whole(file, receiver)
