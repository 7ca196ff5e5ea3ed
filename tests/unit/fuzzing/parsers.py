"""What a parser promises, and whether it keeps it for one input."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from accrue.domain.number_text import MAX_ABSOLUTE_EXPONENT, MAX_NUMBER_CHARS
from tests.unit.fuzzing.json_text import written
from tests.unit.fuzzing.work import WorkMeter

# How much of an input is shown of which something is wrong.
MAX_SHOWN_CHARS = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """Takes what `make` makes, and returns, or raises one of `refusals` and nothing else.

    Its work is at most `most_work + most_work_per_byte * bytes of the input`. `is_stable` says of
    what it returned whether that, written in its one form and parsed again, is the same. Of all
    inputs, it gets `share`.
    """

    name: str
    make: Callable[[Random], Any]
    parse: Callable[[Any], object]
    refusals: tuple[type[Exception], ...] = ()
    most_work: int
    most_work_per_byte: int
    is_stable: Callable[[Any], bool] = lambda _: True
    share: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one input, and the work that it made for each of its bytes."""

    was_accepted: bool
    work: int
    size: int


class BrokenPromiseError(AssertionError):
    """A parser did with an input what it must not."""


def try_one(parser: Parser, given: Any, meter: WorkMeter) -> Tried:
    """What the parser did with it. Raises BrokenPromiseError if it must not."""
    before = meter.units
    result: object = None
    try:
        result = parser.parse(given)
    except parser.refusals:
        pass
    except Exception as error:
        raise _broken(parser, given, f"raised {error!r}") from error
    # Some say what is none with None, or that it is none.
    was_accepted = result is not None and result is not False
    work, size = meter.units - before, size_of(given)
    if work > parser.most_work + parser.most_work_per_byte * size:
        raise _broken(parser, given, f"took {work} steps for {size} bytes")
    if was_accepted and not _has_small_numbers(result):
        raise _broken(parser, given, "accepted a number that is too large to compute with")
    if was_accepted and not _is_stable(parser, given, result):
        raise _broken(parser, given, f"is another, parsed again: {result!r}")
    return Tried(was_accepted, work, size)


def size_of(given: Any) -> int:
    """The bytes of an input, as they are sent or stored."""
    if isinstance(given, bytes):
        return len(given)
    text = given if isinstance(given, str) else written(given)
    return len(text.encode("utf-8", "surrogatepass"))


def _is_stable(parser: Parser, given: Any, result: object) -> bool:
    try:
        return parser.is_stable(result)
    except Exception as error:
        raise _broken(parser, given, f"made {result!r}, which raised {error!r}") from error


def _has_small_numbers(value: object) -> bool:
    match value:
        case Decimal():
            _, digits, exponent = value.as_tuple()
            is_small = len(digits) <= MAX_NUMBER_CHARS
            return is_small and isinstance(exponent, int) and abs(exponent) <= MAX_ABSOLUTE_EXPONENT
        case Mapping():
            return all(map(_has_small_numbers, value.values()))
        case list() | tuple():
            return all(map(_has_small_numbers, value))
    return True


def _broken(parser: Parser, given: Any, what: str) -> BrokenPromiseError:
    shown = repr(given)
    rest = len(shown) - MAX_SHOWN_CHARS
    shown = shown if rest <= 0 else f"{shown[:MAX_SHOWN_CHARS]}... ({rest} more characters)"
    return BrokenPromiseError(f"{parser.name} {what}, of {shown}")
