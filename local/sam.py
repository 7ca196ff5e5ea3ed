"""The real `sam build` and `sam deploy`, as on AWS, pointed at the emulator."""

import fcntl
import os
import platform
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from local.account import environment_of_account
from local.paths import BUILD_LOCK, PYTHON_BIN, SAM, SAM_CONFIG
from local.programs import run_program
from local.stopping import Stop

TIMEOUT_SECONDS = 600.0


def parameter_overrides() -> str:
    """The local ones of samconfig, and the host's architecture.

    Together, because those of the command line replace those of the file.
    """
    settings = tomllib.loads(SAM_CONFIG.read_text(encoding="utf-8"))
    local = settings["local"]["deploy"]["parameters"]["parameter_overrides"]
    architecture = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    return f"{local} Architecture={architecture}"


def sam_environment(endpoint_url: str) -> dict[str, str]:
    environment = environment_of_account(endpoint_url)
    return environment | {
        # `sam build` takes the python3.13 that it finds first.
        "PATH": f"{PYTHON_BIN}{os.pathsep}{environment.get('PATH', os.defpath)}",
        "SAM_CLI_TELEMETRY": "0",
        # It waits this long between looks at a deployment; 5 by default.
        "SAM_CLI_POLL_DELAY": "0.2",
    }


def build(endpoint_url: str, stop: Stop) -> None:
    _sam("build", endpoint_url, stop)


def deploy(endpoint_url: str, stop: Stop, operator_key_sha256: str) -> None:
    _sam("deploy", endpoint_url, stop, f" OperatorKeySha256={operator_key_sha256}")


def _sam(command: str, endpoint_url: str, stop: Stop, overrides: str = "") -> None:
    parameters = parameter_overrides() + overrides
    run_program(
        f"sam-{command}",
        [SAM, command, "--config-env", "local", "--parameter-overrides", parameters],
        sam_environment(endpoint_url),
        stop,
        TIMEOUT_SECONDS,
    )


@contextmanager
def build_folder_locked(stop: Stop) -> Iterator[None]:
    """Two stacks of one clone share `.aws-sam`: from build to deploy it belongs to one of them."""
    BUILD_LOCK.parent.mkdir(parents=True, exist_ok=True)
    with BUILD_LOCK.open("w") as lock:
        stop.wait_until(lambda: _locked(lock), TIMEOUT_SECONDS)
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
