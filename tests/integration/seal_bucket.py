"""The seal bucket on moto, and what an administrator can do to it."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from accrue.domain.seal import Seal
from accrue.storage.seals import seal_key
from local.verify.seal_files import seals_in_bucket
from tests.integration.world import ENVIRONMENT
from tests.template import template

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = ENVIRONMENT["SEAL_BUCKET"]
DAYS = 1


def create_seal_bucket() -> "S3Client":
    """Make the bucket as the template defines it for AWS, but for a day."""
    properties = template()["Resources"]["SealBucket"]["Properties"]
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=properties["ObjectLockEnabled"])
    mode = properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"]
    client.put_object_lock_configuration(
        Bucket=BUCKET,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": mode, "Days": DAYS}},
        },
    )
    return client


def stored_seals(network_id: str = "demo") -> list[Seal]:
    """The seals of a network as they are now, the first one first."""
    client = boto3.client("s3", region_name="us-east-1")
    keys = [
        each["Key"]
        for page in client.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix=f"seals/{network_id}/"
        )
        for each in page.get("Contents", [])
    ]
    bodies = [client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in sorted(keys)]
    return [Seal.from_text(body.decode()) for body in reversed(bodies)]


def first_seals(network_id: str = "demo") -> list[Seal]:
    """The seals of a network as they were written first, whatever is over them."""
    client = boto3.client("s3", region_name="us-east-1")
    files = (each for each in seals_in_bucket(client, BUCKET) if each.network_id == network_id)
    return [Seal.from_text(each.text) for each in files]


def most_versions() -> int:
    """How many versions the object has that was written most often."""
    return max(map(len, _lists().values()))


def versions() -> list[dict[str, Any]]:
    """Which versions of which objects there are."""
    return [
        {"key": key, "versions": [version.version_id for version in found]}
        for key, found in _lists().items()
    ]


def delete_seal(seal: Seal) -> None:
    """Put a delete marker over a seal, as an administrator may."""
    client = boto3.client("s3", region_name="us-east-1")
    client.delete_object(Bucket=BUCKET, Key=seal_key(seal.network_id, seal.number))


# What is in the bucket at first.
NO_SEALS: Any = ((), {})


def snapshot_of_seals() -> Any:
    """All versions of all objects."""
    return tuple(_keys()), _lists()


def sealed_since(snapshot: Any) -> list[Any]:
    """The seals that were written since, as documents."""
    keys, _ = snapshot
    client = boto3.client("s3", region_name="us-east-1")
    written = sorted(set(_keys()) - set(keys), reverse=True)
    bodies = (client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in written)
    return [json.loads(body) for body in bodies]


def restore_seals(snapshot: Any) -> None:
    """All versions as they were."""
    keys, lists = snapshot
    stored = _keys()
    stored.clear()
    for key in keys:
        stored.setlist(key, list(lists[key]))


def _keys() -> Any:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys


def _lists() -> dict[str, list[Any]]:
    return {key: list(_keys().getlist(key)) for key in _keys()}


def overwrite_seal(seal: Seal, text: str | None = None, **changes: Any) -> None:
    """Put another version over a seal, as an administrator may: the first one stays below it."""
    body = text or replace(seal, **changes).to_text()
    client = boto3.client("s3", region_name="us-east-1")
    client.put_object(
        Bucket=BUCKET,
        Key=seal_key(seal.network_id, seal.number),
        Body=body.encode(),
        ChecksumAlgorithm="SHA256",
    )
