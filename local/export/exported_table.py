"""Writes an export of a table as DynamoDB's ExportTableToPointInTime lays it out in a bucket.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

import gzip
import hashlib
import json
import secrets
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from local.export.period import Period
from local.export.table_items import Item, within

ITEMS_A_FILE = 50_000
# Of each kind of export; the forms differ.
FULL_VERSION = "2020-06-30"
INCREMENTAL_VERSION = "2023-08-01"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The table that is exported, and where to: `bucket` is a folder, `prefix` one in it."""

    table: Mapping[str, Any]
    bucket: Path
    prefix: str

    @property
    def keys(self) -> list[str]:
        """The names of the attributes that are an item's key."""
        return [each["AttributeName"] for each in self.table["KeySchema"]]


def export_table(
    source: Source,
    items: Iterator[Item],
    period: Period | None,
    now: datetime,
    items_a_file: int = ITEMS_A_FILE,
) -> int:
    """Write all items, or with a period those that were written in it; how many it were.

    The manifests come last: what was interrupted has none.
    """
    export_id = f"{_micros(now) // 1000:014d}-{secrets.token_hex(4)}"
    exports = Path(source.prefix, "AWSDynamoDB")
    here = exports / export_id
    (source.bucket / here).mkdir(parents=True)
    (source.bucket / here / "_started").touch()
    # DynamoDB puts the files of all incremental exports into one folder.
    files = exports / "data" if period else here / "data"
    lines = _changed(source, items, period) if period else ({"Item": item} for item in items)
    written = list(_write_files(source.bucket, files, lines, items_a_file))
    count: int = sum(each["itemCount"] for each, _ in written)
    listed = "".join(_line(each) for each, _ in written)
    _write_with_checksum(source.bucket / here / "manifest-files.json", listed)
    summary = {
        "version": INCREMENTAL_VERSION if period else FULL_VERSION,
        "exportArn": f"{source.table['TableArn']}/export/{export_id}",
        "startTime": _millis_text(now),
        "endTime": _millis_text(datetime.now(UTC)),
        "tableArn": source.table["TableArn"],
        "tableId": source.table.get("TableId"),
        **(_of_period(period) if period else {"exportTime": _millis_text(now)}),
        "s3Bucket": source.bucket.name,
        "s3Prefix": source.prefix,
        "s3SseAlgorithm": None,
        "s3SseKmsKeyId": None,
        "manifestFilesS3Key": (here / "manifest-files.json").as_posix(),
        "billedSizeBytes": sum(size for _, size in written),
        "itemCount": count,
        "outputFormat": "DYNAMODB_JSON",
        **({"outputView": "NEW_IMAGE", "exportType": "INCREMENTAL_EXPORT"} if period else {}),
    }
    text = json.dumps(summary, indent=2)
    _write_with_checksum(source.bucket / here / "manifest-summary.json", text)
    return count


def _of_period(period: Period) -> dict[str, str]:
    return {
        "exportFromTime": _millis_text(period.since),
        "exportToTime": _millis_text(period.until),
    }


def _changed(source: Source, items: Iterator[Item], period: Period) -> Iterator[dict[str, Any]]:
    for item, moment in within(items, period):
        yield {
            "Metadata": {"WriteTimestampMicros": {"N": str(_micros(moment))}},
            "Keys": {name: item[name] for name in source.keys},
            "NewImage": item,
        }


def _write_files(
    bucket: Path, folder: Path, lines: Iterator[dict[str, Any]], items_a_file: int
) -> Iterator[tuple[dict[str, Any], int]]:
    """What the manifest says of each file, and its size unpacked; one file at least."""
    (bucket / folder).mkdir(parents=True, exist_ok=True)
    first = next(lines, None)
    yield _write_file(
        bucket, folder, () if first is None else chain([first], islice(lines, items_a_file - 1))
    )
    for line in lines:
        yield _write_file(bucket, folder, chain([line], islice(lines, items_a_file - 1)))


def _write_file(
    bucket: Path, folder: Path, lines: Iterable[dict[str, Any]]
) -> tuple[dict[str, Any], int]:
    key = folder / f"{secrets.token_hex(13)}.json.gz"
    count = size = 0
    with gzip.open(bucket / key, "wb") as out:
        for line in lines:
            size += out.write(_line(line).encode())
            count += 1
    digest = md5_of(bucket / key)
    listed = {
        "itemCount": count,
        "md5Checksum": b64encode(digest).decode(),
        "etag": f"{digest.hex()}-1",
        "dataFileS3Key": key.as_posix(),
    }
    return listed, size


def md5_of(path: Path) -> bytes:
    """The MD5 of a file, with which a manifest names it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, _md5).digest()


def _md5(content: bytes = b"") -> "hashlib._Hash":
    return hashlib.md5(content, usedforsecurity=False)


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _write_with_checksum(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    digest = _md5(text.encode()).digest()
    path.with_suffix(".checksum").write_text(b64encode(digest).decode(), encoding="utf-8")


def _millis_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
