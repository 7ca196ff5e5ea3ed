"""The moment at which something falls due, written anew without a posting."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accrue.domain.activity import MembershipRef
from accrue.domain.errors import BalanceMovedError
from accrue.storage.balances import BalanceTable
from accrue.storage.due_balances import DueBalances
from tests.integration.conftest import NOW
from tests.integration.faults import Faults, refused
from tests.integration.spending import earn
from tests.integration.world import World

ANN = MembershipRef("tea-club", "ann")
A_YEAR_ON = NOW + timedelta(days=365)


def _item(world: World) -> dict[str, Any]:
    (item,) = (row for row in world.rows("balance") if row["item_key"] == "BALANCE")
    return item


def test_it_leaves_the_index_and_nothing_else_changes(spenders: World) -> None:
    earn(spenders, "50", "visit")
    before = _item(spenders)
    table, index = BalanceTable(spenders.client, "balance"), DueBalances(spenders.client, "balance")
    balance = table.find_balance("demo", ANN)
    assert list(index.memberships_due("demo", A_YEAR_ON)) == [ANN]

    table.keep_due_at("demo", ANN, replace(balance, due_at=None))

    assert list(index.memberships_due("demo", A_YEAR_ON)) == []
    left = {name: before[name] for name in before if name not in {"due_at", "due_shard"}}
    assert _item(spenders) == left
    table.keep_due_at("demo", ANN, balance)
    assert _item(spenders) == before


def test_a_balance_that_has_moved_is_left_alone(spenders: World) -> None:
    earn(spenders, "50", "visit")
    table = BalanceTable(spenders.client, "balance")
    balance = table.find_balance("demo", ANN)
    earn(spenders, "7", "gift")
    before = _item(spenders)

    with pytest.raises(BalanceMovedError):
        table.keep_due_at("demo", ANN, replace(balance, due_at=None))
    assert _item(spenders) == before


def test_it_waits_for_a_transaction_that_is_under_way(
    spenders: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    earn(spenders, "50", "visit")
    faults = Faults.install(monkeypatch)
    spenders.restart()
    table = spenders.start("apply_due").book
    balance = table.find_balance("demo", ANN)
    faults.answer_with("PutItem", iter([refused("TransactionConflictException")]))

    table.keep_due_at("demo", ANN, replace(balance, due_at=None))

    assert faults.counts()["PutItem"] == 2
    assert "due_at" not in _item(spenders)
