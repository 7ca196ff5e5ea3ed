"""`make verify FROM= SEALS=s3://`: seals in a bucket count as they were written first."""

from datetime import timedelta
from pathlib import Path

import boto3
import pytest
import time_machine

from accrue.storage.seals import seal_key
from local.errors import SealFilesError
from local.verify.command import verified
from tests.integration.histories import hang_post
from tests.integration.seal_bucket import BUCKET, overwrite_seal, stored_seals
from tests.integration.test_late_rows import hour
from tests.integration.test_verify_exports import export
from tests.integration.world import World

SEALS = f"s3://{BUCKET}"


@pytest.fixture
def sealed(world: World, clock: time_machine.Traveller) -> World:
    """Something is sealed."""
    hang_post("first").act(world)
    world.deliver()
    hour(world, clock, "second")
    hour(world, clock, "third")
    return world


def named(exports: Path, seals: str = SEALS) -> list[tuple[str, str]]:
    found = verified({"FROM": str(exports), "SEALS": seals}).findings
    return [(each.name, each.change) for each in found.in_order()]


def test_what_is_written_over_a_seal_attests_nothing(
    sealed: World, tmp_path: Path, clock: time_machine.Traveller
) -> None:
    export(sealed, tmp_path)
    assert named(tmp_path) == []
    # Moto knows by the time alone which version is the first.
    clock.shift(timedelta(seconds=1))
    last = stored_seals()[-1]

    overwrite_seal(last, rows=dict.fromkeys(last.rows, "0" * 64))

    # The row is still held against what was sealed.
    assert named(tmp_path) == [(f"seal {last.number}", "was changed")]


def test_a_row_that_was_removed_with_its_seal_is_missed(sealed: World, tmp_path: Path) -> None:
    last = stored_seals()[-1]
    (row_id,) = last.rows
    sealed.client.delete_item(TableName="ledger", Key={"activity_key": {"S": f"demo#{row_id}"}})
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=seal_key("demo", last.number))
    export(sealed, tmp_path)

    found = verified({"FROM": str(tmp_path), "SEALS": SEALS}).findings

    assert {str(each).partition(": its ")[0] for each in found.in_order()} == {
        f"demo: seal {last.number} was changed: it was deleted, and the lock has kept it.",
        f"demo: row {row_id} is missing",
    }


def test_a_copy_has_the_seals_as_they_were_written_first(
    sealed: World, tmp_path: Path, clock: time_machine.Traveller
) -> None:
    export(sealed, tmp_path / "exports")
    clock.shift(timedelta(seconds=1))
    first, *_ = stored_seals()
    overwrite_seal(first, rows=dict.fromkeys(first.rows, "0" * 64))
    copy = tmp_path / "seals"
    given = {"FROM": str(tmp_path / "exports"), "SEALS": SEALS, "COPY_SEALS": str(copy)}

    assert verified(given).findings.count == 1

    assert named(tmp_path / "exports", str(copy)) == []
    assert len(list(copy.glob("seals/demo/*.json"))) == len(stored_seals())


def test_an_object_that_is_no_seal_is_named(sealed: World, tmp_path: Path) -> None:
    export(sealed, tmp_path)
    key = "seals/demo/000000000000-junk.json"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"{}", ChecksumAlgorithm="SHA256")

    found = verified({"FROM": str(tmp_path), "SEALS": SEALS}).findings

    assert [str(each).partition(" was")[0] for each in found.in_order()] == [f"{key}: seal 0"]


def test_a_bucket_that_is_not_there_is_told(sealed: World, tmp_path: Path) -> None:
    export(sealed, tmp_path)

    with pytest.raises(SealFilesError, match=r"SEALS=s3://elsewhere can't be read: .*NoSuchBucket"):
        named(tmp_path, "s3://elsewhere")
