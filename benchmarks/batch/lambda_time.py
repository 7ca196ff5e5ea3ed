"""How long Lambda takes for something: an estimate, since nothing here runs on it.

What is measured is how much of a processor it takes, and which calls are waited for. A function's
part of a processor goes by its memory; how long DynamoDB takes for a call is assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from local.template import resources_of, template

# "At 1,769 MB, a function has the equivalent of one vCPU": Lambda Developer Guide, "Configure
# Lambda function memory". A Python function uses no more than one.
MB_OF_A_PROCESSOR = 1769
# Assumptions, the way there and back included. Of single items AWS says that one can expect an
# average of less than ten milliseconds (re:Post, on high latency of DynamoDB), of others nothing.
WAIT_MS: Mapping[str, float] = {
    "PutItem": 5,
    "GetItem": 5,
    "BatchGetItem": 10,
    "BatchExecuteStatement": 10,
    "TransactWriteItems": 15,
}
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
        found = resources_of("AWS::Serverless::Function").values()
        (properties,) = (
            each["Properties"]
            for each in found
            if each["Properties"]["CodeUri"] == f"functions/{operation}"
        )
        variables = properties["Environment"]["Variables"]
        default = template()["Globals"]["Function"]["MemorySize"]
        memory = properties.get("MemorySize", default)
        return cls(operation, memory, int(variables.get("WRITES_AT_ONCE", 1)))


@dataclass(frozen=True, slots=True)
class Taken:
    """What an invocation took: milliseconds of a processor, and the calls that it made."""

    cpu_ms: float
    calls: Mapping[str, int]

    def lambda_ms(self, deployed: Deployed, wait_ms: Mapping[str, float] = WAIT_MS) -> float:
        """How long it takes in a function that is deployed so; what it reads, it reads in turn."""
        share = min(1, deployed.memory_mb / MB_OF_A_PROCESSOR)
        at_once = dict.fromkeys(MADE_TOGETHER, deployed.writes_at_once)
        waits = (
            ceil(number / at_once.get(operation, 1)) * wait_ms[operation]
            for operation, number in self.calls.items()
        )
        return self.cpu_ms / share + sum(waits)
