"""What a network defines: itself, its activity types, users, memberships and keys."""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from accrue.domain.activity import MembershipRef
from accrue.domain.emails import normalize_email


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

    def pseudonym(self, email: str) -> str:
        """HMAC-SHA256, as hex, of the email in its normalized form."""
        normalized = normalize_email(email).encode()
        return hmac.new(self.pseudonym_secret, normalized, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class ActivityType:
    """A definition that rules can be on; a partner's id is compared with it byte for byte."""

    activity_type_id: str
    kind: str
    roles: tuple[str, ...]
    allows_negative: bool


@dataclass(frozen=True, slots=True)
class User:
    """A person in a network, with the memberships enrolled in."""

    user_id: str
    memberships: tuple[MembershipRef, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """A user's enrolment in one program."""

    program_membership_id: str
    program_id: str
    user_id: str

    @property
    def ref(self) -> MembershipRef:
        """The membership as an activity pins it."""
        return MembershipRef(self.program_id, self.program_membership_id)


class KeyRole(StrEnum):
    """What an API key may do: report activities and read, or administer the network as well."""

    PARTNER = "partner"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key's public part and the SHA-256 of its secret; the secret itself is stored nowhere."""

    key_id: str
    network_id: str
    role: KeyRole
    secret_sha256: bytes
