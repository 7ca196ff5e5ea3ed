"""The gateway keeps what authorizers answer: no order of requests makes one's Allow another's."""

import random
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.access.cells import Cell
from tests.access.door import Question, Reply
from tests.access.neighbour import MEMBERSHIP, NETWORK
from tests.access.rows import ROWS
from tests.integration.access_world import AccessWorld, access_world
from tests.integration.conftest import running_application
from tests.integration.gateway import API
from tests.proof.record import record
from tests.proof.seeds import how_many, seeds

KEPT_FOR_SECONDS = API["Auth"]["Authorizers"]["BearerAuthorizer"]["Identity"]["ReauthorizeEvery"]
# Of a function's memory, beside the gateway's.
CATALOG_CACHE_SECONDS = 30
GARBAGE = "garbage"


@pytest.fixture(scope="module")
def built() -> Iterator[AccessWorld]:
    """Two networks, made once."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        running_application(monkeypatch) as (world, clock),
    ):
        yield access_world(world, clock, monkeypatch)


@pytest.fixture
def access(built: AccessWorld) -> AccessWorld:
    """The two networks as they were made, and a gateway that has heard of nobody for long."""
    built.restore()
    built.door.clock.shift(KEPT_FOR_SECONDS + CATALOG_CACHE_SECONDS)
    built.door.gateway.asked = built.door.gateway.reused = 0
    return built


def bearer(access: AccessWorld, key: str, *, of: str = "ours", **more: str) -> Reply:
    """What this key gets to know about a network's users."""
    ids = access.matrix.ours.ids if of == "ours" else access.matrix.theirs.ids
    question = Question(f"GET {NETWORK}/users", ids)
    return access.door.ask(question, {"Authorization": f"Bearer {key}", **more})


def api_key(access: AccessWorld, key: str, *, of: str = "ours", **more: str) -> Reply:
    """What this key gets to know about a network's membership."""
    ids = access.matrix.ours.ids if of == "ours" else access.matrix.theirs.ids
    return access.door.ask(Question(f"GET {MEMBERSHIP}", ids), {"X-API-Key": key, **more})


def test_an_answer_that_is_used_again_opens_the_same_network_and_no_other(
    access: AccessWorld,
) -> None:
    ours, theirs = (n.keys["admin"] for n in (access.matrix.ours, access.matrix.theirs))

    said = [
        bearer(access, key, of=of).said
        for key in (ours, theirs, ours, theirs)
        for of in ("ours", "theirs")
    ]

    assert said == ["200", "404 NETWORK_NOT_FOUND", "404 NETWORK_NOT_FOUND", "200"] * 2
    assert (access.door.gateway.asked, access.door.gateway.reused) == (2, 6)


@pytest.mark.parametrize("order", [1, -1])
def test_what_another_header_holds_is_never_part_of_what_is_kept(
    access: AccessWorld, order: int
) -> None:
    key = access.matrix.ours.keys["admin"]
    sent: list[tuple[Callable[[], Reply], str]] = [
        (lambda: bearer(access, GARBAGE, **{"X-API-Key": key}), "401 UNAUTHORIZED"),
        (lambda: bearer(access, GARBAGE), "401 UNAUTHORIZED"),
        (lambda: bearer(access, key, **{"X-API-Key": GARBAGE}), "200"),
        (lambda: bearer(access, key), "200"),
        (lambda: api_key(access, GARBAGE, Authorization=f"Bearer {key}"), "401 UNAUTHORIZED"),
        (lambda: api_key(access, GARBAGE), "401 UNAUTHORIZED"),
        (lambda: api_key(access, key, Authorization=f"Bearer {GARBAGE}"), "200"),
        (lambda: api_key(access, key), "200"),
    ]

    for ask, said in sent[::order]:
        assert ask().said == said
    # Half of them each: the other header made no difference.
    assert (access.door.gateway.asked, access.door.gateway.reused) == (4, 4)


def test_one_authorizers_answer_is_not_the_others(access: AccessWorld) -> None:
    """The same text in both headers: only one of them wants the scheme before it."""
    key = access.matrix.ours.keys["admin"]
    plain = Question(f"GET {NETWORK}/users", access.matrix.ours.ids)

    assert api_key(access, key).said == "200"
    assert access.door.ask(plain, {"Authorization": key}).said == "401 UNAUTHORIZED"
    assert api_key(access, f"Bearer {key}").said == "401 UNAUTHORIZED"
    assert bearer(access, key).said == "200"


