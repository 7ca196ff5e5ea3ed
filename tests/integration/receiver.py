"""A receiver of webhooks: a real HTTP server on this machine, which answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One request, its header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        """The id in the header."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """The event in the body."""
        event: dict[str, Any] = json.loads(self.body)
        return event

    def verify(self, secret: str) -> None:
        """Raise WebhookVerificationError unless the signature is right and fresh."""
        Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """What came, in the order in which it came."""

    url: str
    received: list[Received] = field(default_factory=list)
    # Decides on a status code; by default all is well.
    answer: Callable[[Received], int] = lambda _received: 204

    def ids(self) -> list[str]:
        """The ids of the events that came, repeats included."""
        return [each.event_id for each in self.received]


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """A receiver that ends with the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Received(self.path, headers, body)
            receiver.received.append(request)
            self.send_response(receiver.answer(request))
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/accrue")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
