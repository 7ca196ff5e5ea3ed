"""A server between botocore and DynamoDB that loses requests and answers, as a seed decides."""

import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override

from local.ports import HOST

# Sends a reset, and no end, when a socket is closed.
RESET = struct.pack("ii", 1, 0)
FIRST_ATTEMPT = "attempt=1"
TIMEOUT_SECONDS = 30


class Fate(StrEnum):
    """What becomes of a request."""

    RESET_BEFORE = "connection reset before the request was applied"
    NO_REPLY = "applied, reply dropped"
    HALF_A_REPLY = "applied, half a reply"


class LossyProxy(ThreadingHTTPServer):
    """Passes requests on to a port; `rate` is how often one of them comes to grief."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__((HOST, 0), _Handler)
        self.behind = port
        self.rate = 0.0
        self.fates = tuple(Fate)
        self.seen = Counter[str]()
        self._chance = random.Random(0)  # noqa: S311 - a test's order

    @property
    def url(self) -> str:
        """What takes the place of AWS."""
        return f"http://{HOST}:{self.server_address[1]}"

    def begin(self, seed: int, rate: float, fates: Sequence[Fate] = tuple(Fate)) -> None:
        """From now on, things get lost."""
        self.rate, self.fates = rate, tuple(fates)
        self._chance = random.Random(seed)  # noqa: S311 - a test's order

    def fate(self) -> Fate | None:
        """What becomes of the next request; None if it is answered."""
        if self._chance.random() >= self.rate:
            return None
        fate = self._chance.choice(self.fates)
        self.seen[fate] += 1
        return fate


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LossyProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen["requests"] += 1
        is_first = self.headers.get("amz-sdk-request", FIRST_ATTEMPT).startswith(FIRST_ATTEMPT)
        self.server.seen["SDK retries"] += not is_first
        fate = self.server.fate()
        if fate is Fate.RESET_BEFORE:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.close_connection = True
            return
        status, headers, reply = self._passed_on(body)
        if fate is Fate.NO_REPLY:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if fate is Fate.HALF_A_REPLY:
            self.close_connection = True
            reply = reply[: len(reply) // 2]
        self.wfile.write(reply)

    def _passed_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = HTTPConnection(HOST, self.server.behind, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            reply = answer.read()
        finally:
            connection.close()
        hop_by_hop = {"connection", "transfer-encoding", "content-length", "keep-alive"}
        headers = [(n, v) for n, v in answer.getheaders() if n.lower() not in hop_by_hop]
        return answer.status, [*headers, ("Content-Length", str(len(reply)))], reply

    @override
    def log_message(self, *_line: object) -> None:
        """Nothing: it is told by what is asserted."""


@contextmanager
def running_proxy(port: int) -> Iterator[LossyProxy]:
    """A proxy before a port of this machine."""
    with LossyProxy(port) as proxy:
        serving = threading.Thread(target=proxy.serve_forever)
        serving.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            serving.join()
