"""A network on the running stack, as its partner sees it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.live_stack import LiveStack

# The stream answers within a second or two; a busy machine may take longer.
PATIENCE_SECONDS = 120.0
# Each of many calls at once starts a worker of its own, and they share the processors.
STARTING_SECONDS = 180.0


@dataclass(frozen=True)
class LiveNetwork:
    """Calls the API with the network's partner key."""

    stack: LiveStack
    http: httpx.Client
    network_id: str
    partner_api_key: str
    admin_api_key: str

    def post_membership_activity(
        self, membership: str, body: Any, query: dict[str, str] | None = None
    ) -> httpx.Response:
        """POST in Hang's form; a text body goes as it is."""
        return self.http.post(
            f"/v2/program-memberships/{membership}/activities",
            params=query,
            content=_content(body),
            headers={"X-API-Key": self.partner_api_key},
        )

    def post_network_activity(
        self,
        body: Any,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> httpx.Response:
        """POST in Village's form; a text body goes as it is."""
        return self.http.post(
            f"/networks/{self.network_id}/activity",
            params=query,
            content=_content(body),
            headers={"Authorization": f"Bearer {self.partner_api_key}", **(headers or {})},
        )

    def post_batch(self, rows: Any, query: dict[str, str] | None = None) -> httpx.Response:
        """POST many activities; a text body goes as it is."""
        return self.http.post(
            f"/networks/{self.network_id}/activities/batch",
            params=query,
            content=_content(rows),
            headers={"Authorization": f"Bearer {self.partner_api_key}"},
            timeout=STARTING_SECONDS,
        )

    def order(
        self,
        membership: str,
        path: str,
        body: Any,
        *,
        as_admin: bool = False,
        query: dict[str, str] | None = None,
    ) -> httpx.Response:
        """POST an order about a membership's points."""
        return self.http.post(
            f"/v2/program-memberships/{membership}/{path}",
            params=query,
            content=_content(body),
            headers={"X-API-Key": self.admin_api_key if as_admin else self.partner_api_key},
            timeout=STARTING_SECONDS,
        )

    def get_membership(self, membership: str) -> httpx.Response:
        """GET a membership."""
        return self.http.get(
            f"/v2/program-memberships/{membership}", headers={"X-API-Key": self.partner_api_key}
        )

    def get_activity(self, activity_id: str) -> httpx.Response:
        """GET an activity."""
        return self.http.get(
            f"/networks/{self.network_id}/activities/{activity_id}",
            headers={"Authorization": f"Bearer {self.partner_api_key}"},
        )

    def list_events(self, **query: str) -> dict[str, Any]:
        """A page of the network's events from the last hour, as its administrator gets it."""
        since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        answer = self.http.get(
            f"/networks/{self.network_id}/events",
            params={"since": since, **query},
            headers={"Authorization": f"Bearer {self.admin_api_key}"},
        )
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def balance(self, membership: str) -> str:
        """A membership's balance."""
        balance: str = self.get_membership(membership).json()["balance"]
        return balance

    def wait_for_balance(self, membership: str, expected: str) -> None:
        """Wait until the balance is as expected."""
        wait_until(lambda: self.balance(membership) == expected)

    def ledger_rows(self) -> list[dict[str, Any]]:
        """The network's ledger rows in DynamoDB's own form."""
        pages = self.stack.client("dynamodb").get_paginator("scan")
        return [
            item
            for page in pages.paginate(
                TableName=self.stack.table_name("ledger"), ConsistentRead=True
            )
            for item in page["Items"]
            if item["activity_key"]["S"].startswith(f"{self.network_id}#")
        ]


def wait_until(holds: Callable[[], bool], patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until it holds; fail if it never does."""
    deadline = time.monotonic() + patience_seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def _content(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
