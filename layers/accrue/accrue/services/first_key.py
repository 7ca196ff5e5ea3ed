"""When a network can have begun to record: without a key nobody does."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from accrue.domain.catalog import ApiKey
from accrue.domain.pages import MAX_PAGE_SIZE, Page, PageRequest


class KeyLister(Protocol):
    """Lists a network's keys by id, those that are revoked too."""

    def list_api_keys(self, network_id: str, page: PageRequest) -> Page[ApiKey]: ...


def first_key_at(keys: KeyLister, network_id: str, otherwise: datetime) -> datetime:
    """When the network's first key was made; or the given moment, if that is earlier."""
    return min([otherwise, *(key.created_at for key in _keys_of(keys, network_id))])


def _keys_of(keys: KeyLister, network_id: str) -> Iterator[ApiKey]:
    page = PageRequest(MAX_PAGE_SIZE)
    while True:
        found = keys.list_api_keys(network_id, page)
        yield from found.things
        if found.next_after is None:
            return
        page = PageRequest(MAX_PAGE_SIZE, found.next_after)
