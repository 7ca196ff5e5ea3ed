"""What a function came to, for an activity: whatever has a price."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.lambda_time import lambda_ms

type Architecture = Literal["arm64", "x86"]

# What Lambda logs of each invocation, in the text format, with lengths as usual.
# https://docs.aws.amazon.com/lambda/latest/dg/ruby-logging.html
_ID = "8f507cfc-0000-4697-b07a-ac58fc914c95"
PLATFORM_LINES = f"""START RequestId: {_ID} Version: $LATEST
END RequestId: {_ID}
REPORT RequestId: {_ID}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB\t\
Max Memory Used: 98 MB\t
"""
PLATFORM_BYTES = len(PLATFORM_LINES)
MB_OF_A_GB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Of a number of invocations, for each of the activities that they were about."""

    name: str
    memory_mb: int
    invocations: float
    cpu_ms: float
    calls: Mapping[str, float]
    table_writes: float
    index_writes: float
    reads: float
    log_bytes: float
    events: float = 0
    architecture: Architecture = "arm64"

    @property
    def billed_ms(self) -> float:
        """What Lambda bills, but for rounding each invocation up to a millisecond."""
        return lambda_ms(self.cpu_ms, self.calls, self.memory_mb)

    @property
    def gb_seconds(self) -> float:
        """The same, with the memory."""
        return self.billed_ms / 1000 * self.memory_mb / MB_OF_A_GB

    @property
    def all_log_bytes(self) -> float:
        """Lambda's own lines included."""
        return self.log_bytes + self.invocations * PLATFORM_BYTES
