"""A whole network as one document: what `import_catalog` takes.

Everything that a part refers to must be in the document. What the document does not name stays as
it is in the catalog: leaving a user out is not how one forgets a user.
"""

import re
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from accrue.domain.catalog import ActivityType, Network
from accrue.domain.field_parsers import email as parse_email
from accrue.domain.json_values import WrongValueError
from accrue.domain.program.parts import (
    ActivityTypeId,
    CatalogId,
    Document,
    Role,
    Truth,
    ValueText,
)
from accrue.domain.program.program import Program
from accrue.domain.roles import MEMBER_ROLE

NetworkId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
KeyId = NetworkId
# Ids stand in paths, and gateways differ in whether they decode those.
_PERCENT_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
# More come in further documents: one import must be over before its caller's patience is.
MAX_ACTIVITY_TYPES = 1000
MAX_PROGRAMS = 100


class NetworkPart(Document):
    """The network itself.

    With `logs_undefined_types`, the membership endpoint too logs activities of types that are not
    defined; by default it refuses them. Of an activity's metadata, the fields named in
    `metadata_fields` are kept, and rules can be on them; by default none. Every user is enrolled in
    the `automatic_programs`; by default there are none. Left out, each stays as it is: what is not
    kept meanwhile is lost for ever. `is_sandbox` is said when the network is made, and never
    changes.
    """

    network_id: NetworkId
    name: str = Field(min_length=1, max_length=128)
    logs_undefined_types: Truth | None = None
    metadata_fields: tuple[CatalogId, ...] | None = Field(default=None, max_length=20)
    automatic_programs: tuple[CatalogId, ...] | None = Field(default=None, max_length=20)
    is_sandbox: Truth | None = None

    def said_of(self, present: Network) -> Network:
        """The network as it shall be; what is left out stays as it is."""
        optional: dict[str, Any] = {
            "logs_undefined_types": self.logs_undefined_types,
            "metadata_fields": self.metadata_fields,
            "automatic_programs": self.automatic_programs,
            "is_sandbox": self.is_sandbox,
        }
        said = {name: value for name, value in optional.items() if value is not None}
        return replace(present, name=self.name, **said)


class ActivityTypePart(Document):
    """An activity type. A type without roles of its own is about a single member.

    Archived, it is to new activities as if it were not defined; its name stays taken.
    """

    activity_type_id: ActivityTypeId
    kind: Literal["action", "sale"]
    roles: tuple[Role, ...] = Field(default=(MEMBER_ROLE,), min_length=1, max_length=20)
    allows_negative: Truth = False
    is_archived: Truth = False

    @field_validator("activity_type_id")
    @classmethod
    def _readable_in_urls(cls, activity_type_id: str) -> str:
        if escape := _PERCENT_ESCAPE.search(activity_type_id):
            raise WrongValueError(
                f"has {escape.group()} in it, which is a character in URLs: put something else"
                " between the % and what follows"
            )
        return activity_type_id

    def activity_type(self) -> ActivityType:
        """The type that is defined."""
        return ActivityType(
            self.activity_type_id, self.kind, self.roles, self.allows_negative, self.is_archived
        )


class UserPart(Document):
    """A user. `user_id` stands in ledger rows for ever, so it must not tell who the person is.

    `traits` are what conditions and segments can ask of the person. Given, they take the place of
    all earlier ones; left out, those stay.
    """

    user_id: CatalogId
    email: str
    traits: Annotated[dict[CatalogId, ValueText], Field(max_length=50)] | None = None

    @field_validator("email")
    @classmethod
    def _comparable(cls, email: str) -> str:
        parse_email(email)
        return email


class MembershipPart(Document):
    """A user's enrolment in a program."""

    program_membership_id: CatalogId
    program_id: CatalogId
    user_id: CatalogId


class ApiKeyPart(Document):
    """An API key to mint, if the network has none with this id."""

    key_id: KeyId
    # Of roles that a network can give: an operator's key is no network's.
    role: Literal["partner", "admin"]


class NetworkDocument(Document):
    """A whole network."""

    network: NetworkPart
    activity_types: tuple[ActivityTypePart, ...] = Field(default=(), max_length=MAX_ACTIVITY_TYPES)
    programs: tuple[Program, ...] = Field(default=(), max_length=MAX_PROGRAMS)
    users: tuple[UserPart, ...] = Field(default=(), max_length=1000)
    memberships: tuple[MembershipPart, ...] = Field(default=(), max_length=1000)
    api_keys: tuple[ApiKeyPart, ...] = Field(default=(), max_length=100)
