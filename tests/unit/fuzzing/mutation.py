"""Seeded changes of what was recorded: of values where they have structure, of text anywhere."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from tests.unit.fuzzing.json_text import Repeated
from tests.unit.fuzzing.spice import NUMBERS, TEXTS, VALUES

# Where in a value something is: the holder of it, and its name or index there.
type Spot = tuple[Any, Any]
# Mostly one: of many changes, the first that is refused hides the others.
CHANGES = (1, 1, 1, 2, 4)
MAX_REPETITIONS = 200


def changed_text(text: str, rng: random.Random) -> str:
    """The text with a few pieces put in, taken out, repeated or moved."""
    for _ in range(rng.choice(CHANGES)):
        begin = rng.randint(0, len(text))
        end = min(len(text), begin + rng.choice((0, 0, 1, 1, 4, 40)))
        piece = rng.choice(_PIECES)(text[begin:end], rng)
        text = text[:begin] + piece + text[end:]
    return text


_PIECES: tuple[Callable[[str, random.Random], str], ...] = (
    lambda _, rng: rng.choice(TEXTS),
    lambda _, rng: rng.choice(TEXTS),
    lambda _, __: "",
    lambda _, rng: chr(rng.choice((rng.randrange(128), rng.randrange(0x3000)))),
    lambda piece, _: piece.swapcase(),
    lambda piece, _: piece[::-1],
    lambda piece, rng: piece * rng.choice((2, 2, 3, 40, MAX_REPETITIONS)),
)


def changed_bytes(content: bytes, rng: random.Random) -> bytes:
    """The bytes with a few of them others, too many, or missing."""
    changed = bytearray(content)
    for _ in range(rng.choice(CHANGES)):
        begin = rng.randint(0, len(changed))
        end = begin + rng.choice((0, 1, 1, 30))
        changed[begin:end] = rng.choice(
            (b"", rng.randbytes(rng.randint(1, 4)), b"\xc0\x80", b"\xed\xa0\x80", b"\xff\xfe", b'"')
        )
    return bytes(changed)


def changed_value(sample: Any, rng: random.Random, others: Sequence[Any]) -> Any:
    """A copy of a value with a few parts of it replaced, left out, renamed, repeated or moved.

    `others` lend parts of theirs.
    """
    holder = [_copied(sample)]
    for _ in range(rng.choice(CHANGES)):
        spots = list(_spots(holder))
        within, name = rng.choice(spots)
        change = rng.choice(_CHANGES)
        change(within, name, rng, others)
        if not holder:
            holder = [None]
    return holder[0]


def _copied(value: Any) -> Any:
    match value:
        case dict():
            return {name: _copied(inner) for name, inner in value.items()}
        case list():
            return [_copied(inner) for inner in value]
    return value


def _spots(holder: Any) -> list[Spot]:
    found: list[Spot] = []
    waiting = [holder]
    while waiting:
        within = waiting.pop()
        names = within if isinstance(within, dict) else range(len(within))
        for name in names:
            found.append((within, name))
            if isinstance(within[name], dict | list):
                waiting.append(within[name])
    return found


def _spice(rng: random.Random) -> Any:
    return _copied(rng.choice(rng.choice((TEXTS, NUMBERS, VALUES))))


def _replace(within: Any, name: Any, rng: random.Random, _: Sequence[Any]) -> None:
    within[name] = _spice(rng)


def _alter(within: Any, name: Any, rng: random.Random, _: Sequence[Any]) -> None:
    match within[name]:
        case str() as text:
            within[name] = changed_text(text, rng)
        case list() as items if items:
            within[name] = items * rng.choice((2, 3, 120))
        case bool() | None:
            within[name] = rng.choice(TEXTS)
        case _:
            within[name] = rng.choice(NUMBERS)


def _leave_out(within: Any, name: Any, _rng: random.Random, _: Sequence[Any]) -> None:
    del within[name]


def _rename(within: Any, name: Any, rng: random.Random, _: Sequence[Any]) -> None:
    if isinstance(within, dict):
        within[rng.choice((changed_text(name, rng), rng.choice(TEXTS)))] = within.pop(name)


def _repeat(within: Any, name: Any, rng: random.Random, _: Sequence[Any]) -> None:
    if isinstance(within, dict):
        within[name] = Repeated(within[name], rng.choice(NUMBERS))


def _borrow(within: Any, name: Any, rng: random.Random, others: Sequence[Any]) -> None:
    lender, part = rng.choice(_spots([rng.choice(others)]))
    within[name] = _copied(lender[part])


def _wrap(within: Any, name: Any, rng: random.Random, _: Sequence[Any]) -> None:
    within[name] = rng.choice(([within[name]], {"kind": within[name]}))


def _add(within: Any, name: Any, rng: random.Random, _: Sequence[Any]) -> None:
    if isinstance(within[name], dict):
        within[name][rng.choice(TEXTS)] = _spice(rng)


_CHANGES = (
    *(_replace, _replace, _alter, _alter, _alter),
    *(_leave_out, _rename, _repeat, _borrow, _wrap, _add),
)
