"""Sends events to webhooks, and to nowhere else.

Standard library only: the checked address must be the one that is connected to, in one look-up,
with the certificate checked for the host's name; no redirect followed; no proxy of the environment
asked; and all of it over by a deadline. What HTTP libraries do for one's convenience is what must
not happen here.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import cast, override

from accrue.domain.json_values import WrongValueError
from accrue.domain.webhooks.delivery import SendResult
from accrue.domain.webhooks.errors import UnreachableUrlError
from accrue.domain.webhooks.url import WebhookUrl, parse_webhook_url
from accrue.runtime.clock import utc_now
from accrue.runtime.webhook_addresses import AddressBook

CONNECT_TIMEOUT_SECONDS = 3.0
TOTAL_TIMEOUT_SECONDS = 10.0
# Not needed. Read so that a receiver which is still writing is not cut off.
MAX_ANSWER_BYTES = 1024
ANSWER_TIMEOUT_SECONDS = 1.0
MAX_ADDRESSES = 4
FIXED_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "Accrue-Webhooks/1",
    "Connection": "close",
}
# What an attempt is listed with. Nothing of what the receiver or its network said is quoted.
TIMED_OUT = "it took too long"
REFUSED = "the connection was refused or broke off"
UNTRUSTED = "its certificate is not trusted, or not for its host name"
NO_TLS = "no encrypted connection came about"
NO_HTTP = "the answer is not HTTP"
REDIRECTED = "it answered with a redirect, and none is followed"
# The more particular first: most are an OSError too, and a broken connection is an HTTPException.
_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, TIMED_OUT),
    (ssl.SSLCertVerificationError, UNTRUSTED),
    (ssl.SSLError, NO_TLS),
    (OSError, REFUSED),
    (http.client.HTTPException, NO_HTTP),
)


class HttpWebhookSender:
    """Implements `services.deliver_webhook.WebhookSender`."""

    def __init__(
        self,
        addresses: AddressBook,
        *,
        tls: ssl.SSLContext | None = None,
        timeout_seconds: float = TOTAL_TIMEOUT_SECONDS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._addresses = addresses
        self._tls = tls or ssl.create_default_context()
        self._timeout_seconds = timeout_seconds
        self._now = now

    def send(self, url: str, headers: dict[str, str], body: bytes) -> SendResult:
        """POST the body; whatever happens is a result."""
        started = self._now()
        status_code, error = self._outcome(url, headers, body)
        # By the same clock as the attempt's time.
        elapsed = (self._now() - started).total_seconds()
        return SendResult(
            status_code=status_code, error=error, duration_ms=max(0, round(elapsed * 1000))
        )

    def _outcome(
        self, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int | None, str | None]:
        try:
            parsed = parse_webhook_url(url, allows_private=self._addresses.allows_private)
            status_code = self._post(parsed, headers, body)
        except (UnreachableUrlError, WrongValueError) as refused:
            return None, str(refused)
        except (OSError, http.client.HTTPException) as error:
            return None, next(text for kind, text in _ERRORS if isinstance(error, kind))
        is_redirect = status_code // 100 == 3  # noqa: PLR2004
        return status_code, REDIRECTED if is_redirect else None

    def _post(self, url: WebhookUrl, headers: dict[str, str], body: bytes) -> int:
        deadline = _Deadline(self._timeout_seconds)
        tls = self._tls if url.scheme == "https" else None
        connection = _PinnedConnection(url, self._addresses.addresses_of(url), deadline, tls)
        try:
            connection.request("POST", url.target, body, {**headers, **FIXED_HEADERS})
            response = connection.getresponse()
            deadline.shorten(ANSWER_TIMEOUT_SECONDS)
            with suppress(OSError, http.client.HTTPException):
                response.read(MAX_ANSWER_BYTES)
            return response.status
        finally:
            connection.close()


class _Deadline:
    """When all must be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def shorten(self, seconds: float) -> None:
        """Let it be over in that many seconds at the latest."""
        self._end = min(self._end, time.monotonic() + seconds)

    def seconds_left(self) -> float:
        """The seconds left; raises TimeoutError if there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _FinalResponse(http.client.HTTPResponse):
    """The answer itself. http.client passes over a 100 before it and takes other 1xx for it."""

    @override
    def begin(self) -> None:
        super().begin()
        while self.status // 100 == 1:
            # Without headers it begins anew, with what the server says next.
            self.headers = self.msg = cast("http.client.HTTPMessage", None)
            super().begin()


class _PinnedConnection(http.client.HTTPConnection):
    """Connects to addresses that were checked, and not to what the host's name means by then."""

    response_class = _FinalResponse

    def __init__(
        self,
        url: WebhookUrl,
        addresses: Sequence[str],
        deadline: _Deadline,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(url.host, url.port)
        # With it the Host header names the port only where it has to.
        self.default_port = 443 if tls else 80
        self._addresses = addresses[:MAX_ADDRESSES]
        self._deadline = deadline
        self._tls = tls

    @override
    def connect(self) -> None:
        plain = self._connect_to_first()
        try:
            connected = self._encrypt(plain) if self._tls else plain
        except BaseException:
            plain.close()
            raise
        self.sock = cast("socket.socket", _DeadlineSocket(connected, self._deadline))

    def _connect_to_first(self) -> socket.socket:
        failure: OSError = TimeoutError()
        for address in self._addresses:
            timeout = min(CONNECT_TIMEOUT_SECONDS, self._deadline.seconds_left())
            try:
                return socket.create_connection((address, self.port), timeout)
            except OSError as error:
                failure = error
        raise failure

    def _encrypt(self, plain: socket.socket) -> ssl.SSLSocket:
        assert self._tls is not None
        plain.settimeout(self._deadline.seconds_left())
        # The certificate must be for this name, whatever the address.
        return self._tls.wrap_socket(plain, server_hostname=self.host)


class _DeadlineSocket:
    """What http.client needs of a socket. Each step gets the time that is left: the timeout of a
    socket begins anew with every byte of a receiver that sends them one by one.
    """

    def __init__(self, connected: socket.socket, deadline: _Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, octets: bytes) -> None:
        self._socket.settimeout(self._deadline.seconds_left())
        self._socket.sendall(octets)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._socket, self._deadline))

    def close(self) -> None:
        self._socket.close()


class _DeadlineReader(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: _Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._socket.settimeout(self._deadline.seconds_left())
        return self._socket.recv_into(buffer)
