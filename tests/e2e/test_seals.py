"""What was recorded is sealed, and `make verify` names what was tampered with since."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from accrue.storage.seals import seal_key
from local.live_stack import LiveStack
from local.stack_file import stack_file
from tests.e2e.network import LiveNetwork, wait_until
from tests.e2e.test_export import lived, run, told


@pytest.fixture(autouse=True)
def named(stack: LiveStack) -> Iterator[None]:
    """The stack is the one that commands find."""
    with stack_file(stack.as_document()):
        yield


def sealed(network: LiveNetwork) -> None:
    """All of the network is sealed: the local stack does so once rows are 5 seconds old."""
    done = {"rows": 0, "postings": 0}

    def is_sealed() -> bool:
        report = network.stack.invoke("seal_ledger", {})[network.network_id]
        for name in done:
            done[name] += report[name]
        return done == {"rows": 2, "postings": 2}

    wait_until(is_sealed)


def of_network(printed: str, network: LiveNetwork) -> list[str]:
    """What is said of the network: other tests tamper with theirs."""
    return [line for line in printed.splitlines() if line.startswith(f"{network.network_id}: ")]


def test_what_was_tampered_with_is_named(network: LiveNetwork, tmp_path: Path) -> None:
    lived(network)
    sealed(network)
    assert of_network(run("verify").stdout, network) == []

    stack = network.stack
    tables, name = stack.client("dynamodb"), stack.table_name("ledger")
    row = next(each for each in network.ledger_rows() if each["kind"]["S"] == "activity")
    tables.put_item(TableName=name, Item={**row, "amount": {"N": "1000"}})
    told("export", TO=str(tmp_path))
    live = run("verify", COPY_SEALS=str(tmp_path / "seals"))
    exported = run("verify", FROM=str(tmp_path), SEALS=str(tmp_path / "seals"))
    tables.put_item(TableName=name, Item=row)

    for verified in (live, exported):
        assert verified.returncode == 1
        (line,) = of_network(verified.stdout, network)
        assert line.startswith(f"{network.network_id}: row {row['activity_id']['S']} was changed: ")
        assert line.endswith(" Attested by seal 1.")
    assert of_network(run("verify").stdout, network) == []


def test_a_seal_is_written_once_and_deleted_by_no_function(network: LiveNetwork) -> None:
    lived(network)
    sealed(network)
    stack = network.stack
    s3, bucket = stack.client("s3"), stack.names["SealBucket"]
    key = seal_key(network.network_id, 1)

    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"{}", IfNoneMatch="*")
    # With all rights it can be written over, and the first version stays below.
    s3.put_object(Bucket=bucket, Key=key, Body=b"{}")

    (line,) = of_network(run("verify").stdout, network)
    assert line.startswith(f"{network.network_id}: seal 1 was changed: it was written once more")
