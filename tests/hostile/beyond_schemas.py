"""What is as described, and yet can't be meant.

No schema tells what time it is, or what a cursor is made of, or which two fields contradict each
other. Each such refusal is known by its operations, the place that it names, and its words.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """What may be said of a place, written as a pattern, by some operations; by all if none is
    named.
    """

    words: str
    pointer: str
    operations: Collection[str] = ()

    def is_of(self, operation_id: str, pointer: str, message: str) -> bool:
        """Whether a fault of an operation is this one."""
        is_here = not self.operations or operation_id in self.operations
        return is_here and self.words in message and bool(re.fullmatch(self.pointer, pointer))


_SPENDS = ("adjust_points", "redeem_points", "hold_points", "capture_hold", "release_hold")
_TIMES = "query:(as_of|from|until|since|(recorded|occurred)_(since|until))"
_REFUSALS = (
    Refusal("is not a cursor of this list", "query:cursor"),
    Refusal("is of another list", "query:cursor", ["list_activities"]),
    Refusal("is of another membership", "query:cursor", ["list_membership_activities"]),
    Refusal("is of another period", "query:cursor", ["get_statement"]),
    Refusal("is in the future", "query:as_of", ["get_balance"]),
    Refusal("is in the future", "query:(from|until)", ["get_statement"]),
    # Which offsets leave a time within what can be told in UTC, its format can't say.
    Refusal("is before the year 1 or after 9999 in UTC", _TIMES),
    Refusal("must be later than from", "query:until", ["get_statement"]),
    Refusal("is not after", "query:(recorded|occurred)_until", ["list_activities"]),
    Refusal(
        "differs from the membership in the path",
        "/program_membership_id",
        [*_SPENDS, "record_membership_activity"],
    ),
    Refusal(
        "has an email in it",
        "/activity/(activity_type_id|line_items/[0-9]+/(item_id|group_id))",
        ["record_membership_activity"],
    ),
    Refusal(
        "has an email in it",
        "/(activity_short_id|metadata/reference_id|line_items/[0-9]+/(item_id|group_id))",
        ["record_network_activity"],
    ),
    Refusal("has an email in it", "/line_items/[0-9]+/item_id", ["reverse_activity"]),
    Refusal("is more than the hold's", "/points", ["capture_hold"]),
    Refusal("contradicts", "(/metadata)?/enforceUniqueRefId", ["record_network_activity"]),
    Refusal("enforceUniqueRefId needs it", "/metadata/reference_id", ["record_network_activity"]),
)


def is_beyond_schemas(operation_id: str, pointer: str, message: str) -> bool:
    """Whether no schema could have told that this would be refused."""
    return any(refusal.is_of(operation_id, pointer, message) for refusal in _REFUSALS)
