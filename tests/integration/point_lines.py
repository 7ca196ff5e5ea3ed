"""What stored postings say of points and quests."""

from dataclasses import asdict
from typing import Any

from accrue.domain.packing import unpack_line, unpack_quest


def lines_of(posting: dict[str, Any]) -> list[dict[str, Any]]:
    """A stored posting's lines, by name."""
    lines = map(unpack_line, posting["lines"])
    return [{n: v for n, v in asdict(line).items() if v is not None} for line in lines]


def completions_in(posting: dict[str, Any]) -> int:
    """How many quests the posting completed."""
    return sum(unpack_quest(packed).completions for packed in posting.get("quests", ()))
