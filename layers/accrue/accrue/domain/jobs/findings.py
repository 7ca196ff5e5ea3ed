"""What an audit finds, for people to read."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from accrue.domain.canonical import canonical_json, content_hash
from accrue.domain.jobs.job import Attributes

# A posting may have a thousand lines, and a finding is small.
MOST_VALUE_CHARS = 200
# Where storage keeps things, and what follows from what they say.
_PLACES = frozenset(
    {"membership_key", "item_key", "outcome_shard", "outcome_at", "due_shard", "due_at"}
)
_NOT_SAID = _PLACES | {"schema_version", "content_hash"}


def finding(about: str, message: str, **more: object) -> dict[str, Any]:
    """A finding; what is None of `more` is left out."""
    said = {name: value for name, value in more.items() if value is not None}
    return {"about": about, "message": message, **said}


def fingerprint(before: str, place: str, stored: Attributes) -> str:
    """That of what was found before, and of a thing there that is not as it should be: any other
    change of it has another one.
    """
    said = {name: _text(stored[name]) for name in stored.keys() - _PLACES}
    return content_hash({"before": before, "place": place, "stored": said})


def differing(stored: Attributes, recomputed: Attributes) -> dict[str, tuple[str, str]]:
    """The fields that are not the same, as stored and as they should be; "" where there is none."""
    names = sorted((stored.keys() | recomputed.keys()) - _NOT_SAID)
    texts = {name: (_text(stored.get(name)), _text(recomputed.get(name))) for name in names}
    return {name: pair for name, pair in texts.items() if pair[0] != pair[1]}


def sides(different: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Both sides of what differs, short enough for a finding."""
    return {
        "stored": {name: _cut(pair[0]) for name, pair in different.items()},
        "recomputed": {name: _cut(pair[1]) for name, pair in different.items()},
    }


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bytes() | float() | set() | frozenset():
            return repr(value)
        case Decimal() if not value.is_finite():
            return str(value)
        case _:
            return canonical_json(value)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_VALUE_CHARS else f"{text[:MOST_VALUE_CHARS]}..."
