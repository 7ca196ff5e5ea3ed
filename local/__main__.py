"""`python -m local run` serves until stopped; `logs` follows it, `import` gives it a network."""

import sys

from local import import_network, logs, run

COMMANDS = {"run": run.main, "logs": logs.main, "import": import_network.main}

if __name__ == "__main__":
    command = COMMANDS.get(" ".join(sys.argv[1:]))
    sys.exit(command() if command else f"usage: python -m local {'|'.join(COMMANDS)}")
