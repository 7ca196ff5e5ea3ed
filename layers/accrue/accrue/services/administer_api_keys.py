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
        counts = KeyCounts()

        def make(present: ApiKey | None) -> ApiKey:
            nonlocal counts
            if present is not None:
                # Ours, if the answer to the write was lost: nobody else has this secret.
                if present.secret_sha256 == secret_sha256(secret):
                    return present
                raise _exists(present)
            counts = self.store.count_keys(network_id)
            if counts.live >= MAX_LIVE_KEYS:
                raise TooManyApiKeysError(pointer("key_id"), MAX_LIVE_KEYS)
            return self._new(network_id, part, secret)

        issued = put_conditionally(
            find=lambda: self.store.find_api_key(network_id, part.key_id),
            make=make,
            save=lambda present, wanted: self.store.save_api_key(present, wanted, counts),
            precondition=AS_IMPORTED,
        )
        return IssuedKey(issued.thing, key_text(network_id, part.key_id, secret))

    def revoke(self, network_id: str, key_id: str) -> ApiKey:
        """The key, which opens nothing any more. Raises ApiKeyNotFoundError."""
        self._ensure_network(network_id)
        counts = KeyCounts()

        def make(present: ApiKey | None) -> ApiKey:
            nonlocal counts
            if present is None:
                raise ApiKeyNotFoundError
            counts = self.store.count_keys(network_id)
            if present.revoked_at is not None:
                return present
            return replace(present, revoked_at=self.now())

        return put_conditionally(
            find=lambda: self.store.find_api_key(network_id, key_id),
            make=make,
            save=lambda present, wanted: self.store.save_api_key(present, wanted, counts),
            precondition=AS_IMPORTED,
        ).thing

    def list(self, network_id: str, page: PageRequest) -> Page[ApiKey]:
        """The network's keys by id, revoked ones too. Raises NetworkNotFoundError."""
        self._ensure_network(network_id)
        return self.store.list_api_keys(network_id, page)

    def have(self, network_id: str, part: ApiKeyPart) -> Saved[IssuedKey]:
        """The key as a document asks for it: minted if there is none, else with this role.

        The text of one that is there already is unknown, and given as "".
        """
        counts = KeyCounts()
        secret = b""

        def make(present: ApiKey | None) -> ApiKey:
            nonlocal counts, secret
            counts = self.store.count_keys(network_id)
            if present is not None:
                return replace(present, role=KeyRole(part.role))
            if counts.live >= MAX_LIVE_KEYS:
                raise TooManyApiKeysError(pointer("api_keys"), MAX_LIVE_KEYS)
            secret = secret or self.random_bytes(SECRET_BYTES)
            return self._new(network_id, part, secret)

        saved = put_conditionally(
            find=lambda: self.store.find_api_key(network_id, part.key_id),
            make=make,
            save=lambda present, wanted: self.store.save_api_key(present, wanted, counts),
            precondition=AS_IMPORTED,
        )
        # Not by the change: the answer to the write may have been lost.
        if not secret or saved.thing.secret_sha256 != secret_sha256(secret):
            return Saved(IssuedKey(saved.thing, ""), saved.change)
        text = key_text(network_id, part.key_id, secret)
        return Saved(IssuedKey(saved.thing, text), Change.CREATED)

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
