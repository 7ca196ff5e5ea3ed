"""Prints the template as SAM expands it for CloudFormation, with the emulator's SAM translator.

.local/emulator/bin/python -I local/emulated/translate.py template.yaml
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# It only wants to see that code was uploaded somewhere.
UPLOADED = "s3://bucket/key"


def main() -> None:
    """Expand it with the defaults of its parameters."""
    parsing: Any = import_module("samtranslator.yaml_helper")
    parser: Any = import_module("samtranslator.parser.parser")
    translator: Any = import_module("samtranslator.translator.translator")
    template = parsing.yaml_parse(Path(sys.argv[1]).read_text())
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in {"CodeUri", "ContentUri"} & properties.keys():
            properties[name] = UPLOADED
    expanded = translator.Translator({}, parser.Parser()).translate(template, {})
    json.dump(expanded, sys.stdout)


if __name__ == "__main__":
    main()
