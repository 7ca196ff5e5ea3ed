"""`make verify`: whether rows, postings and outcomes are the ones that were written.

Of the running stack, held against its seals; or with `FROM=` of the exports in a folder. `SEALS=`
is a bucket, `s3://name`, or a folder into which `COPY_SEALS=` wrote seals as they were first.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from accrue.storage.administration_table import AdministrationTable
from accrue.storage.clocks import ClockTable
from accrue.storage.seals import s3_client
from local import deployed
from local.clients import client
from local.errors import LocalError, SealFilesError
from local.export.make_export import TABLES
from local.export.table_items import Item, scan_items
from local.stack_file import running_stack_document
from local.verify.exports import exported_items, read_exported
from local.verify.findings import Findings
from local.verify.seal_files import SealFile, copied, seals_in_bucket, seals_in_folder
from local.verify.verification import Verified, verify

_S3 = "s3://"


def main() -> int:
    """Print what was found. Exit status 1 if anything is not what it was, or nothing could be
    verified.
    """
    try:
        found = verified(os.environ)
    except LocalError as error:
        print(f"make verify: {error}", file=sys.stderr)
        return 1
    for line in report(found, has_seals=_has_seals(os.environ)):
        print(line)
    return 1 if found.findings.count else 0


def _has_seals(given: Mapping[str, str]) -> bool:
    return bool(given.get("SEALS")) or not given.get("FROM")


def verified(given: Mapping[str, str]) -> Verified:
    """What comes of the exports, or of the running stack, and of the seals that are given."""
    copy = Path(given["COPY_SEALS"]) if given.get("COPY_SEALS") else None
    seals = copied(_seals_at(given["SEALS"]), copy) if given.get("SEALS") else None
    if given.get("FROM"):
        exports = Path(given["FROM"])
        exported = read_exported(exports)
        return verify(seals, exported_items(exports), exported.as_of, has_balances=exported.is_full)
    as_of = datetime.now(UTC)
    endpoint_url = running_stack_document()["endpoint_url"]
    names = deployed.outputs(endpoint_url)
    if seals is None:
        in_bucket = seals_in_bucket(client("s3", endpoint_url), names["SealBucket"])
        seals = copied(in_bucket, copy)
    dynamodb = client("dynamodb", endpoint_url)
    clocks = ClockTable(AdministrationTable(dynamodb, names["CatalogTable"]))

    def ahead(network_id: str) -> timedelta:
        clock = clocks.find_clock(network_id)
        return clock.offset if clock else timedelta(0)

    return verify(seals, _live_items(dynamodb, names), as_of, ahead=ahead)


def _live_items(dynamodb: Any, names: Mapping[str, str]) -> Iterator[Item]:  # noqa: ANN401 - a boto3 client
    # The balances first, as in an export; within a membership, its balance comes before postings.
    return chain.from_iterable(scan_items(dynamodb, names[each]) for each in TABLES.values())


def _seals_at(place: str) -> Iterable[SealFile]:
    if place.startswith(_S3):
        return _seals_on_aws(place)
    if not any(Path(place).glob("**/*.json")):
        raise SealFilesError(f"SEALS={place} has no seal in it: give the bucket, as {_S3}name")
    return seals_in_folder(Path(place))


def _seals_on_aws(place: str) -> Iterator[SealFile]:
    """With the credentials and the region of the environment."""
    try:
        yield from seals_in_bucket(s3_client(), place.removeprefix(_S3).rstrip("/"))
    except (BotoCoreError, ClientError) as error:
        raise SealFilesError(f"SEALS={place} can't be read: {error}") from error


def report(found: Verified, *, has_seals: bool) -> Iterator[str]:
    """What was found, or how much was looked at, in lines."""
    yield from _told(found.findings)
    counts = found.counts
    yield ", ".join(f"{count} {noun}" for noun, count in counts.items())
    if not has_seals:
        yield "Held against no seals: with SEALS= whole chains that were rewritten show, too."
    elif found.unsealed:
        yield f"{found.unsealed} rows are in no seal yet: only what speaks of them attests them."
    for row in found.late_rows:
        yield (
            f"{row.network_id}: row {row.activity_id} of {row.recorded_at} was sealed late, by seal"
            f" {row.seal}."
        )
    if found.late:
        yield f"{found.late} rows were sealed after their window: compare them with their requests."
    if not found.findings.count:
        yield "All as it was written."


def _told(findings: Findings) -> Iterator[str]:
    firsts = findings.in_order()
    for finding in firsts:
        yield str(finding)
    if findings.count > len(firsts):
        yield f"{findings.count - len(firsts)} more behind the first of each chain."
