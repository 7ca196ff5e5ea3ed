"""How the matrix calls the API, be it in one process or over HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol


@dataclass(frozen=True)
class Question:
    """A request, as it is sent."""

    route: str
    path: Mapping[str, str]
    body: Any = None
    query: Mapping[str, str] | None = None
    # None of them about keys.
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sent(self) -> str:
        """All that it says."""
        in_path = [value for name, value in self.path.items() if f"{{{name}}}" in self.route]
        return json.dumps([in_path, self.body, dict(self.query or {})])


@dataclass(frozen=True)
class Reply:
    """An answer, as it comes: `text` is all of it, headers too."""

    status: int
    body: Any
    text: str

    @property
    def said(self) -> str:
        """In short: the status, the code of a refusal, a batch's statuses of its rows."""
        if not HTTPStatus(self.status).is_success:
            return f"{self.status} {self.body['code']}"
        if "Accrue-Duplicate-Of" in self.text:
            return f"{self.status} duplicate"
        rows = ", ".join(str(row["status"]) for row in self.body.get("results", []))
        return f"{self.status}: {rows}" if rows else str(self.status)


class Door(Protocol):
    """The API, and what is needed to make two networks behind it."""

    operator_key: str
    # Before anything that is recorded, and not long; and a while after that.
    since: str
    period: tuple[str, str]

    def ask(self, question: Question, headers: Mapping[str, str]) -> Reply:
        """Send a request, with these headers about keys."""
        ...

    def import_network(self, document: dict[str, Any]) -> dict[str, Any]:
        """Make a network of a document; the report has its keys."""
        ...

    def settle(self) -> None:
        """Let all that was recorded and ordered come to what it comes to."""
        ...
