"""Where seals come from: a bucket, or a folder into which first versions of it were copied."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accrue.storage.seals import PREFIX, seal_key

_KEY = re.compile(r"seals/(?P<network>[^/]+)/[0-9]{12}-(?P<number>[0-9]{12})\.json")


@dataclass(frozen=True, slots=True)
class SealFile:
    """An object that should be a seal; `number` is 0 if its key is none of ours. `spoiled` is what
    somebody tried to do to it: what was written first is what counts.
    """

    network_id: str
    number: int
    text: str
    spoiled: str = ""


def seals_in_folder(folder: Path) -> Iterator[SealFile]:
    """The seals below a folder, by network and number."""
    paths = {path: path.relative_to(folder).as_posix() for path in folder.glob("**/*.json")}
    keys = {path: _key_in(name) for path, name in paths.items()}
    places = sorted((*_place(key), path) for path, key in keys.items())
    for network_id, number, path in places:
        yield SealFile(network_id, number, path.read_text(encoding="utf-8", errors="replace"))


def seals_in_bucket(client: Any, bucket: str) -> Iterator[SealFile]:  # noqa: ANN401 - a boto3 client
    """The seals in a bucket, by network and number, each as it was written first."""
    firsts: dict[str, str] = {}
    spoiled: dict[str, str] = {}
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=PREFIX)
    for page in pages:
        # The newest one comes first.
        for version in page.get("Versions", []):
            key = version["Key"]
            if key in firsts:
                spoiled[key] = "it was written once more, and the lock has kept the first version."
            firsts[key] = version["VersionId"]
        for marker in page.get("DeleteMarkers", []):
            spoiled[marker["Key"]] = "it was deleted, and the lock has kept it."
    for network_id, number, key in sorted((*_place(key), key) for key in firsts):
        found = client.get_object(Bucket=bucket, Key=key, VersionId=firsts[key])
        text = found["Body"].read().decode("utf-8", "replace")
        yield SealFile(network_id, number, text, spoiled.get(key, ""))


def copied(files: Iterable[SealFile], folder: Path | None) -> Iterator[SealFile]:
    """The same seals, each of which is written below the folder, if there is one."""
    for file in files:
        if folder is not None and file.number:
            path = folder / seal_key(file.network_id, file.number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
        yield file


def _key_in(name: str) -> str:
    """The key of a file: somebody may have copied the folder of a network alone."""
    parts = name.split("/")
    return "/".join(["seals", *parts[-2:]])


def _place(key: str) -> tuple[str, int]:
    found = _KEY.fullmatch(key)
    if found is None or seal_key(found["network"], int(found["number"])) != key:
        return key, 0
    return found["network"], int(found["number"])
