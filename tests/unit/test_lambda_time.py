"""The estimate of what Lambda takes, from what was measured."""

import pytest

from benchmarks.batch.lambda_time import Deployed, Taken
from benchmarks.lambda_time import MB_OF_A_VCPU

CALL_MS = {"BatchGetItem": 7, "BatchExecuteStatement": 10, "PutItem": 5}
BATCH = Taken(20, {"BatchGetItem": 2, "BatchExecuteStatement": 21})


@pytest.mark.parametrize(
    ("memory_mb", "at_once", "ms"),
    [
        (MB_OF_A_VCPU, 1, 20 + 14 + 210),
        # The last of them is waited for as well.
        (MB_OF_A_VCPU, 4, 20 + 14 + 60),
        (MB_OF_A_VCPU // 2, 4, pytest.approx(40 + 14 + 60, rel=0.01)),
        # Python uses no second one.
        (4 * MB_OF_A_VCPU, 4, 20 + 14 + 60),
    ],
)
def test_processor_time_by_memory_and_writes_some_at_a_time(
    memory_mb: int, at_once: int, ms: float
) -> None:
    assert BATCH.lambda_ms(Deployed("a", memory_mb, at_once), CALL_MS) == ms


def test_what_is_deployed_is_read_from_the_template() -> None:
    batch = Deployed.from_template("record_activity_batch")

    assert (batch.memory_mb, batch.writes_at_once) == (MB_OF_A_VCPU, 10)
    assert Deployed.from_template("record_network_activity").writes_at_once == 1
