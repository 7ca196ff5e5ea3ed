"""The URL of a webhook, taken apart once: what was checked is what is called.

Parsers of URLs differ in what they forgive, and a name that one of them reads as public another may
read as an address inside. So only one plain form is accepted, and the sender gets its parts.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

from accrue.domain.json_values import WrongValueError

MAX_URL_CHARS = 2048
MAX_HOST_CHARS = 253
MAX_PORT = 65_535
# Below it, all but that of https belong to other services: nobody's receiver is there, and what a
# sample says of them is of use to who looks for open ones.
FIRST_FREE_PORT = 1024
DEFAULT_PORTS = {"https": 443, "http": 80}

_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?P<fragment>#.*)?",
    re.DOTALL,
)
# RFC 3986's characters of paths and queries.
_TARGET = re.compile(
    r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# What ends so is an IPv4 address to browsers and to resolvers: 127.1, 0x7f000001, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """`host` is in lower case; `target` is path and query as they are sent."""

    scheme: str
    host: str
    port: int
    target: str


def parse_webhook_url(text: str, *, allows_private: bool = False) -> WebhookUrl:
    """The parts of a URL, or WrongValueError that says how to mend it.

    `allows_private`, for stacks on one's own machine, lets through http and IPv4 addresses.
    """
    if len(text) > MAX_URL_CHARS:
        raise WrongValueError(f"is longer than {MAX_URL_CHARS} characters: shorten it")
    if re.search(r"[^\x21-\x7e]|\\", text):
        raise WrongValueError(
            "has spaces, backslashes or characters beyond ASCII: percent-encode them, and write an"
            " international host name in its xn-- form"
        )
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise WrongValueError("is not a URL: send one such as https://example.com/accrue")
    scheme = parts["scheme"].lower()
    if scheme != "https" and not (allows_private and scheme == "http"):
        raise WrongValueError("does not begin with https://: events are sent encrypted only")
    if parts["fragment"] is not None:
        raise WrongValueError("has a fragment, which is never sent: remove it from # on")
    if not _TARGET.fullmatch(parts["target"]):
        raise WrongValueError("has characters in its path or query that must be percent-encoded")
    host, port = _host_and_port(parts["authority"], scheme, allows_private=allows_private)
    path, mark, query = parts["target"].partition("?")
    return WebhookUrl(scheme, host, port, (path or "/") + mark + query)


def _host_and_port(authority: str, scheme: str, *, allows_private: bool) -> tuple[str, int]:
    if "@" in authority:
        raise WrongValueError(
            "has a user name or password in it: remove it, the signature tells who sends"
        )
    if authority.startswith("["):
        raise WrongValueError(_NO_ADDRESS)
    name, colon, digits = authority.partition(":")
    host = name.lower()
    _check_host(host, allows_private=allows_private)
    if not colon:
        return host, DEFAULT_PORTS[scheme]
    if not re.fullmatch(r"[0-9]{1,5}", digits):
        raise WrongValueError(_NO_PORT)
    port = int(digits)
    if not 0 < port <= MAX_PORT:
        raise WrongValueError(_NO_PORT)
    if not allows_private and port < FIRST_FREE_PORT and port != DEFAULT_PORTS["https"]:
        raise WrongValueError(_NO_PORT)
    return host, port


_NO_PORT = (
    f"has a port to which nothing is sent: send {DEFAULT_PORTS['https']} or one from"
    f" {FIRST_FREE_PORT} to {MAX_PORT}, or leave it out"
)
_NO_ADDRESS = "names an IP address: send a host name, for which there is a certificate"


def _check_host(host: str, *, allows_private: bool) -> None:
    labels = host.split(".")
    if len(host) > MAX_HOST_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        raise WrongValueError(
            "has no host name that can be looked up: send one of letters, digits and hyphens, with"
            " no dot at the end, such as hooks.example.com"
        )
    if _NUMBER.fullmatch(labels[-1]):
        if allows_private and _is_ipv4(host):
            return
        raise WrongValueError(_NO_ADDRESS)
    if len(labels) == 1 and not allows_private:
        raise WrongValueError("has a host name without a dot, which is known inside only")


def _is_ipv4(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True
