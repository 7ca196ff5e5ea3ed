"""What a document says beside its models: texts that are none, and lists that say nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accrue.domain.program.bonuses import Bonus
from accrue.domain.program.conditions import (
    Conditions,
    ItemSelector,
    Nth,
    SegmentsCondition,
    ValueCondition,
)
from accrue.domain.program.models_in import kind_of, models_of_field
from accrue.domain.program.parts import Document
from accrue.domain.program.places import Place
from accrue.domain.program.quests import Requirement
from accrue.domain.program.segments import SegmentConditions

# Ours nest about ten deep.
MAX_DEPTH = 32
# Left out, their lists mean "any". Stored documents have them empty; who sends one may well mean
# "none".
_NARROWING = (
    Bonus,
    Conditions,
    ItemSelector,
    Nth,
    Requirement,
    SegmentConditions,
    SegmentsCondition,
    ValueCondition,
)
_HALF = "half of a surrogate pair: send whole characters"


def malformed(value: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """What no document can have in it, wherever it stands."""
    if len(place) > MAX_DEPTH:
        yield place, f"nests deeper than {MAX_DEPTH} levels: flatten it"
        return
    match value:
        case str() if not _is_whole(value):
            yield place, f"has {_HALF}"
        case list():
            for index, inner in enumerate(value):
                yield from malformed(inner, (*place, index))
        case Mapping():
            for name, inner in value.items():
                if _is_whole(name):
                    yield from malformed(inner, (*place, name))
                else:
                    yield place, f"has a field whose name has {_HALF}"


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def without_nulls(value: Any, models: Sequence[type[Document]]) -> Any:  # noqa: ANN401 - any JSON
    """The same without fields that are null and may be left out."""
    match value:
        case list():
            return [without_nulls(inner, models) for inner in value]
        case Mapping():
            kinds = _of_kind(value, models)
            return {
                name: without_nulls(inner, models_of_field(kinds, name))
                for name, inner in value.items()
                if inner is not None or not _may_be_left_out(kinds, name)
            }
    return value


def _may_be_left_out(models: Sequence[type[Document]], name: str) -> bool:
    fields = [model.model_fields[name] for model in models if name in model.model_fields]
    is_optional = any(not field.is_required() for field in fields)
    return is_optional and not any(_narrows(model, name) for model in models)


def empty_conditions(
    value: object, models: Sequence[type[Document]], place: Place = ()
) -> Iterator[tuple[Place, str]]:
    """Conditions that are there and say nothing."""
    match value:
        case list():
            for index, inner in enumerate(value):
                yield from empty_conditions(inner, models, (*place, index))
        case Mapping():
            kinds = _of_kind(value, models)
            for name, inner in value.items():
                where = (*place, name)
                if inner in ([], None) and any(_narrows(model, name) for model in kinds):
                    what = "is null" if inner is None else "is empty"
                    yield where, f"{what}: leave it out, or add one"
                else:
                    yield from empty_conditions(inner, models_of_field(kinds, name), where)


def _narrows(model: type[Document], name: str) -> bool:
    """Whether the field, left out, means "any"."""
    field = model.model_fields.get(name)
    if field is None or not issubclass(model, _NARROWING):
        return False
    is_condition = issubclass(model, Conditions | SegmentConditions) and field.default is None
    return is_condition or field.default == ()


def _of_kind(
    value: Mapping[str, object], models: Sequence[type[Document]]
) -> Sequence[type[Document]]:
    """Of several kinds of a part, the one that it says it is."""
    if len(models) < 2:  # noqa: PLR2004 - one has no other beside it
        return models
    return [model for model in models if kind_of(model) == value.get("kind")]
