"""What an audit knows of a membership while it goes along its postings.

Each posting is held against what its row comes to on the balance before it. That is the recomputed
one, whatever was stored: so what was changed in a posting is one finding, and the next ones are as
they should be. Where a wrong balance was posted on, all later postings are off by the same points:
that is the finding of the first one alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import BALANCE_LIMIT, EXACT, ROUNDED
from accrue.domain.balance import Balance
from accrue.domain.canonical import content_hash
from accrue.domain.errors import UnreadableRowError
from accrue.domain.jobs.findings import differing, finding, fingerprint, sides
from accrue.domain.jobs.job import Attributes
from accrue.domain.posting import Posting
from accrue.domain.stored_posting import MAX_SEQUENCE, StoredPosting
from accrue.domain.timestamps import from_text

# What a finding has that a later row made up for.
REPAIRED_BY = "repaired_by"
# Of one membership: with more, something is wrong with all of it.
MOST_FINDINGS = 20
# With their keys, a membership's audit still fits into an item.
MOST_RECOMPUTED = 1_000
# Follow from the balance that was posted on.
_RUNNING = frozenset({"balance_after", "available_after", "debt_after"})
_NOT_OF_THE_STATE = frozenset({"last_posting_hash", "due_at"})
_NONE = Decimal(0)
_SMALLEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class PinnedBalance:
    """A balance as it was stored when the audit came to its membership: enough to tell whether it
    is the recomputed one. `sequence` is None if it can't be read.
    """

    sequence: int | None = 0
    points: Decimal = _NONE
    digest: str = ""
    last_posting_hash: str = ""
    is_there: bool = False

    @classmethod
    def of(cls, attributes: Attributes | None, membership: MembershipRef) -> "PinnedBalance":
        """The balance with these attributes."""
        if attributes is None:
            empty = Balance()
            return cls(digest=digest_of(empty, membership))
        try:
            balance = Balance.from_attributes(attributes)
            if not 0 <= balance.sequence <= MAX_SEQUENCE:
                return cls(sequence=None, is_there=True)
            return cls(
                balance.sequence,
                said_points(attributes),
                digest_of(balance, membership),
                balance.last_posting_hash,
                is_there=True,
            )
        # Whatever was put there.
        except (UnreadableRowError, ValueError, ArithmeticError, AttributeError, TypeError):
            return cls(sequence=None, is_there=True)


def digest_of(balance: Balance, membership: MembershipRef) -> str:
    """A hash of all that a balance says but for when it was last looked at and what it chains to:
    of a posting that was changed, it has the hash that was there before.
    """
    attributes = balance.to_attributes("", membership)
    return content_hash({n: v for n, v in attributes.items() if n not in _NOT_OF_THE_STATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAudit:
    """An audit of a membership, up to the posting with `balance.sequence`.

    `balance` is the recomputed one, and `stored_points` is what the postings add up to. `hashes`
    are those that the next posting may chain to: of the last one as stored, and as recomputed.
    `offsets` are how far balances were off that findings explain. `recomputed` has postings that
    differ, by activity: what undoes them was decided on those. `because` says why no more can be
    recomputed; `repairs` are the rows that made up for what was found before them. `is_behind`:
    there are postings that the balance does not know of. `fingerprint` is that of all postings that
    are not as they should be, told or not. `left_out` is the sequence that the last
    one says which was left out, and `missing` how many were not there.
    """

    pinned: PinnedBalance
    balance: Balance = field(default_factory=Balance)
    stored_points: Decimal = _NONE
    hashes: tuple[str, ...] = ("",)
    offsets: frozenset[Decimal] = frozenset()
    findings: tuple[Attributes, ...] = ()
    differences: int = 0
    repaired: int = 0
    postings: int = 0
    recomputed: Mapping[str, Attributes] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    because: str = ""
    is_behind: bool = False
    left_out: int = 0
    missing: int = 0
    fingerprint: str = ""

    @property
    def sequence(self) -> int:
        """That of the last posting."""
        return self.balance.sequence

    @property
    def missing_points(self) -> Decimal:
        """What has to be posted so that the postings add up to the recomputed balance."""
        return EXACT.subtract(self.balance.state.points, self.stored_points)

    def found(self, what: Attributes) -> Self:
        """The audit with one difference more."""
        told = [each for each in self.findings if REPAIRED_BY not in each]
        kept = self.findings if len(told) >= MOST_FINDINGS else (*self.findings, what)
        return replace(self, findings=kept, differences=self.differences + 1)

    def marked(self, place: str, stored: Attributes) -> Self:
        """The audit with something in its fingerprint that is not as it should be."""
        return replace(self, fingerprint=fingerprint(self.fingerprint, place, stored))

    def beginning_at(self, stored: StoredPosting) -> Self:
        """The audit in front of a posting. One whose sequence another one has comes as the next: it
        was changed, and is near where it was.
        """
        audit: Self = replace(self, postings=self.postings + 1)
        if audit.missing and stored.sequence == audit.sequence:
            # One that was counted as missing came under this sequence.
            balance = replace(audit.balance, sequence=audit.sequence - 1)
            return replace(audit, balance=balance, missing=audit.missing - 1)
        return audit.up_to(stored.sequence - 1)

    def up_to(self, sequence: int) -> Self:
        """The audit in front of what follows this sequence: all up to there should have come."""
        audit = self
        if audit.left_out == audit.sequence + 1 <= sequence:
            audit = replace(audit, balance=replace(audit.balance, sequence=audit.left_out))
        return audit.without_postings_until(sequence) if sequence > audit.sequence else audit

    def without(self, stored: StoredPosting, position: str) -> Self:
        """The audit behind a posting that is not at the position where its row puts it. It counts
        for nothing: nobody finds it there, so the row is applied once more.
        """
        message = "It is not where its row puts it: the reconciler applies the row once more."
        different = {"position": (stored.position, position)}
        where = {"sequence": stored.sequence, "activity_id": stored.activity_id}
        points = said_points(stored.attributes)
        marked = self.marked(stored.position, stored.attributes)
        return replace(
            marked.found(finding("posting", message, **where, **sides(different))),
            stored_points=EXACT.add(self.stored_points, points),
            offsets=self.offsets | {points},
            # It was there when the next one was posted, or was put there since.
            hashes=self.hashes and (*self.hashes, str(stored.attributes.get("content_hash", ""))),
            left_out=stored.sequence,
        )

    def without_postings_until(self, sequence: int) -> Self:
        """The audit once it is clear that those behind the last one, up to this, are missing."""
        first = self.sequence + 1
        which = f"Posting {first} is"
        if first < sequence:
            which = f"Postings {first} to {sequence} are"
        message = f"{which} missing: the reconciler applies rows without a posting."
        marked = self.marked(f"{first}-{sequence}", {})
        return replace(
            marked.found(finding("chain", message, sequence=first)),
            balance=replace(self.balance, sequence=sequence),
            missing=self.missing + sequence - self.sequence,
            # What comes next chains to one that nobody can see.
            hashes=(),
        )

    def with_state(self, balance: Balance, stored: StoredPosting, again: Posting) -> Self:
        """The audit behind a posting that should be `again`, with `balance` after it."""
        posting = readable(stored.attributes)
        audit: Self = replace(
            self, stored_points=EXACT.add(self.stored_points, said_points(stored.attributes))
        )
        if posting == again:
            assert posting is not None
            return replace(
                audit,
                balance=replace(balance, last_posting_hash=posting.content_hash),
                hashes=(posting.content_hash,),
            )
        hashes = (str(stored.attributes.get("content_hash", "")), again.content_hash)
        audit = replace(audit, balance=balance, hashes=hashes)
        audit = audit.marked(stored.position, stored.attributes)
        said = stored.attributes if posting is None else posting.to_attributes()
        different = differing(said, again.to_attributes())
        offset = EXACT.subtract(said_points(said, "balance_after"), again.balance_after)
        if posting is not None and different.keys() <= _RUNNING:
            if offset in audit.offsets:
                return audit
            if not self.hashes:
                # By what is missing before it.
                return replace(audit, offsets=audit.offsets | {offset})
        message = "The posting is not the one that was written, or can't be read."
        if posting is not None:
            message = f"It is not what its row comes to: {_listed(different)}."
        where = {"sequence": again.sequence, "activity_id": stored.activity_id}
        audit = audit.found(finding("posting", message, **where, **sides(different)))
        return replace(
            audit,
            offsets=audit.offsets | {offset} if offset else audit.offsets,
            recomputed=_with(again, audit.recomputed),
        )

    def settled_by(self, row: Activity, stored: StoredPosting, again: Posting) -> Self:
        """The audit behind a repair: what was found before it is made up for, if it is exactly what
        the repair was made for, and the postings add up again.
        """
        if self.missing_points or readable(stored.attributes) != again:
            return self
        if (row.settles or "") != self.fingerprint:
            return self
        repaired = [{REPAIRED_BY: row.activity_id, **each} for each in self.findings]
        return replace(
            self,
            findings=tuple(repaired[-MOST_FINDINGS:]),
            differences=0,
            repaired=self.repaired + self.differences,
            offsets=frozenset(),
            repairs=(*self.repairs, row.activity_id),
        )

    def chained_to(self, stored: StoredPosting) -> str:
        """The hash that the posting should have as that of the one before."""
        said = str(stored.attributes.get("previous_hash", ""))
        return said if not self.hashes or said in self.hashes else self.hashes[0]

    def found_behind(self) -> Self:
        """The audit once it is clear that the balance does not know of the postings that follow."""
        sequence = self.pinned.sequence
        message = f"The balance is at sequence {sequence}, and there are postings behind it."
        if not self.pinned.is_there:
            message = "There are postings, and no balance."
        return replace(self.found(finding("balance", message, sequence=sequence)), is_behind=True)

    def added_up(self) -> Self:
        """The audit at its end: where nothing else is wrong, the postings add up to the balance."""
        if self.differences or not self.missing_points:
            return self
        points = (self.stored_points, self.balance.state.points)
        different = {"points": (canonical_text(points[0]), canonical_text(points[1]))}
        message = "The postings do not add up to what the rows come to."
        where = {"sequence": self.sequence}
        return self.found(finding("balance", message, **where, **sides(different)))

    def is_the_balance(self, membership: MembershipRef) -> bool:
        """Whether the balance is the recomputed one, or is said to be wrong already."""
        pinned = self.pinned
        if self.is_behind:
            return True
        is_chained = not self.hashes or pinned.last_posting_hash in self.hashes
        return digest_of(self.balance, membership) == pinned.digest and is_chained

    def compared_with_balance(self, membership: MembershipRef, stored: Attributes | None) -> Self:
        """The audit at its end, with what the balance says; `stored` is that, if it has not moved
        on meanwhile.
        """
        pinned = self.pinned
        if pinned.sequence is None:
            return self.found(finding("balance", "The balance can't be read."))
        if EXACT.subtract(pinned.points, self.balance.state.points) in self.offsets:
            return self
        points = (pinned.points, self.balance.state.points)
        different = {"points": (canonical_text(points[0]), canonical_text(points[1]))}
        if stored is not None:
            right = self.balance.to_attributes(str(stored.get("network_id", "")), membership)
            different = differing(stored, right)
        message = f"It is not what the rows come to: {_listed(different)}."
        return self.found(finding("balance", message, sequence=pinned.sequence, **sides(different)))

    def to_attributes(self, network_id: str, membership: MembershipRef) -> dict[str, Any]:
        """As plain attributes."""
        pinned = self.pinned
        return {
            "pinned": {
                "sequence": pinned.sequence,
                "points": pinned.points,
                "digest": pinned.digest,
                "last_posting_hash": pinned.last_posting_hash,
                "is_there": pinned.is_there,
            },
            "balance": self.balance.to_attributes(network_id, membership),
            "stored_points": self.stored_points,
            "hashes": list(self.hashes),
            "offsets": sorted(self.offsets),
            "findings": list(self.findings),
            "differences": self.differences,
            "repaired": self.repaired,
            "postings": self.postings,
            "recomputed": dict(self.recomputed),
            "repairs": list(self.repairs),
            "because": self.because,
            "is_behind": self.is_behind,
            "left_out": self.left_out,
            "missing": self.missing,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "ChainAudit":
        """Read back."""
        pinned = attributes["pinned"]
        sequence = pinned["sequence"]
        return cls(
            pinned=PinnedBalance(
                None if sequence is None else int(sequence),
                pinned["points"],
                pinned["digest"],
                pinned["last_posting_hash"],
                pinned["is_there"],
            ),
            balance=Balance.from_attributes(attributes["balance"]),
            stored_points=attributes["stored_points"],
            hashes=tuple(attributes["hashes"]),
            offsets=frozenset(attributes["offsets"]),
            findings=tuple(attributes["findings"]),
            differences=int(attributes["differences"]),
            repaired=int(attributes["repaired"]),
            postings=int(attributes["postings"]),
            recomputed=attributes["recomputed"],
            repairs=tuple(attributes["repairs"]),
            because=attributes["because"],
            is_behind=attributes["is_behind"],
            left_out=int(attributes["left_out"]),
            missing=int(attributes["missing"]),
            fingerprint=attributes["fingerprint"],
        )


def readable(attributes: Attributes) -> Posting | None:
    """The posting, if it is one that was written."""
    try:
        return Posting.from_attributes(attributes)
    # Of what somebody put there, anything may be wrong.
    except (UnreadableRowError, ArithmeticError, AttributeError, LookupError):
        return None


def said_points(attributes: Attributes, name: str = "points") -> Decimal:
    """How many points it says, whatever else is wrong with it; none if that is no number of points
    that there can be.
    """
    value = attributes.get(name)
    if not isinstance(value, Decimal) or not value.is_finite() or abs(value) > BALANCE_LIMIT:
        return _NONE
    return value if value == value.quantize(_SMALLEST, context=ROUNDED) else _NONE


def said_moment(attributes: Attributes, otherwise: datetime) -> datetime:
    """When it says that it was posted."""
    try:
        return from_text(attributes["posted_at"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return otherwise


def said_positions(attributes: Attributes) -> tuple[int, ...]:
    """Which questions about the person it says were answered with yes."""
    try:
        return tuple(int(each) for each in attributes.get("traits_held", ()) if int(each) >= 0)
    except (TypeError, ValueError, ArithmeticError):
        return ()


def _listed(different: Mapping[str, object]) -> str:
    return ", ".join(different) or "form"


def _with(again: Posting, recomputed: Mapping[str, Attributes]) -> Mapping[str, Attributes]:
    if len(recomputed) >= MOST_RECOMPUTED:
        return recomputed
    return {**recomputed, again.activity_id: again.to_attributes()}
