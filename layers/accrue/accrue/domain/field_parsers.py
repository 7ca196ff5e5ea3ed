"""What one field may hold: a parser takes what was sent, and raises `WrongValueError`."""

import re
from collections.abc import Callable, Mapping

from accrue.domain.emails import normalize_email
from accrue.domain.json_values import WrongValueError, type_name

# RFC 5321's longest forward path.
MAX_EMAIL_CHARS = 254
# Bounded, so that looking for one takes time in proportion to the text.
EMAIL_INSIDE = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@.]{2,}")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def free_text(max_chars: int) -> Callable[[object], str]:
    """A parser of strings that people write: any characters, also none."""

    def parse(value: object) -> str:
        if not isinstance(value, str):
            raise WrongValueError(f"must be a string, not {type_name(value)}")
        if len(value) > max_chars:
            raise WrongValueError(f"is longer than {max_chars} characters: shorten it")
        return value

    return parse


def identifier(max_chars: int) -> Callable[[object], str]:
    """A parser of ids and keys: not blank, no control characters, kept as they are."""
    parse_text = free_text(max_chars)

    def parse(value: object) -> str:
        text = parse_text(value)
        if not text.strip():
            raise WrongValueError("is blank: send a string that is not")
        if CONTROL_CHARACTERS.search(text):
            raise WrongValueError("contains control characters: remove them")
        return text

    return parse


def stored_identifier(max_chars: int) -> Callable[[object], str]:
    """A parser of ids that rows keep for ever, and so no emails."""
    parse_identifier = identifier(max_chars)

    def parse(value: object) -> str:
        text = parse_identifier(value)
        if EMAIL_INSIDE.search(text):
            raise WrongValueError("has an email in it, and is kept for ever: send an opaque id")
        return text

    return parse


def without_emails(text: str) -> str:
    """The text with `[email]` in the place of each email."""
    return EMAIL_INSIDE.sub("[email]", text)


def email(value: object) -> str:
    """An email in the form in which emails are compared. What was sent is never quoted."""
    text = identifier(MAX_EMAIL_CHARS)(value)
    if text.split() != [text]:
        raise WrongValueError("contains spaces: remove them")
    if "@" not in text:
        raise WrongValueError("is not an email: send one such as name@example.com")
    return normalize_email(text)


def flag(value: object) -> bool:
    """A JSON boolean, and nothing that merely looks like one."""
    if not isinstance(value, bool):
        raise WrongValueError(f"must be true or false, not {type_name(value)}")
    return value


def json_object(value: object) -> Mapping[str, object]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise WrongValueError(f"must be an object, not {type_name(value)}")
    return value


def array(max_items: int) -> Callable[[object], list[object]]:
    """A parser of JSON arrays."""

    def parse(value: object) -> list[object]:
        if not isinstance(value, list):
            raise WrongValueError(f"must be an array, not {type_name(value)}")
        if len(value) > max_items:
            raise WrongValueError(f"has {len(value)} items: send at most {max_items}")
        return value

    return parse


def none_if_blank[T](parse: Callable[[object], T]) -> Callable[[object], T | None]:
    """A parser that reads a blank string as absent."""
    return lambda value: None if is_blank(value) else parse(value)


def is_blank(value: object) -> bool:
    """Whether it is null or a string without anything to see in it."""
    return value is None or (isinstance(value, str) and not value.strip())
