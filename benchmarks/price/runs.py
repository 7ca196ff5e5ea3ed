"""Runs functions whole on moto, on the usual network, and measures what an activity takes of each.

In a batch of the stream come four activities of each membership.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from itertools import batched, chain
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.moto_world import all_definitions, moto_world
from benchmarks.network import MEMBERSHIPS, NETWORK_ID, PLAIN, USUAL, membership_id, posts
from benchmarks.price.metered import ROUNDS, Bench, bench
from benchmarks.price.operations import operation_function
from benchmarks.price.scheduled import idle_run, looked_after
from benchmarks.price.stored import Stored, stored_each
from benchmarks.price.work import Work
from benchmarks.sides import OURS, Item, Side, sides
from local.paths import ROOT
from tests.integration.bus import create_bus
from tests.integration.partiql import install_inserts
from tests.integration.rich_network import purchase
from tests.integration.seal_bucket import create_seal_bucket
from tests.integration.world import Context, World, gateway_event, stream_event

if TYPE_CHECKING:
    from types import ModuleType


# Activities of each membership in a batch of the stream.
EACH = 4
RECORDS = EACH * MEMBERSHIPS
BATCH_ROWS = 25
# Applied in batches with one activity of each membership.
APART = "apply_rules, apart"
# In batches with four, as all others, but by the usual program.
USUALLY = "apply_rules, usual program"
# Numbers of purchases that no other run has.
BATCHES_FROM = 10_000
RECORDED = ROOT / "events" / "record_membership_activity" / "valid_without_value_of_items.json"


@dataclass(frozen=True, slots=True)
class Measurements:
    """What each function takes of an activity, what one run of it does that finds nothing, and the
    bytes of an activity that stay.
    """

    works: Mapping[str, Work]
    idle: Mapping[str, Work]
    stored: Stored


def measured() -> Measurements:
    """What functions take, by the function's name, or that of a baseline's."""
    with _bench() as (world, measuring):
        compared = sides()
        works: list[Work] = []
        for side in compared:
            works += _recorded_and_applied(world, measuring, side)
        (ours,) = (side for side in compared if side.name == OURS)
        known = {row["activity_key"]["S"] for row in world.items("ledger")}
        works.append(_batches(measuring))
        works += _applied_otherwise(world, measuring, ours, known)
        works.append(_published(world, measuring))
        works += looked_after(world, measuring)
        idle = [idle_run(measuring, name) for name in ("reconcile", "apply_due", "seal_ledger")]
        stored = stored_each(world, RECORDS * (ROUNDS + 1))
    return Measurements(_by_name(works), _by_name(idle), stored)


def _by_name(works: Iterable[Work]) -> dict[str, Work]:
    return {each.name: each for each in works}


@contextmanager
def _bench() -> Iterator[tuple[World, Bench]]:
    with moto_world() as world, pytest.MonkeyPatch.context() as monkeypatch:
        install_inserts(monkeypatch)
        create_seal_bucket()
        create_bus()
        with bench(world.client, all_definitions()) as measuring:
            yield world, measuring


def _recorded_and_applied(world: World, measuring: Bench, side: Side) -> Iterator[Work]:
    is_ours = side.name == OURS
    record = operation_function("record_membership_activity", RECORDS, RECORDS, side.clients)
    apply = operation_function("apply_rules", RECORDS, 1, side.clients)
    if not is_ours:
        record = replace(record, name=f"{side.name}: record", architecture="x86")
        apply = replace(apply, name=f"{side.name}: apply", architecture="x86")
    numbers = batched(range(RECORDS * (ROUNDS + 1)), RECORDS, strict=True)
    posting = [
        partial(side.post, [_as_recorded(event) for event in posts(PLAIN, some)])
        for some in numbers
    ]
    yield measuring.measure(record, posting)
    rows = _in_batches(world.items(side.tables.ledger))
    yield measuring.measure(apply, [partial(side.deliver, some) for some in rows])


def _as_recorded(event: dict[str, Any]) -> dict[str, Any]:
    """With all that a gateway sends beside: whoever logs the whole event pays for it."""
    recorded = json.loads(RECORDED.read_text())
    nested = {name: recorded[name] | event[name] for name in ("headers", "requestContext")}
    return {**recorded, **event, **nested}


def _in_batches(rows: Sequence[Item], known: Container[str] = ()) -> Iterator[Sequence[Item]]:
    """Rows that are not known, as the stream would bring them."""
    new = (row for row in rows if row["activity_key"]["S"] not in known)
    in_order = sorted(new, key=lambda row: row["recorded_at"]["S"])
    return batched(in_order, RECORDS, strict=True)


def _batches(measuring: Bench) -> Work:
    module = import_module("functions.record_activity_batch.handler")
    function = operation_function(
        "record_activity_batch", RECORDS, RECORDS // BATCH_ROWS, [module.client]
    )
    numbers = range(BATCHES_FROM, BATCHES_FROM + RECORDS * (ROUNDS + 1))
    events = [_batch_event(some) for some in batched(numbers, BATCH_ROWS, strict=True)]
    rounds = batched(events, RECORDS // BATCH_ROWS, strict=True)
    return measuring.measure(function, [partial(_post_batches, module, some) for some in rounds])


def _batch_event(numbers: Sequence[int]) -> dict[str, Any]:
    rows = [
        {
            "program_membership_id": membership_id(USUAL, number % MEMBERSHIPS),
            **purchase(number),
        }
        for number in numbers
    ]
    route = "/networks/{network_id}/activities/batch"
    return gateway_event("POST", route, {"network_id": NETWORK_ID}, rows, network=NETWORK_ID)


def _post_batches(module: "ModuleType", events: Sequence[dict[str, Any]]) -> None:
    for event in events:
        answer = module.lambda_handler(event, Context("invocation"))
        assert json.loads(answer["body"])["counts"]["recorded"] == BATCH_ROWS, answer


def _applied_otherwise(
    world: World, measuring: Bench, ours: Side, known: Container[str]
) -> Iterator[Work]:
    """By the usual program: batches with one activity of each membership, and with four."""
    function = operation_function("apply_rules", MEMBERSHIPS, 1, ours.clients)
    rows = list(chain.from_iterable(_in_batches(world.items("ledger"), known)))
    apart, together = rows[: MEMBERSHIPS * (ROUNDS + 1)], rows[MEMBERSHIPS * (ROUNDS + 1) :]
    rounds = [partial(ours.deliver, some) for some in batched(apart, MEMBERSHIPS, strict=True)]
    yield replace(measuring.measure(function, rounds), name=APART)
    fours = [partial(ours.deliver, together[n * RECORDS :][:RECORDS]) for n in range(ROUNDS)]
    whole = replace(function, activities=RECORDS)
    yield replace(measuring.measure(whole, fours), name=USUALLY)
    ours.deliver(together[ROUNDS * RECORDS :])


def _published(world: World, measuring: Bench) -> Work:
    module = import_module("functions.publish_events.handler")
    postings = [item for item in world.items("balance") if _is_usual_posting(item)]
    clients = [module.client, module.publisher.bus._client]  # noqa: SLF001 - to be watched
    function = operation_function("publish_events", RECORDS, 1, clients)
    in_order = sorted(postings, key=lambda item: item["posted_at"]["S"])
    rounds = list(batched(in_order, RECORDS, strict=True))[: ROUNDS + 1]
    return measuring.measure(function, [partial(_publish, module, some) for some in rounds])


def _is_usual_posting(item: Item) -> bool:
    partition, place = str(item["membership_key"]["S"]), str(item["item_key"]["S"])
    return partition.startswith(f"{NETWORK_ID}#M#{USUAL}-") and place.startswith("POSTING#")


def _publish(module: "ModuleType", items: Sequence[Item]) -> None:
    answer = module.lambda_handler(stream_event(items), Context("invocation"))
    assert answer == {"batchItemFailures": []}, answer
