"""What a batch takes, beside what a request of each of its rows takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.batch.lambda_time import Deployed, Taken
from benchmarks.batch.requests import ROWS
from benchmarks.lambda_time import CALL_MS

BATCH = Deployed.from_template("record_activity_batch")
HANG = Deployed.from_template("record_membership_activity")
VILLAGE = Deployed.from_template("record_network_activity")


@dataclass(frozen=True, slots=True)
class Compared:
    """What a batch takes, and a request of one row, each with the write units of a row."""

    form: str
    together: Taken
    alone: Taken
    units_together: float
    units_alone: float

    def lambda_ms_alone(self) -> float:
        """Of a request of one row; both functions are deployed alike."""
        assert HANG.memory_mb == VILLAGE.memory_mb
        return self.alone.lambda_ms(HANG)

    def part(self, deployed: Deployed = BATCH, call_ms: Mapping[str, float] = CALL_MS) -> float:
        """Lambda's time for a row, as a part of what it takes alone."""
        return self.together.lambda_ms(deployed, call_ms) / ROWS / self.lambda_ms_alone()

    def row(self) -> list[Any]:
        """A row of a table, in pairs."""
        return [
            self.form,
            *(sum(self.together.calls.values()) / ROWS, sum(self.alone.calls.values())),
            *(self.units_together, self.units_alone),
            *(self.together.cpu_ms / ROWS, self.alone.cpu_ms),
            *(self.together.lambda_ms(BATCH) / ROWS, self.lambda_ms_alone()),
            shown_part(self.part()),
        ]


def shown_part(part: float) -> str:
    """A part of one."""
    return f"1/{1 / part:.1f}"
