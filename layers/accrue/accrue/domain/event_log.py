"""The log of a network's follow-up events: the order of publication, kept for a while.

A position in it is `<published_at>` (before whatever was published then) or
`<published_at>#<number>#<event_id>` (behind that event): text that sorts as the log does.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from accrue.domain.timestamps import from_text

# The log is shown up to this long before now. What is published is stamped before it is written,
# and becomes visible a little later: a reader who went on to the present would pass over it.
LIST_DELAY = timedelta(seconds=15)
# A write that was answered later than this after its stamp is made again under a new one. The rest
# is for clocks that disagree.
VISIBLE_WITHIN = timedelta(seconds=13)
# Events derive from postings, which stay for ever: what is older can still be asked of activities.
KEPT_FOR = timedelta(days=30)

_POSITION = re.compile(r"(?P<published_at>[^#]{27})(#[0-9]{6}#ev_[a-z2-7]{32})?")


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events as JSON documents in the order of publication, and the position behind them.

    `has_more` says that the log was not read to its end; then there may be no events in the page.
    """

    documents: tuple[str, ...]
    position: str
    has_more: bool


def is_position(text: str) -> bool:
    """Whether the log may have this position: what a cursor holds may be anything."""
    found = _POSITION.fullmatch(text)
    if found is None:
        return False
    try:
        from_text(found["published_at"])
    except ValueError:
        return False
    return True
