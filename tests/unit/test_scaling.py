"""docs/scaling.md says what the code and the template say, and its sums are right."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from benchmarks.price.tables import MONTHS
from benchmarks.prices import price_list
from tests.template import ROOT, template

PAGE = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
CONSTANT = re.compile(r"\| `([\w.]+)` in `([\w./]+)` \| ([\d,.]+) \|")
QUOTA = re.compile(r"\| `(\w+)`: [^|]+ \| ([\d,]+) \|")
SUM = re.compile(r"\| `([\w ()*/.+-]+)` \| ([\d,]+) \|")
LAYER = Path("layers/accrue")

CONSTANTS = CONSTANT.findall(PAGE)
SUMS = SUM.findall(PAGE)


def number(text: str) -> float:
    return float(text.replace(",", ""))


def in_the_template(name: str) -> Any:
    """`Parameter`, `Function.Property` or `Function.Event.Property`."""
    document = template()
    if name in document["Parameters"]:
        return document["Parameters"][name]["Default"]
    function, *path = name.split(".")
    found = document["Resources"][function]["Properties"]
    if len(path) > 1:
        found = found["Events"][path[0]]["Properties"]
    return found[path[-1]]


def in_the_code(name: str, file: str) -> Any:
    module = Path(file).relative_to(LAYER).with_suffix("")
    return getattr(import_module(".".join(module.parts)), name)


def test_the_page_has_what_is_looked_for_here() -> None:
    assert len(CONSTANTS) >= 12
    assert len(QUOTA.findall(PAGE)) >= 9
    assert len(SUMS) >= 10


@pytest.mark.parametrize(("name", "file", "value"), CONSTANTS)
def test_constants_are_those_of_the_code(name: str, file: str, value: str) -> None:
    found = in_the_template(name) if file == "template.yaml" else in_the_code(name, file)

    assert found == number(value)


@pytest.mark.parametrize(("formula", "value"), SUMS)
def test_sums_are_right(formula: str, value: str) -> None:
    names = {name.rpartition(".")[2]: number(value) for name, _, value in reversed(CONSTANTS)}
    names |= {name: number(value) for name, value in QUOTA.findall(PAGE)}

    assert round(eval(formula, {"__builtins__": {}}, names)) == number(value)  # noqa: S307 - ours


def test_prices_are_of_the_day_that_the_page_says() -> None:
    prices = price_list()

    assert f"list prices of {prices.as_of}" in PAGE
    assert prices.region == "us-east-1"
    assert all(f"{months // 10**6:,} M" in PAGE for months in MONTHS[:2])
