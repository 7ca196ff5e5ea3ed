"""Users made, enrolled, imported, suspended, reinstated and forgotten in any order, and at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.bodies import village_activity
from tests.integration.faults import Faults
from tests.integration.networks import demo_network
from tests.integration.users import (
    FORGET,
    REINSTATE,
    SUSPEND,
    about_user,
    assert_users_agree,
    enrol,
    put_user,
)
from tests.integration.world import World

USERS = ("u-1", "u-2")
EMAILS = ("ann@example.com", "ben@example.com", "ANN@example.com")
PROGRAMS = ("coffee-club", "tea-club", "soup-club")
TRAITS: tuple[dict[str, str] | None, ...] = (None, {}, {"city": "Bonn"}, {"city": "Rome"})
ORDERS = {"suspend": SUSPEND, "reinstate": REINSTATE, "forget": FORGET}
KINDS = ("put", "enrol", "enrol", "enrol by email", "import", "activity", *ORDERS)
# Refusals, and what is there already.
UNDERSTOOD = {200, 201, 400, 404, 409, 412, 422, 428}
# If somebody comes in after a document was checked; running it again tells what is wrong with it.
IN_BETWEEN = {"EMAIL_TAKEN", "EMAIL_FIXED", "USER_FORGOTTEN", "MEMBERSHIP_TAKEN"}


@dataclass(frozen=True)
class Step:
    """Something that is done to users, and what is done in the middle of it, if anything."""

    kind: str
    user: int
    email: int
    program: int
    traits: int
    chosen: int | None
    meanwhile: "Step | None" = None

    def act(self, world: World) -> None:
        """Do it; whatever comes of it, it is understood."""
        user_id, email, program_id = USERS[self.user], EMAILS[self.email], PROGRAMS[self.program]
        chosen = {} if self.chosen is None else {"program_membership_id": f"m-{self.chosen}"}
        match self.kind:
            case "put":
                traits = TRAITS[self.traits]
                rest = {} if traits is None else {"traits": traits}
                headers = {"If-Match": "*"} if self.chosen else {}
                answer = put_user(world, user_id, email, headers=headers, **rest)
            case "enrol":
                answer = enrol(world, program_id=program_id, user_id=user_id, **chosen)
            case "enrol by email":
                answer = enrol(world, program_id=program_id, email=email, **chosen)
            case "activity":
                body = village_activity({"/users": {"buyer": email}})
                answer = world.post_network_activity(body)
            case "import":
                self._import(world, user_id, email, program_id, chosen)
                return
            case _:
                answer = about_user(world, ORDERS[self.kind], user_id)
        assert answer.status in UNDERSTOOD, answer

    def _import(
        self, world: World, user_id: str, email: str, program_id: str, chosen: dict[str, str]
    ) -> None:
        document = _programs()
        document["users"] = [{"user_id": user_id, "email": email, "traits": TRAITS[self.traits]}]
        document["memberships"] = [
            {"program_id": program_id, "user_id": user_id, **chosen} for _ in chosen
        ]
        report = world.import_network(document)
        if self.meanwhile is not None and report.get("code") in IN_BETWEEN:
            report = world.import_network(document)
        assert report.get("code") in (None, "INVALID_NETWORK_DOCUMENT"), report


def _programs() -> dict[str, Any]:
    document = demo_network()
    document["programs"] = [{**document["programs"][0], "program_id": p} for p in PROGRAMS]
    document["network"]["automatic_programs"] = [PROGRAMS[2]]
    document["users"], document["memberships"], document["api_keys"] = [], [], []
    return document


def _step(kinds: Sequence[str]) -> st.SearchStrategy[Step]:
    return st.builds(
        Step,
        kind=st.sampled_from(kinds),
        user=st.integers(0, len(USERS) - 1),
        email=st.integers(0, len(EMAILS) - 1),
        program=st.integers(0, len(PROGRAMS) - 1),
        traits=st.integers(0, len(TRAITS) - 1),
        chosen=st.none() | st.integers(1, 2),
    )


def _interrupted(step: Step, meanwhile: Step) -> Step:
    """Mostly by somebody who means the same user: others hardly ever get in the way."""
    same = replace(meanwhile, user=step.user, email=step.email)
    return replace(step, meanwhile=same if meanwhile.user else meanwhile)


STEPS = st.lists(
    _step(KINDS) | st.builds(_interrupted, _step(KINDS), _step(KINDS)), min_size=3, max_size=12
)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, empty_world: World) -> Faults:
    """Two users, and faults of functions that start from now on."""
    empty_world.import_network(_programs())
    for user_id, email in zip(USERS, EMAILS, strict=False):
        assert put_user(empty_world, user_id, email).status == 201
    installed = Faults.install(monkeypatch)
    empty_world.restart()
    return installed


@given(steps=STEPS)
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_done_to_users_their_items_agree_and_nothing_is_lost(
    empty_world: World, faults: Faults, steps: Sequence[Step]
) -> None:
    world = empty_world
    before = world.snapshot()
    try:
        memberships: dict[tuple[str, str], str] = {}
        forgotten: set[str] = set()
        for step in steps:
            if step.meanwhile is not None:
                _interrupt(faults, partial(step.meanwhile.act, world))
            step.act(world)
            # Who found nothing to write never came to the middle of it.
            faults._first.clear()
            assert_users_agree(world)
            _assert_nothing_is_lost(world, memberships, forgotten)
    finally:
        world.restore(before)
        world.restart()


def _interrupt(faults: Faults, act: Callable[[], None]) -> None:
    """Act before the next transaction that writes users: an import writes much else first."""

    def interrupt() -> None:
        if "#USERS" in str(faults.calls[-1].request):
            act()
        else:
            faults.run_before("TransactWriteItems", interrupt)

    faults.run_before("TransactWriteItems", interrupt)


def _assert_nothing_is_lost(
    world: World, memberships: dict[tuple[str, str], str], forgotten: set[str]
) -> None:
    """What once was a membership is one for ever, and who was forgotten stays so."""
    users = [row for row in world.rows("catalog") if row["catalog_key"] == "demo#USERS"]
    present = {
        (user["user_id"], m["program_id"]): m["program_membership_id"]
        for user in users
        for m in user["memberships"]
    }
    assert memberships.items() <= present.items()
    memberships.update(present)
    gone = {user["user_id"] for user in users if user["standing"] == "forgotten"}
    assert forgotten <= gone
    forgotten.update(gone)
