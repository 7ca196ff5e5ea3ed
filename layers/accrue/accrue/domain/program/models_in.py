"""Which models stand in a field of a model."""

from collections.abc import Iterable
from inspect import isclass
from typing import Any, get_args

from accrue.domain.program.parts import Document


def models_of_field(models: Iterable[type[Document]], name: str) -> list[type[Document]]:
    """The models of what stands in a field of this name, in lists and behind alternatives too."""
    fields = (model.model_fields.get(name) for model in models)
    return [m for field in fields if field is not None for m in _models_in(field.annotation)]


def kind_of(model: type[Document]) -> object:
    """What the `kind` is of one of several kinds of a part."""
    return model.model_fields["kind"].default


def _models_in(annotation: Any) -> list[type[Document]]:  # noqa: ANN401 - any annotation at all
    if isclass(annotation) and issubclass(annotation, Document):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
