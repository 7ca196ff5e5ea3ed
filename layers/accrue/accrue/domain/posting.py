"""Postings: what an activity came to for a membership.

A posting is immutable. `sequence` counts a membership's postings from 1 without a gap, and
`previous_hash` chains each to the one before, so that a changed, missing or added posting shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from accrue.domain.activity import Kind, MembershipRef, Outcome, stored_id
from accrue.domain.canonical import content_hash
from accrue.domain.decision import (
    Considered,
    HoldChange,
    PointLine,
    QuestChange,
    TierChange,
)
from accrue.domain.errors import WRONG_SHAPE, UnreadableRowError
from accrue.domain.packing import (
    pack_hold,
    pack_line,
    pack_quest,
    unpack_hold,
    unpack_line,
    unpack_quest,
)
from accrue.domain.purse import LotChange
from accrue.domain.stored_purse import pack_lot_change, unpack_lot_change
from accrue.domain.timestamps import from_text, to_text

# Of 2, postings explain themselves and are packed (domain.packing reads both). Of 3, they are of
# other rows than activities too, and say which points; one that has nothing of that is written as
# 2, which a release before this one reads.
POSTING_SCHEMA_VERSION = 3
PLAIN_SCHEMA_VERSION = 2
READABLE_SCHEMA_VERSIONS = frozenset({1, 2, 3})
# What every reader of it can hold.
MAX_SEQUENCE = 2**63 - 1
# Where storage keeps a posting; derived from what it says.
_PLACES = frozenset({"content_hash", "membership_key", "item_key", "outcome_shard", "outcome_at"})


# Without slots: what it says is spelled out once, for its hash and for its item.
@dataclass(frozen=True, kw_only=True)
class Posting:
    """The immutable result of one activity on one membership; `balance_after` includes it.

    `considered` says of each rule, bonus and quest why it took effect or not, and `traits_held`
    what decide() was told about the person: both by position in the program version. `lots` say
    which points, if not all can be spent at any time; `available_after` is what could be spent
    then, or, negative, what was owed; `debt_after` what was owed beside the balance. `of` is the
    activity whose posting a reversal undoes.
    """

    network_id: str
    membership: MembershipRef
    activity_id: str
    activity_type_id: str
    activity_hash: str
    occurred_at: datetime
    recorded_at: datetime
    posted_at: datetime
    program_version: int
    outcome: Outcome
    reason: str | None
    lines: tuple[PointLine, ...]
    points: Decimal
    balance_after: Decimal
    sequence: int
    previous_hash: str
    considered: tuple[Considered, ...] = ()
    quests: tuple[QuestChange, ...] = ()
    tier: TierChange | None = None
    traits_held: tuple[int, ...] = ()
    kind: Kind = Kind.ACTIVITY
    lots: tuple[LotChange, ...] = ()
    holds: tuple[HoldChange, ...] = ()
    matured: Decimal = Decimal(0)
    available_after: Decimal
    debt_after: Decimal = Decimal(0)
    of: str | None = None
    # Of a posting that was read: what it carries, which covers attributes of later releases too.
    stored_hash: str | None = field(default=None, compare=False, repr=False)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over everything the posting says, the previous posting's hash included."""
        return self.stored_hash or content_hash(self._said)

    def to_attributes(self) -> dict[str, Any]:
        """The posting as plain attributes; absent optionals are left out."""
        return {**self._said, "content_hash": self.content_hash}

    @cached_property
    def _said(self) -> dict[str, Any]:
        purse_said = self._purse_said()
        is_plain = not purse_said and not any(line.is_of_debt for line in self.lines)
        said: dict[str, Any] = {
            "schema_version": PLAIN_SCHEMA_VERSION if is_plain else POSTING_SCHEMA_VERSION,
            "network_id": self.network_id,
            "program_id": self.membership.program_id,
            "program_membership_id": self.membership.program_membership_id,
            "activity_id": self.activity_id,
            "activity_type_id": self.activity_type_id,
            "activity_hash": self.activity_hash,
            "occurred_at": to_text(self.occurred_at),
            "recorded_at": to_text(self.recorded_at),
            "posted_at": to_text(self.posted_at),
            "program_version": self.program_version,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "lines": [pack_line(line) for line in self.lines],
            "points": self.points,
            "balance_after": self.balance_after,
            "sequence": self.sequence,
            "previous_hash": self.previous_hash,
            "considered": [each.packed() for each in self.considered] or None,
            "quests": [pack_quest(change) for change in self.quests] or None,
            "tier": self.tier and {"before": self.tier.before, "after": self.tier.after},
            "traits_held": list(self.traits_held) or None,
            **purse_said,
        }
        return {name: value for name, value in said.items() if value is not None}

    def _purse_said(self) -> dict[str, Any]:
        """What goes without saying, of an activity where all points can be spent, is left out."""
        is_all_available = self.available_after == self.balance_after
        said = {
            "kind": None if self.kind is Kind.ACTIVITY else self.kind.value,
            "lots": [pack_lot_change(change) for change in self.lots] or None,
            "holds": [pack_hold(change) for change in self.holds] or None,
            "matured": self.matured or None,
            "available_after": None if is_all_available else self.available_after,
            "debt_after": self.debt_after or None,
            "of": self.of,
        }
        return {name: value for name, value in said.items() if value is not None}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "Posting":
        """Read a posting back, without what storage adds to it.

        Raises UnreadableRowError for a shape unknown to this release, and for a posting that is not
        the one that was written.
        """
        try:
            if attributes["schema_version"] not in READABLE_SCHEMA_VERSIONS:
                raise UnreadableRowError(f"posting schema {attributes['schema_version']}")
            said = {name: value for name, value in attributes.items() if name not in _PLACES}
            if content_hash(said) != attributes["content_hash"]:
                raise UnreadableRowError("posting: its content_hash is another content's")
            sequence = int(attributes["sequence"])
            if not 1 <= sequence <= MAX_SEQUENCE:
                raise UnreadableRowError(f"posting: sequence {sequence}")
            tier = attributes.get("tier")
            kind = Kind(attributes.get("kind", Kind.ACTIVITY))
            lines = tuple(map(unpack_line, attributes["lines"]))
            if kind.earns_by_rules and not all(line.ids or line.is_of_debt for line in lines):
                raise UnreadableRowError("posting: a line of an activity that nothing awarded")
            return cls(
                network_id=attributes["network_id"],
                membership=MembershipRef(
                    attributes["program_id"], stored_id(attributes["program_membership_id"])
                ),
                activity_id=attributes["activity_id"],
                activity_type_id=attributes["activity_type_id"],
                activity_hash=attributes["activity_hash"],
                occurred_at=from_text(attributes["occurred_at"]),
                recorded_at=from_text(attributes["recorded_at"]),
                posted_at=from_text(attributes["posted_at"]),
                program_version=int(attributes["program_version"]),
                outcome=Outcome(attributes["outcome"]),
                reason=attributes.get("reason"),
                lines=lines,
                points=attributes["points"],
                balance_after=attributes["balance_after"],
                sequence=sequence,
                previous_hash=attributes["previous_hash"],
                considered=tuple(map(Considered.unpacked, attributes.get("considered", ()))),
                quests=tuple(map(unpack_quest, attributes.get("quests", ()))),
                tier=TierChange(tier["before"], tier["after"]) if tier else None,
                traits_held=tuple(map(int, attributes.get("traits_held", ()))),
                kind=kind,
                lots=tuple(map(unpack_lot_change, attributes.get("lots", ()))),
                holds=tuple(map(unpack_hold, attributes.get("holds", ()))),
                matured=attributes.get("matured", Decimal(0)),
                available_after=attributes.get("available_after", attributes["balance_after"]),
                debt_after=attributes.get("debt_after", Decimal(0)),
                of=attributes.get("of"),
                stored_hash=attributes["content_hash"],
            )
        except WRONG_SHAPE as error:
            raise UnreadableRowError(f"posting: {error!r}") from error
