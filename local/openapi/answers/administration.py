"""What administrators define, as it is shown."""

from typing import Any, Literal

from pydantic import Field

from accrue.domain.catalog import KeyRole
from accrue.domain.event_documents import EventDocument
from accrue.domain.program.program import Program
from accrue.domain.user_standing import UserStanding
from local.openapi.answers.part import Count, DecimalText, NextCursor, Part, TimeText


class NetworkAnswer(Part):
    """A network."""

    network_id: str
    name: str
    logs_undefined_types: bool
    metadata_fields: list[str]
    automatic_programs: list[str]
    is_sandbox: bool


class NetworkPage(Part):
    """The ids of networks."""

    networks: list[str]
    next_cursor: NextCursor


class ApiKeyAnswer(Part):
    """A key, without anything secret."""

    key_id: str
    role: KeyRole
    created_at: TimeText
    revoked_at: TimeText | None


class ApiKeyPage(Part):
    """Keys by id, revoked ones too."""

    api_keys: list[ApiKeyAnswer]
    next_cursor: NextCursor


class NewApiKey(Part):
    """A new key; `api_key` is shown this one time."""

    key_id: str
    role: KeyRole
    created_at: TimeText
    api_key: str


class ActivityTypeAnswer(Part):
    """An activity type."""

    activity_type_id: str
    kind: Literal["action", "sale"]
    roles: list[str]
    allows_negative: bool
    is_archived: bool


class ActivityTypePage(Part):
    """Activity types by id."""

    activity_types: list[ActivityTypeAnswer]
    next_cursor: NextCursor


class ProgramVersionAnswer(Part):
    """A version of a program, and from when on it decides."""

    program_id: str
    version: int
    effective_at: TimeText
    program: Program


class ProgramAnswer(ProgramVersionAnswer):
    """The latest version, and which one decides now."""

    version_in_force: int | None


class ProgramSummaryAnswer(Part):
    """A program, and its latest version."""

    program_id: str
    name: str
    version: int
    effective_at: TimeText


class ProgramVersionPage(Part):
    """Versions, the newest first."""

    versions: list[ProgramSummaryAnswer]
    next_cursor: NextCursor


class ProgramPage(Part):
    """Programs by id."""

    programs: list[ProgramSummaryAnswer]
    next_cursor: NextCursor


class DifferenceAnswer(Part):
    """What stands at a place before and after; null is nothing."""

    pointer: str
    before: Any
    after: Any


class ProgramDifferences(Part):
    """What changed from a version to another."""

    program_id: str
    earlier: int = Field(alias="from")
    later: int = Field(alias="to")
    differences: list[DifferenceAnswer]


class NetworkDefinitionsAnswer(Part):
    """All that a network defines, as it can be imported."""

    network: NetworkAnswer
    activity_types: list[ActivityTypeAnswer]
    programs: list[Program]


class NetworkDifferences(Part):
    """What an import would change."""

    network_id: str
    differences: list[DifferenceAnswer]


class ImportedPart(Part):
    """A part that is not as it was."""

    pointer: str
    change: Literal["created", "updated"]


class MintedKey(Part):
    """A new key; `api_key` is shown this one time."""

    key_id: str
    role: KeyRole
    api_key: str


class ImportAnswer(Part):
    """How much was created, updated and left as it was, and what."""

    network_id: str
    created: Count
    updated: Count
    unchanged: Count
    changes: list[ImportedPart]
    api_keys: list[MintedKey]


class MembershipOfUser(Part):
    """A user's enrolment in a program."""

    program_id: str
    program_membership_id: str


class UserAnswer(Part):
    """A user; forgotten, without anything that tells who it was."""

    user_id: str
    email: str | None
    traits: dict[str, str]
    standing: UserStanding
    suspended_reason: str | None
    memberships: list[MembershipOfUser]


class UserPage(Part):
    """Users by id, forgotten ones too."""

    users: list[UserAnswer]
    next_cursor: NextCursor


class ClockAnswer(Part):
    """What a sandbox's clock shows."""

    network_id: str
    now: TimeText
    offset_seconds: DecimalText


class MovedClockAnswer(ClockAnswer):
    """The clock, and how much was posted since it was due by then; what is left comes later."""

    due_applied: Count
    is_complete: bool


class EventPage(Part):
    """Events in the order of publication; the cursor goes on also when there are no more by now."""

    events: list[EventDocument]
    next_cursor: str
    has_more: bool
