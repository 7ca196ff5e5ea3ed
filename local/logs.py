"""`make logs`: follows the functions of the running stack with the real `sam logs`."""

import subprocess
import sys

from local.errors import NotRunningError
from local.paths import ROOT, SAM
from local.sam import sam_environment
from local.stack_file import running_stack_document


def main() -> int:
    """Exit status of `sam logs`, or 1 when there is nothing to follow."""
    try:
        endpoint_url = running_stack_document()["endpoint_url"]
    except NotRunningError as error:
        print(f"make logs: {error}", file=sys.stderr)
        return 1
    command = [str(SAM), "logs", "--config-env", "local"]
    return subprocess.call(command, cwd=ROOT, env=sam_environment(endpoint_url))
