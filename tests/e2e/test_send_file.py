"""The vendor's CSV goes through `make send` to the real batch endpoint."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.network import LiveNetwork
from tests.integration.send_command import started

# As the vendor's own script has them.
VENDOR_CSV = """\
activity_short_id,amount,user_1_key,user_1_email,activity_timestamp,description,reference
task,2,doer,bradford@theroutingcompany.com,1664900628,"Two tasks, done",ref-1
task,1,doer,bradford@theroutingcompany.com,1664900629,,
task,1,doer,bradford@theroutingcompany.com,1664900629,,
sale,250,buyer,bradford@villagelabs.co,1664900630,,ref-2
task,1,doer,nobody@example.com,1664900631,,ref-3
task,1,doer
"""
TIMEOUT_SECONDS = 180.0


def sent(file: Path, network: LiveNetwork, **more: str) -> tuple[int, str]:
    """Exit status and output of the command."""
    environment = {
        "URL": network.stack.api_url,
        "NETWORK": network.network_id,
        "ACCRUE_API_KEY": network.partner_api_key,
        **more,
    }
    with started(file, environment) as process:
        output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        return process.returncode, output


def results_of(file: Path, suffix: str = "results") -> list[dict[str, Any]]:
    text = file.with_name(f"{file.name}.{suffix}.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_the_vendors_columns_work_as_they_are(network: LiveNetwork, tmp_path: Path) -> None:
    file = tmp_path / "activities.csv"
    file.write_text(VENDOR_CSV, encoding="utf-8")

    status, output = sent(file, network, DRY_RUN="true")

    assert status == 1, output
    assert "6 rows tried out: 4 recorded, 0 replayed, 2 refused" in output
    assert [each["status"] >= 400 for each in results_of(file, "dry-run")] == [False] * 4 + [
        True
    ] * 2
    assert network.ledger_rows() == []

    status, output = sent(file, network)

    assert status == 1, output
    assert "6 rows sent: 4 recorded, 0 replayed, 2 refused" in output
    results = results_of(file)
    assert [(each["row"], each["line"]) for each in results] == [(n, n + 1) for n in range(1, 7)]
    assert len({each["activity_id"] for each in results[:4]}) == 4
    assert results[4]["code"] == "UNKNOWN_USER"
    assert results[4]["errors"][0]["pointer"] == "/users/doer"
    assert results[5]["message"] == "row: has 3 cells, and the header 7: quote separators in cells"
    # 50 a task; 1 % of the sale. The two rows that are alike both count.
    network.wait_for_balance("12345", "200")
    network.wait_for_balance("12346", "2.5")
    assert network.get_activity(results[0]["activity_id"]).json()["reference_id"] == "ref-1"

    status, output = sent(file, network)

    assert status == 1, output
    assert "6 rows sent: 0 recorded, 4 replayed, 2 refused" in output
    assert [each["activity_id"] for each in results_of(file)[:4]] == [
        each["activity_id"] for each in results[:4]
    ]
    assert network.balance("12345") == "200"


def test_memberships_in_a_csv_and_rows_of_both_forms_in_ndjson(
    network: LiveNetwork, tmp_path: Path
) -> None:
    csv, ndjson = tmp_path / "memberships.csv", tmp_path / "both.ndjson"
    csv.write_text(
        "program_membership_id;activity_type_id;value;transaction_timestamp;idempotency_key\n"
        "12345;activity_type_1;20;1633887337;own-key-1\n"
        "12345;activity_type_1;30;1633887337;\n",
        encoding="utf-8",
    )
    activity = {
        "activity_type_id": "activity_type_1",
        "value": "20",
        "transaction_timestamp": 1633887337,
    }
    rows = [
        # The CSV has it under the same key.
        {"program_membership_id": "12345", "idempotency_key": "own-key-1", "activity": activity},
        {"program_membership_id": "12345", "activity": activity},
        {
            "activity_short_id": "task",
            "amount": "1",
            "users": {"doer": "bradford@theroutingcompany.com"},
        },
    ]
    ndjson.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    status, output = sent(csv, network)
    assert (status, "2 recorded" in output) == (0, True), output
    status, output = sent(ndjson, network)
    assert (status, "2 recorded, 1 replayed" in output) == (0, True), output

    network.wait_for_balance("12345", "120")


def test_a_key_that_is_not_accepted_ends_it(network: LiveNetwork, tmp_path: Path) -> None:
    file = tmp_path / "activities.csv"
    file.write_text(VENDOR_CSV, encoding="utf-8")

    status, output = sent(file, network, ACCRUE_API_KEY="no-key")

    assert status == 2
    assert "the key is not accepted: check ACCRUE_API_KEY" in output
    assert network.ledger_rows() == []
