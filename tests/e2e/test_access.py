"""Other people's data, over HTTP: the same matrix as in one process, at the deployed gateway.

In `make test` a sample of each route's cells, in `make prove` all of them.
"""

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from local.live_stack import LiveStack
from tests.access.cells import Cell, Matrix
from tests.access.door import Question, Reply
from tests.access.judge import faults_of, leaks_of
from tests.access.neighbour import RECORDED, settle_in
from tests.access.rows import ROWS
from tests.e2e.network import STARTING_SECONDS, wait_until
from tests.proof.record import record
from tests.proof.seeds import how_many


@dataclass
class OverHttp:
    """A door to the running stack."""

    stack: LiveStack
    http: httpx.Client
    operator_key: str
    since: str
    period: tuple[str, str]
    # By network.
    _admin_keys: dict[str, str] = field(default_factory=dict)
    _settled: Counter[str] = field(default_factory=Counter)

    def ask(self, question: Question, headers: Mapping[str, str]) -> Reply:
        """Send a request."""
        method, path = question.route.split(" ", 1)
        answer = self.http.request(
            method,
            path.format_map(question.path),
            params=dict(question.query or {}),
            content=None if question.body is None else json.dumps(question.body).encode(),
            headers={**question.headers, **headers},
            timeout=180,
        )
        text = json.dumps(dict(answer.headers)) + answer.text
        return Reply(answer.status_code, answer.json(), text)

    def import_network(self, document: dict[str, Any]) -> dict[str, Any]:
        """Make a network."""
        report: dict[str, Any] = self.stack.invoke("import_catalog", document)
        keys = {key["key_id"]: key["api_key"] for key in report["api_keys"]}
        self._admin_keys[report["network_id"]] = keys["admin"]
        return report

    def settle(self) -> None:
        """Wait until the newest network's activities are listed, all its jobs are over, and there
        is one event more than the last time: of what was recorded, then of what was ordered.
        """
        network_id = list(self._admin_keys)[-1]
        self._settled[network_id] += 1
        wait_until(partial(self._is_settled, network_id), STARTING_SECONDS)

    def _is_settled(self, network_id: str) -> bool:
        listed = self._listed(network_id, "activities")
        told = self._listed(network_id, "events")
        under_way = {job["status"] for job in self._listed(network_id, "jobs")}
        return (
            len(listed) >= RECORDED
            and len(told) >= self._settled[network_id]
            and under_way.isdisjoint({"queued", "running"})
        )

    def _listed(self, network_id: str, name: str) -> list[dict[str, Any]]:
        query = {"since": self.since} if name == "events" else None
        question = Question(
            f"GET /networks/{{network_id}}/{name}", {"network_id": network_id}, query=query
        )
        bearer = {"Authorization": f"Bearer {self._admin_keys[network_id]}"}
        reply = self.ask(question, bearer)
        assert reply.status == HTTPStatus.OK, reply
        found: list[dict[str, Any]] = reply.body[name]
        return found


@pytest.fixture(scope="module")
def door(stack: LiveStack, http: httpx.Client) -> OverHttp:
    """The running stack."""
    hour_ago, later = (datetime.now(UTC) - timedelta(hours=h) for h in (1, 0.5))
    period = (hour_ago.isoformat(), later.isoformat())
    return OverHttp(stack, http, stack.operator_api_key, period[0], period)


@pytest.fixture(scope="module")
def matrix(door: OverHttp) -> Matrix:
    """Two networks that nobody else has."""
    marks = [f"{name}{uuid.uuid4().hex[:8]}" for name in ("north", "south")]
    ours, theirs = (settle_in(door, mark) for mark in marks)
    return Matrix(ours, theirs, door.operator_key)


@pytest.mark.parametrize("route", ROWS)
def test_a_route_answers_everybody_as_its_row_says(
    door: OverHttp, matrix: Matrix, route: str
) -> None:
    cells = _sample(list(matrix.cells(route, _unused())))

    faults = [fault for cell in cells for fault in _faults(door, matrix, cell)]

    assert faults == []
    by_status = Counter(cell.said[:3] for cell in cells)
    figures = {"cells": len(cells), **by_status, "violations": 0}
    record("access", f"over HTTP: {route}", figures)


def _faults(door: OverHttp, matrix: Matrix, cell: Cell) -> Iterator[str]:
    reply = door.ask(cell.question, cell.headers)
    if cell.is_refused:
        yield from faults_of(cell, reply, matrix)
        return
    # What is allowed changes what the next one finds: that it is allowed is what counts here.
    if reply.status in (401, 403, 404) or reply.status >= 500:
        yield f"{cell}: {reply.said} instead of {cell.said}"
    yield from leaks_of(cell, reply, matrix)


def _sample(cells: list[Cell]) -> list[Cell]:
    """Some that are refused, in an order of their own; what is allowed comes last."""
    refused = [cell for cell in cells if cell.is_refused]
    allowed = [cell for cell in cells if not cell.is_refused]
    drawn = random.Random(0)  # noqa: S311 - to be repeated
    return [
        *drawn.sample(refused, min(len(refused), how_many(6, len(refused)))),
        *drawn.sample(allowed, min(len(allowed), how_many(1, len(allowed)))),
    ]


def _unused() -> Iterator[str]:
    while True:
        yield f"fresh-{uuid.uuid4().hex[:12]}"
