"""A membership's chain, gone along from its balance back to the first posting.

Each posting has the hash of the one before, and the balance that of the last. So whoever is right
attests the one before, also where no seal reaches.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from local.verify.check_rows import row_name
from local.verify.findings import LEDGER, Change, Finding, Findings
from local.verify.linked_posting import LinkedPosting

# Of one gap. With more, whatever says how many there were is wrong.
MOST_MISSING = 1_000


@dataclass(frozen=True, slots=True)
class StoredBalance:
    """What a balance says of its chain."""

    sequence: int
    last_hash: str
    points: str
    problem: str


@dataclass
class Chain:
    """The way along a chain. `next_sequence` and `next_hash` are what the next posting must have,
    None where nobody can tell; `behind` is what says so. `lost` are sequences of postings that are
    known to be missing.
    """

    network_id: str
    membership_id: str
    balance: StoredBalance | None
    began: str
    findings: Findings
    next_sequence: int | None = None
    next_hash: str | None = None
    behind: LinkedPosting | None = None
    lost: frozenset[int] = frozenset()
    _gaps: list[int] = field(default_factory=list)
    _astray: int = 0
    _astray_here: int = 0
    _is_worked_in: bool = False
    _has_begun: bool = False

    def __post_init__(self) -> None:
        if self.balance is not None:
            self.next_sequence, self.next_hash = self.balance.sequence, self.balance.last_hash

    def check(self, postings: Iterable[LinkedPosting]) -> None:
        """Find what is wrong with the postings, the last one first."""
        for sequence, same in groupby(postings, key=lambda each: each.sequence):
            sound = [each for each in same if self._is_sound(each)]
            if not sound:
                self._pass(sequence)
                continue
            self._astray += self._astray_here
            self._astray_here, self._is_worked_in = 0, False
            posting = self._the_one(sound)
            if self._is_of_after(posting):
                continue
            self._check_place(posting)
            self._check_link(posting)
        self._end()

    def _is_sound(self, posting: LinkedPosting) -> bool:
        fault = posting.fault()
        if fault is None:
            return True
        self._tell(posting, *fault)
        # One that was changed may say another sequence than it had; one that was added may be part
        # of the chain by now.
        if fault[0] is not Change.ADDED:
            self._astray_here += 1
        elif posting.content_hash == self.next_hash:
            self._is_worked_in = True
        return False

    def _pass(self, sequence: int) -> None:
        """Go on behind a sequence of which no posting is right."""
        beyond = self.next_sequence is not None and sequence > self.next_sequence
        if self._is_worked_in or (self._astray_here and not beyond and sequence):
            self._note_gap(sequence)
            self.next_sequence, self.next_hash, self.behind = sequence - 1, None, None
            self.balance, self._has_begun = None, True
        else:
            # It was added, or is not in its place: where it is, nothing is missing.
            self._astray += self._astray_here
        self._astray_here, self._is_worked_in = 0, False

    def _the_one(self, sound: list[LinkedPosting]) -> LinkedPosting:
        """Of several with one sequence the one that is attested; the others were added."""
        right = [each for each in sound if self.next_hash in (None, each.content_hash)]
        posting = (right or sound)[0]
        for other in sound:
            if other is not posting:
                because = f"{posting.activity_id} has sequence {other.sequence} already."
                self._tell(other, Change.ADDED, because)
        return posting

    def _is_of_after(self, posting: LinkedPosting) -> bool:
        """Whether it was posted since the balance was read."""
        is_behind = self.next_sequence is None or posting.sequence > self.next_sequence
        return not self._has_begun and is_behind and posting.posted_at >= self.began

    def _check_place(self, posting: LinkedPosting) -> None:
        if self.next_sequence is None:
            return
        if self.balance is not None and self.behind is None:
            self._check_balance(self.balance, posting)
        if posting.sequence < self.next_sequence:
            self._note_gap(posting.sequence)
            self.next_hash = None

    def _check_balance(self, balance: StoredBalance, last: LinkedPosting) -> None:
        because = ""
        if balance.sequence < last.sequence:
            because = f"it is at sequence {balance.sequence}, and there are postings behind it."
        elif balance.last_hash == last.content_hash and balance.sequence > last.sequence:
            because = (
                f"it is at sequence {balance.sequence}, and its last posting at {last.sequence}."
            )
        elif balance.last_hash == last.content_hash and balance.points != last.balance_after:
            because = f"it has {balance.points} points, and its last posting {last.balance_after}."
        if because:
            self._tell_balance(Change.CHANGED, because)
            self.next_sequence, self.next_hash = last.sequence, None

    def _note_gap(self, sequence: int) -> None:
        if self.next_sequence is not None:
            first = min(self.next_sequence, sequence + MOST_MISSING)
            self._gaps += set(range(sequence + 1, first + 1)) - self.lost

    def _check_link(self, posting: LinkedPosting) -> None:
        is_attested = self.next_hash in (None, posting.content_hash)
        if not is_attested and posting.sealed_hash is None:
            who = "the balance" if self.behind is None else f"posting {self.behind.sequence}"
            because = f"{who} has its hash as {self.next_hash}, and it is {posting.content_hash}."
            self._tell(posting, Change.CHANGED, because)
        elif not is_attested and self.behind is None:
            because = (
                f"it follows {self.next_hash}, and its last posting is {posting.content_hash}."
            )
            self._tell_balance(Change.CHANGED, because)
        elif not is_attested and self.behind is not None:
            because = f"it follows {self.next_hash}, and the one before is {posting.content_hash}."
            self._tell(self.behind, Change.CHANGED, because)
        else:
            self._check_row(posting)
            self._check_sum(posting)
        is_known = is_attested or posting.sealed_hash is not None
        self.next_sequence, self.behind, self._has_begun = posting.sequence - 1, posting, True
        self.next_hash = posting.previous_hash if is_known else None

    def _check_row(self, posting: LinkedPosting) -> None:
        if fault := posting.fault_by_row():
            self._tell(posting, *fault)
            return
        name = row_name(posting.activity_id)
        which = f"posting {posting.sequence} of {self.membership_id}"
        because = f"{which} has its hash as {posting.activity_hash}"
        if posting.row_hash is None and posting.row_seal is None:
            change, because = Change.MISSING, f"{because}."
        elif (
            posting.row_hash and not posting.row_fault and posting.row_hash != posting.activity_hash
        ):
            change, because = Change.CHANGED, f"{because}, and it comes to {posting.row_hash}."
        else:
            return
        self.findings.add(
            Finding(self.network_id, LEDGER, name, change, because, posting.recorded_at)
        )

    def _check_sum(self, posting: LinkedPosting) -> None:
        """What was posted on a balance that somebody had changed has made that its own."""
        after = self.behind
        if after is None or self.next_hash is None or after.sequence != posting.sequence + 1:
            return
        if after.balance_before != posting.balance_after:
            because = (
                f"it was posted on {after.balance_before} points, and the one before left"
                f" {posting.balance_after}: the balance was changed in between."
            )
            self._tell(after, Change.CHANGED, because)

    def _end(self) -> None:
        self._note_gap(0)
        if self.balance is not None and not self._has_begun and not self.balance.sequence:
            self._check_empty(self.balance)
        # Postings that say another sequence are not missing.
        for sequence in sorted(self._gaps, reverse=True)[self._astray :]:
            self.findings.add(
                Finding(
                    self.network_id,
                    self.membership_id,
                    f"posting {sequence} of {self.membership_id}",
                    Change.MISSING,
                    "no posting has this sequence.",
                    number=sequence,
                )
            )
        first = self.behind
        if first is not None and first.sequence == 1:
            self._check_first(first)

    def _check_first(self, first: LinkedPosting) -> None:
        because = ""
        if first.previous_hash:
            because = f"it is the first, and follows {first.previous_hash}."
        elif first.balance_before != "0":
            because = f"it is the first, and was posted on {first.balance_before} points."
        if because:
            self._tell(first, Change.CHANGED, because)

    def _check_empty(self, balance: StoredBalance) -> None:
        if balance.points != "0":
            because = f"it has {balance.points} points, and nothing was posted."
            self._tell_balance(Change.CHANGED, because)

    def _tell(self, posting: LinkedPosting, change: Change, because: str) -> None:
        self.findings.add(
            Finding(
                self.network_id,
                self.membership_id,
                posting_name(posting.membership_id, posting.activity_id),
                change,
                because,
                posting.recorded_at,
                posting.sequence,
                posting.seal,
            )
        )

    def _tell_balance(self, change: Change, because: str) -> None:
        number = self.balance.sequence if self.balance else 0
        name = f"balance of {self.membership_id}"
        self.findings.add(
            Finding(self.network_id, self.membership_id, name, change, because, "", number)
        )


def posting_name(membership_id: str, activity_id: str) -> str:
    """A posting in words."""
    return f"posting of {activity_id} to {membership_id}"
