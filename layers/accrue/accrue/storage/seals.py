"""The seal bucket: `seals/<network>/<descending>-<number>.json`, each written once.

The bucket is versioned and locked: what was written stays until its retention ends, whoever wants
it gone. So what counts of an object is its first version: whatever somebody put over it later keeps
nobody from going on. `<descending>` makes the newest seal the first in the order of the bucket, so
that one small list finds it, and nothing has to remember how far the seals are.
"""

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from accrue.domain.errors import UnreadableSealError
from accrue.domain.seal import Seal
from accrue.storage.client_config import client_config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "seals/"
_DIGITS = 12
# There is an object under the key; or somebody is writing one at this moment.
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


def s3_client() -> "S3Client":
    """A client of S3."""
    return boto3.client("s3", config=client_config())


class SealBucket:
    """The seals, seen through one client. Implements `services.seal_ledger.SealStore`."""

    def __init__(self, client: "S3Client", bucket_name: str) -> None:
        self._client = client
        self._bucket_name = bucket_name

    def find_last(self, network_id: str) -> Seal | None:
        """The newest seal of a network. Raises UnreadableSealError."""
        listed = self._client.list_object_versions(
            Bucket=self._bucket_name, Prefix=f"{PREFIX}{network_id}/", MaxKeys=1
        )
        # One that was deleted is below a marker.
        entries = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
        return self._read(network_id, entries[0]["Key"]) if entries else None

    def get(self, network_id: str, number: int) -> Seal:
        """The seal of this number, which must be there. Raises UnreadableSealError."""
        return self._read(network_id, seal_key(network_id, number))

    def put(self, seal: Seal) -> bool:
        """Write a seal, unless there is one of its number: whether it was written."""
        try:
            self._client.put_object(
                Bucket=self._bucket_name,
                Key=seal_key(seal.network_id, seal.number),
                Body=seal.to_text().encode("ascii"),
                ContentType="application/json",
                IfNoneMatch="*",
                # A locked bucket takes nothing without one.
                ChecksumAlgorithm="SHA256",
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] in _TAKEN:
                return False
            raise
        return True

    def _read(self, network_id: str, key: str) -> Seal:
        version = first_versions(self._client, self._bucket_name, key).get(key)
        if version is None:
            raise UnreadableSealError(f"{key} is not there")
        found = self._client.get_object(Bucket=self._bucket_name, Key=key, VersionId=version)
        body = found["Body"].read()
        seal = Seal.from_text(body.decode("ascii", "replace"))
        if key != seal_key(seal.network_id, seal.number) or seal.network_id != network_id:
            raise UnreadableSealError(f"{key} holds seal {seal.number} of {seal.network_id}")
        return seal


def first_versions(client: "S3Client", bucket_name: str, prefix: str) -> dict[str, str]:
    """The id of the first version of each object below the prefix, by key."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket_name, Prefix=prefix)
    # The newest one of each comes first.
    return {each["Key"]: each["VersionId"] for page in pages for each in page.get("Versions", [])}


def seal_key(network_id: str, number: int) -> str:
    """Where a seal is."""
    return f"{PREFIX}{network_id}/{10**_DIGITS - number:0{_DIGITS}d}-{number:0{_DIGITS}d}.json"
