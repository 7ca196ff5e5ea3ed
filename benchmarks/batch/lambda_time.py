"""How long Lambda takes for a batch: as for other invocations, but that writes go together."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from benchmarks.lambda_time import CALL_MS, function_id, lambda_ms, memory_of
from local.template import template

MADE_TOGETHER = ("BatchExecuteStatement", "TransactWriteItems")


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the template gives a function that matters here."""

    operation: str
    memory_mb: int
    writes_at_once: int = 1

    @classmethod
    def from_template(cls, operation: str) -> "Deployed":
        """As it is deployed."""
        logical_id = function_id(operation)
        properties = template()["Resources"][logical_id]["Properties"]
        variables = properties["Environment"]["Variables"]
        return cls(operation, memory_of(logical_id), int(variables.get("WRITES_AT_ONCE", 1)))


@dataclass(frozen=True, slots=True)
class Taken:
    """What an invocation took: milliseconds of a processor, and the calls that it made."""

    cpu_ms: float
    calls: Mapping[str, int]

    def lambda_ms(self, deployed: Deployed, call_ms: Mapping[str, float] = CALL_MS) -> float:
        """How long it takes in a function that is deployed so; what it reads, it reads in turn."""
        at_once = dict.fromkeys(MADE_TOGETHER, deployed.writes_at_once)
        waited_for = {
            operation: ceil(number / at_once.get(operation, 1))
            for operation, number in self.calls.items()
        }
        return lambda_ms(self.cpu_ms, waited_for, deployed.memory_mb, call_ms)
