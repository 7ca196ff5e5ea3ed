"""Issue, list and revoke a network's API keys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from accrue.domain.administration_errors import (
    ApiKeyExistsError,
    ApiKeyNotFoundError,
    TooManyApiKeysError,
)
from accrue.domain.api_keys import SECRET_BYTES, key_text, secret_sha256
from accrue.domain.catalog import ApiKey, KeyCounts, KeyRole, Network
from accrue.domain.changes import Change
from accrue.domain.errors import Fault, NetworkNotFoundError
from accrue.domain.json_values import pointer
from accrue.domain.network_parts import ApiKeyPart
from accrue.domain.pages import Page, PageRequest
from accrue.domain.preconditions import AS_IMPORTED
from accrue.services.put_conditionally import Saved, put_conditionally

# Enough for every partner and two at a time where one is exchanged; a leaked one is found in a
# list that somebody can read.
MAX_LIVE_KEYS = 20


type MakeKey = Callable[[ApiKey | None, KeyCounts], ApiKey]


class NetworkReader(Protocol):
    """Reads networks past every cache."""

    def find_network(self, network_id: str) -> Network | None: ...


class ApiKeyStore(Protocol):
    """Reads API keys past every cache, and writes them.

    `save_api_key` raises CatalogMovedError if what is there is not `present` any more, or there are
    not as many keys as `counts` says. Keys of a list come without their hash.
    """

    def find_api_key(self, network_id: str, key_id: str) -> ApiKey | None: ...
    def list_api_keys(self, network_id: str, page: PageRequest) -> Page[ApiKey]: ...
    def count_keys(self, network_id: str) -> KeyCounts: ...
    def save_api_key(self, present: ApiKey | None, wanted: ApiKey, counts: KeyCounts) -> None: ...


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key, and the text that its holder sends: shown now and never again."""

    key: ApiKey
    text: str

    def to_document(self) -> Mapping[str, Any]:
        """The key as it is shown this once."""
        shown = dict(self.key.to_document())
        del shown["revoked_at"]
        return {**shown, "api_key": self.text}


@dataclass(frozen=True, slots=True)
class ApiKeyAdministrator:
    """What the operator and administrators do with API keys."""

    store: ApiKeyStore
    networks: NetworkReader
    now: Callable[[], datetime]
    random_bytes: Callable[[int], bytes]

    def issue(self, network_id: str, part: ApiKeyPart) -> IssuedKey:
        """Mint a key.

        Raises NetworkNotFoundError, ApiKeyExistsError if there is or was one of this id, and
        TooManyApiKeysError.
        """
        self._ensure_network(network_id)
        secret = self.random_bytes(SECRET_BYTES)

        def make(present: ApiKey | None, counts: KeyCounts) -> ApiKey:
            if present is not None:
                # Ours, if the answer to the write was lost: nobody else has this secret.
                if present.secret_sha256 == secret_sha256(secret):
                    return present
                raise _exists(present)
            if counts.live >= MAX_LIVE_KEYS:
                raise TooManyApiKeysError(pointer("key_id"), MAX_LIVE_KEYS)
            return self._new(network_id, part, secret)

        issued = self._put(network_id, part.key_id, make)
        return IssuedKey(issued.thing, key_text(network_id, part.key_id, secret))

    def revoke(self, network_id: str, key_id: str) -> ApiKey:
        """The key, which opens nothing any more. Raises ApiKeyNotFoundError."""
        self._ensure_network(network_id)

        def make(present: ApiKey | None, _counts: KeyCounts) -> ApiKey:
            if present is None:
                raise ApiKeyNotFoundError
            if present.revoked_at is not None:
                return present
            return replace(present, revoked_at=self.now())

        return self._put(network_id, key_id, make).thing

    def list(self, network_id: str, page: PageRequest) -> Page[ApiKey]:
        """The network's keys by id, revoked ones too. Raises NetworkNotFoundError."""
        self._ensure_network(network_id)
        return self.store.list_api_keys(network_id, page)

    def have(self, network_id: str, part: ApiKeyPart) -> Saved[IssuedKey]:
        """The key as a document asks for it: minted if there is none, else with this role.

        The text of one that is there already is unknown, and given as "".
        """
        secret = b""

        def make(present: ApiKey | None, counts: KeyCounts) -> ApiKey:
            nonlocal secret
            if present is not None:
                return replace(present, role=KeyRole(part.role))
            if counts.live >= MAX_LIVE_KEYS:
                raise TooManyApiKeysError(pointer("api_keys"), MAX_LIVE_KEYS)
            secret = secret or self.random_bytes(SECRET_BYTES)
            return self._new(network_id, part, secret)

        saved = self._put(network_id, part.key_id, make)
        # Not by the change: the answer to the write may have been lost.
        if not secret or saved.thing.secret_sha256 != secret_sha256(secret):
            return Saved(IssuedKey(saved.thing, ""), saved.change)
        text = key_text(network_id, part.key_id, secret)
        return Saved(IssuedKey(saved.thing, text), Change.CREATED)

    def _put(self, network_id: str, key_id: str, make: MakeKey) -> Saved[ApiKey]:
        """Make the key be what `make` makes of it, if there still are as many keys as it saw."""
        counts = KeyCounts()

        def make_counted(present: ApiKey | None) -> ApiKey:
            nonlocal counts
            counts = self.store.count_keys(network_id)
            return make(present, counts)

        return put_conditionally(
            find=lambda: self.store.find_api_key(network_id, key_id),
            make=make_counted,
            save=lambda present, wanted: self.store.save_api_key(present, wanted, counts),
            precondition=AS_IMPORTED,
        )

    def _new(self, network_id: str, part: ApiKeyPart, secret: bytes) -> ApiKey:
        return ApiKey(
            part.key_id, network_id, KeyRole(part.role), secret_sha256(secret), self.now()
        )

    def _ensure_network(self, network_id: str) -> None:
        if self.networks.find_network(network_id) is None:
            raise NetworkNotFoundError


def _exists(present: ApiKey) -> ApiKeyExistsError:
    if present.revoked_at is not None:
        remedy = "is the id of a revoked key, and an id names one key for ever: choose another"
    else:
        remedy = (
            "is the id of a key already, whose secret can't be shown again: choose another id, and"
            " if nobody knows the secret, revoke that key"
        )
    return ApiKeyExistsError("There is a key of this id.", [Fault(pointer("key_id"), remedy)])
