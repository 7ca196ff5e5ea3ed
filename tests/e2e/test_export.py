"""`make export` and `make ask` against the running stack, as one types them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from local.live_stack import LiveStack
from local.paths import ROOT
from local.stack_file import stack_file
from tests.e2e.network import LiveNetwork, wait_until

MEMBERSHIP = "12345"
# The emulator runs on this machine; DynamoDB's own clock may differ from ours by a minute.
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def named(stack: LiveStack) -> Iterator[None]:
    """The stack is the one that commands find."""
    with stack_file(stack.as_document()):
        yield


def run(command: str, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "local", command],
        cwd=ROOT,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )


def told(command: str, **given: str) -> str:
    ran = run(command, **given)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def answered(question: str, folder: Path, network: LiveNetwork) -> list[Mapping[str, str]]:
    """What is said of the network, by column."""
    names, *rows = told("ask", QUESTION=question, FROM=str(folder)).splitlines()
    starts = [names.index(name) for name in names.split()]
    cells = (
        [row[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)] for row in rows
    )
    told_rows = [dict(zip(names.split(), row, strict=True)) for row in cells]
    return [row for row in told_rows if row["network_id"] == network.network_id]


def lived(network: LiveNetwork) -> None:
    activity = {
        "activity_type_id": "activity_type_1",
        "value": "50.25",
        "transaction_timestamp": 1656510137,
    }
    body = {"idempotency_key": "first", "activity": activity}
    assert network.post_membership_activity(MEMBERSHIP, body).status_code == 200
    network.wait_for_balance(MEMBERSHIP, "50.25")
    order = {"idempotency_key": "tea", "points": "20"}
    spent = network.order(MEMBERSHIP, "redemptions", order)
    assert spent.status_code == 200, spent.text


def test_a_full_export_answers(network: LiveNetwork, tmp_path: Path) -> None:
    lived(network)

    printed = told("export", TO=str(tmp_path), FORMAT="parquet")

    assert len(printed.splitlines()) == 6
    (liability,) = answered("liability", tmp_path, network)
    assert (liability["redeemed"], liability["outstanding"]) == ("-20", "30.25")
    (member,) = answered("top-members", tmp_path, network)
    assert member["program_membership_id"] == MEMBERSHIP
    assert member["points_by"] == "50.25"
    kinds = {(row["kind"], row["outcome"]) for row in answered("activities", tmp_path, network)}
    assert kinds == {("activity", "applied"), ("redemption", "applied")}
    flat = tmp_path / "flat" / "postings.parquet"
    select = f"SELECT sum(points) FROM '{flat}' WHERE network_id = ?"  # noqa: S608 - our own file
    assert duckdb.execute(select, [network.network_id]).fetchall() == [(Decimal("30.25"),)]


def test_an_incremental_export_has_what_was_written_in_its_period(
    network: LiveNetwork, tmp_path: Path
) -> None:
    began = datetime.now(UTC)
    lived(network)
    # Not a minute earlier: what other tests posted then has earlier postings, which are not there.
    since, until = began.isoformat(), (datetime.now(UTC) + MINUTE).isoformat()

    told("export", TO=str(tmp_path), SINCE=since, UNTIL=until)
    told("export", TO=str(tmp_path / "earlier"), SINCE="2020-01-01", UNTIL="2020-01-02")

    (liability,) = answered("liability", tmp_path, network)
    assert liability["outstanding"] == "30.25"
    (summary,) = (tmp_path / "earlier").glob("ledger/AWSDynamoDB/*/manifest-summary.json")
    assert json.loads(summary.read_text())["itemCount"] == 0


def test_exports_of_elsewhere_are_converted(network: LiveNetwork, tmp_path: Path) -> None:
    lived(network)
    told("export", TO=str(tmp_path / "bucket"))
    (tmp_path / "bucket").rename(tmp_path / "downloaded")

    told("export", FROM=str(tmp_path / "downloaded"), TO=str(tmp_path), FORMAT="ndjson")

    postings = duckdb.read_json(str(tmp_path / "flat" / "postings.ndjson.gz"))
    assert {"50.25", "-20"} <= {str(row[0]) for row in postings.select("points").fetchall()}


def test_what_was_mistyped_is_told(network: LiveNetwork, tmp_path: Path) -> None:
    assert network.network_id
    for command, given, message in [
        ("export", {"FORMAT": "csv"}, "FORMAT=csv is not known: say ndjson or parquet"),
        ("export", {"SINCE": "noon"}, "SINCE=noon is not a time: give one such as"),
        ("ask", {"QUESTION": "who"}, "QUESTION=who is not known: ask liability,"),
        ("ask", {"QUESTION": "liability", "FROM": str(tmp_path)}, "has no export in it"),
    ]:
        ran = run(command, **given)
        assert ran.returncode == 1
        assert message in ran.stderr
        assert ran.stderr.startswith(f"make {command}: ")
        assert len(ran.stderr.splitlines()) == 1


def test_the_emulator_exports_nothing_itself(network: LiveNetwork) -> None:
    """It takes the call and says that it is done, but no file comes: hence the command. Whenever
    this fails, DynamoDB's own call can be tried here.
    """
    stack = network.stack
    bucket = stack.names["ExportBucket"]
    dynamodb, s3 = stack.client("dynamodb"), stack.client("s3")
    table = dynamodb.describe_table(TableName=stack.table_name("ledger"))["Table"]
    started = dynamodb.export_table_to_point_in_time(TableArn=table["TableArn"], S3Bucket=bucket)[
        "ExportDescription"
    ]

    def is_completed() -> bool:
        said = dynamodb.describe_export(ExportArn=started["ExportArn"])["ExportDescription"]
        status: str = said["ExportStatus"]
        return status == "COMPLETED"

    wait_until(is_completed)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