def test_a_key_that_is_revoked_opens_nothing_once_what_was_kept_is_too_old(
    access: AccessWorld,
) -> None:
    minted = _issue(access)
    assert bearer(access, minted).said == "200"
    _revoke(access)

    assert bearer(access, minted).said == "200"
    access.door.clock.shift(KEPT_FOR_SECONDS - 1)
    assert bearer(access, minted).said == "200"
    access.door.clock.shift(1)
    assert bearer(access, minted).said == "401 UNAUTHORIZED"
    access.door.clock.shift(KEPT_FOR_SECONDS)
    assert bearer(access, minted).said == "401 UNAUTHORIZED"


def test_a_key_that_is_revoked_opens_nothing_once_both_memories_are_too_old(
    access: AccessWorld,
) -> None:
    """The gateway asks anew, for another spelling of the same, while the function remembers."""
    minted = _issue(access)
    assert bearer(access, minted).said == "200"
    _revoke(access)
    question = Question(f"GET {NETWORK}/users", access.matrix.ours.ids)
    other_spelling = {"Authorization": f"bearer {minted}"}

    access.door.clock.shift(CATALOG_CACHE_SECONDS - 1)
    assert access.door.ask(question, other_spelling).said == "200"
    access.door.clock.shift(KEPT_FOR_SECONDS - 1)
    assert access.door.ask(question, other_spelling).said == "200"
    # A second before the sum of both.
    access.door.clock.shift(1)
    assert access.door.ask(question, other_spelling).said == "401 UNAUTHORIZED"


def test_a_refusal_that_is_kept_does_not_outlive_the_key_that_follows(
    access: AccessWorld,
) -> None:
    """A text that was no key becomes none by being asked often."""
    for _ in range(3):
        assert bearer(access, GARBAGE).said == "401 UNAUTHORIZED"
    assert (access.door.gateway.asked, access.door.gateway.reused) == (1, 2)
    access.door.clock.shift(KEPT_FOR_SECONDS)
    assert bearer(access, GARBAGE).said == "401 UNAUTHORIZED"
    assert access.door.gateway.asked == 2


@pytest.mark.parametrize("seed", seeds(2, 20))
def test_in_any_order_everybody_is_answered_as_if_he_were_alone(
    access: AccessWorld, seed: int
) -> None:
    cells = _mixed(access, seed)

    faults = [fault for cell in cells for fault in access.faults(cell)]

    assert faults == []
    gateway = access.door.gateway
    # Without the former the cache would have been of no use, without the latter of no danger.
    assert gateway.asked > 10
    assert gateway.reused > len(cells) / 2
    figures = {"cells": len(cells), "answers used again": gateway.reused, "violations": 0}
    record("access", f"any order, seed {seed}", figures)


def _mixed(access: AccessWorld, seed: int) -> list[Cell]:
    """Cells that change nothing, of all routes, in an order of their own; no time passes."""
    fresh = (f"mixed-{number}" for number in count(1))
    cells = [
        cell
        for route in ROWS
        for cell in access.matrix.cells(route, fresh)
        if cell.is_refused or route.startswith("GET ")
    ]
    return random.Random(seed).sample(cells, how_many(200, 600))  # noqa: S311 - to be repeated


def _issue(access: AccessWorld) -> str:
    """The text of a new admin key."""
    question = Question(
        f"POST {NETWORK}/api-keys",
        access.matrix.ours.ids,
        {"key_id": "short-lived", "role": "admin"},
    )
    reply = access.door.ask(question, _admin(access))
    assert reply.said == "201"
    return str(reply.body["api_key"])


def _revoke(access: AccessWorld) -> None:
    """The key is of no use any more."""
    route = f"POST {NETWORK}/api-keys/{{key_id}}/revoke"
    ids = {**access.matrix.ours.ids, "key_id": "short-lived"}
    assert access.door.ask(Question(route, ids, {}), _admin(access)).said == "200"


def _admin(access: AccessWorld) -> dict[str, str]:
    return {"Authorization": f"Bearer {access.matrix.ours.keys['admin']}"}
