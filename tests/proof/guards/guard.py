"""The list of guards: what each protects, and how it is taken away."""

from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict

LISTS = Path(__file__).parent
# Modules of the layer are imported without it.
LAYER = "layers/accrue/"


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


class Guard(BaseModel):
    """A guard, in the tree at `file`: it is gone where `text` is replaced by what it `becomes`.

    It keeps some `invariants`, by their numbers, or a `rule` of its own. Each of `fails` is a test
    that fails without it, `path::name`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    guard: str
    invariants: Annotated[tuple[int, ...], BeforeValidator(_listed)] = ()
    rule: str = ""
    file: str
    text: str
    becomes: str
    fails: Annotated[tuple[str, ...], BeforeValidator(_listed)]
    area: str = ""

    @property
    def module(self) -> str:
        """What is imported, if its file is a module."""
        path = Path(self.file.removeprefix(LAYER))
        return ".".join(path.with_suffix("").parts) if path.suffix == ".py" else ""

    def removed_from(self, content: str) -> str:
        """The content without the guard, which must be in it exactly once."""
        found = content.count(self.text)
        if found != 1:
            raise ValueError(f"{self.guard}: its text is in {self.file} {found} times")
        return content.replace(self.text, self.becomes)

    def diff(self, content: str) -> str:
        """What is changed in the content of its file."""
        lines = unified_diff(
            content.splitlines(keepends=True),
            self.removed_from(content).splitlines(keepends=True),
            self.file,
            self.file,
        )
        return "".join(lines)


def read_guards() -> Sequence[Guard]:
    """All guards that are listed, by area."""
    return [
        Guard.model_validate({**entry, "area": file.stem})
        for file in sorted(LISTS.glob("*.yaml"))
        for entry in yaml.safe_load(file.read_text())
    ]
