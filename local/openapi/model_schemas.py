"""JSON Schemas of the models, as components that refer to each other."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from local.program_schema import readable

COMPONENT = "#/components/schemas/"
# Where two models have one name, that of the rarer one gets its room's.
_PREFIXES = {"event_documents": "Event", "program": "Program", "answers": "Answer"}


def schema_of(annotated: Any) -> dict[str, Any]:  # noqa: ANN401 - any type
    """The schema of a type that is no model."""
    schema: dict[str, Any] = readable(TypeAdapter(annotated).json_schema(), {})
    return schema


def components_of(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """The schemas of the models and of all that they refer to, by name."""
    _, generated = models_json_schema(
        [(model, "validation") for model in models], ref_template=COMPONENT + "{model}"
    )
    parts = generated["$defs"]
    return {
        _short(name): _renamed(readable(part, parts))
        for name, part in sorted(parts.items())
        if not name.startswith("Choices_")
    }


def reference(model: type[BaseModel] | str) -> dict[str, str]:
    """A reference to a component."""
    name = model if isinstance(model, str) else model.__name__
    return {"$ref": COMPONENT + name}


def reachable(names: Iterable[str], components: Mapping[str, Any]) -> set[str]:
    """The components of these names, and all that they refer to."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _referred_to(components[name])
    return found


def _referred_to(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    match value:
        case {"$ref": str(target)}:
            yield target.removeprefix(COMPONENT)
        case dict():
            for inner in value.values():
                yield from _referred_to(inner)
        case list():
            for inner in value:
                yield from _referred_to(inner)


def opened(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Without the refusal of unknown fields: a client must not break on a new one."""
    match value:
        case dict():
            return {
                name: opened(inner)
                for name, inner in value.items()
                if name != "additionalProperties" or inner is not False
            }
        case list():
            return [opened(inner) for inner in value]
    return value


def _short(name: str) -> str:
    *rooms, last = name.split("__")
    prefix = next((_PREFIXES[room] for room in reversed(rooms) if room in _PREFIXES), "")
    return prefix + last


def _renamed(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case {"$ref": str(target), **rest}:
            name = _short(target.removeprefix(COMPONENT))
            return {"$ref": COMPONENT + name, **_renamed(rest)}
        case Mapping():
            return {name: _renamed(inner) for name, inner in value.items()}
        case list():
            return [_renamed(inner) for inner in value]
    return value
