"""Items are changed all or none, and only if they are as they were read."""

from typing import Any

import pytest

from accrue.domain.administration_errors import CatalogMovedError
from accrue.domain.pages import Page, PageRequest
from accrue.storage import dynamo
from accrue.storage.administration_table import AdministrationTable, ItemChange
from tests.integration.faults import Faults, cancelled
from tests.integration.world import World

ONE = {"name": "one", "choices": ["a"], "count": 1}
TWO = {"name": "two", "choices": [], "count": 2}


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, empty_world: World) -> Faults:
    """The table's client is watched."""
    assert empty_world is not None
    return Faults.install(monkeypatch)


@pytest.fixture
def table(faults: Faults) -> AdministrationTable:
    """The catalog."""
    assert faults is not None
    return AdministrationTable(dynamo.dynamodb_client(), "catalog")


def created(sort: str, attributes: dict[str, Any] | None = None) -> ItemChange:
    return ItemChange("here", sort, None, attributes or ONE)


def test_what_is_written_is_read(table: AdministrationTable) -> None:
    table.change(created("a"), created("b", TWO))

    assert (table.read_item("here", "a"), table.read_item("here", "b")) == (ONE, TWO)
    assert table.read_item("here", "c") is None
    assert table.read_item("there", "a") is None


def test_all_is_changed_in_one_go(table: AdministrationTable) -> None:
    table.change(created("a"), created("b", TWO))

    table.change(ItemChange("here", "a", ONE, TWO), ItemChange("here", "b", TWO, None))

    assert (table.read_item("here", "a"), table.read_item("here", "b")) == (TWO, None)


@pytest.mark.parametrize(
    "stale",
    [
        ItemChange("here", "b", None, TWO),
        ItemChange("here", "b", TWO, ONE),
        ItemChange("here", "b", TWO, None),
        # An attribute that was added since it was read.
        ItemChange("here", "b", {"name": "one", "choices": ["a"]}, TWO),
        ItemChange("here", "nothing", ONE, TWO),
    ],
)
def test_one_that_was_changed_since_keeps_all_from_being_changed(
    table: AdministrationTable, stale: ItemChange
) -> None:
    table.change(created("a"), created("b"))

    with pytest.raises(CatalogMovedError):
        table.change(ItemChange("here", "a", ONE, TWO), stale)

    assert (table.read_item("here", "a"), table.read_item("here", "b")) == (ONE, ONE)
    assert table.read_item("here", "nothing") is None


def test_a_change_whose_answer_was_lost_is_made_once(
    table: AdministrationTable, faults: Faults
) -> None:
    table.change(created("b"))
    faults.lose_answers("TransactWriteItems", 2)

    table.change(created("a"), ItemChange("here", "b", ONE, None))

    assert faults.fired["TransactWriteItems"] == 2
    assert (table.read_item("here", "a"), table.read_item("here", "b")) == (ONE, None)


def test_a_change_that_meets_another_is_tried_again(
    table: AdministrationTable, faults: Faults
) -> None:
    faults.answer_with("TransactWriteItems", iter([cancelled("TransactionConflict")] * 3))

    table.change(created("a"))

    assert faults.fired["TransactWriteItems"] == 3
    assert table.read_item("here", "a") == ONE


def test_another_refusal_is_an_error(table: AdministrationTable, faults: Faults) -> None:
    faults.answer_with("TransactWriteItems", iter([cancelled("ItemCollectionSizeLimitExceeded")]))

    with pytest.raises(Exception, match="Transaction cancelled"):
        table.change(created("a"))


def test_items_are_listed_in_pages(table: AdministrationTable) -> None:
    names = ["a", "b", "c", "d", "e"]
    table.change(*(created(name, {"name": name}) for name in names))
    table.change(ItemChange("there", "a", None, ONE))

    def pages(limit: int, *, newest_first: bool = False) -> list[list[str]]:
        seen: list[list[str]] = []
        page = PageRequest(limit)
        while True:
            found: Page[dict[str, Any]] = table.list_items("here", page, newest_first=newest_first)
            seen.append([item["name"] for item in found.things])
            if found.next_after is None:
                return seen
            page = PageRequest(limit, found.next_after)

    assert pages(2) == [["a", "b"], ["c", "d"], ["e"]]
    assert pages(1) == [[name] for name in names]
    assert pages(5) == [names]
    assert pages(1, newest_first=True) == [[name] for name in reversed(names)]
    assert table.list_items("nowhere", PageRequest(3)) == Page(())


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_page_of_large_items_ends_before_an_answer_would_be_too_large(
    table: AdministrationTable, *, newest_first: bool
) -> None:
    names = [f"{number:02d}" for number in range(20)]
    for name in names:
        table.change(created(name, {"name": name, "text": "x" * 300_000}))

    seen: list[str] = []
    page = PageRequest(limit=100)
    while True:
        found = table.list_items("here", page, newest_first=newest_first)
        assert 0 < len(found.things) <= 4, "1 MB"
        seen += [item["name"] for item in found.things]
        if found.next_after is None:
            break
        page = PageRequest(100, found.next_after)

    assert seen == (names[::-1] if newest_first else names)
