"""The sender against real servers: what it calls, what it refuses, and when it gives up."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
import trustme

from accrue.domain.webhooks.addresses import is_public_address
from accrue.domain.webhooks.delivery import SendResult
from accrue.domain.webhooks.errors import UnreachableUrlError
from accrue.domain.webhooks.url import parse_webhook_url
from accrue.runtime import webhook_addresses
from accrue.runtime.webhook_addresses import AddressBook
from accrue.runtime.webhook_sender import HttpWebhookSender

HOST = "hooks.example.com"
LOCAL = "127.0.0.1"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEADERS = {"webhook-id": "ev_1"}
# Enough for a handshake on a busy machine; what must time out, does so after it.
TIMEOUT_SECONDS = 1.5
# How long a server is there that never ends by itself.
PATIENCE_SECONDS = 20.0

type Answer = Callable[[socket.socket], None]


class Server:
    """One thread that accepts connections and answers each in the same way."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None) -> None:
        self.requests: list[bytes] = []
        self.accepted = 0
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server((LOCAL, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                connection.settimeout(PATIENCE_SECONDS)
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                self.requests.append(_read_request(connection))
                self._answer(connection)
            except OSError:
                pass
            finally:
                connection.close()

    def close(self) -> None:
        # Closing alone would not wake the accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE_SECONDS)


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"}"):
        piece = connection.recv(4096)
        if not piece:
            break
        received += piece
    return received


def _sending(octets: bytes) -> Answer:
    return lambda connection: connection.sendall(octets)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who certifies the servers, and is trusted by the sender."""
    return trustme.CA()


def _server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@contextmanager
def _running(answer: Answer, tls: ssl.SSLContext | None) -> Iterator[Server]:
    server = Server(answer, tls)
    try:
        yield server
    finally:
        server.close()


class LetThrough(AddressBook):
    """Takes the local addresses of the tests for public ones, and nothing else."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.lookups: list[tuple[str, int]] = []
        self._answers = list(answers)
        super().__init__(allows_private=False, resolve=self._look_up)

    def _look_up(self, host: str, port: int) -> Sequence[str]:
        self.lookups.append((host, port))
        return self._answers.pop(0)


@pytest.fixture
def _local_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        webhook_addresses,
        "is_public_address",
        lambda text: text in {LOCAL, "127.0.0.2"} or is_public_address(text),
    )


def _send(
    authority: trustme.CA,
    server_port: int,
    addresses: AddressBook | None = None,
    path: str = "/accrue?x=1",
) -> SendResult:
    tls = ssl.create_default_context()
    authority.configure_trust(tls)
    sender = HttpWebhookSender(
        addresses or LetThrough([LOCAL]), tls=tls, timeout_seconds=TIMEOUT_SECONDS
    )
    return sender.send(f"https://{HOST}:{server_port}{path}", HEADERS, b'{"event_id":"ev_1"}')


pytestmark = pytest.mark.usefixtures("_local_is_public")


def test_request_is_a_post_with_the_body_as_it_is(authority: trustme.CA) -> None:
    with _running(_sending(OK), _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port)

    assert (result.status_code, result.error) == (200, None)
    assert result.is_success
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert first == "POST /accrue?x=1 HTTP/1.1"
    assert sorted(headers) == [
        "Accept-Encoding: identity",
        "Connection: close",
        "Content-Length: 19",
        "Content-Type: application/json",
        f"Host: {HOST}:{server.port}",
        "User-Agent: Accrue-Webhooks/1",
        "webhook-id: ev_1",
    ]
    assert body == b'{"event_id":"ev_1"}'


def test_certificate_for_another_host_is_refused(authority: trustme.CA) -> None:
    with _running(_sending(OK), _server_tls(authority, "other.example.com")) as server:
        result = _send(authority, server.port)

    assert result.error == "its certificate is not trusted, or not for its host name"
    assert result.status_code is None
    assert server.requests == []


def test_certificate_for_the_address_alone_is_refused(authority: trustme.CA) -> None:
    with _running(_sending(OK), _server_tls(authority, LOCAL)) as server:
        result = _send(authority, server.port)

    assert result.error == "its certificate is not trusted, or not for its host name"
    assert server.requests == []


def test_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    with _running(_sending(OK), _server_tls(trustme.CA(), HOST)) as server:
        result = _send(authority, server.port)

    assert result.error == "its certificate is not trusted, or not for its host name"
    assert server.requests == []


def test_by_default_only_the_systems_authorities_are_trusted(authority: trustme.CA) -> None:
    with _running(_sending(OK), _server_tls(authority, HOST)) as server:
        sender = HttpWebhookSender(LetThrough([LOCAL]))
        result = sender.send(f"https://{HOST}:{server.port}/", {}, b"{}")

    assert result.error == "its certificate is not trusted, or not for its host name"


