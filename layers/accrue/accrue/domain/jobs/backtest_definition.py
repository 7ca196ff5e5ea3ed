"""What an administrator sends to see what another program would have paid."""

from datetime import datetime
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from accrue.domain.jobs.audit_definition import IdempotencyKey
from accrue.domain.program.parts import CatalogId, Document
from accrue.domain.program.program import Program
from accrue.domain.program.times import Moment


class BacktestDefinition(Document):
    """Decide a past period of a program once more: under a version of it, or under a program that
    is not published.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    kind: Literal["backtest"]
    idempotency_key: IdempotencyKey
    program_id: CatalogId
    start: Moment = Field(alias="from")
    until: Moment
    version: int | None = Field(default=None, ge=1, le=10**8 - 1)
    program: Program | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.start >= self.until:
            raise ValueError("is over before it starts: until must be later than from")
        if (self.version is None) is (self.program is None):
            raise ValueError("needs one candidate: send either version or program")
        return self

    @property
    def period(self) -> tuple[datetime, datetime]:
        """From when, and until when."""
        return self.start, self.until
