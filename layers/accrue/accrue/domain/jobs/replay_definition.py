"""What an administrator sends to start a replay: a preview, then its commit, then its reversal."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from accrue.domain.field_parsers import stored_identifier
from accrue.domain.jobs.audit_definition import IdempotencyKey
from accrue.domain.limits import MAX_ID_CHARS
from accrue.domain.program.parts import (
    MAX_CHOICES,
    ActivityTypeId,
    CatalogId,
    Document,
)
from accrue.domain.program.times import Moment

JobId = Annotated[str, AfterValidator(stored_identifier(MAX_ID_CHARS))]
UserId = Annotated[str, AfterValidator(stored_identifier(MAX_ID_CHARS))]
# Those that nothing was earned with and that may be otherwise today.
ReplayableOutcome = Literal["undefined_type", "held", "nobody_enrolled", "no_rule"]


class ReplayPreviewDefinition(Document):
    """Which activities are to be replayed: those with one of the outcomes and all that is said
    otherwise. From is inclusive, until is exclusive. `program_versions` decide, by program; of
    others, those in force when the preview is started.
    """

    kind: Literal["replay_preview"]
    idempotency_key: IdempotencyKey
    outcomes: tuple[ReplayableOutcome, ...] = Field(default=("undefined_type",), min_length=1)
    activity_type_ids: tuple[ActivityTypeId, ...] | None = Field(
        default=None, min_length=1, max_length=MAX_CHOICES
    )
    recorded_from: Moment | None = None
    recorded_until: Moment | None = None
    occurred_from: Moment | None = None
    occurred_until: Moment | None = None
    user_id: UserId | None = None
    program_versions: dict[CatalogId, Annotated[int, Field(strict=True, ge=1)]] = Field(
        default_factory=dict, max_length=MAX_CHOICES
    )

    @model_validator(mode="after")
    def _is_about_some_time(self) -> Self:
        for what in ("recorded", "occurred"):
            start, end = getattr(self, f"{what}_from"), getattr(self, f"{what}_until")
            if start is not None and end is not None and start >= end:
                raise ValueError(f"is about no time: {what}_until must be later than {what}_from")
        return self


class ReplayCommitDefinition(Document):
    """Apply what the preview `of` showed."""

    kind: Literal["replay_commit"]
    of: JobId


class ReplayReversalDefinition(Document):
    """Take back all that the commit `of` applied."""

    kind: Literal["replay_reversal"]
    of: JobId
