"""A network document in a file, in JSON or in YAML."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.errors import NetworkFileError, UnreadableTextError
from local.exact_json import read_json
from local.exact_yaml import read_yaml

# Lambda takes 6 MB; what is not ASCII becomes longer on the way.
MAX_FILE_BYTES = 5_000_000
_READERS: dict[str, Callable[[str], object]] = {
    ".json": read_json,
    ".yaml": read_yaml,
    ".yml": read_yaml,
}


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """What is in the file, and the text of it."""

    document: dict[str, Any]
    text: str


def read_network_file(path: Path) -> NetworkFile:
    """What is in the file. Raises NetworkFileError, which names the file and the line."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise NetworkFileError(f"{path}: name it .yaml or .json, after what is in it")
    text = _text_of(path)
    try:
        document = reader(text)
    except UnreadableTextError as error:
        raise NetworkFileError(f"{path}, line {error.line}: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NetworkFileError(f"{path}, line {line}: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"has a character that no text has, U+{error.character:04X}: remove it"
        raise NetworkFileError(f"{path}, line {line}: {what}") from error
    if document is None:
        raise NetworkFileError(f"{path} is empty: it needs a network, as in docs/programs.md")
    if not isinstance(document, dict):
        raise NetworkFileError(f"{path} must be a map of fields, such as network: ...")
    return NetworkFile(document, text)


def _text_of(path: Path) -> str:
    content = _content_of(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NetworkFileError(f"{path}, line {line}: is not UTF-8: save it as UTF-8") from error
    return text if text.strip() else "null"


def _content_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise NetworkFileError(
            f"{path} can't be read ({error.strerror}). Try: FILE=network.json or FILE=network.yaml"
        ) from error
    if len(content) > MAX_FILE_BYTES:
        raise NetworkFileError(
            f"{path} is larger than {MAX_FILE_BYTES // 10**6} MB: spread users and memberships "
            "over several documents"
        )
    return content
