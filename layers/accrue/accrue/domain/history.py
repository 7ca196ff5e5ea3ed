"""A membership's postings in the order of recording.

A position is `<recorded_at>#<activity_id>`, that of a posting: text that sorts as they do.
"""

import re

from accrue.domain.activity import Activity
from accrue.domain.ids import is_activity_id
from accrue.domain.movement import Movement
from accrue.domain.posting import Posting
from accrue.domain.timestamps import from_text, to_text

_POSITION = re.compile(r"(?P<recorded_at>[^#]{27})#(?P<activity_id>[^#]+)")


def position_of(of: Posting | Movement | Activity) -> str:
    """Where a posting is."""
    return f"{to_text(of.recorded_at)}#{of.activity_id}"


def is_position(text: str) -> bool:
    """Whether a posting may be there: what a cursor holds may be anything."""
    found = _POSITION.fullmatch(text)
    if found is None or not is_activity_id(found["activity_id"]):
        return False
    try:
        from_text(found["recorded_at"])
    except ValueError:
        return False
    return True
