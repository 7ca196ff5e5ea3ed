"""`python -m local run` serves until stopped; `logs` follows it, `import` gives it a network.

`receive` is a receiver of its webhooks, `send` sends a file of activities. `export` writes its
tables out, and `ask` answers from what was exported; `verify` tells what was tampered with.
`schema` writes the JSON Schemas of programs and events.
"""

import sys

from local import import_network, logs, receive, run, schemas
from local.export import ask, make_export
from local.send import command as send
from local.verify import command as verify

COMMANDS = {
    "run": run.main,
    "logs": logs.main,
    "import": import_network.main,
    "receive": receive.main,
    "send": send.main,
    "schema": schemas.main,
    "export": make_export.main,
    "ask": ask.main,
    "verify": verify.main,
}

if __name__ == "__main__":
    command = COMMANDS.get(" ".join(sys.argv[1:]))
    sys.exit(command() if command else f"usage: python -m local {'|'.join(COMMANDS)}")
