"""docs/benchmarks.md: what was measured stands between two marks, what was learnt around them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.figures import Figure, Measured
from benchmarks.parts import PARTS

BEGINS, ENDS = "<!-- measured: made by `make bench` -->\n", "<!-- end of what was measured -->\n"
HEAD = ("figure", "unit", "ours", "stock", "correct", "target", "met")


def renewed(page: str, measured: Mapping[str, Measured], ran_on: str) -> str:
    """The page with what was measured now in place of what was."""
    before, begins, rest = page.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    assert begins, "the page has lost its first mark"
    assert ends, "the page has lost its second mark"
    return f"{before}{BEGINS}\n{as_markdown(measured, ran_on)}\n{ENDS}{after}"


def as_markdown(measured: Mapping[str, Measured], ran_on: str) -> str:
    """All figures in one table, what is missed and why, then the tables of the parts."""
    figures = [figure for part in measured.values() for figure in part.figures]
    sections = [f"Measured on {ran_on}.", markdown_table(HEAD, map(_row, figures))]
    missed = [f"- **{f.name}**: {_filled(f.because)}" for f in figures if not f.is_met]
    if missed:
        sections.append("Targets that are missed, and the limit:\n\n" + "\n".join(missed))
    for name, part in measured.items():
        for table in part.tables:
            sections.append(f"### {table.title}\n\n{_filled(table.about)} `make bench PART={name}`")
            sections.append(markdown_table(table.head, table.rows))
    lacking = [name for name in PARTS if name not in measured]
    if lacking:
        sections.append(f"Not measured here: {', '.join(lacking)}.")
    return "\n\n".join(sections) + "\n"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The rows below the head, numbers to the right."""
    lines: list[Sequence[str]] = [head, ["---", *("---:" for _ in head[1:])]]
    lines += [[_shown(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _row(figure: Figure) -> Sequence[Any]:
    target = ""
    if figure.target is not None:
        bound = "≤" if figure.bound == "at most" else "≥"
        target = f"{bound} {_shown(figure.target)}" + (" x stock" if figure.ratio else "")
    ours = _shown(figure.ours)
    if figure.ratio:
        ours += f" ({figure.measured:.2f} x)"
    met = "" if figure.target is None else "yes" if figure.is_met else "**no**"
    return [figure.name, figure.unit, ours, figure.stock, figure.correct, target, met]


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:,.0f}" if cell >= 1000 else f"{cell:.3g}"  # noqa: PLR2004 - no digit is lost
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _filled(text: str) -> str:
    return " ".join(text.split())
