"""A membership's history, its balance as of moments, and its statements, as handlers answer."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from accrue.runtime.paging import cursor_of
from tests.integration.world import Answer, World

MEMBERSHIP = "/v2/program-memberships/{program_membership_id}"
HISTORY = f"GET {MEMBERSHIP}/activities"
BALANCE = f"GET {MEMBERSHIP}/balance"
STATEMENT = f"GET {MEMBERSHIP}/statement"


def marked_cursor(position: str) -> str:
    """A cursor that somebody made up, with the mark of Ann's membership."""
    mark = sha256(b'["demo","ann"]').hexdigest()[:12]
    return cursor_of(f"{mark}#{position}")


def asked(world: World, route: str, membership: str = "ann", **request: Any) -> Answer:
    """The answer about a membership to a partner of demo."""
    query = request.pop("query", None)
    path = {"program_membership_id": membership}
    return world.call(route, path=path, query=query, **{"role": "partner", **request})


def faults_in(answer: Answer) -> dict[str, str]:
    """What is wrong with the request, by pointer."""
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    return {each["pointer"]: each["message"] for each in answer.body["errors"]}


def balances(world: World, as_of: str, **request: Any) -> tuple[str, str]:
    """The balance as of a moment: by when things were recorded, and by when they occurred."""
    answer = asked(world, BALANCE, query={"as_of": as_of}, **request)
    assert answer.status == 200, answer
    return answer.body["by_recorded_at"], answer.body["by_occurred_at"]


def pages(world: World, route: str, **query: str) -> Iterator[Answer]:
    """The pages of a history or a statement, until there is no more."""
    while True:
        answer = asked(world, route, query=query)
        assert answer.status == 200, answer
        yield answer
        if answer.body["next_cursor"] is None:
            return
        query["cursor"] = answer.body["next_cursor"]
