"""`make receive`: a receiver to try webhooks with. Prints what comes, and whether its signature is
right.

`SECRET=` is the webhook's signing secret, several separated by commas; `PORT=` chooses the port,
and `STATUS=` what is answered, to see deliveries come again.
"""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override

from accrue.domain.webhooks.signing import PREFIX, SigningSecret, signed_headers
from local.errors import LocalError, PortError, SecretError, StatusError
from local.ports import HOST, read_port
from local.stopping import Stop, stop_on_signals

DEFAULT_STATUS = 204
STATUS_DIGITS = 3
MAX_BODY_BYTES = 1024 * 1024


def main() -> int:
    """Exit status 0 when it was stopped, 1 if the port is taken or what it was given is no use."""
    try:
        with stop_on_signals(stop := Stop()):
            _serve(stop)
    except LocalError as error:
        print(f"make receive: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _serve(stop: Stop) -> None:
    secrets = read_secrets(os.environ.get("SECRET", ""))
    status = _status(os.environ.get("STATUS", ""))
    server = _listen(read_port(os.environ.get("PORT")) if os.environ.get("PORT") else 0)
    server.RequestHandlerClass = _handler(secrets, status)
    server.timeout = 0.2
    with server:
        print(f"Receiving at http://{HOST}:{server.server_address[1]}/  (Ctrl-C stops it)")
        if not secrets:
            print("Signatures are not checked: start it again with SECRET=whsec_...")
        sys.stdout.flush()
        while not stop.requested:
            server.handle_request()


def read_secrets(given: str) -> list[str]:
    """The signing secrets in SECRET, which may be empty. Raises SecretError."""
    secrets = [text for text in given.split(",") if text]
    if not all(map(_is_secret, secrets)):
        raise SecretError("SECRET is not a webhook's signing secret: give it whole, as whsec_...")
    return secrets


def _is_secret(text: str) -> bool:
    try:
        return text.startswith(PREFIX) and bool(SigningSecret(text).key)
    except ValueError:
        return False


def _status(text: str) -> int:
    if not text:
        return DEFAULT_STATUS
    if not (text.isascii() and text.isdecimal() and len(text) == STATUS_DIGITS):
        raise StatusError(f"STATUS={text} is not an HTTP status: give one such as 503.")
    return int(text)


def _listen(port: int) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer((HOST, port), BaseHTTPRequestHandler)
    except OSError as error:
        raise PortError(f"port {port} is taken: choose another with PORT=") from error


def _handler(secrets: Sequence[str], status: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY_BYTES)
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            print(described(headers, body, secrets, status), flush=True)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def described(
    headers: dict[str, str], body: bytes, secrets: Sequence[str], status: int = DEFAULT_STATUS
) -> str:
    """A delivery in a few lines."""
    time = datetime.now(UTC).strftime("%H:%M:%S")
    first = (
        f"{time}  {headers.get('webhook-id', 'no webhook-id')}  {_verdict(headers, body, secrets)}"
    )
    try:
        text = json.dumps(json.loads(body), indent=2)
    except ValueError:
        text = repr(body)
    return f"{first}, answered {status}\n{text}"


def _verdict(headers: dict[str, str], body: bytes, secrets: Sequence[str]) -> str:
    """What a receiver would check; one of its own should use a Standard Webhooks library."""
    if not secrets:
        return "signature not checked"
    try:
        timestamp = headers["webhook-timestamp"]
        sent = set(headers["webhook-signature"].split(" "))
        event_id = headers["webhook-id"]
    except KeyError:
        return "signature MISSING"
    try:
        sent_at = datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        # No time that anybody could have signed.
        return "signature WRONG"
    expected = (
        signed_headers(event_id, body, [SigningSecret(secret)], sent_at)["webhook-signature"]
        for secret in secrets
    )
    return "signature right" if sent & set(expected) else "signature WRONG"
