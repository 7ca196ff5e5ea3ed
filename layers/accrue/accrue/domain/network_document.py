"""A whole network as one document: what `import_catalog` takes.

Everything that a part refers to must be in the document. What the document does not name stays as
it is in the catalog: leaving a user out is not how one forgets a user.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from accrue.domain.catalog import KeyRole
from accrue.domain.emails import normalize_email
from accrue.domain.errors import Fault, InvalidNetworkDocumentError
from accrue.domain.field_parsers import email as parse_email
from accrue.domain.json_values import pointer
from accrue.domain.program import (
    MEMBER_ROLE,
    ActivityTypeId,
    CatalogId,
    Document,
    Program,
    Role,
)

NetworkId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
KeyId = NetworkId


class NetworkPart(Document):
    """The network itself.

    With `logs_undefined_types`, the membership endpoint too logs activities of types that are not
    defined; by default it refuses them.
    """

    network_id: NetworkId
    name: str = Field(min_length=1, max_length=128)
    logs_undefined_types: bool = False


class ActivityTypePart(Document):
    """An activity type. A type without roles of its own is about a single member."""

    activity_type_id: ActivityTypeId
    kind: Literal["action", "sale"]
    roles: tuple[Role, ...] = Field(default=(MEMBER_ROLE,), min_length=1, max_length=20)
    allows_negative: bool = False


class UserPart(Document):
    """A user. `user_id` stands in ledger rows for ever, so it must not tell who the person is."""

    user_id: CatalogId
    email: str

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
    role: KeyRole


class NetworkDocument(Document):
    """A whole network."""

    network: NetworkPart
    # More come in further documents: one import must be over before its caller's patience is.
    activity_types: tuple[ActivityTypePart, ...] = Field(default=(), max_length=1000)
    programs: tuple[Program, ...] = Field(default=(), max_length=100)
    users: tuple[UserPart, ...] = Field(default=(), max_length=1000)
    memberships: tuple[MembershipPart, ...] = Field(default=(), max_length=1000)
    api_keys: tuple[ApiKeyPart, ...] = Field(default=(), max_length=100)


def parse_network_document(document: Mapping[str, Any]) -> NetworkDocument:
    """The document, or InvalidNetworkDocumentError with a pointer to every fault."""
    try:
        parsed = NetworkDocument.model_validate(document)
    except ValidationError as error:
        faults = [Fault(pointer(*e["loc"]), _remedy(e)) for e in error.errors()]
        raise refusal(faults) from None
    if faults := list(_contradictions(parsed)):
        raise refusal(faults)
    return parsed


# By pydantic's type of fault; for the others its own words will do.
_REMEDIES = {
    "missing": "is missing: add it",
    "extra_forbidden": "is not a field of this: remove it, or mend its name",
    "string_too_short": "is blank: send some text",
    "string_pattern_mismatch": "has characters that an id can't have: make it match {pattern}",
    "too_long": "has more than {max_length} items: put the rest into another document",
    "too_short": "is empty: add at least one",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "value_error": "{error}",
}


def _remedy(error: ErrorDetails) -> str:
    if (remedy := _REMEDIES.get(error["type"])) is None:
        return error["msg"]
    return remedy.format_map(error.get("ctx", {}))


def refusal(faults: Iterable[Fault]) -> InvalidNetworkDocumentError:
    """The refusal of a document with these faults."""
    listed = tuple(faults)
    return InvalidNetworkDocumentError(
        f"The network document has {len(listed)} fault(s); nothing was written.", listed
    )


def _contradictions(document: NetworkDocument) -> Iterator[Fault]:
    yield from _repeated("activity_types", (t.activity_type_id for t in document.activity_types))
    for index, part in enumerate(document.activity_types):
        where = pointer("activity_types", index)
        yield from _inside(where, _repeated("roles", part.roles))
    yield from _repeated("programs", (p.program_id for p in document.programs))
    yield from _repeated("users", (u.user_id for u in document.users))
    yield from _repeated("users", (normalize_email(u.email) for u in document.users), "email")
    yield from _repeated("memberships", (m.program_membership_id for m in document.memberships))
    yield from _repeated("api_keys", (k.key_id for k in document.api_keys))
    enrolments = (f"{m.program_id} {m.user_id}" for m in document.memberships)
    yield from _repeated("memberships", enrolments, "user_id")
    yield from _dangling_memberships(document)
    yield from _impossible_rules(document)


def _repeated(part: str, values: Iterable[str], field: str = "") -> Iterator[Fault]:
    listed = list(values)
    counts = Counter(listed)
    seen: set[str] = set()
    for index, value in enumerate(listed):
        if counts[value] > 1 and value in seen:
            where = pointer(part, index, field) if field else pointer(part, index)
            yield Fault(where, "stands here a second time: remove or rename one of the two")
        seen.add(value)


def _dangling_memberships(document: NetworkDocument) -> Iterator[Fault]:
    programs = {p.program_id for p in document.programs}
    users = {u.user_id for u in document.users}
    for index, membership in enumerate(document.memberships):
        if membership.program_id not in programs:
            yield Fault(pointer("memberships", index, "program_id"), "is not among the programs")
        if membership.user_id not in users:
            yield Fault(pointer("memberships", index, "user_id"), "is not among the users")


def _impossible_rules(document: NetworkDocument) -> Iterator[Fault]:
    roles = {t.activity_type_id: t.roles for t in document.activity_types}
    for index, program in enumerate(document.programs):
        rule_ids = _repeated("rules", (rule.rule_id for rule in program.rules))
        yield from _inside(pointer("programs", index), rule_ids)
        for number, rule in enumerate(program.rules):
            where = ("programs", index, "rules", number)
            if rule.activity_type_id not in roles:
                yield Fault(pointer(*where, "activity_type_id"), "is not among the activity types")
            elif rule.role not in roles[rule.activity_type_id]:
                allowed = ", ".join(roles[rule.activity_type_id])
                yield Fault(pointer(*where, "role"), f"is not a role of the type; it has {allowed}")


def _inside(where: str, faults: Iterable[Fault]) -> Iterator[Fault]:
    for fault in faults:
        yield Fault(where + fault.pointer, fault.message)
