"""The `users` of an activity in Village's form: a map from role to email."""

from collections.abc import Mapping

from accrue.domain.body_fields import Fields
from accrue.domain.field_parsers import email, identifier, json_object
from accrue.domain.json_values import WrongValueError, quoted

MAX_ROLE_CHARS = 64
# Keeps the row, and the number of postings that one activity can cause, small.
MAX_USERS = 20


def read_users(fields: Fields) -> dict[str, str]:
    """Each role with its normalized email; every fault is noted."""
    what = 'the email of at least one user, as in {"seller": "name@example.com"}'
    sent = fields.required("users", _users_map, {}, what)
    users = {}
    for role, address in sent.items():
        where: tuple[str, ...] = ("users",)
        try:
            _check_role(role)
            where = ("users", role)
            users[role] = email(address)
        except WrongValueError as error:
            fields.refuse(str(error), *where)
    return users


def _users_map(value: object) -> Mapping[str, object]:
    users = json_object(value)
    if not users:
        raise WrongValueError("is empty: send the email of at least one user under its role")
    if len(users) > MAX_USERS:
        raise WrongValueError(f"has {len(users)} roles: send at most {MAX_USERS}")
    return users


def _check_role(role: str) -> None:
    # Roles are stored and logged in clear text, emails never: an email must not pass for a role.
    if "@" in role:
        raise WrongValueError('has an email for a role: send {"<role>": "<email>"}')
    try:
        identifier(MAX_ROLE_CHARS)(role)
    except WrongValueError as error:
        raise WrongValueError(f"has a role, {quoted(role)}, that {error}") from None
