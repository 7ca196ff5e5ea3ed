"""The seal bucket: `seals/<network>/<descending>-<number>.json`, each written once.

The bucket is versioned and locked: what was written stays until its retention ends, whoever wants
it gone. `<descending>` makes the newest seal the first in the order of the bucket, so that one
small list finds it, and nothing has to remember how far the seals are.
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
        listed = self._client.list_objects_v2(
            Bucket=self._bucket_name, Prefix=f"{PREFIX}{network_id}/", MaxKeys=1
        )
        first = next(iter(listed.get("Contents", [])), None)
        return None if first is None else self._read(network_id, first["Key"])

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
        body = self._client.get_object(Bucket=self._bucket_name, Key=key)["Body"].read()
        seal = Seal.from_text(body.decode("ascii", "replace"))
        if key != seal_key(seal.network_id, seal.number) or seal.network_id != network_id:
            raise UnreadableSealError(f"{key} holds seal {seal.number} of {seal.network_id}")
        return seal


def seal_key(network_id: str, number: int) -> str:
    """Where a seal is."""
    return f"{PREFIX}{network_id}/{10**_DIGITS - number:0{_DIGITS}d}-{number:0{_DIGITS}d}.json"
