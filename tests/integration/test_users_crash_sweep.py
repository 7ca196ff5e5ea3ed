"""The world stops before and after every call of each change of a user; the client repeats it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.faults import CrashPoint, Faults
from tests.integration.networks import demo_network
from tests.integration.sweep import Outcome, stop_everywhere, until_answered
from tests.integration.users import (
    FORGET,
    REINSTATE,
    SUSPEND,
    about_user,
    assert_users_agree,
    enrol,
    put_user,
)
from tests.integration.world import Answer, World

ANY = {"If-Match": "*"}


@dataclass(frozen=True)
class Case:
    """An operation, and what is done before it."""

    act: Callable[[World], Answer]
    prepare: Callable[[World], object] = lambda _world: None


def _suspended(world: World) -> Answer:
    return about_user(world, SUSPEND, "user-8", {"reason": "fraud"})


CASES = {
    "put": Case(lambda world: put_user(world, traits={"city": "Bonn"})),
    "put traits": Case(
        lambda world: put_user(world, "user-8", "otto@example.com", traits={"a": "b"}, headers=ANY)
    ),
    "put no traits": Case(
        lambda world: put_user(world, "user-8", "otto@example.com", traits={}, headers=ANY)
    ),
    "enrol": Case(lambda world: enrol(world, program_id="tea-club", email="otto@example.com")),
    "suspend": Case(_suspended),
    "reinstate": Case(lambda world: about_user(world, REINSTATE, "user-8"), _suspended),
    "forget": Case(lambda world: about_user(world, FORGET, "user-8"), _suspended),
}


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """A user with traits and a membership, and faults of functions that start from now on."""
    document = demo_network()
    document["network"]["automatic_programs"] = ["coffee-club"]
    document["programs"].append({**document["programs"][0], "program_id": "tea-club"})
    assert "errors" not in world.import_network(document)
    assert put_user(world, "user-8", "otto@example.com", traits={"city": "Rome"}).status == 201
    installed = Faults.install(monkeypatch)
    world.restart()
    return installed


@pytest.mark.parametrize("name", CASES)
def test_a_change_that_was_stopped_anywhere_is_whole_once_it_is_repeated(
    world: World, faults: Faults, name: str
) -> None:
    case = CASES[name]
    case.prepare(world)
    before, untouched = world.snapshot(), world.items("catalog")
    whole: list[Any] = []

    def play(*crashes: CrashPoint) -> Outcome:
        world.restore(before)
        world.restart()
        faults.plan_crashes(crashes)
        answer = until_answered(world, case.act, lambda: look(world))
        assert faults.crashes_left == 0
        assert answer.status in {200, 201}
        calls = list(faults.calls_since_crash)
        whole[:] = whole or [world.items("catalog")]
        assert world.items("catalog") == whole[0] != untouched
        # Whether it was created or already there, a client that lost the first answer can't know.
        return Outcome(calls, answer.body)

    def look(world: World) -> None:
        assert_users_agree(world)
        assert world.items("catalog") in (untouched, *whole)

    stop_everywhere(f"users, {name}", faults, play)
