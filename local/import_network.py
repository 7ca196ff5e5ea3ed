"""`make import FILE=network.yaml` (or .json): imports a network document into the running stack."""

import json
import os
import sys
from pathlib import Path

from local import deployed
from local.errors import LocalError
from local.network_file import read_network_file
from local.stack_file import running_stack_document


def main() -> int:
    """Print what the import came to. Exit status 1 if the document was refused or can't be read."""
    try:
        answer = _import(Path(os.environ.get("FILE") or "FILE"))
    except LocalError as error:
        print(f"make import: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2))
    return 1 if "code" in answer else 0


def _import(path: Path) -> dict[str, object]:
    endpoint_url = running_stack_document()["endpoint_url"]
    document = read_network_file(path)
    names = deployed.outputs(endpoint_url)
    answer: dict[str, object] = deployed.invoke("import_catalog", document, endpoint_url, names)
    return answer
