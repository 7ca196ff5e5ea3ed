"""What the header of a CSV says: which column is which field of an activity."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from accrue.domain.near_miss import nearest_name
from accrue.domain.users_field import MAX_USERS
from local.errors import ActivityFileError
from local.send.source import MAX_LINE_BYTES, is_utf8

SEPARATORS = (",", ";", "\t")
KEY_COLUMN = "idempotency_key"
_USER_COLUMN = re.compile(r"user_([1-9]\d?)_(key|email)")
_USER_COLUMNS = tuple(
    f"user_{number}_{part}" for number in range(1, MAX_USERS + 1) for part in ("key", "email")
)


@dataclass(frozen=True, slots=True)
class Form:
    """The columns of one of the two forms of a row."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    def known(self) -> tuple[str, ...]:
        return self.required + self.optional


NETWORK_FORM = Form(
    required=("activity_short_id", "amount", "user_1_key", "user_1_email"),
    optional=(
        "activity_timestamp",
        "description",
        "reference",
        "enforce_unique_ref_id",
        KEY_COLUMN,
        *_USER_COLUMNS[2:],
    ),
)
MEMBERSHIP_FORM = Form(
    required=("program_membership_id", "activity_type_id", "value", "transaction_timestamp"),
    optional=(KEY_COLUMN,),
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns in the order in which the file has them."""

    names: tuple[str, ...]
    separator: str
    form: Form

    def user_numbers(self) -> list[int]:
        """Of the pairs of columns about a user."""
        found = map(_USER_COLUMN.fullmatch, self.names)
        return sorted({int(match[1]) for match in found if match})


def read_columns(header: bytes) -> Columns:
    """The columns that the first line names. Raises ActivityFileError if it can't be used."""
    text = header.decode("utf-8", "surrogateescape")
    if not is_utf8(text) or "\0" in text:
        raise ActivityFileError("line 1: is not UTF-8: save the file as UTF-8")
    if not text.strip():
        raise ActivityFileError("line 1: is blank: it must name the columns, as in docs/files.md")
    if len(header) >= MAX_LINE_BYTES or "\r" in text.rstrip("\r\n"):
        raise ActivityFileError("line 1: has no end: save the file with line ends of Unix or DOS")
    splits = [_split(text, separator) for separator in SEPARATORS]
    columns = max(splits, key=_fit)
    if not _share(columns.names, columns.form) and not all(split.names for split in splits):
        raise ActivityFileError("line 1: has a quote that nothing ends: mend the header")
    _check(columns)
    return columns


def _split(text: str, separator: str) -> Columns:
    """The header's cells; none if it can't be read with this separator."""
    try:
        cells = next(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error:
        cells = []
    names = tuple(cell.strip() for cell in cells)
    forms = (NETWORK_FORM, MEMBERSHIP_FORM)
    return Columns(names, separator, max(forms, key=lambda form: _share(names, form)))


def _share(names: Sequence[str], form: Form) -> int:
    return len(set(names) & set(form.known()))


def _fit(columns: Columns) -> tuple[int, int]:
    """By the known columns; of a header without any, the one with the most cells is told of."""
    return _share(columns.names, columns.form), len(columns.names)


def _check(columns: Columns) -> None:
    known = columns.form.known()
    unknown = [name for name in columns.names if name not in known]
    missing = [name for name in columns.form.required if name not in columns.names]
    twice = [name for name, times in Counter(columns.names).items() if times > 1]
    half = [name for name in columns.names if name not in unknown and _lacks_other(name, columns)]
    if unknown:
        told = ", ".join(_hint(name, missing or known) for name in unknown)
        raise ActivityFileError(f"line 1: unknown columns: {told}. Known are: {_told(known)}")
    if twice:
        raise ActivityFileError(f"line 1: columns that are there twice: {', '.join(twice)}")
    if missing:
        raise ActivityFileError(f"line 1: lacks the columns {', '.join(missing)}: add them")
    if half:
        raise ActivityFileError(
            f"line 1: {', '.join(half)}: of each user, both user_N_key and user_N_email are needed"
        )


def _hint(name: str, candidates: Sequence[str]) -> str:
    near = nearest_name(name, candidates) or nearest_name(name, NETWORK_FORM.known())
    shown = f'"{name[:64]}"'
    return f"{shown} (did you mean {near}?)" if near else shown


def _lacks_other(name: str, columns: Columns) -> bool:
    match = _USER_COLUMN.fullmatch(name)
    if match is None:
        return False
    other = "email" if match[2] == "key" else "key"
    return f"user_{match[1]}_{other}" not in columns.names


def _told(known: Sequence[str]) -> str:
    shown = [name for name in known if name not in _USER_COLUMNS[4:]]
    return ", ".join(shown) + (f" ... user_{MAX_USERS}_email" if shown != list(known) else "")
