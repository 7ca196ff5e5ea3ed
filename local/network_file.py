"""A network document in a file, in JSON or in YAML."""

import json
from pathlib import Path
from typing import Any

import yaml

from local.errors import NetworkFileError
from local.exact_yaml import read_yaml


def read_network_file(path: Path) -> object:
    """What is in the file. Raises NetworkFileError, which names the file and the line."""
    try:
        text = path.read_text(encoding="utf-8")
        return read_yaml(text) if path.suffix in {".yaml", ".yml"} else _read_json(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NetworkFileError(f"{path}, line {line}: {error.problem}") from error
    except json.JSONDecodeError as error:
        raise NetworkFileError(f"{path}, line {error.lineno}: {error.msg}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        message = f"{path} can't be read ({error}). Try: FILE=network.json or FILE=network.yaml"
        raise NetworkFileError(message) from error


def _read_json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_without_repetitions)


def _without_repetitions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'"{repeated}" stands in one object a second time')
    return found
