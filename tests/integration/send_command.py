"""`python -m local send` as a program of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.paths import ROOT


@contextmanager
def started(file: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs; killed if the block ends before."""
    with subprocess.Popen(
        [sys.executable, "-m", "local", "send"],
        cwd=ROOT,
        env=os.environ | environment | {"FILE": str(file)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
