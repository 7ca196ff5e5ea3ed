"""What saving something came to."""

from enum import StrEnum


class Change(StrEnum):
    """Whether something was created, updated, or was already as it should be."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
