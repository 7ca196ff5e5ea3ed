"""What a partner sends to enrol a user in a program, or to learn the membership."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from accrue.domain.body_fields import Fields
from accrue.domain.field_parsers import email, identifier
from accrue.domain.findings import Findings
from accrue.domain.json_values import WrongValueError
from accrue.domain.limits import ID_PATTERN, MAX_ID_CHARS

BODY_FIELDS = frozenset({"program_id", "user_id", "email", "program_membership_id"})
_ID = re.compile(ID_PATTERN)


@dataclass(frozen=True, slots=True)
class ProgramMembershipRequest:
    """What was sent, before look-ups. Either `user_id` or `email`, the other is None."""

    program_id: str
    user_id: str | None
    email: str | None
    program_membership_id: str | None

    @property
    def user_pointer(self) -> str:
        """Where the user is named."""
        return "/user_id" if self.email is None else "/email"


@dataclass(frozen=True, slots=True)
class ParsedProgramMembership:
    """A request that may be looked into, and what its sender should be told."""

    request: ProgramMembershipRequest
    warnings: tuple[str, ...] = ()


def parse_program_membership(body: Mapping[str, object]) -> ParsedProgramMembership:
    """Read a body as `parse_json_body` returns it. InvalidRequestError carries every fault."""
    findings = Findings()
    fields = Fields(body, findings, BODY_FIELDS)
    request = ProgramMembershipRequest(
        program_id=fields.required("program_id", _catalog_id, "", "the id of the program"),
        user_id=fields.optional("user_id", _catalog_id),
        email=fields.optional("email", email),
        program_membership_id=fields.optional("program_membership_id", _catalog_id),
    )
    named = [name for name in ("user_id", "email") if body.get(name) is not None]
    if len(named) > 1:
        fields.refuse("names the user a second time: send either user_id or email", "email")
    if not named:
        fields.refuse("is missing: send the user's user_id, or the email in its place", "user_id")
    findings.raise_faults()
    return ParsedProgramMembership(request, findings.warnings())


def _catalog_id(value: object) -> str:
    text = identifier(MAX_ID_CHARS)(value)
    if not _ID.fullmatch(text):
        raise WrongValueError(
            "is not an id: one begins with a letter or digit, and has only letters (a to z, A to"
            " Z), digits and . _ : ~ -"
        )
    return text
