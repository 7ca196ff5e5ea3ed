"""Finds the files of exports in a folder: of ours, or of a bucket that was downloaded."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from local.errors import ExportFilesError
from local.export.exported_table import md5_of

ROOT_NAME = "AWSDynamoDB"


def files_of_exports(folder: Path) -> list[Path]:
    """The files of all exports below the folder, as their manifests name them.

    Raises ExportFilesError without any, and if one is missing or is not what the manifest says.
    """
    manifests = sorted(folder.glob(f"**/{ROOT_NAME}/*/manifest-files.json"))
    if not manifests:
        raise ExportFilesError(
            f"FROM={folder} has no export in it: give a folder that `make export TO=` wrote, or "
            "into which `aws s3 sync` brought a bucket"
        )
    return [file for manifest in manifests for file in _files_of(manifest)]


def _files_of(manifest: Path) -> Iterator[Path]:
    # A key begins with the prefix under which it was exported, which may not be there any more.
    above = manifest.parents[2]
    for line in manifest.read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        key = said["dataFileS3Key"]
        file = above / ROOT_NAME / key.rpartition(f"{ROOT_NAME}/")[2]
        if not file.is_file():
            raise ExportFilesError(f"{file} is missing, which {manifest} names: download it, too")
        if b64encode(md5_of(file)).decode() != said["md5Checksum"]:
            raise ExportFilesError(f"{file} is not what {manifest} says: download it again")
        yield file
