"""What a posting did, thing by thing: types and data of the follow-up events.

What was owed beside the balance and is paid is told by itself, whatever came of the row otherwise:
the `points` of all events of a posting are what it added to the balance.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from accrue.domain.activity import Kind, Outcome
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.decision import HoldChange, HoldStatus, QuestChange, TierChange
from accrue.domain.event_types import EventType
from accrue.domain.posting import Posting
from accrue.domain.shown import (
    shown_available,
    shown_line,
    shown_lots,
    shown_requirements,
    shown_spent,
)
from accrue.domain.timestamps import to_text

# A posting may have a thousand lines, and what is put on a bus or queue at most 256 KB.
MAX_LINES = 50
_POINTS_TYPES = {
    Kind.REDEMPTION: EventType.POINTS_REDEEMED,
    Kind.ADJUSTMENT: EventType.POINTS_ADJUSTED,
    Kind.DUE: EventType.POINTS_EXPIRED,
}
_HOLD_TYPES = {
    HoldStatus.HELD: EventType.POINTS_HELD,
    HoldStatus.CAPTURED: EventType.HOLD_CAPTURED,
    HoldStatus.RELEASED: EventType.HOLD_RELEASED,
    HoldStatus.LAPSED: EventType.HOLD_LAPSED,
}
_WITH_LINES = frozenset({Kind.ACTIVITY, Kind.REPLAY, Kind.REVERSAL})


def happened(posting: Posting) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Type, what tells it from others of the type in the posting, and data."""
    # A hold that lapsed may be why points expired.
    for hold in posting.holds:
        yield _HOLD_TYPES[hold.status].value, hold.hold_id, _hold(hold, posting)
    if event_type := _points_type(posting):
        yield event_type.value, "", _points(posting)
    if posting.matured:
        matured = {"matured": canonical_text(posting.matured), **_figures(posting)}
        yield EventType.POINTS_AVAILABLE.value, "", matured
    # What came in by one of these paid it.
    if paid := _paid(posting):
        collected = {"points": canonical_text(paid.copy_negate()), **_figures(posting)}
        yield EventType.POINTS_COLLECTED.value, "", collected
    yield from _quests(posting)
    if posting.tier is not None:
        yield EventType.TIER_CHANGED.value, "", _tier(posting.tier)
    if posting.outcome is Outcome.REJECTED:
        yield EventType.ACTIVITY_REJECTED.value, "", {"reason": posting.reason}


def _quests(posting: Posting) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if posting.kind is Kind.REVERSAL:
        for quest in posting.quests:
            yield EventType.QUEST_REVOKED.value, quest.quest_id, _revocation(quest)
        return
    for quest in posting.quests:
        if quest.requirements:
            yield EventType.QUEST_PROGRESSED.value, quest.quest_id, _progress(quest)
    for quest in posting.quests:
        if quest.completions:
            yield EventType.QUEST_COMPLETED.value, quest.quest_id, _completion(quest)


def _points_type(posting: Posting) -> EventType | None:
    """What the posting's points are; None if there are none, or if a hold's event tells of them."""
    points = _points_but_paid(posting)
    if posting.kind is Kind.REVERSAL:
        # If all that is taken back was spent, the balance stays as it is.
        return EventType.POINTS_REVERSED if points or _became_owed(posting) else None
    if not points:
        return None
    if posting.kind.earns_by_rules:
        return EventType.POINTS_AWARDED if points > 0 else EventType.POINTS_DEDUCTED
    return _POINTS_TYPES.get(posting.kind)


def _points(posting: Posting) -> dict[str, Any]:
    said = {"points": canonical_text(_points_but_paid(posting)), **_figures(posting)}
    if posting.kind is not Kind.DUE:
        # What expired may have been in no lot: of a hold that lapsed, or earned long ago.
        said |= _lots(posting)
    if posting.kind is Kind.REVERSAL:
        said |= {"reverses": posting.of, "debt": canonical_text(_became_owed(posting))}
    if posting.kind in _WITH_LINES:
        lines = [line for line in posting.lines if not line.is_of_debt]
        said |= {
            "lines": [shown_line(line) for line in lines[:MAX_LINES]],
            "lines_left_out": max(0, len(lines) - MAX_LINES),
        }
    return said


def _points_but_paid(posting: Posting) -> Decimal:
    return EXACT.add(posting.points, _paid(posting))


def _paid(posting: Posting) -> Decimal:
    """How much of what was owed beside the balance was paid."""
    return total(
        line.points.copy_negate() for line in posting.lines if line.is_of_debt and line.points < 0
    )


def _became_owed(posting: Posting) -> Decimal:
    """How much became owed beside the balance."""
    return total(line.points for line in posting.lines if line.is_of_debt and line.points > 0)


def _lots(posting: Posting) -> dict[str, Any]:
    return {
        "lots": shown_lots(posting, MAX_LINES),
        "lots_left_out": max(0, len(posting.lots) - MAX_LINES),
    }


def _figures(posting: Posting) -> dict[str, Any]:
    return {
        "balance_after": canonical_text(posting.balance_after),
        **shown_available(posting),
    }


def _hold(change: HoldChange, posting: Posting) -> dict[str, Any]:
    said = {
        "hold_id": change.hold_id,
        "held": canonical_text(change.points),
        "expires_at": to_text(change.expires_at),
        **_figures(posting),
    }
    # The lots of what fell due are of all holds that lapsed, and of what expired.
    if change.status in (HoldStatus.HELD, HoldStatus.CAPTURED):
        said |= _lots(posting)
    if change.status is HoldStatus.CAPTURED:
        said |= {
            "points": canonical_text(change.captured.copy_negate()),
            "captured_lots": shown_spent(change, MAX_LINES),
            "captured_lots_left_out": max(0, len(change.spent) - MAX_LINES),
            "released": canonical_text(change.released),
        }
    return said


def _progress(quest: QuestChange) -> dict[str, Any]:
    return {"quest_id": quest.quest_id, "requirements": shown_requirements(quest)}


def _completion(quest: QuestChange) -> dict[str, Any]:
    """One event for all: what goes over a threshold may complete a quest a million times."""
    return {
        "quest_id": quest.quest_id,
        "completions": quest.completions,
        "first_completion": quest.completions_after - quest.completions + 1,
        "last_completion": quest.completions_after,
    }


def _revocation(quest: QuestChange) -> dict[str, Any]:
    return {
        **_progress(quest),
        "completions": -quest.completions,
        "completions_after": quest.completions_after,
    }


def _tier(tier: TierChange) -> dict[str, Any]:
    return {"before": tier.before, "after": tier.after}
