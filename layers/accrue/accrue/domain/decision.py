"""What decide() is given beside the activity, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from accrue.domain.activity import Outcome
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.conditions import TraitCondition
from accrue.domain.purse import LotChange
from accrue.domain.user_standing import UserStanding

if TYPE_CHECKING:
    from accrue.domain.undone import Undone

# What was seen goes into the posting, which must stay small.
MAX_SEEN_CHARS = 40


@dataclass(frozen=True, slots=True)
class Facts:
    """What else decide() may look at.

    `roles` are those that this membership's user played, in the row's order, and `standing` is the
    user's when the activity was recorded. `traits_held` are
    the program's questions about the person (`Program.trait_conditions`) whose answer is yes: of
    the traits themselves, which are personal, neither decide() nor a posting knows anything.
    `undone` is what a reversal undoes. `is_damaged`: what a repair makes up for is in the postings
    before it.
    """

    roles: tuple[str, ...]
    traits_held: frozenset[TraitCondition] = frozenset()
    standing: UserStanding = UserStanding.ACTIVE
    undone: "Undone | None" = None
    is_damaged: bool = False


class Debt(StrEnum):
    """What a line says of what is owed beside the balance; the value is how it is packed."""

    OWED = "owed"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class PointLine:
    """Points for one role, with the arithmetic that led to them.

    By a rule (`rule_id`), by a bonus on a rule's award (`bonus_id` and `rule_id`), or by the
    completion of a quest (`quest_id`); without any of them, by what the row itself says: a
    redemption, a capture, an adjustment, what expired; or by nothing, what became of a `debt`.
    """

    role: str
    points: Decimal
    reason: str
    rule_id: str | None = None
    bonus_id: str | None = None
    quest_id: str | None = None
    debt: Debt | None = None

    @property
    def ids(self) -> dict[str, str]:
        """The ids that there are, by name: they tell what awarded it."""
        ids = {"rule_id": self.rule_id, "bonus_id": self.bonus_id, "quest_id": self.quest_id}
        return {name: value for name, value in ids.items() if value is not None}

    @property
    def is_of_debt(self) -> bool:
        """Whether it is about what is owed beside the balance, and awarded or taken by nothing."""
        return self.debt is not None


class Part(StrEnum):
    """Which list of the program a considered part stands in; the value is how it is packed."""

    RULE = "r"
    BONUS = "b"
    QUEST = "q"


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule, bonus or quest (or one of its requirements) that the activity was held against.

    `position` and `requirement` count from 0 in the version's document. `failed` is the first
    condition that did not hold, by its place in the part (`amount`, `traits.1`, `limits.0`), and
    None if the part took effect; `seen` is the value that it met, never that of a trait.
    """

    part: Part
    position: int
    requirement: int | None = None
    failed: str | None = None
    seen: str = ""

    def __post_init__(self) -> None:
        # As it will be read: a posting that was written equals the one that comes back.
        object.__setattr__(self, "seen", self.seen[:MAX_SEEN_CHARS].rstrip())

    def packed(self) -> str:
        """`r3`, `b0 tiers silver`, `q1.0 check_in_interval_days 2026-11-20`."""
        requirement = "" if self.requirement is None else f".{self.requirement}"
        why = f" {self.failed} {self.seen}" if self.failed else ""
        return f"{self.part.value}{self.position}{requirement}{why}".rstrip()

    @classmethod
    def unpacked(cls, text: str) -> "Considered":
        """What `packed` wrote."""
        place, _, why = text.partition(" ")
        failed, _, seen = why.partition(" ")
        position, _, requirement = place[1:].partition(".")
        return cls(
            part=Part(place[0]),
            position=int(position),
            requirement=int(requirement) if requirement else None,
            failed=failed or None,
            seen=seen,
        )


@dataclass(frozen=True, slots=True)
class RequirementProgress:
    """What an activity added to a requirement, and where that leaves it.

    `progress` counts towards the next completion: after one it begins anew, or with what was over.
    """

    requirement_id: str
    gained: Decimal
    progress: Decimal
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class QuestChange:
    """What an activity did to a quest: the requirements that it advanced, and completions."""

    quest_id: str
    requirements: tuple[RequirementProgress, ...]
    completions: int
    completions_after: int


@dataclass(frozen=True, slots=True)
class TierChange:
    """The tier before and after; None is no tier."""

    before: str | None
    after: str | None


class HoldStatus(StrEnum):
    """What became of a hold. Only the first leaves it open."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class HoldChange:
    """A hold of so many points that was opened, or closed with `captured` of them spent.

    `spent` says which of them, unless all could be spent at any time.
    """

    hold_id: str
    status: HoldStatus
    points: Decimal
    expires_at: datetime
    captured: Decimal = Decimal(0)
    spent: tuple[LotChange, ...] = ()

    @property
    def released(self) -> Decimal:
        """What of it goes back when it is closed."""
        return EXACT.subtract(self.points, self.captured)


class Refusal(StrEnum):
    """Why what is asked for at once is not done. Nothing is recorded."""

    INSUFFICIENT_POINTS = "insufficient_points"
    TOO_MANY_HOLDS = "too_many_holds"
    HOLD_CLOSED = "hold_closed"
    USER_INACTIVE = "user_inactive"
    TOO_MANY_DECIMALS = "too_many_decimals"
    BEYOND_LIMIT = "beyond_limit"


@dataclass(frozen=True, slots=True)
class Decision:
    """What an activity means for a membership: the outcome, its lines, the state after it.

    `traits_held` are positions in `Program.trait_conditions`. `lots` say which points, when they
    are other than points that can be spent at any time; `matured` is how many became spendable.
    With a `refusal`, which an activity never has, there is nothing to post.
    """

    outcome: Outcome
    lines: tuple[PointLine, ...]
    after: MembershipState
    reason: str | None = None
    considered: tuple[Considered, ...] = ()
    quests: tuple[QuestChange, ...] = ()
    tier: TierChange | None = None
    traits_held: tuple[int, ...] = ()
    lots: tuple[LotChange, ...] = ()
    holds: tuple[HoldChange, ...] = ()
    matured: Decimal = Decimal(0)
    refusal: Refusal | None = None

    @property
    def points(self) -> Decimal:
        """The sum of the lines."""
        return total(line.points for line in self.lines)
