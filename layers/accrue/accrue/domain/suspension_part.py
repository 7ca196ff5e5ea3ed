"""What an administrator sends to suspend a user."""

from pydantic import Field

from accrue.domain.limits import MAX_TEXT_CHARS
from accrue.domain.program.parts import Document


class SuspensionPart(Document):
    """Why a user is suspended: for administrators alone, and gone once the user is reinstated or
    forgotten.
    """

    reason: str | None = Field(default=None, min_length=1, max_length=MAX_TEXT_CHARS)
