"""Open a back-test: its program and its candidate must be there, and its period over."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.errors import Fault, NetworkNotFoundError
from accrue.domain.jobs.backtest_definition import BacktestDefinition
from accrue.domain.json_values import pointer
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.program.stored import stored_text
from accrue.domain.program_publication import read_publication
from accrue.domain.timestamps import to_text
from accrue.services.administer_programs import (
    ActivityTypeDefinitions,
    NetworkDefinitions,
    ProgramStore,
)
from accrue.services.job_ports import OpenedJob

# A job has little more, and its report besides.
MAX_CANDIDATE_CHARS = 200_000
# The period ends before `until`: what takes effect then is not of it.
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class BacktestOpener:
    """Opens back-tests. `settled_until` says up to when, by a network's clock, whatever was
    recorded should have come to something.
    """

    programs: ProgramStore
    networks: NetworkDefinitions
    activity_types: ActivityTypeDefinitions
    settled_until: Callable[[str], datetime]

    def open(self, network_id: str, definition: BacktestDefinition, now: datetime) -> OpenedJob:  # noqa: ARG002 - what is settled is what counts
        """The back-test with its candidate pinned. Raises InvalidDefinitionError."""
        program_id = definition.program_id
        latest = self.programs.find_latest_version(network_id, program_id)
        if latest is None:
            raise _fault("program_id", "is no program of this network: check the id")
        settled = self.settled_until(network_id)
        if definition.until > settled:
            raise _fault(
                "until",
                "is too late, some of what was recorded by then may be under way:"
                f" {to_text(settled)} is the latest now",
            )
        said = self._candidate(network_id, definition)
        number = number_deciding(
            definition.version,
            latest,
            definition.until,
            lambda moment: self.programs.deciding_versions(network_id, program_id, moment),
        )
        return OpenedJob(
            {
                "program_id": program_id,
                "from": to_text(definition.start),
                "until": to_text(definition.until),
                "candidate": {**said, "number": number},
            }
        )

    def _candidate(self, network_id: str, definition: BacktestDefinition) -> dict[str, Any]:
        """What decides."""
        if definition.program is not None:
            program = self._unpublished(network_id, definition.program_id, definition.program)
            return {"program": program}
        number = definition.version
        assert number is not None
        if self.programs.find_version(network_id, definition.program_id, number) is None:
            raise _fault("version", "is no version of this program: list its versions")
        return {"version": number}

    def _unpublished(self, network_id: str, program_id: str, program: Program) -> str:
        """The program's text, once it is held against what it would be held against if it were
        published.
        """
        network = self.networks.find_network(network_id)
        if network is None:
            raise NetworkNotFoundError
        if program.program_id != program_id:
            raise InvalidDefinitionError.of(
                [Fault(pointer("program", "program_id"), "differs from program_id: send the same")]
            )
        types = self.activity_types.all_activity_types(network_id)
        read_publication({"program": program.to_document()}, program_id, network, types)
        text = stored_text(program)
        if len(text) > MAX_CANDIDATE_CHARS:
            raise _fault(
                "program", "is too large to be sent: publish it, scheduled, and send its version"
            )
        return text


def number_deciding(
    number: int | None,
    latest: ProgramVersion,
    until: datetime,
    versions_deciding_from: Callable[[datetime], Iterable[ProgramVersion]],
) -> int:
    """Under which number a candidate decides until then, published under `number` or not at all.

    That is its own, unless a later version was in force: then it is one that nothing has. Raises
    InvalidDefinitionError if nothing was in force.
    """
    last = until - _INSTANT
    *_, in_force = versions_deciding_from(last)
    if in_force.effective_at > last:
        raise _fault(
            "until",
            "is before the program's first version took effect, so there is nothing to compare"
            f" with: take one later than {to_text(in_force.effective_at)}",
        )
    if number is None or number < in_force.version:
        return latest.version + 1
    return number


def _fault(name: str, remedy: str) -> InvalidDefinitionError:
    return InvalidDefinitionError.of([Fault(pointer(name), remedy)])
