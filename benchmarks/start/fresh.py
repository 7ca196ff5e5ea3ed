"""Statements, each in interpreters of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

ROUNDS = 8
KILOBYTES = 1024
# The usage that `wait4` tells of starts with the memory of the process that forked it.
TELL_MEMORY = (
    "\nfor line in open('/proc/self/status'):\n if 'VmHWM' in line: print(line.split()[1])"
)

type Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """Processor time of a process, and the most memory it had."""

    seconds: float
    megabytes: float


def cheapest(statements: Mapping[str, tuple[str, Environment]]) -> dict[str, Cost]:
    """The cheapest start of each. In turns: whatever else the machine does meets all of them."""
    costs: dict[str, list[Cost]] = {name: [] for name in statements}
    for _ in range(ROUNDS):
        for name, (statement, environment) in statements.items():
            costs[name].append(_run(statement, environment))
    return {name: min(found) for name, found in costs.items()}


def _run(statement: str, environment: Environment) -> Cost:
    command = [sys.executable, "-c", f"{statement}\n{TELL_MEMORY}"]
    process = subprocess.Popen(  # noqa: S603 - its own
        command, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process.stdout as told:
        kilobytes = int(told.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(usage.ru_utime + usage.ru_stime, kilobytes / KILOBYTES)
