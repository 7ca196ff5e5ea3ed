"""The embedded AWS: one process, in memory, reachable from this machine only."""

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.account import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from local.errors import StepError
from local.paths import EMULATOR_PYTHON, LOGS, ROOT
from local.ports import HOST
from local.programs import last_lines
from local.stopping import Stop

START_TIMEOUT_SECONDS = 30.0
HEALTH_TIMEOUT_SECONDS = 2.0
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - a folder of a random name is made in it
MEMORY_DISK_BYTES = 2 * 1024**3
NO_PROGRAMS = getattr(os, "ST_NOEXEC", 0)
# Seconds as a rule. On a busy machine, removing what the emulator unpacked takes its time.
END_TIMEOUT_SECONDS = 120.0


class Emulator:
    """A started emulator. `endpoint_url` is what takes the place of AWS; it is the child of the
    process with `keeper_pid`.
    """

    def __init__(self, port: int, keeper: subprocess.Popen[bytes]) -> None:
        self.endpoint_url = f"http://{HOST}:{port}"
        self.keeper_pid = keeper.pid
        self._log = LOGS / f"emulator-{port}.log"
        self._keeper = keeper

    def check(self) -> None:
        """Raise StepError if it has died."""
        if self._keeper.poll() is not None:
            raise StepError("the embedded AWS ended by itself", last_lines(self._log))

    def wait_until_ready(self, stop: Stop) -> None:
        if not stop.wait_until(self._answers, START_TIMEOUT_SECONDS):
            raise StepError("the embedded AWS does not answer", last_lines(self._log))

    def _answers(self) -> bool:
        self.check()
        return answers(self.endpoint_url)


def answers(endpoint_url: str) -> bool:
    """Whether an emulator is there."""
    # A proxy for the outer world must not be asked for 127.0.0.1.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint_url}/_ministack/health", timeout=HEALTH_TIMEOUT_SECONDS):
            return True
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running_emulator(port: int) -> Iterator[Emulator]:
    """An emulator that ends, with all the functions' processes, when the block does."""
    LOGS.mkdir(parents=True, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix="accrue-local-", dir=_scratch_parent())
    keeping = [sys.executable, "-m", "local.keeper", scratch]
    with (LOGS / f"emulator-{port}.log").open("wb") as log:
        keeper = subprocess.Popen(
            # Isolated: the folder of the script, which is ours, is not where it imports from.
            [*keeping, EMULATOR_PYTHON, "-I", ROOT / "local" / "emulated" / "aws.py"],
            cwd=ROOT,
            env=_environment(port, scratch),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Emulator(port, keeper)
    finally:
        if keeper.stdin:
            keeper.stdin.close()
        keeper.wait(END_TIMEOUT_SECONDS)


def _scratch_parent() -> Path | None:
    """Memory where there is plenty of it, else the system's folder for temporary files.

    Every function process gets 15 MB in 600 files of its own, and removing those of a busy stack
    from a slow disk took half a minute.
    """
    try:
        disk = os.statvfs(MEMORY_DISK)
    except OSError:
        return None
    is_roomy = disk.f_bavail * disk.f_frsize >= MEMORY_DISK_BYTES
    # pydantic's compiled part is loaded from there.
    allows_programs = not disk.f_flag & NO_PROGRAMS
    return MEMORY_DISK if is_roomy and allows_programs else None


def _environment(port: int, scratch: str) -> dict[str, str]:
    """Little but settings: the functions inherit it, and should find what AWS gives them."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        # It unpacks every function below TMPDIR and leaves that behind; the keeper removes it.
        "HOME": scratch,
        "TMPDIR": scratch,
        "STATE_DIR": f"{scratch}/state",
        "S3_DATA_DIR": f"{scratch}/s3",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        # Its broker would listen on every interface.
        "IOT_MTLS_ENABLED": "0",
        # The functions get the rights of their execution roles and no others.
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": REGION,
        # A function stays warm for as long as somebody may be trying things out.
        "LAMBDA_WARM_TTL_SECONDS": "86400",
    }
