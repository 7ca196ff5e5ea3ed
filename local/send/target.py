"""Where a file is sent: the running stack, or the one at URL=."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from local.errors import TargetError
from local.stack_file import running_stack_document

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_KEY = "ACCRUE_API_KEY"


@dataclass(frozen=True, slots=True)
class Target:
    """A network of a stack, and the key to it."""

    api_url: str
    network_id: str
    api_key: str = field(repr=False)
    dry_run: bool = False

    @property
    def url(self) -> str:
        """The batch endpoint."""
        network = quote(self.network_id, safe="")
        query = "?dry_run=true" if self.dry_run else ""
        return f"{self.api_url.rstrip('/')}/networks/{network}/activities/batch{query}"


def read_target(environment: Mapping[str, str]) -> Target:
    """What URL=, NETWORK=, DRY_RUN= and the key in the environment say. Raises LocalError."""
    dry_run = _dry_run(environment.get("DRY_RUN", ""))
    url, network_id = environment.get("URL", ""), environment.get("NETWORK", "")
    if url:
        _check_url(url)
    if url and not network_id:
        raise TargetError("say which network: NETWORK=...")
    if network_id:
        key = _key(environment.get(_KEY, ""))
        url = url or running_stack_document()["api_url"]
        return Target(url, network_id, key, dry_run)
    stack = running_stack_document()
    return Target(stack["api_url"], stack["network_id"], stack["partner_api_key"], dry_run)


def _dry_run(text: str) -> bool:
    if text not in ("", "true", "false"):
        raise TargetError(f"DRY_RUN={text} is neither true nor false")
    return text == "true"


def _key(text: str) -> str:
    if not text:
        raise TargetError(f"put the network's partner key into the environment: export {_KEY}=...")
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise TargetError(f"{_KEY} is not a key: give it whole, and nothing else")
    return text


def _check_url(text: str) -> None:
    example = "give the API's base URL, as https://....amazonaws.com/v1"
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise TargetError(f"URL={text} is not a URL: {example}") from None
    if url.scheme not in ("http", "https") or not host or url.query or url.fragment:
        raise TargetError(f"URL={text} is not a URL of an API: {example}")
    if url.username is not None:
        raise TargetError(f"URL has a user in it: keys are given in {_KEY}")
    if url.scheme == "http" and host not in _LOOPBACK:
        raise TargetError(f"URL={text} would show the key to everybody on the way: use https")
