"""Other people's data: every route, asked with every kind of key about everybody's ids.

Whatever is refused leaves all tables, queues, the bus and the seals as they are; nobody is shown or
changes what is another network's; and no log line has anything personal or secret in it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import override

import pytest

from tests.access.neighbour import SHARED
from tests.access.rows import ROWS, Row
from tests.integration.access_world import AccessWorld, access_world
from tests.integration.conftest import running_application
from tests.proof.record import record
from tests.template import authorizers_by_route


@pytest.fixture(scope="module")
def access() -> Iterator[AccessWorld]:
    """Two networks, made once: each cell leaves them as they were."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        running_application(monkeypatch) as (world, clock),
    ):
        built = access_world(world, clock, monkeypatch)
        yield built
        record("access", "both networks", {"canaries": len(built.matrix.secrets())})


@pytest.fixture(scope="module")
def fresh() -> Iterator[str]:
    """Ids that were never used."""
    return (f"fresh-{number}" for number in count(1))


def test_every_route_has_its_row() -> None:
    assert ROWS.keys() == authorizers_by_route().keys()


@pytest.mark.parametrize("route", ROWS)
def test_of_every_id_in_a_path_or_a_body_the_row_says_what_another_networks_comes_to(
    route: str,
) -> None:
    named = {*re.findall(r"{(\w+)}", route), *_named_in_body(ROWS[route])}

    assert named - SHARED - {"fresh"} == ROWS[route].foreign.keys()


def test_each_list_is_asked_with_the_other_networks_cursor(access: AccessWorld) -> None:
    listing = {route for route, row in ROWS.items() if row.cursor is not None}

    assert access.matrix.theirs.cursors.keys() == listing


class Noting(dict[str, str]):
    """Ids that note which of them were asked for."""

    @override
    def __getitem__(self, name: str) -> str:
        self.setdefault(name, "")
        return name


def _named_in_body(row: Row) -> set[str]:
    noted = Noting()
    for part in (row.body, row.query):
        if part:
            part(noted)
    return set(noted)


@pytest.mark.parametrize("route", ROWS)
def test_a_route_answers_everybody_as_its_row_says(
    access: AccessWorld, fresh: Iterator[str], route: str
) -> None:
    cells = list(access.matrix.cells(route, fresh))

    faults = [fault for cell in cells for fault in access.faults(cell)]

    assert faults == []
    # Whether it is a table of refusals only: somebody may call each route.
    assert {cell.is_refused for cell in cells} == {True, False} or "JOB_OVER" in ROWS[route].own
    lines = access.lines()
    assert lines
    personal = access.matrix.secrets()
    assert [line for line in lines if any(text in line for text in personal)] == []
    by_status = Counter(cell.said[:3] for cell in cells)
    record(
        "access",
        route,
        {
            "cells": len(cells),
            "log lines": len(lines),
            **by_status,
            "violations": 0,
        },
    )
