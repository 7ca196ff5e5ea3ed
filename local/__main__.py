"""`python -m local run` serves until stopped; `logs` follows it, `import` gives it a network.

`schema` writes the JSON Schema of programs.
"""

import sys

from local import import_network, logs, program_schema, run

COMMANDS = {
    "run": run.main,
    "logs": logs.main,
    "import": import_network.main,
    "schema": program_schema.main,
}

if __name__ == "__main__":
    command = COMMANDS.get(" ".join(sys.argv[1:]))
    sys.exit(command() if command else f"usage: python -m local {'|'.join(COMMANDS)}")
