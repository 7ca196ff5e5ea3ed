"""The guide for authors of programs, docs/programs.md, as far as tests know it."""

import json
from pathlib import Path
from typing import Any

import yaml

from local.exact_yaml import read_yaml
from local.paths import ROOT
from tests.unit.program_documents import P

GUIDE = ROOT / "docs" / "programs.md"
HERE = Path(__file__).parent


def guide_text() -> str:
    """The whole guide."""
    return GUIDE.read_text(encoding="utf-8")


def example() -> dict[str, Any]:
    """The network document that the guide shows."""
    text = guide_text().split("```yaml\n")[1].split("```")[0]
    document: dict[str, Any] = read_yaml(text)  # type: ignore[assignment]
    return document


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a YAML file of this folder; its places become pointers."""
    text = (HERE / name).read_text(encoding="utf-8")
    return [
        {"title": _title(case), "given": _at(case["given"]), "told": _at(case["told"])}
        for case in yaml.safe_load(text)
    ]


def as_markdown(mistakes: list[dict[str, Any]]) -> str:
    """The mistakes as the guide tells them."""
    return "\n\n".join(_told(number, mistake) for number, mistake in enumerate(mistakes, start=1))


def _told(number: int, mistake: dict[str, Any]) -> str:
    written = (f"{where}: {json.dumps(value)}" for where, value in mistake["given"].items())
    told = (f"{where}\n             {what}" for where, what in mistake["told"].items())
    lines = [
        *(f"you write    {line}" for line in written),
        *(f"you are told {line}" for line in told),
    ]
    return "\n".join([f"**{number}.** {mistake['title']}", "", "```text", *lines, "```"])


def _title(case: dict[str, Any]) -> str:
    return str(case.get("mistake", ", ".join(case["given"])))


def _at(places: dict[str, Any]) -> dict[str, Any]:
    return {p if p.startswith("/") else f"{P}/{p}": value for p, value in places.items()}


def worked_dates() -> list[dict[str, Any]]:
    """Until when points are good, worked out by hand."""
    rows: list[dict[str, Any]] = yaml.safe_load((HERE / "points_expiry.yaml").read_text("utf-8"))
    return rows


def expiry_table(rows: list[dict[str, Any]]) -> str:
    """The worked dates as the guide tells them."""
    lines = [
        "| `expiry` | earned on | good through | expired from (UTC) | |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        expiry = ", ".join(f"{name}: {value}" for name, value in row["expiry"].items())
        last = [str(row.get(name, "for ever")) for name in ("last_day", "ends")]
        shown = [f"`{{{expiry}}}`", str(row["earned_on"]), *last, row.get("note", "")]
        lines.append("| " + " | ".join(shown) + " |")
    return "\n".join(lines)
