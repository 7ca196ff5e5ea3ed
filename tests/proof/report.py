"""What a run of the proof says: to the terminal, and as docs/proof.md."""

import json
import platform
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
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
[proving.md](proving.md). Each part was run in its long form, on the commit that it names, and all
of its tests held.
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


@dataclass(frozen=True)
class Result:
    """What came of a part when it was run, on which commit; `faults` are why it does not hold."""

    recorded: Recorded
    faults: Sequence[str]
    seconds: float
    ran_on: str

    def keep(self, file: Path) -> None:
        """Keep it for the report of all parts."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self)))

    @classmethod
    def kept(cls, file: Path) -> "Result":
        """As it was kept."""
        said = json.loads(file.read_text())
        return cls(**{**said, "recorded": Recorded(**said["recorded"])})


def read_records(folder: Path, part: str) -> Recorded:
    """What was recorded for a part in this folder; of what was recorded twice, the last."""
    by_name: dict[str, Figures] = {}
    for file in sorted(folder.glob("*.ndjson")):
        for line in map(json.loads, file.read_text().splitlines()):
            if line["part"] == part:
                by_name[line["name"]] = line["figures"]
    return Recorded(by_name)


def what_is_wrong(part: str, recorded: Recorded) -> list[str]:
    """Why what a part recorded proves nothing: a proof that did nothing is none."""
    if not recorded.by_name:
        return ["nothing was recorded"]
    totals = recorded.totals()
    return [
        *(f"{n} is {totals.get(n, 0)}" for n in PARTS[part].must_be_positive if not totals.get(n)),
        *(f"{n} is {totals[n]}" for n in PARTS[part].must_be_zero if totals.get(n)),
    ]


def where_it_runs() -> str:
    """The commit, the day, the machine and the tools."""
    git = ("git", "describe", "--always", "--dirty")
    commit = subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - its own
    tools = ", ".join(f"{tool} {version(tool)}" for tool in TOOLS)
    return (
        f"commit {commit}, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()} on "
        f"{platform.system()} {platform.machine()}, {tools}"
    )


def as_markdown(results: Mapping[str, Result]) -> str:
    """The report: a section for each part that held, and which did not, or were not run."""
    held = {part: result for part, result in results.items() if not result.faults}
    sections = [INTRODUCTION, *(_section(part, result) for part, result in held.items())]
    lacking = [part for part in PARTS if part not in held]
    if lacking:
        sections.append(f"## Not proven by this\n\n{', '.join(lacking)}\n")
    return "\n".join(sections)


def _section(part: str, result: Result) -> str:
    title = (
        f"## {PARTS[part].title}\n\n"
        f"`make prove PART={part}`, {result.seconds:.0f} s; {result.ran_on}.\n"
    )
    return "\n".join([title, _by_name(result.recorded), *_by_kind(result.recorded)])


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
