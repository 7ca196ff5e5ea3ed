"""The batch endpoint as its contract has it, with a ledger in memory: a real HTTP server."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from local.send.batching import MAX_BATCH_BYTES, MAX_BATCH_ROWS
from local.send.target import Target

NETWORK, API_KEY = "net-1", "partner-key"
UNKNOWN_EMAIL = "nobody@example.com"
RETRYABLE = {
    "status": 429,
    "code": "THROTTLED",
    "message": "later",
    "errors": [],
    "retryable": True,
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request.

    `status` instead of an answer; `drops` the connection, before or after the rows were recorded;
    every n-th row of it is `retryable`.
    """

    status: int | None = None
    drops: bool = False
    after_recording: bool = False
    retryable_every: int = 0


@dataclass
class BatchReceiver:
    """The ledger by key, in the order of recording, and what was asked."""

    api_url: str
    ledger: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    sizes: list[tuple[int, int]] = field(default_factory=list)
    # By the number of the request, from 1.
    fault: Callable[[int], Fault | None] = lambda _number: None

    @property
    def target(self) -> Target:
        return Target(self.api_url, NETWORK, API_KEY)

    def environment(self) -> dict[str, str]:
        """Of a command that sends to it."""
        return {"URL": self.api_url, "NETWORK": NETWORK, "ACCRUE_API_KEY": API_KEY}

    def record(self, body: bytes, fault: Fault, *, dry_run: bool) -> list[dict[str, Any]]:
        rows = [line for line in body.split(b"\n") if line.strip()]
        assert body.startswith(b"{"), "it would not be read as NDJSON"
        self.sizes.append((len(rows), len(body)))
        every = fault.retryable_every
        return [
            {"row": number}
            | (
                RETRYABLE
                if every and number % every == 0
                else self._record_row(line.decode(), dry_run=dry_run)
            )
            for number, line in enumerate(rows)
        ]

    def _record_row(self, text: str, *, dry_run: bool) -> dict[str, Any]:
        key = _key_of(text)
        if key is None:
            return _refused("INVALID_REQUEST", "/idempotency_key")
        if UNKNOWN_EMAIL in text:
            return _refused("UNKNOWN_USER", "/users/buyer")
        stored = self.ledger.get(key)
        if stored is None and not dry_run:
            self.ledger[key] = text
        if stored not in (None, text):
            return _refused("IDEMPOTENCY_KEY_REUSED", "/idempotency_key")
        activity_id = None if dry_run and stored is None else f"ik_{key}"
        return {
            "status": 201,
            "activity_id": activity_id,
            "replayed": stored is not None,
            "duplicate_of": None,
            "warnings": [],
        }


def _key_of(text: str) -> str | None:
    """Of a million rows, nearly all have it in front: then there is no need to parse the rest."""
    beginning = '{"idempotency_key":"'
    if text.startswith(beginning):
        return text[len(beginning) : text.index('"', len(beginning))]
    key: str | None = json.loads(text).get("idempotency_key")
    return key


def _refused(code: str, pointer: str) -> dict[str, Any]:
    errors = [{"pointer": pointer, "message": "mend it"}]
    return {"status": 400, "code": code, "message": "no", "errors": errors, "retryable": False}


@contextmanager
def running_batch_receiver(tls: ssl.SSLContext | None = None) -> Iterator[BatchReceiver]:
    """A receiver that ends with the block; of https, if it gets a certificate."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "https" if tls else "http"
    receiver = BatchReceiver(f"{scheme}://127.0.0.1:{server.server_address[1]}/v1")
    server.RequestHandlerClass = _handler(receiver)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(receiver: BatchReceiver) -> type[BaseHTTPRequestHandler]:
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if len(body) < int(self.headers["Content-Length"]):
                # The sender was killed in the middle of a request.
                self.close_connection = True
                return
            with one_at_a_time:
                receiver.requests += 1
                fault = receiver.fault(receiver.requests) or Fault()
                refusal = _refusal_of_all(self.path, self.headers["Authorization"], body)
                if fault.drops and not fault.after_recording:
                    self.close_connection = True
                    return
                if refusal or fault.status:
                    self._answer(refusal or fault.status or 0, {"message": "not now"})
                    return
                dry_run = parse_qs(urlsplit(self.path).query).get("dry_run") == ["true"]
                results = receiver.record(body, fault, dry_run=dry_run)
            if fault.drops:
                self.close_connection = True
                return
            self._answer(200, {"results": results})

        def _answer(self, status: int, document: dict[str, Any]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

        @override
        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                # Whoever was to read it was killed.
                self.close_connection = True

    return Handler


def _refusal_of_all(path: str, authorization: str | None, body: bytes) -> int | None:
    if authorization != f"Bearer {API_KEY}":
        return 401
    if urlsplit(path).path != f"/v1/networks/{NETWORK}/activities/batch":
        return 404
    rows = body.count(b"\n") + 1
    return 413 if rows > MAX_BATCH_ROWS or len(body) > MAX_BATCH_BYTES else None
