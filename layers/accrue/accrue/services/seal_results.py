"""What came of an activity, as a seal names it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accrue.domain.errors import UnreadableRowError
from accrue.domain.posting import Posting
from accrue.domain.seal import SealedPosting
from accrue.domain.settled_outcome import SettledOutcome


@dataclass
class SealableResults:
    """The postings of an activity, or the hash of its outcome."""

    postings: list[SealedPosting] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)


def sealable_results(
    activity_id: str, stored: Iterable[Mapping[str, Any]]
) -> SealableResults | None:
    """What is stored of an activity; None if any of it is not one that this release can read, and
    that is as it was written: whatever somebody put there must keep no other from being sealed.
    """
    results = SealableResults()
    try:
        for each in stored:
            if each["item_key"] == "OUTCOME":
                SettledOutcome.from_attributes(each)
                results.outcomes[activity_id] = each["content_hash"]
            else:
                results.postings.append(_sealed(activity_id, Posting.from_attributes(each)))
    except UnreadableRowError:
        return None
    return results


def _sealed(activity_id: str, posting: Posting) -> SealedPosting:
    membership = posting.membership.program_membership_id
    return SealedPosting(membership, posting.sequence, activity_id, posting.content_hash)
