"""Postings in their chains, with what attests them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from local.verify.findings import Change
from local.verify.read_items import ReadItems

_POSTINGS = """
SELECT p.network, p.membership, p.sequence, p.recorded_at, p.id, p.posted_at, p.hash,
  p.previous_hash, p.activity_hash, p.balance_before, p.balance_after, p.problem, s.hash, s.seal,
  r.hash, r.fault, r.seal IS NOT NULL AND NOT r.waits AND r.sealed_until IS NOT NULL, rs.seal,
  EXISTS (SELECT 1 FROM concerned c
    WHERE c.network = p.network AND c.id = p.id AND c.membership IN (p.membership, ''))
FROM postings p
LEFT JOIN sealed_postings s
  ON s.network = p.network AND s.membership = p.membership AND s.id = p.id
LEFT JOIN judged_rows r ON r.network = p.network AND r.id = p.id
LEFT JOIN sealed_rows rs ON rs.network = p.network AND rs.id = p.id
ORDER BY p.network, p.membership, p.sequence DESC, p.recorded_at DESC, p.id DESC"""


@dataclass(frozen=True, slots=True)
class LinkedPosting:
    """A posting, what a seal says of it, and its row; `is_row_settled` if the seals have all that
    came of that.
    """

    network_id: str
    membership_id: str
    sequence: int
    recorded_at: str
    activity_id: str
    posted_at: str
    content_hash: str
    previous_hash: str
    activity_hash: str
    balance_before: str
    balance_after: str
    problem: str
    sealed_hash: str | None
    seal: int | None
    row_hash: str | None
    row_fault: str | None
    is_row_settled: int | None
    row_seal: int | None
    is_concerned: int

    def fault(self) -> tuple[Change, str] | None:
        """What is wrong with it by itself, or by its seal."""
        if self.problem:
            is_moved = self.problem.startswith("lists")
            return (Change.MOVED if is_moved else Change.CHANGED), self.problem
        if self.sealed_hash is None and self.is_row_settled:
            return Change.ADDED, "the seals have all that came of its row, and not this."
        if self.sealed_hash is not None and self.sealed_hash != self.content_hash:
            because = f"its hash was {self.sealed_hash}, and it comes to {self.content_hash}."
            return Change.CHANGED, because
        return None

    def fault_by_row(self) -> tuple[Change, str] | None:
        """What is wrong with it if its row is right."""
        if self.row_hash is None or self.row_fault or self.sealed_hash is not None:
            return None
        if not self.is_concerned:
            return Change.ADDED, "its row does not concern the membership."
        if self.row_seal is not None and self.row_hash != self.activity_hash:
            return Change.CHANGED, f"its row's hash is {self.row_hash}, not {self.activity_hash}."
        return None


def chains(read: ReadItems) -> Iterator[tuple[tuple[str, str], Iterator[LinkedPosting]]]:
    """The postings of each membership, the last one first."""
    postings = (LinkedPosting(*found) for found in read.select(_POSTINGS))
    return groupby(postings, key=lambda each: (each.network_id, each.membership_id))
