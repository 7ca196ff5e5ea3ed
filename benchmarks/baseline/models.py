"""What partners send and what they are answered, as pydantic models.

"Data validation" in Powertools' "REST API" has the models that a resolver validates:
docs.aws.amazon.com/powertools/python/latest/core/event_handler/api_gateway/#data-validation
"""

from decimal import Decimal

from pydantic import BaseModel


class LineItem(BaseModel):
    """A line of a purchase."""

    item_id: str
    value: Decimal | None = None
    group_id: str | None = None


class Activity(BaseModel):
    """What a membership did."""

    activity_type_id: str
    value: Decimal
    transaction_timestamp: Decimal
    line_items: list[LineItem] = []


class MembershipActivity(BaseModel):
    """The body of Hang's POST."""

    idempotency_key: str
    activity: Activity


class Submission(BaseModel):
    """A body, who sent it and about which membership: what the idempotency layer looks at."""

    network_id: str
    program_membership_id: str
    body: MembershipActivity


class Recorded(BaseModel):
    """What Hang's POST answers."""

    idempotency_key: str
