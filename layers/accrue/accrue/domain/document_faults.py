"""What pydantic finds wrong with a document, as places in what was sent and plain remedies."""

from pydantic_core import ErrorDetails

from accrue.domain.limits import ID_PATTERN, MAX_ID_CHARS
from accrue.domain.near_miss import nearest_name
from accrue.domain.program.models_in import kind_of, models_of_field
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
    "timezone_aware": _TIME,
    "time_type": _TIME_OF_DAY,
    "time_parsing": _TIME_OF_DAY,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "tuple_type": "must be a list",
}
# What null stands in the place of, by pydantic's type of fault.
_TO_SEND = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "model_type": "an object with fields of its own",
    "model_attributes_type": "an object with fields of its own",
    "dict_type": "an object with fields of its own",
    "tuple_type": "a list",
}
# Beside letters and digits, by the pattern of the id; all other ids are names in a network's keys.
_MARKS = {ID_PATTERN: ". _ : ~ -"}
_MARKS_OF_NAMES = "_ -"
# Pydantic says "day value is outside expected range".
_OUT_OF_RANGE = ("outside expected range", "out of range")


def place_and_remedy(error: ErrorDetails, root: type[Document]) -> tuple[Place, str]:
    """Where in a document of type `root` pydantic's fault is, and how to mend it."""
    place, models = _place_and_models(_without_key_mark(error), root)
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        place = (*place, "kind")
    return place, _remedy(error, place, models, root)


def _remedy(
    error: ErrorDetails, place: Place, models: list[type[Document]], root: type[Document]
) -> str:
    kind = error["type"]
    if error["input"] is None and kind in _TO_SEND:
        return f"is null: send {_TO_SEND[kind]}".format_map(error.get("ctx", {}))
    match kind:
        case "union_tag_invalid" | "union_tag_not_found":
            remedy = "must be one of " + ", ".join(f'"{kind_of(model)}"' for model in models)
        case "extra_forbidden":
            remedy = _not_a_field(str(place[-1]), models)
        case "too_long":
            remedy = _too_many(place, error, root)
        case "string_pattern_mismatch":
            remedy = _not_an_id(error)
        case "datetime_parsing" | "datetime_from_date_parsing":
            remedy = _no_time(str(error.get("ctx", {}).get("error", "")))
        case _:
            remedy = _REMEDIES.get(kind, error["msg"]).format_map(error.get("ctx", {}))
    return remedy


def _not_a_field(name: str, models: list[type[Document]]) -> str:
    fields = (field for model in models for field in model.model_fields)
    if near := nearest_name(name, fields):
        return f'is not a field of this: did you mean "{near}"?'
    return "is not a field of this: remove it, or mend its name"


def _not_an_id(error: ErrorDetails) -> str:
    if not str(error["input"]).strip():
        return _REMEDIES["string_too_short"]
    marks = _MARKS.get(error.get("ctx", {})["pattern"], _MARKS_OF_NAMES)
    return (
        "is not an id: one begins with a letter or digit, and has only letters (a to z, A to Z), "
        f"digits and {marks}, at most {MAX_ID_CHARS} in all"
    )


def _no_time(why: str) -> str:
    if any(words in why for words in _OUT_OF_RANGE):
        return f"names a {why.split(maxsplit=1)[0]} that does not exist: mend it"
    return _TIME


def _too_many(place: Place, error: ErrorDetails, root: type[Document]) -> str:
    most = f"has more than {error.get('ctx', {})['max_length']} items: "
    # Only the lists of the network itself may be spread over several documents.
    may_be_spread = len(place) == 1 and "network" in root.model_fields
    return most + ("put the rest into another document" if may_be_spread else "remove some")


def _without_key_mark(error: ErrorDetails) -> tuple[str | int, ...]:
    """After a wrong key of a mapping pydantic says "[key]", which may be a field's name as well."""
    loc = error["loc"]
    is_mark = loc[-1:] == ("[key]",) and error["type"] != "extra_forbidden"
    return loc[:-1] if is_mark else loc


def _place_and_models(
    loc: tuple[str | int, ...], root: type[Document]
) -> tuple[Place, list[type[Document]]]:
    """Pydantic's `loc` without what is no place, and which models the last name is a field of.

    For what may be one of several kinds, pydantic names the kind after the field. For a union
    itself, the models are its kinds.
    """
    place: list[str | int] = []
    models, holders = [root], [root]
    for part in loc:
        if len(models) > 1 and isinstance(part, str):
            models = [model for model in models if kind_of(model) == part]
            continue
        place.append(part)
        if isinstance(part, str):
            holders = models
            models = models_of_field(models, part)
    return tuple(place), models if len(models) > 1 else holders
