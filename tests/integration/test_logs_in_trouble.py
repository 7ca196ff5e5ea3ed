"""What goes wrong is logged with ids, and never with what was being read, written or sent.

Each trouble is one attribute that is something else in every item that has it, as a bug or a
careless administrator would leave it, or one call of AWS that fails. An exception that no function
catches counts as logged: the runtime does it.
"""

import random
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.access.cells import Cell
from tests.access.rows import ROWS
from tests.integration.access_world import AccessWorld, access_world
from tests.integration.conftest import running_application
from tests.integration.tables import TABLES
from tests.integration.world import ENVIRONMENT, stream_event
from tests.proof.record import record
from tests.proof.seeds import is_long
from tests.template import template

POISON = "poison.person@example.com"
CALLS = (
    *("GetItem", "Query", "BatchGetItem", "PutItem", "UpdateItem", "TransactWriteItems"),
    *("DeleteItem", "BatchWriteItem", "BatchExecuteStatement", "PutEvents", "SendMessage"),
    *("SendMessageBatch", "ListObjectVersions", "GetObject", "PutObject"),
)
KEYS = {
    key["AttributeName"]
    for logical_id in TABLES
    for key in template()["Resources"][logical_id]["Properties"]["KeySchema"]
}
# The first few, or some, in `make test`; all of them in `make prove`.
FEW_ATTRIBUTES, FEW_CALLS = 3, 1
SEAL_DELAY = timedelta(seconds=int(ENVIRONMENT["SEAL_DELAY_SECONDS"]))


@pytest.fixture(scope="module")
def access() -> Iterator[AccessWorld]:
    """Two networks, made once."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        running_application(monkeypatch) as (world, clock),
    ):
        built = access_world(world, clock, monkeypatch)
        # What was recorded is old enough to be sealed.
        clock.shift(SEAL_DELAY)
        yield built


def test_no_attribute_that_is_not_what_it_should_be_is_logged(access: AccessWorld) -> None:
    items = {table: access.door.world.items(table) for table in TABLES.values()}
    attributes = sorted({n for each in items.values() for i in each for n in i} - KEYS)
    assert len(attributes) > 100
    errors = lines = 0

    if not is_long():
        attributes = random.Random(0).sample(attributes, FEW_ATTRIBUTES)  # noqa: S311
    for attribute in attributes:
        for table, each in items.items():
            damaged = [i | {attribute: {"S": POISON}} for i in each if attribute in i]
            access.door.world.put_items(table, damaged)
        logged = _logged(access)
        access.restore()
        _assert_nothing_personal(access, logged, attribute)
        errors += sum('"level":"ERROR"' in line for line in logged)
        lines += len(logged)

    assert errors > 0
    record("access", "damaged items", {"log lines": lines, "errors": errors, "violations": 0})


def test_nothing_personal_is_logged_of_a_call_that_fails(access: AccessWorld) -> None:
    errors = lines = 0

    for operation in CALLS if is_long() else CALLS[:FEW_CALLS]:
        for error in (ConnectionError("no route"), _throttled(operation)):
            with pytest.MonkeyPatch.context() as monkeypatch:
                _fail(monkeypatch, operation, error)
                logged = _logged(access)
            access.restore()
            _assert_nothing_personal(access, logged, operation)
            errors += sum('"level":"ERROR"' in line for line in logged)
            lines += len(logged)

    assert errors > 0
    record("access", "calls that fail", {"log lines": lines, "errors": errors, "violations": 0})


def _assert_nothing_personal(access: AccessWorld, logged: list[str], trouble: str) -> None:
    # The key of an item that can't be read has its membership's id in it, so that it is found.
    memberships = {
        n.ids["program_membership_id"] for n in (access.matrix.ours, access.matrix.theirs)
    }
    personal = {*access.matrix.secrets(), POISON} - memberships
    assert len(logged) > len(ROWS) / 2
    told = {text: line for line in logged for text in personal if text in line}
    assert told == {}, trouble


def _logged(access: AccessWorld) -> list[str]:
    """What is logged while everything is asked for and done once."""
    access.lines()
    raised: list[str] = []
    for act in _acts(access):
        try:
            act()
        except Exception:  # noqa: BLE001 - the runtime logs whatever it is
            raised.append(traceback.format_exc())
    return access.lines() + raised


def _acts(access: AccessWorld) -> Iterator[Callable[[], object]]:
    fresh = (f"fresh-{number}" for number in count(1))
    for route in ROWS:
        for cell in access.matrix.cells(route, fresh):
            if cell.who in ("our admin", "operator") and cell.what == "our ids":
                yield _asking(access, cell)
    world = access.door.world
    for operation, table in (("apply_rules", "ledger"), ("publish_events", "balance")):
        yield _invoking(access, operation, stream_event(world.items(table)))
    yield _invoking(access, "reconcile", {"lookback_seconds": 3600})
    yield _invoking(access, "apply_due", {})
    yield access.door.hand_over
    # The first one to be written, and to be read.
    yield _invoking(access, "seal_ledger", {})
    yield _invoking(access, "seal_ledger", {})


def _asking(access: AccessWorld, cell: Cell) -> Callable[[], object]:
    return lambda: access.door.ask(cell.question, cell.headers)


def _invoking(access: AccessWorld, operation: str, event: dict[str, Any]) -> Callable[[], object]:
    return lambda: access.door.world.invoke(operation, event)


def _throttled(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "too fast"}}, operation)


def _fail(monkeypatch: pytest.MonkeyPatch, operation: str, error: Exception) -> None:
    make_call: Any = vars(BaseClient)["_make_api_call"]

    def fail(client: Any, name: str, params: dict[str, Any]) -> Any:
        if name == operation:
            raise error
        return make_call(client, name, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", fail)
    monkeypatch.setattr("accrue.storage.dynamo.time.sleep", lambda _seconds: None)
