"""Memory stays flat, however many rows a file has."""

import re
import subprocess
import time
from pathlib import Path

from tests.integration.batch_receiver import running_batch_receiver
from tests.integration.send_command import started

FEW, MANY = 20_000, 1_000_000
# SQLite's cache fills, with its 8 MB; a list of all rows would have hundreds.
MAX_GROWTH_KIB = 16 * 1024


def test_a_million_rows_need_no_more_memory_than_a_few(tmp_path: Path) -> None:
    few = _peak_kib_of_sending(tmp_path / "few.csv", FEW)
    many = _peak_kib_of_sending(tmp_path / "many.csv", MANY)

    assert many - few < MAX_GROWTH_KIB, f"{few} KiB for {FEW} rows, {many} KiB for {MANY}"


def _peak_kib_of_sending(file: Path, rows: int) -> int:
    with file.open("w", encoding="utf-8") as lines:
        lines.write("activity_short_id,amount,user_1_key,user_1_email\n")
        lines.writelines(f"sale,{row},buyer,user{row}@example.com\n" for row in range(rows))
    with running_batch_receiver() as receiver:
        with started(file, receiver.environment()) as process:
            peak = _peak_kib(process)
            output, _ = process.communicate()
        assert f"{rows:,} rows sent: {rows:,} recorded, 0 replayed, 0 refused" in output
        assert len(receiver.ledger) == rows
    with file.with_name(f"{file.name}.results.ndjson").open("rb") as results:
        assert sum(1 for _ in results) == rows
    return peak


def _peak_kib(process: subprocess.Popen[str]) -> int:
    """The most memory that it ever had. What the kernel reports of a child has its parent in it."""
    status, peak = Path(f"/proc/{process.pid}/status"), 0
    while process.poll() is None:
        if found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8")):
            peak = max(peak, int(found[1]))
        time.sleep(0.05)
    return peak
