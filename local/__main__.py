"""`python -m local run` serves until stopped; `python -m local logs` follows it."""

import sys

from local import logs, run

COMMANDS = {"run": run.main, "logs": logs.main}

if __name__ == "__main__":
    command = COMMANDS.get(" ".join(sys.argv[1:]))
    sys.exit(command() if command else f"usage: python -m local {'|'.join(COMMANDS)}")
