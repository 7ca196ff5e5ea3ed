"""The world stops before and after every call of what admins and operators do over HTTP; the client
asks again, and the catalog, the deliveries and the jobs are as if nothing had happened.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine

from tests.integration import test_administer_activity_types as types
from tests.integration import test_administer_api_keys as keys
from tests.integration import test_administer_network_document as documents
from tests.integration import test_administer_networks as networks
from tests.integration.faults import CrashPoint, Faults
from tests.integration.jobs import START
from tests.integration.networks import demo_network
from tests.integration.orders import JOBS, Orders, create_queue
from tests.integration.receiver import Receiver
from tests.integration.replays import CANCEL
from tests.integration.sandboxes import A_YEAR_ON, SANDBOX, move_clock, sandbox_network
from tests.integration.sweep import Outcome, stop_everywhere, until_answered
from tests.integration.test_administer_programs import OVERWRITE, publish, with_rate
from tests.integration.webhooks import HOOK, award, put_webhook, register
from tests.integration.webhooks import publish as publish_events
from tests.integration.world import Answer, World

REDELIVER = f"POST {HOOK}/deliveries/{{event_id}}/redeliver"
TEA_CLUB = {"name": "Tea club", "points": {"unit": "leaves"}}
HOOK_BODY = {"url": "https://example.com/accrue", "event_types": ["*"]}
AUDIT = {"kind": "audit", "idempotency_key": "audit-1", "program_id": "coffee-club"}
# Drawn by chance, or made of it.
BY_CHANCE = ("pseudonym_secret", "secret_sha256", "secrets", "content_hash")
SHOWN_ONCE = ("api_key", "signing_secret")

type Prepare = Callable[[World], object]


@dataclass(frozen=True)
class Case:
    """A request, what is done before it, and what the documentation says of its repetition.

    `is_one_write` unless a part of it may be there alone meanwhile; `tells_the_same` unless the
    answer says what was done this time; `again` is the code of the refusal once it was done.
    """

    act: Callable[[World], Answer]
    prepare: Prepare = lambda _world: None
    is_one_write: bool = True
    tells_the_same: bool = True
    again: str = ""


def _job_id(world: World) -> str:
    (job,) = world.call("GET /networks/{network_id}/jobs").body["jobs"]
    job_id: str = job["job_id"]
    return job_id


def _start(world: World) -> Answer:
    return world.call(START, AUDIT)


def _hooked(world: World) -> Answer:
    return put_webhook(world, HOOK_BODY)


def _import_document(world: World) -> Answer:
    document = demo_network("empty")
    for name in ("users", "memberships", "api_keys"):
        del document[name]
    return documents.put(world, document, "empty")


CASES: dict[str, Case] = {
    "a network is made": Case(
        lambda world: networks.put(world, {"name": "New"}, "new", **networks.OPERATOR)
    ),
    "a network is changed": Case(
        lambda world: networks.put(world, {"name": "Other"}, headers=OVERWRITE)
    ),
    "a type is defined": Case(lambda world: types.put(world, types.TASTING)),
    "a type is changed": Case(
        lambda world: types.put(world, {**types.TASTING, "is_archived": True}, headers=OVERWRITE),
        lambda world: types.put(world, types.TASTING),
    ),
    # A key that nobody got to see is revoked, and another one issued.
    "a key is issued": Case(keys.issue, again="API_KEY_EXISTS"),
    "a key is revoked": Case(keys.revoke, keys.issue),
    "a program's first version": Case(lambda world: publish(world, TEA_CLUB, "tea-club")),
    "a program's next version": Case(
        lambda world: publish(world, with_rate("0.02"), headers=OVERWRITE)
    ),
    "a document": Case(
        _import_document,
        lambda world: documents.make_empty(world, "empty"),
        is_one_write=False,
        tells_the_same=False,
    ),
    "a webhook is made": Case(_hooked),
    "a webhook is changed": Case(
        lambda world: put_webhook(world, {**HOOK_BODY, "is_enabled": False}, headers=OVERWRITE),
        _hooked,
    ),
    # Each repetition makes one more secret; up to two earlier ones sign on.
    "a secret is replaced": Case(
        lambda world: world.call(f"POST {HOOK}/rotate-secret", path={"webhook_id": "crm"}), _hooked
    ),
    "a clock is moved": Case(
        lambda world: move_clock(world, A_YEAR_ON),
        lambda world: world.import_network(sandbox_network(SANDBOX)),
    ),
    # It is there before it is ordered.
    "a job is started": Case(_start, is_one_write=False),
    "a job is cancelled": Case(
        lambda world: world.call(CANCEL, path={"job_id": _job_id(world)}), _start
    ),
}


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """The functions start anew, watched; there is a queue of jobs."""
    create_queue(JOBS)
    installed = Faults.install(monkeypatch)
    world.restart()
    return installed


@pytest.mark.parametrize("name", CASES)
def test_stopped_before_and_after_each_call_it_is_whole_once_it_is_asked_for_again(
    world: World, faults: Faults, clock: time_machine.Traveller, name: str
) -> None:
    assert clock is not None
    case = CASES[name]
    case.prepare(world)
    before, untouched = world.snapshot(), _stored(world)
    whole: list[object] = []

    def look() -> None:
        assert not case.is_one_write or _stored(world) in (untouched, *whole)

    def play(*crashes: CrashPoint) -> Outcome:
        world.restore(before)
        world.restart()
        faults.plan_crashes(crashes)
        answer = until_answered(world, case.act, look)
        assert faults.crashes_left == 0, "a crash point was never reached"
        calls = list(faults.calls_since_crash)
        faults.plan_crashes(())
        stored = _stored(world)
        whole[:] = whole or [stored]
        told = _told(case, answer)
        assert stored != untouched or name == "a secret is replaced"
        return Outcome(calls, (told, stored))

    stop_everywhere(f"administration, {name}", faults, play)


def test_a_delivery_whose_order_was_stopped_anywhere_is_made_once_more(
    world: World, orders: Orders, receiver: Receiver, faults: Faults
) -> None:
    register(world, receiver)
    award(world)
    publish_events(world)
    orders.run()
    path = {"webhook_id": "crm", "event_id": receiver.received[0].event_id}
    before = world.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        world.restore(before)
        world.restart()
        receiver.received.clear()
        faults.plan_crashes(crashes)
        answer = until_answered(world, lambda world: world.call(REDELIVER, path=path))
        assert faults.crashes_left == 0, "a crash point was never reached"
        calls = list(faults.calls_since_crash)
        faults.plan_crashes(())
        assert answer.status == 202
        orders.run()
        return Outcome(calls, receiver.ids())

    undisturbed = stop_everywhere("administration, a delivery is ordered again", faults, play)

    assert undisturbed.told == [path["event_id"]]


def _told(case: Case, answer: Answer) -> Mapping[str, Any]:
    """What whoever asks is told, but for what only the first is."""
    if case.again:
        assert answer.status == 201 or answer.body["code"] == case.again
        return {}
    assert answer.status in {200, 201, 202}, answer
    shown = answer.body.items() if case.tells_the_same else ()
    return {name: value for name, value in shown if name not in SHOWN_ONCE}


def _stored(world: World) -> list[dict[str, Any]]:
    rows = (row for table in ("catalog", "events", "jobs") for row in world.rows(table))
    known = [{name: row[name] for name in row.keys() - set(BY_CHANCE)} for row in rows]
    # By key: what is left out would put them into another order.
    return sorted(known, key=_place)


def _place(row: dict[str, Any]) -> list[str]:
    return [str(row[name]) for name in sorted(row) if name.endswith("_key")]
