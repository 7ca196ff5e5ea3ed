"""`make logs`: follows the functions of the running stack with the real `sam logs`."""

import json
import subprocess
import sys

from local.errors import NotRunningError
from local.paths import ROOT, SAM, STACK_FILE
from local.sam import sam_environment


def main() -> int:
    """Exit status of `sam logs`, or 1 when there is nothing to follow."""
    try:
        endpoint_url = _endpoint_url()
    except NotRunningError as error:
        print(f"make logs: {error}", file=sys.stderr)
        return 1
    command = [str(SAM), "logs", "--config-env", "local"]
    return subprocess.call(command, cwd=ROOT, env=sam_environment(endpoint_url))


def _endpoint_url() -> str:
    if not STACK_FILE.exists():
        raise NotRunningError("nothing is running. Start it with: make run")
    return str(json.loads(STACK_FILE.read_text(encoding="utf-8"))["endpoint_url"])
