"""Keys that were minted although the store's answer was lost, or somebody else came in between."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from accrue.domain.administration_errors import CatalogMovedError
from accrue.domain.api_keys import is_genuine, parse_key_text
from accrue.domain.catalog import ApiKey, KeyCounts, Network
from accrue.domain.changes import Change
from accrue.domain.network_parts import ApiKeyPart
from accrue.domain.pages import Page, PageRequest
from accrue.services.administer_api_keys import ApiKeyAdministrator

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PART = ApiKeyPart(key_id="till", role="partner")


@dataclass
class FakeKeys:
    """Keeps keys; says of the first writes that they failed, though they are made."""

    lost_answers: int = 0
    keys: dict[str, ApiKey] = field(default_factory=dict)
    counts: KeyCounts = field(default_factory=KeyCounts)

    def find_api_key(self, network_id: str, key_id: str) -> ApiKey | None:
        assert network_id == "demo"
        return self.keys.get(key_id)

    def list_api_keys(self, network_id: str, page: PageRequest) -> Page[ApiKey]:
        raise NotImplementedError

    def count_keys(self, network_id: str) -> KeyCounts:
        assert network_id == "demo"
        return self.counts

    def save_api_key(self, present: ApiKey | None, wanted: ApiKey, counts: KeyCounts) -> None:
        if (self.keys.get(wanted.key_id), self.counts) != (present, counts):
            raise CatalogMovedError
        self.keys[wanted.key_id] = wanted
        self.counts = counts.after(present, wanted)
        if self.lost_answers:
            self.lost_answers -= 1
            raise CatalogMovedError

    def find_network(self, network_id: str) -> Network | None:
        return Network(network_id, "Demo", bytes(32))


def administrator(keys: FakeKeys) -> ApiKeyAdministrator:
    numbers = count(1)
    return ApiKeyAdministrator(keys, keys, lambda: NOW, lambda size: bytes([next(numbers)]) * size)


def opens(text: str, keys: FakeKeys) -> bool:
    presented = parse_key_text(text)
    return presented is not None and is_genuine(presented, keys.keys[presented.key_id])


def test_a_key_whose_write_seemed_to_fail_is_still_given_out() -> None:
    keys = FakeKeys(lost_answers=1)

    issued = administrator(keys).issue("demo", PART)

    assert opens(issued.text, keys)
    assert keys.counts == KeyCounts(issued=1)


def test_an_import_still_gives_it_out_too() -> None:
    keys = FakeKeys(lost_answers=1)

    saved = administrator(keys).have("demo", PART)

    assert saved.change is Change.CREATED
    assert opens(saved.thing.text, keys)
    assert administrator(keys).have("demo", PART).thing.text == ""


def test_a_key_that_is_revoked_counts_no_more() -> None:
    keys = FakeKeys()
    administrator(keys).issue("demo", PART)

    administrator(keys).revoke("demo", "till")

    assert (keys.counts.issued, keys.counts.revoked, keys.counts.live) == (1, 1, 0)
