"""What takes moto most of its time, done otherwise with the same result.

For each item of a transaction it copies the whole table, in case that something fails: here what
the transaction touches is kept instead, and put back. Of each value in an answer it tries all names
of all types that it might have: here values are taken as they are stored, which is as they are
answered.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


def install_quick_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, until the test ends."""
    _install_quick_transactions(monkeypatch)
    # Binary values are stored otherwise; no item here has any.
    _install_quick_values(monkeypatch)


def _install_quick_values(monkeypatch: pytest.MonkeyPatch) -> None:
    serialize = BaseJSONSerializer._serialize_type_structure

    def quick(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue":
            serialized[key] = value
        else:
            serialize(self, serialized, value, shape, key)

    monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_structure", quick)


def _install_quick_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    transact = DynamoDBBackend.transact_write_items

    def quick(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        places = [place for item in transact_items for place in _places(self, item)]
        kept = [copy.deepcopy(place.there) for place in places]
        tables: list[Any] = [place.table for place in places if place.table.stream_shard]
        streams = [(table, len(table.stream_shard.items)) for table in tables]
        with monkeypatch.context() as patched:
            # The copy that would be put back is the table itself, mended by what was kept.
            patched.setattr(Table, "__deepcopy__", _itself, raising=False)
            try:
                transact(self, transact_items)
            except BaseException:
                for place, before in zip(places, kept, strict=True):
                    place.put_back(before)
                for table, told in streams:
                    # What was not done is not in the stream.
                    del table.stream_shard.items[told:]
                raise

    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", quick)


@dataclass(frozen=True)
class Place:
    """Where an item is in a table."""

    table: Table
    hash_key: DynamoType
    range_key: DynamoType | None

    @property
    def there(self) -> Any:
        """The item, or None."""
        found: Any = self.table.items.get(self.hash_key)
        return found.get(self.range_key) if found and self.range_key else found or None

    def put_back(self, before: Any) -> None:
        """Make it what it was."""
        items: Any = self.table.items
        if self.range_key is None:
            within, key = items, self.hash_key
        else:
            within, key = items[self.hash_key], self.range_key
        if before is None:
            within.pop(key, None)
        else:
            within[key] = before
        if not items.get(self.hash_key):
            items.pop(self.hash_key, None)


def _itself(table: Table, _memo: object) -> Table:
    return table


def _places(backend: DynamoDBBackend, item: dict[str, Any]) -> Iterator[Place]:
    ((_, of),) = item.items()
    table = backend.tables[of["TableName"]]
    named = of.get("Item") or of["Key"]
    range_attr = table.range_key_attr
    yield Place(
        table,
        DynamoType(named[table.hash_key_attr]),
        DynamoType(named[range_attr]) if range_attr else None,
    )
