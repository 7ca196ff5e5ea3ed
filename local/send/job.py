"""Which file is sent, and where what is about it lies."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import ActivityFileError
from local.send.results_file import may_be_overwritten
from local.send.target import Target, read_target

CSV_SUFFIXES = (".csv", ".tsv")
NDJSON_SUFFIXES = (".ndjson", ".jsonl")


@dataclass(frozen=True, slots=True)
class Job:
    """One file and its target."""

    file: Path
    target: Target
    results: Path

    @property
    def progress(self) -> Path:
        """A dry run has a progress of its own."""
        suffix = ".dry-run.progress" if self.target.dry_run else ".progress"
        return self.file.with_name(self.file.name + suffix)

    @property
    def destination(self) -> str:
        """What must be the same for a run to go on where another one stopped."""
        return f"{self.target.url} {self.results.resolve()}"

    @property
    def is_csv(self) -> bool:
        return self.file.suffix.lower() in CSV_SUFFIXES


def read_job(environment: Mapping[str, str]) -> Job:
    """What FILE= and RESULTS= say, and the target. Raises LocalError."""
    named = environment.get("FILE", "")
    if not named:
        raise ActivityFileError("say which file: make send FILE=activities.csv")
    file = Path(named)
    _check(file)
    target = read_target(environment)
    suffix = ".dry-run.ndjson" if target.dry_run else ".results.ndjson"
    results = Path(environment.get("RESULTS") or file.with_name(file.name + suffix))
    is_itself = results.exists() and results.samefile(file)
    if is_itself or not may_be_overwritten(results):
        raise ActivityFileError(
            f"{results} has something else than results, and would be overwritten: name a file of"
            " its own, with RESULTS="
        )
    return Job(file, target, results)


def _check(file: Path) -> None:
    if file.suffix.lower() not in CSV_SUFFIXES + NDJSON_SUFFIXES:
        raise ActivityFileError(f"{file}: name it .csv or .ndjson, after what is in it")
    try:
        is_file = stat.S_ISREG(file.stat().st_mode)
    except OSError as error:
        raise ActivityFileError(f"{file} can't be read ({error.strerror}): check FILE=") from error
    if not is_file:
        raise ActivityFileError(f"{file} is not a file that can be read twice: save it as one")
