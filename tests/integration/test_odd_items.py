"""Whatever type somebody gives an attribute, the verifier tells of it and goes on."""

import random
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accrue.storage.dynamo import to_item
from local.verify.verification import verify
from tests.integration.sealed_history import SealedHistory
from tests.integration.tamperings import KEYS, ODD_VALUES, Item, Tables, rehash
from tests.integration.world import World

KINDS = ("rows", "markers", "postings", "outcomes", "balances")


@pytest.fixture
def tables(empty_world: World, clock: time_machine.Traveller) -> Tables:
    """What a history left behind."""
    history = SealedHistory(empty_world, clock, random.Random(5))  # noqa: S311 - draws a history
    history.begin()
    history.live(40)
    return Tables.of(empty_world.items("balance") + empty_world.items("ledger"))


def attributes_of(items: list[Item]) -> dict[str, Item]:
    """Each attribute that items of a kind have, with one that has it."""
    return {name: item for item in items for name in item.keys() - KEYS}


def test_an_attribute_of_another_type_is_told(
    tables: Tables, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(hours=1))
    now = datetime.now(UTC)
    tried = 0
    for kind in KINDS:
        for name, item in sorted(attributes_of(getattr(tables, kind)).items()):
            for odd in ODD_VALUES:
                changed = {**item, name: odd}
                told = verify(None, [to_item(changed)], now).findings.count
                assert told or (kind == "balances" and name != "sequence"), (kind, name, odd)
                rehash(changed)
                told = verify(None, [to_item(changed)], now).findings.count
                # What our hash can't be made of is nothing that we wrote.
                assert told or kind == "balances" or changed["content_hash"], (kind, name, odd)
                tried += 1
    assert tried > 500
