"""The delivery of one event to one webhook: what was tried, and what comes next."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from accrue.domain.follow_up_events import FollowUpEvent
from accrue.domain.timestamps import from_text, to_text
from accrue.domain.webhooks.retry_schedule import RetrySchedule

LIFETIME = timedelta(days=30)
# Longer than the function that makes an attempt may run; shorter than until its order comes again.
UNDER_WAY_FOR = timedelta(seconds=60)
# The latest of them; a delivery that is asked for again and again must not outgrow its item.
MAX_KEPT_ATTEMPTS = 20
GONE = 410
DISABLED = "the webhook is disabled"
MISSING = "the webhook does not exist any more"
ANSWERED_GONE = "the receiver answered 410: the webhook is disabled"
OUT_OF_ATTEMPTS = "the last attempt of the round failed"
_POSITION = re.compile(r"(?P<occurred_at>[^#]{27})#ev_[a-z2-7]{32}")


class DeliveryStatus(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What came of sending: the receiver's status code, or the error that kept it from answering.

    An answer that does not count, though it came, has both.
    """

    status_code: int | None
    error: str | None
    duration_ms: int

    @property
    def is_success(self) -> bool:
        """Whether the receiver has taken the event."""
        return self.error is None and self.status_code is not None and self.status_code // 100 == 2  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One time that the event was sent."""

    attempted_at: datetime
    result: SendResult

    @property
    def ended_at(self) -> datetime:
        """When it was known what came of it."""
        return self.attempted_at + timedelta(milliseconds=self.result.duration_ms)

    def to_document(self) -> dict[str, Any]:
        """The attempt as it is shown and stored."""
        return {
            "attempted_at": to_text(self.attempted_at),
            "status_code": self.result.status_code,
            "error": self.result.error,
            "duration_ms": self.result.duration_ms,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event on its way to a webhook.

    `attempt_count` counts all attempts ever made; a round begins with the plan, and with each
    request to deliver again, `round_began_after` that many attempts. `body` is what is sent, always
    the same bytes. Before `under_way_until`, somebody may be sending it.
    """

    network_id: str
    webhook_id: str
    event_id: str
    event_type: str
    occurred_at: datetime
    body: str
    expires_at: datetime
    status: DeliveryStatus = DeliveryStatus.PENDING
    failure: str | None = None
    attempt_count: int = 0
    round_number: int = 1
    round_began_after: int = 0
    attempts: tuple[DeliveryAttempt, ...] = ()
    next_attempt_at: datetime | None = None
    under_way_until: datetime | None = None

    @property
    def is_pending(self) -> bool:
        """Whether there is an attempt to come."""
        return self.status is DeliveryStatus.PENDING

    @property
    def position(self) -> str:
        """Sorts deliveries as their events happened."""
        return f"{to_text(self.occurred_at)}#{self.event_id}"

    def is_under_way(self, now: datetime) -> bool:
        """Whether somebody may be sending it; who died with it is not for long."""
        return self.under_way_until is not None and now < self.under_way_until

    def begun_attempt(self, now: datetime) -> "Delivery":
        """The delivery while its next attempt is made."""
        return replace(self, under_way_until=now + UNDER_WAY_FOR)

    def after(self, attempt: DeliveryAttempt, schedule: RetrySchedule) -> "Delivery":
        """The delivery once the attempt was made."""
        made = replace(
            self,
            attempt_count=self.attempt_count + 1,
            attempts=(*self.attempts, attempt)[-MAX_KEPT_ATTEMPTS:],
            next_attempt_at=None,
            under_way_until=None,
        )
        if attempt.result.is_success:
            return replace(made, status=DeliveryStatus.DELIVERED)
        if attempt.result.status_code == GONE:
            return made.failed(ANSWERED_GONE)
        next_attempt_at = schedule.next_attempt_at(
            made.attempt_count - made.round_began_after,
            attempt.ended_at,
            f"{self.webhook_id} {self.event_id}",
        )
        if next_attempt_at is None:
            return made.failed(OUT_OF_ATTEMPTS)
        return replace(made, next_attempt_at=next_attempt_at)

    def failed(self, failure: str) -> "Delivery":
        """The delivery given up for this reason."""
        return replace(self, status=DeliveryStatus.FAILED, failure=failure, next_attempt_at=None)

    def begun_again(self, now: datetime) -> "Delivery":
        """The delivery with a new round of attempts, the first of them now, even if one of the
        round before is under way.
        """
        return replace(
            self,
            status=DeliveryStatus.PENDING,
            failure=None,
            round_number=self.round_number + 1,
            round_began_after=self.attempt_count,
            next_attempt_at=now,
            under_way_until=None,
            expires_at=now + LIFETIME,
        )

    def to_document(self) -> Mapping[str, Any]:
        """The delivery as it is listed."""
        return {
            "event_id": self.event_id,
            "type": self.event_type,
            "occurred_at": to_text(self.occurred_at),
            "status": self.status.value,
            "failure": self.failure,
            "attempt_count": self.attempt_count,
            "attempts": [attempt.to_document() for attempt in self.attempts],
            "next_attempt_at": self.next_attempt_at and to_text(self.next_attempt_at),
        }


def is_delivery_position(text: str) -> bool:
    """Whether a delivery may have this position: what a cursor holds may be anything."""
    found = _POSITION.fullmatch(text)
    if found is None:
        return False
    try:
        from_text(found["occurred_at"])
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class AttemptOrder:
    """The order to make one attempt of a delivery; `attempt` counts from 1 over all rounds."""

    network_id: str
    webhook_id: str
    event_id: str
    attempt: int

    @classmethod
    def next_of(cls, delivery: Delivery) -> "AttemptOrder":
        """The order for the attempt that is to come."""
        return cls(
            delivery.network_id,
            delivery.webhook_id,
            delivery.event_id,
            delivery.attempt_count + 1,
        )


def planned_delivery(event: FollowUpEvent, webhook_id: str, now: datetime) -> Delivery:
    """The delivery of an event before its first attempt."""
    return Delivery(
        network_id=event.network_id,
        webhook_id=webhook_id,
        event_id=event.event_id,
        event_type=event.type,
        occurred_at=event.occurred_at,
        body=event.to_json(),
        expires_at=now + LIFETIME,
        next_attempt_at=now,
    )
