"""Answers get lost between botocore and DynamoDB, over real connections, and the SDK tries again
by itself: nothing is lost, nothing comes twice, and nobody is refused for it.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, override

import boto3
import pytest

from local import clients
from local.account import environment_of_account
from local.emulator import running_emulator
from local.ports import claim_port
from local.stopping import Stop
from tests.e2e.lossy_proxy import Fate, LossyProxy, running_proxy
from tests.integration.acknowledged import Acknowledged
from tests.integration.invariants import Witness
from tests.integration.race import GIFT, SALE, Race
from tests.integration.race_results import assert_all_is_right
from tests.integration.racing_network import ANN, racing_network
from tests.integration.spending import redeem
from tests.integration.tables import TABLES, create_tables
from tests.integration.world import ENVIRONMENT, World
from tests.proof.record import record
from tests.proof.replayable import replayable
from tests.proof.seeds import seeds

SEEDS = seeds(2, 15)
RATE = 0.3


class LiveWorld(World):
    """The application in this process, on the tables of the embedded AWS."""

    @override
    def items(self, table: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        found: list[dict[str, Any]] = [dict(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda item: json.dumps(item, sort_keys=True))

    def begin_anew(self) -> None:
        """Empty tables, and functions that hold nothing in memory."""
        for table in set(TABLES.values()) & set(self.client.list_tables()["TableNames"]):
            self.client.delete_table(TableName=table)
        create_tables(self.client)
        self.restart()


@pytest.fixture(scope="module")
def proxy() -> Iterator[LossyProxy]:
    """Before an embedded AWS of its own, on which nothing is deployed."""
    port = claim_port(0)
    with running_emulator(port) as emulator, running_proxy(port) as proxy:
        emulator.wait_until_ready(Stop())
        yield proxy


@pytest.fixture
def world(proxy: LossyProxy, monkeypatch: pytest.MonkeyPatch) -> LiveWorld:
    """The application, whose clients go through the proxy; the test's own goes past it."""
    for name, value in {**ENVIRONMENT, **environment_of_account(proxy.url)}.items():
        monkeypatch.setenv(name, value)
    # Nobody waits before he tries again.
    monkeypatch.setattr("accrue.storage.dynamo.time.sleep", lambda _seconds: None)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return LiveWorld(clients.client("dynamodb", f"http://127.0.0.1:{proxy.behind}"))


def test_whatever_answers_are_lost_everything_counts_once(
    world: LiveWorld, proxy: LossyProxy
) -> None:
    counts = Counter[str]()
    for seed in SEEDS:
        world.begin_anew()
        world.import_network(racing_network())
        chance = random.Random(seed)  # noqa: S311 - a test's order
        race, witness = Race(world, chance, 0, Acknowledged()), Witness()
        with replayable("lost-answers", seed):
            race.prepare()
            works = race.works()
            chance.shuffle(works)
            proxy.begin(seed, RATE)
            for _, work in works:
                work()
                witness.observe(world)
            proxy.begin(seed, 0)
            assert world.deliver() == {"batchItemFailures": []}
            witness.observe(world)
            assert_all_is_right(world, race.acknowledged)
        counts += race.counts + race.acknowledged.counts
        counts["refused"] += len(race.acknowledged.refused)
    counts += proxy.seen
    if len(SEEDS) > 1:
        happens = ("acknowledged", "refused", "replayed", "SDK retries", "server errors", *Fate)
        assert [each for each in happens if not counts[each]] == []
    figures = {str(name): number for name, number in counts.items()}
    record("lost-answers", "over HTTP", {"seeds": len(SEEDS), **figures, "violations": 0})


@pytest.mark.parametrize("fate", Fate)
def test_what_is_never_answered_whole_is_an_error_of_ours_and_no_refusal(
    world: LiveWorld, proxy: LossyProxy, fate: Fate
) -> None:
    world.begin_anew()
    world.import_network(racing_network())
    race = Race(world, random.Random(0), 0, Acknowledged())  # noqa: S311 - a test's order
    race.prepare()
    before = world.items("ledger")

    # Every time, however often the SDK tries again.
    proxy.begin(0, 1, [fate])
    answers = [
        world.get_membership(ANN),
        redeem(world, "200", membership=ANN),
        world.get_activity(race.acknowledged.ids[GIFT.identity]),
        GIFT.act(world),
        SALE.act(world),
        world.post_batch([dict(GIFT.row)]),
    ]
    proxy.begin(0, 0)

    # No more is said of a batch than that its row is to be sent again.
    assert [answer.status for answer in answers[:-1]] == [500] * 5
    assert world.items("ledger") == before
