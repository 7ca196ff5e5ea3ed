"""What a run of the proof says: to the terminal, and as docs/proof.md."""

import json
import platform
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.proof.parts import PARTS
from tests.proof.record import Figures

KIND = ": "
TOOLS = ("aws-lambda-powertools", "boto3", "moto", "hypothesis", "pytest")
# Of more, such as seeds, only the sums are told.
MOST_ROWS = 60
INTRODUCTION = """\
# Proof

What `make prove` tried, and what came of it; made by it, not by hand. How it is done is told in
[proving.md](proving.md). A part is listed only if all of it held.
"""


@dataclass(frozen=True)
class Recorded:
    """What the tests of a part said they covered, by name."""

    by_name: Mapping[str, Figures]

    def totals(self) -> dict[str, float]:
        """Of counts the sum, of measures such as ratios the largest."""
        totals: dict[str, float] = {}
        for figures in self.by_name.values():
            for name, value in figures.items():
                if isinstance(value, int):
                    totals[name] = totals.get(name, 0) + value
                elif isinstance(value, float):
                    totals[name] = max(totals.get(name, value), value)
        return totals


@dataclass
class Run:
    """A run of some parts."""

    recorded: dict[str, Recorded] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def read_records(folder: Path) -> dict[str, Recorded]:
    """What was recorded in this folder, by part; of what was recorded twice, the last."""
    by_part: dict[str, dict[str, Figures]] = defaultdict(dict)
    for file in sorted(folder.glob("*.ndjson")):
        for line in map(json.loads, file.read_text().splitlines()):
            by_part[line["part"]][line["name"]] = line["figures"]
    return {part: Recorded(by_name) for part, by_name in by_part.items()}


def what_is_wrong(part: str, recorded: Recorded | None) -> list[str]:
    """Why what a part recorded proves nothing: a proof that did nothing is none."""
    if recorded is None:
        return ["nothing was recorded"]
    totals = recorded.totals()
    return [
        *(f"{n} is {totals.get(n, 0)}" for n in PARTS[part].must_be_positive if not totals.get(n)),
        *(f"{n} is {totals[n]}" for n in PARTS[part].must_be_zero if totals.get(n)),
    ]


def as_markdown(run: Run) -> str:
    """The report: what was run on, and a table for each part that held."""
    sections = [INTRODUCTION, _circumstances()]
    sections += [
        _section(part, recorded, run.seconds[part])
        for part, recorded in run.recorded.items()
        if not run.faults.get(part)
    ]
    return "\n".join(sections)


def _circumstances() -> str:
    git = ("git", "describe", "--always", "--dirty")
    commit = subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - its own
    tools = ", ".join(f"{tool} {version(tool)}" for tool in TOOLS)
    return (
        f"Commit {commit}, {datetime.now(UTC):%Y-%m-%d}. Python {platform.python_version()} on "
        f"{platform.system()} {platform.machine()}; {tools}.\n"
    )


def _section(part: str, recorded: Recorded, seconds: float) -> str:
    title = f"## {PARTS[part].title}\n\n`make prove PART={part}`, {seconds:.0f} s.\n"
    return "\n".join([title, _by_name(recorded), *_by_kind(recorded)])


def _by_name(recorded: Recorded) -> str:
    columns = [column for column in _columns(recorded) if KIND not in column]
    rows = [
        [name, *(_shown(figures.get(column, "")) for column in columns)]
        for name, figures in sorted(recorded.by_name.items())
    ]
    totals = recorded.totals()
    sums = [f"all {len(rows)}", *(_shown(totals.get(column, "")) for column in columns)]
    if len(rows) == 1 or len(rows) > MOST_ROWS:
        name, *figures = rows[0] if len(rows) == 1 else sums
        return f"{_table(['', name], zip(columns, figures, strict=True))}\n"
    return f"{_table(['', *columns], [*rows, sums])}\n"


def _by_kind(recorded: Recorded) -> Iterable[str]:
    """A figure `what: kind` is shown as a sum alone: there are too many kinds for columns."""
    kinds: dict[str, list[list[str]]] = defaultdict(list)
    for figure, total in sorted(recorded.totals().items()):
        what, is_of_a_kind, kind = figure.partition(KIND)
        if is_of_a_kind:
            kinds[what].append([kind, _shown(total)])
    return [f"{_table([what, 'all'], rows)}\n" for what, rows in kinds.items()]


def _columns(recorded: Recorded) -> Iterable[str]:
    return dict.fromkeys(n for figures in recorded.by_name.values() for n in figures)


def _shown(figure: float | str) -> str:
    return f"{figure:,}" if isinstance(figure, int) else str(figure)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
