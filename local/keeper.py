"""Keeps a program alive while its own standard input is open, then ends it with all its children.

    python -m local.keeper SCRATCH_FOLDER PROGRAM ARGUMENT...

The other end of the input is held by whoever started the local stack. However that one ends, by
Ctrl-C, by a signal or by being killed outright, the input closes: so nothing is left behind, not
even when nobody could tidy up.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import time

# It holds nothing that would have to be saved.
GRACE_SECONDS = 1.0
POLL_SECONDS = 0.2


def keep(scratch: str, command: list[str]) -> int:
    """Run the command in a process group of its own; returns its exit status, 0 if it was ended."""
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    try:
        while program.poll() is None:
            if select.select([sys.stdin], [], [], POLL_SECONDS)[0]:
                return 0
        return program.returncode or 1
    finally:
        end_group(program)
        shutil.rmtree(scratch, ignore_errors=True)


def end_group(program: subprocess.Popen[bytes]) -> None:
    """End the program politely, then whatever is left of its group at once."""
    program.terminate()
    try:
        program.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
    while group_exists(program.pid):
        os.killpg(program.pid, signal.SIGKILL)
        program.poll()
        time.sleep(POLL_SECONDS / 4)


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    # A signal to the whole terminal is answered by the one that holds the input.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(keep(sys.argv[1], sys.argv[2:]))
