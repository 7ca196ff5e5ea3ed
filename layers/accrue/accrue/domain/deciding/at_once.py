"""What rows mean that are posted as they are recorded: spending, adjustments, what fell due,
reversals.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from accrue.domain.activity import Activity, Kind, Outcome
from accrue.domain.arithmetic import EXACT, BeyondLimitError, rounded_down, within_limit
from accrue.domain.deciding.lots import lot_of
from accrue.domain.deciding.purses import BelowZeroError, deduct, lots_changed
from accrue.domain.deciding.reversals import decide_reversal
from accrue.domain.decision import Decision, Facts, HoldChange, HoldStatus, PointLine, Refusal
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.days import day_of
from accrue.domain.program.kept_lots import MAX_LOTS
from accrue.domain.program.program import Program
from accrue.domain.purse import Hold, Purse, TooFewPointsError
from accrue.domain.roles import MEMBER_ROLE

# State has each of them.
MAX_OPEN_HOLDS = 20


def decide_at_once(
    row: Activity, facts: Facts, before: MembershipState, program: Program
) -> Decision:
    """What a row of a kind that does not earn by rules means for its membership."""
    today = day_of(row.decided_as_of, program.zone)
    request = _Request(row, facts, before, program, today)
    try:
        return _DECIDE[row.kind](request)
    except _RefusedError as refused:
        return Decision(Outcome.REJECTED, (), before, refusal=refused.refusal)
    except (TooFewPointsError, BelowZeroError):
        return Decision(Outcome.REJECTED, (), before, refusal=Refusal.INSUFFICIENT_POINTS)
    except BeyondLimitError:
        return Decision(Outcome.REJECTED, (), before, refusal=Refusal.BEYOND_LIMIT)


class _RefusedError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class _Request:
    row: Activity
    facts: Facts
    before: MembershipState
    program: Program
    today: date

    def points_of(self, there: Decimal) -> Decimal:
        """What the row is about; refuses fractions of points that the program does not have.

        Those that an earlier version gave may go: taken of what is `there`, none may be left.
        """
        amount = self.row.amount
        rest = EXACT.subtract(there, amount.copy_abs())
        is_taken = amount < 0 or self.row.kind is not Kind.ADJUSTMENT
        if not (self._has_the_scale(amount) or (is_taken and self._has_the_scale(rest))):
            raise _RefusedError(Refusal.TOO_MANY_DECIMALS)
        return amount

    def _has_the_scale(self, points: Decimal) -> bool:
        return rounded_down(points, self.program.points) == points

    @property
    def hold(self) -> tuple[str, Hold]:
        """The hold that the row speaks of; refuses one that is not open any more."""
        hold_id = self.row.of or ""
        if hold_id not in self.before.purse.holds:
            raise _RefusedError(Refusal.HOLD_CLOSED)
        return hold_id, self.before.purse.holds[hold_id]

    def ensure_active(self) -> None:
        """Only those who may earn may spend."""
        if self.facts.standing.why_nothing:
            raise _RefusedError(Refusal.USER_INACTIVE)

    def decided(self, purse: Purse, points: Decimal, reason: str, *holds: HoldChange) -> Decision:
        """The decision that adds `points`, which may be negative or none, and leaves the purse."""
        line = PointLine(role=MEMBER_ROLE, points=points, reason=reason)
        after = within_limit(EXACT.add(self.before.points, points), "the balance")
        return Decision(
            Outcome.APPLIED,
            (line,) if points else (),
            replace(self.before, points=after, purse=purse),
            holds=holds,
        )


def _redeem(request: _Request) -> Decision:
    request.ensure_active()
    purse = request.before.purse
    points = request.points_of(purse.available)
    return request.decided(purse.take(points), points.copy_negate(), "redeemed")


def _hold(request: _Request) -> Decision:
    request.ensure_active()
    row, purse = request.row, request.before.purse
    points = request.points_of(purse.available)
    assert row.hold_expires_at is not None
    held = purse.hold(row.activity_id, points, row.hold_expires_at)
    # After the points: who has too few learns that, however many holds there are.
    parts = sum(len(each.parts) for each in held.holds.values())
    if len(purse.holds) >= MAX_OPEN_HOLDS or parts > MAX_LOTS:
        raise _RefusedError(Refusal.TOO_MANY_HOLDS)
    change = HoldChange(row.activity_id, HoldStatus.HELD, points, row.hold_expires_at)
    return request.decided(held, Decimal(0), "", change)


def _capture(request: _Request) -> Decision:
    hold_id, hold = request.hold
    points = request.points_of(hold.points)
    purse = request.before.purse.close_hold(hold_id, points, request.today)
    spent = lots_changed(Purse(hold.lots), Purse(hold.without(points)))
    change = HoldChange(hold_id, HoldStatus.CAPTURED, hold.points, hold.expires_at, points, spent)
    return request.decided(purse, points.copy_negate(), "captured", change)


def _release(request: _Request) -> Decision:
    hold_id, hold = request.hold
    purse = request.before.purse.close_hold(hold_id, Decimal(0), request.today)
    change = HoldChange(hold_id, HoldStatus.RELEASED, hold.points, hold.expires_at)
    return request.decided(purse, Decimal(0), "", change)


def _adjust(request: _Request) -> Decision:
    if request.row.is_repair:
        return _repair(request)
    purse = request.before.purse
    points = request.points_of(EXACT.add(purse.available, purse.pending))
    if points > 0:
        lot = lot_of(None, request.today, request.program)
        after = purse.put({lot: points}, request.today)
    else:
        after = deduct(points.copy_negate(), purse, request.program, request.today)
    return request.decided(after, points, "adjusted")


def _repair(request: _Request) -> Decision:
    """Nothing changes but what is posted: the membership is what its other rows make of it, and
    with these points its postings add up to that. Where they do already, as when all rows are
    applied anew, there is nothing to post.
    """
    before, points = request.before, request.row.amount
    if points and not request.facts.is_damaged:
        return Decision(Outcome.APPLIED, (), before, reason="nothing_to_repair")
    line = PointLine(role=MEMBER_ROLE, points=points, reason="repaired")
    return Decision(Outcome.APPLIED, (line,) if points else (), before)


def _fall_due(request: _Request) -> Decision:
    purse, fallen = request.before.purse.brought_up_to(
        request.row.decided_as_of, request.program.zone
    )
    lapsed = (
        HoldChange(hold_id, HoldStatus.LAPSED, hold.points, hold.expires_at)
        for hold_id, hold in fallen.holds.items()
    )
    decision = request.decided(purse, fallen.expired.copy_negate(), "expired", *lapsed)
    return replace(decision, matured=fallen.matured)


def _reverse(request: _Request) -> Decision:
    assert request.facts.undone is not None
    return decide_reversal(
        request.row, request.facts.undone, request.before, request.program, request.today
    )


_DECIDE = {
    Kind.REDEMPTION: _redeem,
    Kind.HOLD: _hold,
    Kind.CAPTURE: _capture,
    Kind.RELEASE: _release,
    Kind.ADJUSTMENT: _adjust,
    Kind.DUE: _fall_due,
    Kind.REVERSAL: _reverse,
}
