"""Answers that show one thing whole, with the ETag of what they show."""

from typing import Protocol

from accrue.domain.changes import Change
from accrue.domain.preconditions import Representable, etag_of
from accrue.runtime.http import Response


class SavedThing(Protocol):
    """What is there after a change, and what the change was."""

    @property
    def thing(self) -> Representable: ...
    @property
    def change(self) -> Change: ...


def shown(thing: Representable, status: int = 200) -> Response:
    """The thing as it is."""
    return Response(status, thing.to_document(), {"ETag": etag_of(thing)})


def saved(saved_thing: SavedThing) -> Response:
    """201 if it was created, 200 if it was changed or already so."""
    return shown(saved_thing.thing, 201 if saved_thing.change is Change.CREATED else 200)
