"""`make verify FROM=` tells which exports it was given, and what these must have."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from local.errors import ExportFilesError
from local.export.exported_table import Source, export_table
from local.export.period import Period
from local.export.table_items import scan_items
from local.verify.command import verified
from tests.integration.spending import earn
from tests.integration.world import World


@pytest.fixture
def lived(spenders: World, clock: time_machine.Traveller) -> World:
    """Points were earned, and nothing is under way any more."""
    earn(spenders, "10")
    spenders.deliver()
    clock.shift(timedelta(minutes=10))
    return spenders


def export(
    world: World, folder: Path, tables: Iterable[str] = ("balance", "ledger"), days: int = 0
) -> None:
    """Export these tables; with days, what was written in so many."""
    now = datetime.now(UTC)
    period = Period(now - timedelta(days=days), now) if days else None
    for name in tables:
        table: Any = world.client.describe_table(TableName=name)["Table"]
        source = Source(table=table, bucket=folder, prefix=name)
        export_table(source, scan_items(world.client, name), period, now)


def named(folder: Path) -> list[tuple[str, str]]:
    found = verified({"FROM": str(folder)}).findings
    return [(each.name, each.change) for each in found.in_order()]


def without_balances(world: World) -> None:
    """Delete them, as an administrator can."""
    for item in world.items("balance"):
        if item["item_key"]["S"] == "BALANCE":
            key = {name: item[name] for name in ("membership_key", "item_key")}
            world.client.delete_item(TableName="balance", Key=key)


def test_a_full_export_has_a_balance_of_each_posting(lived: World, tmp_path: Path) -> None:
    export(lived, tmp_path / "before")
    without_balances(lived)
    export(lived, tmp_path / "behind")

    assert named(tmp_path / "before") == []
    assert named(tmp_path / "behind") == [("balance of ann", "is missing")]


def test_an_export_of_a_period_may_have_none(lived: World, tmp_path: Path) -> None:
    export(lived, tmp_path, days=1)

    assert named(tmp_path) == []


@pytest.mark.parametrize(
    ("there", "absent"), [("ledger", "BalanceTable"), ("balance", "LedgerTable")]
)
def test_an_export_of_one_table_is_none(
    lived: World, tmp_path: Path, there: str, absent: str
) -> None:
    export(lived, tmp_path, [there])

    with pytest.raises(ExportFilesError, match=f"has no export of {absent}"):
        named(tmp_path)
