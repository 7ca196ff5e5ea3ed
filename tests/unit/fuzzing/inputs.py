"""Makes inputs for parsers: each of these, given samples, is a maker of one kind of them."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any

from accrue.domain.canonical import content_hash
from tests.unit.fuzzing.grammar import some_json_text
from tests.unit.fuzzing.json_text import Repeated, Verbatim, written
from tests.unit.fuzzing.mutation import changed_bytes, changed_text, changed_value

type Maker[T] = Callable[[Random], T]


def json_texts(samples: Sequence[Any]) -> Maker[str]:
    """Mostly JSON of which a few values are others; some of it is not even JSON."""
    names = tuple(sorted({name for sample in samples for name in _names(sample)}))

    def make(rng: Random) -> str:
        how = rng.random()
        if how < 0.06:
            return some_json_text(rng, names)
        text = written(
            changed_value(rng.choice(samples), rng, samples),
            is_ascii=rng.random() < 0.5,
        )
        return changed_text(text, rng) if how < 0.15 else text

    return make


def texts(samples: Sequence[str]) -> Maker[str]:
    """Text of which a few pieces are others."""
    return lambda rng: changed_text(rng.choice(samples), rng)


def octets(make: Maker[str]) -> Maker[bytes]:
    """Text in UTF-8, or what it becomes on the way."""

    def made(rng: Random) -> bytes:
        content = make(rng).encode("utf-8", "surrogatepass")
        return changed_bytes(content, rng) if rng.random() < 0.5 else content

    return made


def base64_texts(make: Maker[str]) -> Maker[str]:
    """What the gateway makes of a body that it takes for binary, or what it would never."""

    def made(rng: Random) -> str:
        encoded = base64.b64encode(octets(make)(rng)).decode()
        return changed_text(encoded, rng) if rng.random() < 0.2 else encoded

    return made


def attributes(samples: Sequence[Mapping[str, Any]]) -> Maker[dict[str, Any]]:
    """Items as a table may hold them. Some hash what they say, as if they had been written so."""

    def make(rng: Random) -> dict[str, Any]:
        changed = _as_stored(changed_value(rng.choice(samples), rng, samples))
        item: dict[str, Any] = changed if isinstance(changed, dict) else {}
        if rng.random() < 0.8 and "content_hash" in item:
            del item["content_hash"]
            said = {name: value for name, value in item.items() if not _is_place(name)}
            item["content_hash"] = content_hash(said)
        return item

    return make


def _is_place(name: str) -> bool:
    """Whether storage adds it to an item."""
    return name.endswith("_key") or name in {"time_shard", "outcome_shard", "outcome_at"}


def _as_stored(value: Any) -> Any:
    """What DynamoDB can hold of it: no number of more than 38 digits."""
    match value:
        case Repeated(inner, _):
            stored = _as_stored(inner)
        case Verbatim(text):
            stored = text
        case dict():
            stored = {name: _as_stored(inner) for name, inner in value.items()}
        case list():
            stored = [_as_stored(inner) for inner in value]
        case int() if not isinstance(value, bool):
            stored = Decimal(value) if abs(value) < 10**38 else str(value)
        case _:
            stored = value
    return stored


def _names(value: Any) -> Iterable[str]:
    match value:
        case dict():
            for name, inner in value.items():
                yield name
                yield from _names(inner)
        case list():
            for inner in value:
                yield from _names(inner)
