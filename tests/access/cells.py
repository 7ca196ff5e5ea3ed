"""The cells of the matrix: who asks, with whose ids, and what must be said."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, override

from tests.access.door import Question
from tests.access.neighbour import HEADERS, Neighbour
from tests.access.rows import ROWS, Ids, Probe, Row
from tests.template import authorizers_by_route

UNAUTHORIZED = "401 UNAUTHORIZED"
NOT_THERE = "404 NETWORK_NOT_FOUND"
GARBAGE = "garbage"


@dataclass(frozen=True)
class Cell:
    """A request, and its answer."""

    route: str
    who: str
    what: str
    headers: dict[str, str]
    question: Question
    said: str
    # Whose data the answer may hold: the marks of networks.
    readers: frozenset[str] = frozenset()

    @property
    def is_refused(self) -> bool:
        """Whether nothing may come of it."""
        return self.said[0] not in "123"

    @override
    def __str__(self) -> str:
        return f"{self.route}, {self.who}, {self.what}"


@dataclass(frozen=True)
class Matrix:
    """Two networks, of which the first is ours, and the operator of both."""

    ours: Neighbour
    theirs: Neighbour
    operator_key: str

    def cells(self, route: str, fresh: Iterator[str]) -> Iterator[Cell]:
        """All cells of a route."""
        row = ROWS[route]
        whole = {"our ids": self.ours, "their ids": self.theirs}
        for what, owner in whole.items():
            question = _question(route, row, {**owner.ids, "fresh": next(fresh)})
            for who, headers in self._refused_keys(route):
                yield Cell(route, who, what, headers, question, UNAUTHORIZED)
            for who, role, key in self._genuine_keys(route):
                cell = Cell(route, who, what, _headers(route, key), question, "")
                yield self._judged(cell, row, role, who.split()[0], owner)
        yield from self._single_ids(route, row, fresh)

    def secrets(self) -> frozenset[str]:
        """What no log line may have in it."""
        keys = {self.operator_key, self.operator_key.rpartition(".")[2]}
        return self.ours.personal | self.theirs.personal | keys

    def _refused_keys(self, route: str) -> Iterator[tuple[str, dict[str, str]]]:
        header, scheme = HEADERS[authorizers_by_route()[route]]
        (other_header, other_scheme) = next(d for d in HEADERS.values() if d[0] != header)
        key = self.ours.keys["admin"]
        secretless = key.rpartition(".")[0]
        theirs = self.theirs.keys["admin"].rpartition(".")[2]
        elsewhere = {other_header: other_scheme + key}
        yield "no key", {}
        yield "empty key", {header: ""}
        yield "garbage", {header: scheme + GARBAGE}
        yield "wrong secret", {header: f"{scheme}{secretless}.{'A' * 43}"}
        yield "another key's secret", {header: f"{scheme}{secretless}.{theirs}"}
        for role in ("partner", "admin"):
            yield f"revoked {role}", {header: scheme + self.ours.keys[f"revoked {role}"]}
        yield "key in the other header", elsewhere
        yield "garbage beside a key", {header: scheme + GARBAGE, **elsewhere}
        yield (
            "the operator's, in the other header",
            {other_header: other_scheme + self.operator_key},
        )
        if header == "X-API-Key":
            yield "the operator's", {header: self.operator_key}
            yield "key after Bearer", {header: f"Bearer {key}"}
        else:
            yield "key without Bearer", {header: key}

    def _genuine_keys(self, route: str) -> Iterator[tuple[str, str, str]]:
        for whose, network in (("our", self.ours), ("their", self.theirs)):
            for role in ("partner", "admin"):
                yield f"{whose} {role}", role, network.keys[role]
        if authorizers_by_route()[route] == "BearerAuthorizer":
            yield "operator", "operator", self.operator_key

    def _judged(self, cell: Cell, row: Row, role: str, whose: str, owner: Neighbour) -> Cell:
        """With what must be said to a genuine key."""
        if role == "operator":
            said = row.own if "operator" in row.may else NOT_THERE
            return replace(cell, said=said, readers=self._all_marks())
        caller = self.ours if whose == "our" else self.theirs
        readers = frozenset({caller.ids["mark"]})
        return replace(cell, said=_said_to(row, role, is_own=caller is owner), readers=readers)

    def _single_ids(self, route: str, row: Row, fresh: Iterator[str]) -> Iterator[Cell]:
        """All ids ours, but for one."""
        if "admin" not in row.may:
            return
        headers = _headers(route, self.ours.keys["admin"])
        readers = frozenset({self.ours.ids["mark"]})

        def cell(what: str, question: Question, said: str) -> Cell:
            return Cell(route, "our admin", what, headers, question, said, readers)

        for name, said in row.foreign.items():
            ids = {**self.ours.ids, "fresh": next(fresh), name: self.theirs.ids[name]}
            yield cell(f"their {name}", _question(route, row, ids), said)
        for number, probe in enumerate(row.probes, start=1):
            for what, whose, said in (
                (f"our probe {number}", self.ours, probe.said_to_ours),
                (f"their probe {number}", self.theirs, probe.said_to_theirs),
            ):
                ids = {**self.ours.ids, "fresh": next(fresh)}
                yield cell(what, _probed(probe, _question(route, row, ids), ids, whose.ids), said)
        if row.cursor is not None and route in self.theirs.cursors:
            question = _question(route, row, {**self.ours.ids, "fresh": next(fresh)})
            # Where a list begins, its cursor says.
            query = {k: v for k, v in (question.query or {}).items() if k != "since"}
            query["cursor"] = self.theirs.cursors[route]
            yield cell("their cursor", replace(question, query=query), row.cursor)

    def _all_marks(self) -> frozenset[str]:
        return frozenset({self.ours.ids["mark"], self.theirs.ids["mark"]})


def _said_to(row: Row, role: str, *, is_own: bool) -> str:
    names_a_network = "network_id" in row.foreign
    if names_a_network and not is_own:
        return NOT_THERE
    if role not in row.may:
        needed = "ADMIN" if "admin" in row.may else "OPERATOR"
        return f"403 {needed}_KEY_REQUIRED"
    # Of several ids of another network, the first to be looked for.
    return row.own if is_own or not row.foreign else next(iter(row.foreign.values()))


def _headers(route: str, key: str) -> dict[str, str]:
    header, scheme = HEADERS[authorizers_by_route()[route]]
    return {header: scheme + key}


def _question(route: str, row: Row, ids: dict[str, str]) -> Question:
    body: Any = row.body(ids) if row.body else None
    query: Any = row.query(ids) if row.query else None
    return Question(route, ids, body, query, row.headers)


def _probed(probe: Probe, question: Question, ours: Ids, each: Ids) -> Question:
    body = probe.body(ours, each) if probe.body else question.body
    query = probe.query(ours, each) if probe.query else question.query
    return replace(question, body=body, query=query)