def test_server_without_encryption_gets_nothing(authority: trustme.CA) -> None:
    with _running(_sending(OK), None) as server:
        server_port = server.port
        result = _send(authority, server_port)

    assert result.status_code is None
    assert result.error in {"no encrypted connection came about", "it took too long"}
    assert not any(b"POST" in request for request in server.requests)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(authority: trustme.CA, status: int) -> None:
    with _running(_sending(OK), _server_tls(authority, HOST)) as target:
        elsewhere = f"https://{HOST}:{target.port}/".encode()
        redirect = b"HTTP/1.1 %d Moved\r\nLocation: %s\r\n\r\n" % (status, elsewhere)
        with _running(_sending(redirect), _server_tls(authority, HOST)) as server:
            result = _send(authority, server.port, LetThrough([LOCAL], [LOCAL]))

    assert result.status_code == status
    assert result.error == "it answered with a redirect, and none is followed"
    assert not result.is_success
    assert target.accepted == 0


@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
def test_other_answers_are_no_success(authority: trustme.CA, status: int) -> None:
    answer = b"HTTP/1.1 %d Whatever\r\nContent-Length: 0\r\n\r\n" % status
    with _running(_sending(answer), _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port)

    assert (result.status_code, result.error) == (status, None)
    assert not result.is_success


def _hang(connection: socket.socket) -> None:
    connection.recv(1)


def _drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        connection.sendall(b"x")
        time.sleep(0.05)


def _drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        connection.sendall(b"x")
        time.sleep(0.05)


def _send_without_end(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


@pytest.mark.parametrize("answer", [_hang, _drip_headers])
def test_receiver_that_never_answers_is_given_up(authority: trustme.CA, answer: Answer) -> None:
    with _running(answer, _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port)

    assert (result.status_code, result.error) == (None, "it took too long")


def test_handshake_that_never_ends_is_given_up(authority: trustme.CA) -> None:
    # Accepted by the system, and then nobody says a word.
    with socket.create_server((LOCAL, 0)) as silent:
        result = _send(authority, silent.getsockname()[1])

    assert (result.status_code, result.error) == (None, "it took too long")


@pytest.mark.parametrize("answer", [_drip_body, _send_without_end])
def test_answers_body_is_neither_waited_for_nor_kept(authority: trustme.CA, answer: Answer) -> None:
    with _running(answer, _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port)

    assert (result.status_code, result.error) == (200, None)


def test_headers_without_end_are_no_answer(authority: trustme.CA) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(1_000_000):
            connection.sendall(b"X-%d: x\r\n" % number)

    with _running(answer, _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port)

    assert (result.status_code, result.error) == (None, "the answer is not HTTP")


def test_answer_that_is_not_http(authority: trustme.CA) -> None:
    with _running(_sending(b"220 smtp ready\r\n"), _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port)

    assert (result.status_code, result.error) == (None, "the answer is not HTTP")


def test_receiver_that_hangs_up(authority: trustme.CA) -> None:
    with _running(_sending(b""), _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port)

    assert result.status_code is None
    assert result.error == "the connection was refused or broke off"


def test_connection_refused(authority: trustme.CA) -> None:
    with socket.create_server((LOCAL, 0)) as closed:
        port: int = closed.getsockname()[1]

    result = _send(authority, port)

    assert (result.status_code, result.error) == (None, "the connection was refused or broke off")


def test_next_address_is_tried_if_one_refuses(authority: trustme.CA) -> None:
    with _running(_sending(OK), _server_tls(authority, HOST)) as server:
        # Nobody listens there.
        result = _send(authority, server.port, LetThrough(["127.0.0.2", LOCAL]))

    assert result.is_success


def test_no_proxy_of_the_environment_is_asked(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _running(_sending(OK), None) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://{LOCAL}:{proxy.port}")
        with _running(_sending(OK), _server_tls(authority, HOST)) as server:
            result = _send(authority, server.port)

    assert result.is_success
    assert proxy.accepted == 0


# ---- Addresses ----


@pytest.mark.parametrize(
    "answer",
    [
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["fd00:ec2::254"],
        ["::1"],
        ["8.8.8.8", "10.0.0.1"],
        [LOCAL, "169.254.169.254"],
        ["2606:4700:4700::1111", "::ffff:10.0.0.1"],
    ],
)
def test_no_connection_is_made_if_one_address_is_not_public(
    authority: trustme.CA, answer: list[str]
) -> None:
    with _running(_sending(OK), _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port, LetThrough(answer))

    assert result.status_code is None
    assert result.error == "its host name leads to an address that is not public"
    assert server.accepted == 0


def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_mind(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = LetThrough([LOCAL], ["10.0.0.1"])

    def no_look_up(host: str, *_rest: object, **_more: object) -> object:
        # An address needs none; socket.create_connection asks all the same.
        assert host == LOCAL, f"{host} was looked up past the check"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, _rest[0]))]

    monkeypatch.setattr(socket, "getaddrinfo", no_look_up)
    with _running(_sending(OK), _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port, addresses)

    assert result.is_success
    assert addresses.lookups == [(HOST, server.port)]


