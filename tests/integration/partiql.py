"""What moto's PartiQL does not do: INSERT with parameters, each refused where there is an item.

Moto's own can't read parameters within an item, and overwrites what is there. This answers as
DynamoDB documents it (API_BatchExecuteStatement, API_BatchStatementError) and as the emulator does,
where tests/e2e goes the same way.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import DynamoDBBackend

MAX_STATEMENTS = 25
_INSERT = re.compile(r'INSERT INTO "([A-Za-z0-9_.-]+)" VALUE \{(.*)\}')
_MEMBER = re.compile(r"'([^']+)': \?")
_DUPLICATE = {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}


def install_inserts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have moto's tables take INSERT statements, and no other ones."""

    def execute(
        backend: DynamoDBBackend, statements: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        assert 0 < len(statements) <= MAX_STATEMENTS
        return [_insert(backend, each) for each in statements]

    monkeypatch.setattr(DynamoDBBackend, "batch_execute_statement", execute)


def _insert(backend: DynamoDBBackend, statement: dict[str, Any]) -> dict[str, Any]:
    table_name, item = parsed_insert(statement)
    table = backend.get_table(table_name)
    try:
        table.put_item(item, condition_expression=f"attribute_not_exists({table.hash_key_attr})")
    except ConditionalCheckFailed:
        return {"TableName": table_name, "Error": _DUPLICATE}
    return {"TableName": table_name}


def parsed_insert(statement: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The table that a statement inserts into, and the item."""
    insert = _INSERT.fullmatch(statement["Statement"])
    assert insert, statement["Statement"]
    names = list(_names(insert[2]))
    return insert[1], dict(zip(names, statement["Parameters"], strict=True))


def _names(members: str) -> Iterator[str]:
    for member in members.split(", "):
        name = _MEMBER.fullmatch(member)
        assert name, member
        yield name[1]
