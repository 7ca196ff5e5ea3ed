"""`make import FILE=network.yaml` (or .json): imports a network document into the running stack."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from local import deployed
from local.errors import LocalError, NetworkFileError
from local.lines_of_places import lines_of
from local.network_file import read_network_file
from local.stack_file import running_stack_document


def main() -> int:
    """Print what the import came to. Exit status 1 if the document was refused or can't be read."""
    try:
        answer = _import(os.environ.get("FILE", ""))
    except LocalError as error:
        print(f"make import: {error}", file=sys.stderr)
        return 1
    except deployed.FunctionError as error:
        print(f"make import: {error}\nMore is in: make logs", file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2))
    return 1 if "code" in answer else 0


def _import(file: str) -> dict[str, Any]:
    if not file:
        raise NetworkFileError("say which file: make import FILE=network.yaml")
    read = read_network_file(Path(file))
    endpoint_url = running_stack_document()["endpoint_url"]
    names = deployed.outputs(endpoint_url)
    answer: dict[str, Any] = deployed.invoke("import_catalog", read.document, endpoint_url, names)
    return with_lines(answer, read.text)


def with_lines(answer: dict[str, Any], text: str) -> dict[str, Any]:
    """The answer, with the line of the file for each fault."""
    faults = answer.get("errors", [])
    lines = lines_of(text, [fault["pointer"] for fault in faults]) if faults else {}
    told = [{"line": lines.get(fault["pointer"]), **fault} for fault in faults]
    return answer | {"errors": told} if lines else answer
