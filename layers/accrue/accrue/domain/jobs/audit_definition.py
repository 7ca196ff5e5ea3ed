"""What an administrator sends to have memberships audited, or repaired."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from accrue.domain.field_parsers import stored_identifier
from accrue.domain.membership_activity_request import MAX_IDEMPOTENCY_KEY_CHARS
from accrue.domain.program.parts import CatalogId, Document

# Each is looked up when the job is opened.
MAX_NAMED_MEMBERSHIPS = 100
MAX_REASON_CHARS = 200

IdempotencyKey = Annotated[str, AfterValidator(stored_identifier(MAX_IDEMPOTENCY_KEY_CHARS))]


class AuditDefinition(Document):
    """Recompute memberships from ledger and postings: these, those of a program, or all.

    All: then the ledger is looked through as well, for rows that nothing came of.
    """

    kind: Literal["audit"]
    idempotency_key: IdempotencyKey
    program_membership_ids: tuple[CatalogId, ...] | None = Field(
        default=None, min_length=1, max_length=MAX_NAMED_MEMBERSHIPS
    )
    program_id: CatalogId | None = None

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        if self.program_membership_ids is not None and self.program_id is not None:
            raise ValueError(
                "names memberships and a program: send program_membership_ids, or program_id, or"
                " neither for all"
            )
        return self

    @property
    def is_of_all(self) -> bool:
        """Whether it is about the whole network."""
        return self.program_membership_ids is None and self.program_id is None


class RepairDefinition(Document):
    """Repair the memberships for which a completed audit found a difference, with a reason."""

    kind: Literal["repair"]
    of: CatalogId
    reason: Annotated[str, AfterValidator(stored_identifier(MAX_REASON_CHARS))]
