"""The documents of follow-up events, as models: what docs/events.schema.json is made of.

Of what this release publishes they describe every field, and no other is let through. Receivers
must let further fields pass: a later release may add some.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_DECIMAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$"

DecimalText = Annotated[str, Field(pattern=_DECIMAL, description="An exact decimal number.")]
TimeText = Annotated[str, Field(pattern=_TIME, description="UTC, with microseconds.")]
DayText = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        description="A day of the program's time zone.",
    ),
]
EventId = Annotated[
    str,
    Field(
        pattern=r"^ev_[a-z2-7]{32}$",
        description="The same whenever and however the event is published: drop what you have had.",
    ),
]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RuleLine(_Part):
    """Points by a rule."""

    rule_id: str
    role: str
    points: DecimalText


class BonusLine(_Part):
    """Points by a bonus, on top of a rule's."""

    rule_id: str
    bonus_id: str
    role: str
    points: DecimalText


class QuestLine(_Part):
    """Points by a completed quest."""

    quest_id: str
    role: str
    points: DecimalText


class OrderLine(_Part):
    """Points that the reversed row itself said: of a redemption, a capture or an adjustment."""

    role: str
    points: DecimalText


class Lot(_Part):
    """Points added or, negative, taken: from when, and through which day, they can be spent."""

    points: DecimalText
    spendable_on: Annotated[DayText | None, Field(description="null: already")]
    last_day: Annotated[DayText | None, Field(description="null: for ever")]


class CapturedLot(_Part):
    """Points of a hold that were spent, and through which day they would have been good."""

    points: DecimalText
    last_day: Annotated[DayText | None, Field(description="null: for ever")]


class _Figures(_Part):
    balance_after: DecimalText
    available_after: Annotated[
        DecimalText, Field(description="What could be spent then: no points that wait or are held.")
    ]
    owed_after: Annotated[
        DecimalText, Field(description="What was deducted and was not there: what comes pays it.")
    ]


class _Change(_Figures):
    points: Annotated[DecimalText, Field(description="What the balance became more by, or less.")]


class _Lots(_Part):
    lots: Annotated[
        list[Lot],
        Field(description="Which points; the first, if there are many. GET activity shows all."),
    ]
    lots_left_out: Annotated[Count, Field(description="How many more lots there are.")]


class Points(_Lots, _Change):
    """The sum of what one activity came to, the balance with it, and what it is made of."""

    lines: Annotated[
        list[RuleLine | BonusLine | QuestLine],
        Field(description="The first lines; GET activity shows all."),
    ]
    lines_left_out: Annotated[Count, Field(description="How many more lines there are.")]


class Order(_Lots, _Change):
    """The points that somebody asked to be spent, added or taken, and the balance with that."""


class ReversedPoints(_Lots, _Change):
    """The points that were taken back, or given back: those of `lines`, and `debt`."""

    reverses: Annotated[str, Field(description="The activity that was reversed.")]
    debt: Annotated[
        DecimalText,
        Field(
            description="What of it was spent already, where balances do not go below zero: it is"
            " owed beside the balance, which became less by so much less."
        ),
    ]
    lines: Annotated[
        list[RuleLine | BonusLine | QuestLine | OrderLine],
        Field(description="The first lines; GET activity shows all."),
    ]
    lines_left_out: Annotated[Count, Field(description="How many more lines there are.")]


class Collection(_Change):
    """The points that paid what was owed beside the balance, negative."""


class Expiry(_Change):
    """The points that expired, negative, and the balance without them."""


class Maturity(_Figures):
    """The points that can be spent from now on; they were in the balance before."""

    matured: DecimalText


class Holding(_Figures):
    """A hold: what was set aside, and until when; the balance has these points as long."""

    hold_id: str
    held: DecimalText
    expires_at: TimeText


class NewHold(_Lots, Holding):
    """A hold, and the points that it took out of their lots."""


class Capture(_Lots, Holding):
    """A hold of which points were spent, `points` in all; the others came back, into `lots`."""

    points: Annotated[DecimalText, Field(description="What the balance became less by: negative.")]
    captured_lots: Annotated[
        list[CapturedLot],
        Field(description="Which points were spent; the first. GET activity shows all."),
    ]
    captured_lots_left_out: Annotated[Count, Field(description="How many more there are.")]
    released: DecimalText


class Requirement(_Part):
    """What the activity added to a requirement, and how far it is towards the next completion.

    Of a reversal, `gained` is negative: what of that was taken back.
    """

    requirement_id: str
    gained: DecimalText
    progress: DecimalText
    threshold: DecimalText


class Progress(_Part):
    """A quest, and the requirements of it that advanced."""

    quest_id: str
    requirements: list[Requirement]


class Completion(_Part):
    """A quest, and which of its completions these are, counted from 1."""

    quest_id: str
    completions: Annotated[int, Field(ge=1)]
    first_completion: Annotated[int, Field(ge=1)]
    last_completion: Annotated[int, Field(ge=1)]


