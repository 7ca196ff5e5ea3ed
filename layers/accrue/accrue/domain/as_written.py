"""Whether an item of the ledger, or of what came of it, is the one that was written.

Rows, markers, postings and outcomes carry a hash of all that they say. Nobody needs to know what
the release that wrote them meant by it.
"""

from collections.abc import Mapping
from typing import Any

from accrue.domain.canonical import content_hash

# Where storage keeps an item; derived from what it says.
PLACES = frozenset(
    {
        "content_hash",
        *("activity_key", "time_shard", "reference_key"),
        *("membership_key", "item_key", "outcome_shard", "outcome_at"),
    }
)


def hash_of(attributes: Mapping[str, Any]) -> str:
    """The hash of what an item says; empty if it says what nothing of ours can."""
    try:
        return content_hash({n: v for n, v in attributes.items() if n not in PLACES})
    # Whatever somebody put there: a set, bytes, a number without end.
    except (TypeError, ValueError, ArithmeticError):
        return ""


def is_as_written(attributes: Mapping[str, Any]) -> bool:
    """Whether what an item says has the hash that it carries."""
    said = hash_of(attributes)
    return bool(said) and said == attributes.get("content_hash")
