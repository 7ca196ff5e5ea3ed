"""Conditional changes: what a caller demands, from the headers to the decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from accrue.domain.administration_errors import (
    CatalogMovedError,
    PreconditionFailedError,
    PreconditionRequiredError,
)
from accrue.domain.changes import Change
from accrue.domain.errors import InvalidRequestError
from accrue.domain.preconditions import AS_IMPORTED, Precondition, etag_of
from accrue.runtime.precondition_headers import precondition_of
from accrue.services.put_conditionally import MAX_ROUNDS, Saved, put_conditionally


@dataclass(frozen=True)
class Thing:
    """A thing of which only the text is shown."""

    text: str
    secret: str = ""

    def to_document(self) -> Mapping[str, Any]:
        return {"text": self.text}


SEEN, OTHER = Thing("seen"), Thing("other")
FAILED, REQUIRED = PreconditionFailedError, PreconditionRequiredError


@pytest.mark.parametrize(
    ("headers", "on_nothing", "on_seen", "on_other"),
    [
        ({}, None, REQUIRED, REQUIRED),
        ({"If-Match": etag_of(SEEN)}, FAILED, None, FAILED),
        ({"If-Match": f'"x", {etag_of(SEEN)}'}, FAILED, None, FAILED),
        # Weak tags are of things that only mean the same (RFC 9110, 8.8.3.2).
        ({"If-Match": f"W/{etag_of(SEEN)}"}, FAILED, FAILED, FAILED),
        ({"If-Match": "*"}, FAILED, None, None),
        ({"If-Match": " * "}, FAILED, None, None),
        ({"If-None-Match": "*"}, None, FAILED, FAILED),
        ({"If-Match": "*", "If-None-Match": "*"}, FAILED, FAILED, FAILED),
        ({"If-Match": ""}, None, REQUIRED, REQUIRED),
    ],
)
def test_headers_decide_what_may_be_changed(
    headers: dict[str, str],
    on_nothing: type[Exception] | None,
    on_seen: type[Exception] | None,
    on_other: type[Exception] | None,
) -> None:
    precondition = precondition_of(headers)

    for present, refusal in ((None, on_nothing), (SEEN, on_seen), (OTHER, on_other)):
        if refusal is None:
            precondition.ensure(present)
        else:
            with pytest.raises(refusal):
                precondition.ensure(present)


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": "abc"},
        {"If-Match": '"abc'},
        {"If-Match": '"a" "b"'},
        {"If-Match": '"a", *'},
        {"If-None-Match": etag_of(SEEN)},
    ],
)
def test_what_is_not_understood_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        precondition_of(headers)

    (name,) = headers
    assert [fault.pointer for fault in refusal.value.faults] == [f"header:{name}"]


def test_a_document_says_what_shall_be_whatever_is_there() -> None:
    for present in (None, SEEN, OTHER):
        AS_IMPORTED.ensure(present)


class Shelf:
    """Has one thing. `others` come first, one before each save."""

    def __init__(self, present: Thing | None, *others: Thing | None) -> None:
        self.present = present
        self.others = list(others)
        self.saves = 0

    def put(self, wanted: Thing, precondition: Precondition) -> Saved[Thing]:
        return put_conditionally(
            find=lambda: self.present,
            make=lambda present: Thing(wanted.text, present.secret if present else wanted.secret),
            save=self._save,
            precondition=precondition,
        )

    def _save(self, present: Thing | None, wanted: Thing) -> None:
        self.saves += 1
        if self.others:
            self.present = self.others.pop(0)
        if self.present != present:
            raise CatalogMovedError
        self.present = wanted


NEW = Thing("new", "its secret")
IF_SEEN = Precondition(etags=frozenset({etag_of(SEEN)}))
ANY = Precondition(accepts_any=True)


def test_what_is_not_there_is_created() -> None:
    shelf = Shelf(None)

    assert shelf.put(NEW, Precondition()) == Saved(NEW, Change.CREATED)
    assert shelf.present == NEW


def test_what_was_seen_is_changed_and_keeps_what_is_not_shown() -> None:
    shelf = Shelf(Thing("seen", "kept"))

    assert shelf.put(NEW, IF_SEEN) == Saved(Thing("new", "kept"), Change.UPDATED)
    assert shelf.present == Thing("new", "kept")


@pytest.mark.parametrize("precondition", [Precondition(), IF_SEEN, Precondition(must_be_new=True)])
def test_what_is_so_already_is_left_alone(precondition: Precondition) -> None:
    shelf = Shelf(Thing("new", "kept"))

    assert shelf.put(NEW, precondition) == Saved(Thing("new", "kept"), Change.UNCHANGED)
    assert shelf.saves == 0


@pytest.mark.parametrize(
    ("present", "precondition", "refusal"),
    [(None, Precondition(), REQUIRED), (SEEN, IF_SEEN, FAILED)],
)
def test_who_comes_second_is_told(
    present: Thing | None, precondition: Precondition, refusal: type[Exception]
) -> None:
    shelf = Shelf(present, OTHER)

    with pytest.raises(refusal):
        shelf.put(NEW, precondition)
    assert shelf.present == OTHER


def test_who_comes_second_with_the_same_finds_it_done() -> None:
    shelf = Shelf(SEEN, NEW)

    assert shelf.put(NEW, IF_SEEN) == Saved(NEW, Change.UNCHANGED)


def test_who_accepts_any_state_tries_again() -> None:
    shelf = Shelf(SEEN, OTHER, Thing("third"))

    assert shelf.put(NEW, ANY).change is Change.UPDATED
    assert (shelf.present, shelf.saves) == (Thing("new"), 3)


def test_nobody_tries_for_ever() -> None:
    shelf = Shelf(SEEN, *(Thing(str(number)) for number in range(MAX_ROUNDS)))

    with pytest.raises(CatalogMovedError):
        shelf.put(NEW, ANY)
    assert shelf.saves == MAX_ROUNDS
