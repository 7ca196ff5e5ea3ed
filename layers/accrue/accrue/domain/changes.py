"""What saving something came to."""

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """Whether something was created, updated, or was already as it should be."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class PartChange:
    """What became of a part of a network; the pointer names it by its ids, as differences do."""

    pointer: str
    change: Change
