"""What a test covered, kept for the report of `make prove`.

A test says it here in both lengths; only a run of `make prove` keeps it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

# A folder; each process has a file of its own in it.
RECORDS = "PROOF_RECORDS"

type Figures = Mapping[str, int | float | str]


def record(part: str, name: str, figures: Figures) -> None:
    """Keep the figures of something that held: nothing is recorded of what did not."""
    folder = os.environ.get(RECORDS)
    if folder is None:
        return
    line = json.dumps({"part": part, "name": name, "figures": dict(figures)})
    with (Path(folder) / f"{os.getpid()}.ndjson").open("a") as file:
        file.write(line + "\n")