class Revocation(_Part):
    """A quest, what was taken back of its requirements, and how many completions were revoked."""

    quest_id: str
    requirements: list[Requirement]
    completions: Annotated[Count, Field(description="How many were revoked; 0 if all still are.")]
    completions_after: Annotated[Count, Field(description="How many there still are.")]


class Tiers(_Part):
    """The tier's id before and after; null is no tier."""

    before: str | None
    after: str | None


class Rejection(_Part):
    """Why."""

    reason: str


class Nothing(_Part):
    """Nothing more: the type says it all."""


class _Event(_Part):
    event_id: EventId
    occurred_at: Annotated[TimeText, Field(description="When it was posted or settled. UTC.")]
    network_id: str
    activity_id: Annotated[str, Field(description="The activity that led to it.")]


class _MembershipEvent(_Event):
    program_id: str
    program_membership_id: str
    sequence: Annotated[
        int,
        Field(ge=1, description="The posting's number in the membership's history: its order."),
    ]


class _ActivityEvent(_Event):
    """Of an activity that no rule may look at, and so of no membership."""

    program_id: None
    program_membership_id: None
    sequence: None
    data: Nothing


class PointsAwarded(_MembershipEvent):
    """An activity came to more than 0 points for a membership."""

    type: Literal["points.awarded"]
    data: Points


class PointsDeducted(_MembershipEvent):
    """An activity came to less than 0 points for a membership."""

    type: Literal["points.deducted"]
    data: Points


class PointsAvailable(_MembershipEvent):
    """Points that waited can be spent; one event, however many lots there were."""

    type: Literal["points.available"]
    data: Maturity


class PointsExpired(_MembershipEvent):
    """Points expired: the end of their last day has come, or of a hold that outlived it."""

    type: Literal["points.expired"]
    data: Expiry


class PointsRedeemed(_MembershipEvent):
    """Points were spent."""

    type: Literal["points.redeemed"]
    data: Order


class PointsAdjusted(_MembershipEvent):
    """An admin added points, or took some."""

    type: Literal["points.adjusted"]
    data: Order


class PointsReversed(_MembershipEvent):
    """An activity or an order was reversed, or a part of it."""

    type: Literal["points.reversed"]
    data: ReversedPoints


class PointsCollected(_MembershipEvent):
    """Points that came in, or can be spent from now on, paid what was owed beside the balance."""

    type: Literal["points.collected"]
    data: Collection


class PointsHeld(_MembershipEvent):
    """Points were set aside, to be spent or released later."""

    type: Literal["points.held"]
    data: NewHold


class HoldCaptured(_MembershipEvent):
    """What was held was spent, in whole or in part; the rest was released."""

    type: Literal["hold.captured"]
    data: Capture


class HoldReleased(_MembershipEvent):
    """What was held is as it was before."""

    type: Literal["hold.released"]
    data: Holding


class HoldLapsed(_MembershipEvent):
    """A hold expired by itself, and what was held is as it was before."""

    type: Literal["hold.lapsed"]
    data: Holding


class QuestProgressed(_MembershipEvent):
    """An activity advanced requirements of a quest; one event for each quest."""

    type: Literal["quest.progressed"]
    data: Progress


class QuestCompleted(_MembershipEvent):
    """An activity completed a quest: one event, however often it did."""

    type: Literal["quest.completed"]
    data: Completion


class QuestRevoked(_MembershipEvent):
    """A reversal took progress of a quest back, and the completions that it is not enough for."""

    type: Literal["quest.revoked"]
    data: Revocation


class TierChanged(_MembershipEvent):
    """A membership rose or fell to another tier."""

    type: Literal["tier.changed"]
    data: Tiers


class ActivityRejected(_MembershipEvent):
    """The program's rules refused the activity for a membership; nothing changed."""

    type: Literal["activity.rejected"]
    data: Rejection


class ActivityUndefinedType(_ActivityEvent):
    """An activity was logged whose type the network does not define."""

    type: Literal["activity.undefined_type"]


class ActivityHeld(_ActivityEvent):
    """An activity was logged that is said to happen in the far future."""

    type: Literal["activity.held"]


class ActivityNobodyEnrolled(_ActivityEvent):
    """An activity was logged whose users are in no program."""

    type: Literal["activity.nobody_enrolled"]


class ActivityDuplicate(_ActivityEvent):
    """An activity was sent again under a reference that was used before."""

    type: Literal["activity.duplicate"]


EventDocument = Annotated[
    PointsAwarded
    | PointsDeducted
    | PointsAvailable
    | PointsExpired
    | PointsRedeemed
    | PointsAdjusted
    | PointsReversed
    | PointsCollected
    | PointsHeld
    | HoldCaptured
    | HoldReleased
    | HoldLapsed
    | QuestProgressed
    | QuestCompleted
    | QuestRevoked
    | TierChanged
    | ActivityRejected
    | ActivityUndefinedType
    | ActivityHeld
    | ActivityNobodyEnrolled
    | ActivityDuplicate,
    Field(discriminator="type"),
]
EVENT_DOCUMENT: TypeAdapter[EventDocument] = TypeAdapter(EventDocument)