def test_a_name_that_was_public_when_it_was_registered_is_looked_up_again(
    authority: trustme.CA,
) -> None:
    addresses = LetThrough([LOCAL], ["10.0.0.1"])
    addresses.ensure_reachable(parse_webhook_url(f"https://{HOST}/"))

    with _running(_sending(OK), _server_tls(authority, HOST)) as server:
        result = _send(authority, server.port, addresses)

    assert result.error == "its host name leads to an address that is not public"
    assert server.accepted == 0


def _unknown(_host: str, _port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("resolve", [_unknown, lambda _host, _port: []])
def test_unknown_name(resolve: webhook_addresses.Resolve) -> None:
    addresses = AddressBook(allows_private=False, resolve=resolve)

    result = HttpWebhookSender(addresses).send(f"https://{HOST}/", {}, b"{}")

    assert (result.status_code, result.error) == (None, "its host name is unknown to DNS")
    with pytest.raises(UnreachableUrlError):
        addresses.ensure_reachable(parse_webhook_url(f"https://{HOST}/"))


def test_a_name_server_that_hangs_is_not_waited_for() -> None:
    asked, released = threading.Event(), threading.Event()

    def hang(_host: str, _port: int) -> Sequence[str]:
        asked.set()
        released.wait(PATIENCE_SECONDS)
        return ["8.8.8.8"]

    addresses = AddressBook(allows_private=False, resolve=hang, timeout_seconds=0.05)
    try:
        result = HttpWebhookSender(addresses).send(f"https://{HOST}/", {}, b"{}")
        with pytest.raises(UnreachableUrlError, match="took too long"):
            addresses.ensure_reachable(parse_webhook_url(f"https://{HOST}/"))
    finally:
        is_answered = released.is_set()
        released.set()

    assert asked.is_set()
    assert not is_answered
    assert (result.status_code, result.error) == (None, "its host name took too long to look up")


def test_a_bug_in_looking_up_is_none_of_the_urls() -> None:
    def break_down(_host: str, _port: int) -> Sequence[str]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        AddressBook(allows_private=False, resolve=break_down).ensure_reachable(
            parse_webhook_url(f"https://{HOST}/")
        )


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com:{}/", "https://127.0.0.1:{}/", "https://localhost:{}/"]
)
def test_url_that_was_let_in_while_private_ones_were_allowed_is_refused(url: str) -> None:
    with _running(_sending(OK), None) as server:
        sender = HttpWebhookSender(LetThrough([LOCAL]))
        result = sender.send(url.format(server.port), {}, b"{}")

    assert result.status_code is None
    assert result.error is not None
    assert server.accepted == 0


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n" * 3,
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_what_comes_before_the_answer_is_none(interim: bytes) -> None:
    with _running(_sending(interim + b"HTTP/1.1 204 No Content\r\n\r\n"), None) as server:
        sender = HttpWebhookSender(AddressBook(allows_private=True))
        result = sender.send(f"http://localhost:{server.port}/", {}, b"{}")

    assert (result.status_code, result.error) == (204, None)


def _early_hints_for_ever(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def test_a_server_that_never_comes_to_its_answer_has_none() -> None:
    with _running(_early_hints_for_ever, None) as server:
        sender = HttpWebhookSender(AddressBook(allows_private=True), timeout_seconds=0.2)
        result = sender.send(f"http://localhost:{server.port}/", {}, b"{}")

    assert (result.status_code, result.error) == (None, "it took too long")


def test_on_ones_own_machine_http_will_do() -> None:
    with _running(_sending(OK), None) as server:
        sender = HttpWebhookSender(AddressBook(allows_private=True))
        result = sender.send(f"http://localhost:{server.port}/", {}, b"{}")

    assert result.is_success
    assert server.requests[0].startswith(b"POST / HTTP/1.1\r\n")


def test_the_real_resolver_knows_this_machine_and_puts_ipv4_first() -> None:
    addresses = webhook_addresses.resolve("localhost", 443)

    assert addresses[0] == LOCAL
    with pytest.raises(UnreachableUrlError):
        AddressBook(allows_private=False, resolve=lambda *_: ["::1"]).addresses_of(
            parse_webhook_url(f"https://{HOST}/")
        )
