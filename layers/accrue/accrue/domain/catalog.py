"""What a network defines: itself, its activity types, users, memberships and keys."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from accrue.domain.activity import MembershipRef
from accrue.domain.emails import normalize_email
from accrue.domain.timestamps import to_text
from accrue.domain.user_standing import UserStanding


@dataclass(frozen=True, slots=True)
class Network:
    """A tenant.

    `pseudonym_secret` turns emails into keys that only this network's catalog can make: without it
    nobody can find out, by trying addresses, whose row is whose. It is minted once and never
    changes.
    """

    network_id: str
    name: str
    pseudonym_secret: bytes
    logs_undefined_types: bool = False
    # Of an activity's metadata, only what is named here is kept: rows are for ever, and nothing
    # personal must come in by accident.
    metadata_fields: tuple[str, ...] = ()
    # Every user of the network is enrolled in these.
    automatic_programs: tuple[str, ...] = ()
    # It has a clock of its own, which administrators move forward. Never changes.
    is_sandbox: bool = False

    def to_document(self) -> Mapping[str, Any]:
        """The network as it is shown, without its secret."""
        return {
            "network_id": self.network_id,
            "name": self.name,
            "logs_undefined_types": self.logs_undefined_types,
            "metadata_fields": list(self.metadata_fields),
            "automatic_programs": list(self.automatic_programs),
            "is_sandbox": self.is_sandbox,
        }

    def pseudonym(self, email: str) -> str:
        """HMAC-SHA256, as hex, of the email in its normalized form."""
        normalized = normalize_email(email).encode()
        return hmac.digest(self.pseudonym_secret, normalized, "sha256").hex()


@dataclass(frozen=True, slots=True)
class ActivityType:
    """A definition that rules can be on; a partner's id is compared with it byte for byte.

    Archived, it is to new activities as if it were not defined.
    """

    activity_type_id: str
    kind: str
    roles: tuple[str, ...]
    allows_negative: bool
    is_archived: bool = False

    def to_document(self) -> Mapping[str, Any]:
        """The type as it is shown."""
        return {
            "activity_type_id": self.activity_type_id,
            "kind": self.kind,
            "roles": list(self.roles),
            "allows_negative": self.allows_negative,
            "is_archived": self.is_archived,
        }


@dataclass(frozen=True, slots=True)
class User:
    """A person in a network as an activity meets him, with the memberships enrolled in."""

    user_id: str
    memberships: tuple[MembershipRef, ...]
    standing: UserStanding = UserStanding.ACTIVE


@dataclass(frozen=True, slots=True)
class Membership:
    """A user's enrolment in one program; `standing` is the user's."""

    program_membership_id: str
    program_id: str
    user_id: str
    standing: UserStanding = UserStanding.ACTIVE

    @property
    def ref(self) -> MembershipRef:
        """The membership as an activity pins it."""
        return MembershipRef(self.program_id, self.program_membership_id)


class KeyRole(StrEnum):
    """What an API key may do: report activities and read; administer the network as well; or, of
    the stack's operator, make networks and their keys.
    """

    PARTNER = "partner"
    ADMIN = "admin"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key's public part and the SHA-256 of its secret; the secret itself is stored nowhere.

    Revoked, it opens nothing any more; its id stays taken, so that a log names one key for ever.
    """

    key_id: str
    network_id: str
    role: KeyRole
    secret_sha256: bytes
    created_at: datetime
    revoked_at: datetime | None = None

    def to_document(self) -> Mapping[str, Any]:
        """The key as it is shown, without anything secret."""
        return {
            "key_id": self.key_id,
            "role": self.role.value,
            "created_at": to_text(self.created_at),
            "revoked_at": None if self.revoked_at is None else to_text(self.revoked_at),
        }


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """How many keys of a network were ever issued, and how many of them are revoked."""

    issued: int = 0
    revoked: int = 0

    @property
    def live(self) -> int:
        """How many can be used."""
        return self.issued - self.revoked

    def after(self, present: ApiKey | None, wanted: ApiKey) -> "KeyCounts":
        """The counts once a key that was `present` is as wanted."""
        was_revoked = present is not None and present.revoked_at is not None
        is_revoked = wanted.revoked_at is not None
        return KeyCounts(self.issued + (present is None), self.revoked + (is_revoked - was_revoked))
