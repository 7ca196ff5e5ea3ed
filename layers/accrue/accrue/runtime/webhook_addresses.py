"""Which addresses a webhook's host has, and whether anything may be sent there."""

import socket
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Thread

from accrue.domain.webhooks.addresses import is_public_address
from accrue.domain.webhooks.errors import UnreachableUrlError
from accrue.domain.webhooks.url import WebhookUrl

# Host and port to IP addresses; OSError if there are none.
type Resolve = Callable[[str, int], Sequence[str]]

# A name server that hangs holds the resolver up for half a minute and longer.
TIMEOUT_SECONDS = 3.0
TOO_SLOW = "its host name took too long to look up"
UNKNOWN_HOST = "its host name is unknown to DNS"
PRIVATE_ADDRESS = "its host name leads to an address that is not public"


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses that DNS has for a host. IPv4 first: by default functions have no other way
    out.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    return sorted(addresses, key=lambda address: ":" in address)


class AddressBook:
    """Looks hosts up. With `allows_private`, for stacks on one's own machine, any address does."""

    def __init__(
        self,
        *,
        allows_private: bool,
        resolve: Resolve = resolve,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.allows_private = allows_private
        self._resolve = resolve
        self._timeout_seconds = timeout_seconds

    def addresses_of(self, url: WebhookUrl) -> Sequence[str]:
        """The addresses to connect to, at least one. Raises UnreachableUrlError.

        One that is not public spoils all: who answers with both may answer with the other next.
        """
        try:
            addresses = self._resolved(url)
        # A label that can't be encoded is a UnicodeError.
        except (OSError, UnicodeError):
            raise UnreachableUrlError(UNKNOWN_HOST) from None
        if not addresses:
            raise UnreachableUrlError(UNKNOWN_HOST)
        if not self.allows_private and not all(map(is_public_address, addresses)):
            raise UnreachableUrlError(PRIVATE_ADDRESS)
        return addresses

    def _resolved(self, url: WebhookUrl) -> Sequence[str]:
        """In a thread of its own: the resolver takes no time limit. One that hangs is left behind
        and ends with the process.
        """
        outcome: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

        def resolve() -> None:
            try:
                outcome.put(self._resolve(url.host, url.port))
            except Exception as error:  # noqa: BLE001 - raised where it is waited for
                outcome.put(error)

        Thread(target=resolve, daemon=True).start()
        try:
            found = outcome.get(timeout=self._timeout_seconds)
        except Empty:
            raise UnreachableUrlError(TOO_SLOW) from None
        if isinstance(found, Exception):
            raise found
        return found

    def ensure_reachable(self, url: WebhookUrl) -> None:
        """Raise UnreachableUrlError for a host to which nothing would be sent.

        Where private addresses are allowed nothing is looked up.
        """
        if not self.allows_private:
            self.addresses_of(url)
