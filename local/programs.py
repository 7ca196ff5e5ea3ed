"""Runs a program to its end, out of sight, and shows what it printed only if it fails."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.errors import StepError
from local.paths import LOGS, ROOT
from local.stopping import Stop

OUTPUT_LINES = 30


def run_program(
    name: str,
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    stop: Stop,
    timeout_seconds: float,
) -> None:
    """Run it with its output in a log file. Raises StepError, or StoppedError on request."""
    log = LOGS / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        program = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C reaches us alone, and its group is ours to end.
            start_new_session=True,
        )
        try:
            ended = stop.wait_until(lambda: program.poll() is not None, timeout_seconds)
        finally:
            _end(program)
    if not ended:
        raise StepError(f"{name} took longer than {timeout_seconds:.0f} s", last_lines(log))
    if program.returncode:
        raise StepError(f"{name} failed with exit status {program.returncode}", last_lines(log))


def _end(program: subprocess.Popen[bytes]) -> None:
    if program.poll() is None:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def last_lines(log: Path) -> str:
    """The end of a log, without blank lines; empty if there is none."""
    if not log.exists():
        return ""
    text = log.read_text(encoding="utf-8", errors="replace")
    return "\n".join([line for line in text.splitlines() if line.strip()][-OUTPUT_LINES:])
