"""What pydantic finds wrong with a document, as places in what was sent and plain remedies."""

from inspect import isclass
from typing import Any, get_args

from pydantic_core import ErrorDetails

from accrue.domain.near_miss import nearest_name
from accrue.domain.program.parts import Document
from accrue.domain.program.places import Place

_TIME = 'must be a time with its offset, such as "2026-03-01T00:00:00+01:00"'
_TIME_OF_DAY = 'must be a time of day: write it as "08:30"'
_WHOLE = "must be a whole number"
_TRUTH = "must be true or false"
_OBJECT = "must be an object with fields of its own"
# By pydantic's type of fault; for the others its own words will do.
_REMEDIES = {
    "missing": "is missing: add it",
    "string_type": 'must be text: put it in quotes, such as "5"',
    "string_too_short": "is blank: send some text",
    "string_too_long": "is longer than {max_length} characters: shorten it",
    "string_pattern_mismatch": "has characters that an id can't have: make it match {pattern}",
    "too_short": "is empty: add at least one",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "value_error": "{error}",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "greater_than_equal": "is too small: it must be at least {ge}",
    "less_than_equal": "is too large: it must be at most {le}",
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_aware": _TIME,
    "time_type": _TIME_OF_DAY,
    "time_parsing": _TIME_OF_DAY,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "tuple_type": "must be a list",
}


def place_and_remedy(error: ErrorDetails, root: type[Document]) -> tuple[Place, str]:
    """Where in a document of type `root` pydantic's fault is, and how to mend it."""
    place, models = _place_and_models(error["loc"], root)
    match error["type"]:
        case "union_tag_invalid" | "union_tag_not_found":
            kinds = ", ".join(f'"{_kind(model)}"' for model in models)
            return (*place, "kind"), f"must be one of {kinds}"
        case "extra_forbidden":
            return place, _not_a_field(str(place[-1]), models)
        case "too_long":
            return place, _too_many(place, error)
    if (remedy := _REMEDIES.get(error["type"])) is None:
        return place, error["msg"]
    return place, remedy.format_map(error.get("ctx", {}))


def _not_a_field(name: str, models: list[type[Document]]) -> str:
    fields = (field for model in models for field in model.model_fields)
    if near := nearest_name(name, fields):
        return f'is not a field of this: did you mean "{near}"?'
    return "is not a field of this: remove it, or mend its name"


def _too_many(place: Place, error: ErrorDetails) -> str:
    most = f"has more than {error.get('ctx', {})['max_length']} items: "
    # Only the lists of the network itself may be spread over several documents.
    return most + ("put the rest into another document" if len(place) == 1 else "remove some")


def _place_and_models(
    loc: tuple[str | int, ...], root: type[Document]
) -> tuple[Place, list[type[Document]]]:
    """Pydantic's `loc` without what is no place, and which models the last name is a field of.

    For what may be one of several kinds, pydantic names the kind after the field, and after a
    wrong key of a mapping it says "[key]". For a union itself, the models are its kinds.
    """
    place: list[str | int] = []
    models, holders = [root], [root]
    for part in loc:
        if part == "[key]":
            continue
        if len(models) > 1 and isinstance(part, str):
            models = [model for model in models if _kind(model) == part]
            continue
        place.append(part)
        if isinstance(part, str):
            holders = models
            models = _models_of_field(models, part)
    return tuple(place), models if len(models) > 1 else holders


def _models_of_field(models: list[type[Document]], name: str) -> list[type[Document]]:
    fields = (model.model_fields.get(name) for model in models)
    return [m for field in fields if field is not None for m in _models_in(field.annotation)]


def _models_in(annotation: Any) -> list[type[Document]]:  # noqa: ANN401 - any annotation at all
    if isclass(annotation) and issubclass(annotation, Document):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _kind(model: type[Document]) -> object:
    return model.model_fields["kind"].default
