"""What a replay needs to be started: that what it speaks of is there, and what it pins."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from accrue.domain.activity import Outcome
from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.catalog import ActivityType
from accrue.domain.errors import Fault, NoVersionInForceError
from accrue.domain.jobs.errors import JobNotFoundError, JobNotReadyError
from accrue.domain.jobs.job import Job, JobKind, JobStatus
from accrue.domain.jobs.pinned_replay import PinnedReplay
from accrue.domain.jobs.replay_definition import (
    ReplayCommitDefinition,
    ReplayPreviewDefinition,
    ReplayReversalDefinition,
)
from accrue.domain.json_values import pointer
from accrue.domain.ledger_pages import LIST_DELAY, NOTHING_BEFORE
from accrue.domain.pages import MAX_PAGE_SIZE, Page, PageRequest
from accrue.domain.program.program import ProgramSummary
from accrue.services.job_ports import JobReader, OpenedJob
from accrue.services.ports import CatalogReader, NetworkClock


class ProgramLister(Protocol):
    """Lists a network's programs."""

    def list_programs(self, network_id: str, page: PageRequest) -> Page[ProgramSummary]: ...


class TypeReader(Protocol):
    """Reads activity types past every cache: one may have been defined just now, for the replay."""

    def find_activity_type(self, network_id: str, activity_type_id: str) -> ActivityType | None: ...


@dataclass(frozen=True, slots=True)
class PreviewOpener:
    """Opens previews. `real_now` is real time."""

    catalog: CatalogReader
    activity_types: TypeReader
    programs: ProgramLister
    clock: NetworkClock
    real_now: Callable[[], datetime]

    def open(
        self, network_id: str, definition: ReplayPreviewDefinition, now: datetime
    ) -> OpenedJob:
        """What the preview is about from now on.

        Raises InvalidDefinitionError for types and versions that the network does not have.
        """
        faults = [*self._unknown_types(network_id, definition)]
        versions = self._versions(network_id, definition, now, faults)
        if faults:
            raise InvalidDefinitionError.of(faults)
        # What is recorded later, or still under way, would appear behind the preview's back.
        settled = self.clock.settled_until(network_id, self.real_now() - LIST_DELAY)
        until = min(definition.recorded_until or settled, settled)
        types = definition.activity_type_ids
        pinned = PinnedReplay(
            outcomes=frozenset(map(Outcome, definition.outcomes)),
            program_versions=versions,
            recorded_from=min(
                max(definition.recorded_from or NOTHING_BEFORE, NOTHING_BEFORE), until
            ),
            recorded_until=until,
            occurred_from=definition.occurred_from,
            occurred_until=definition.occurred_until,
            activity_type_ids=None if types is None else frozenset(types),
            user_id=definition.user_id,
        )
        said = {"idempotency_key": definition.idempotency_key, **pinned.to_attributes()}
        return OpenedJob({"kind": definition.kind, **said}, of=None, total=None)

    def _unknown_types(
        self, network_id: str, definition: ReplayPreviewDefinition
    ) -> Iterator[Fault]:
        for index, type_id in enumerate(definition.activity_type_ids or ()):
            found = self.activity_types.find_activity_type(network_id, type_id)
            where = pointer("activity_type_ids", index)
            if found is None:
                yield Fault(where, "is not defined: define it first, or leave it out")
            elif found.is_archived:
                yield Fault(where, "is archived: take it out of the archive, or leave it out")

    def _versions(
        self,
        network_id: str,
        definition: ReplayPreviewDefinition,
        now: datetime,
        faults: list[Fault],
    ) -> dict[str, int]:
        """Of each program the version that is wanted, or else that in force; none of those that
        have not begun.
        """
        wanted = dict(definition.program_versions)
        versions: dict[str, int] = {}
        for program_id in self._program_ids(network_id):
            with suppress(NoVersionInForceError):
                in_force = self.catalog.program_version_at(network_id, program_id, now)
                versions[program_id] = in_force.version
        for program_id, number in wanted.items():
            where = pointer("program_versions", program_id)
            found = None
            if program_id in versions:
                found = self.catalog.find_program_version(network_id, program_id, number)
            if found is None:
                faults.append(Fault(where, "is no version of a program of this network"))
            elif found.effective_at > now:
                faults.append(Fault(where, "takes effect later: start the preview by then"))
            versions[program_id] = number
        return versions

    def _program_ids(self, network_id: str) -> Iterator[str]:
        after: str | None = None
        while True:
            page = self.programs.list_programs(network_id, PageRequest(MAX_PAGE_SIZE, after))
            yield from (each.program_id for each in page.things)
            if page.next_after is None:
                return
            after = page.next_after


@dataclass(frozen=True, slots=True)
class CommitOpener:
    """Opens commits."""

    jobs: JobReader

    def open(
        self,
        network_id: str,
        definition: ReplayCommitDefinition,
        now: datetime,  # noqa: ARG002 - what the preview pinned holds
    ) -> OpenedJob:
        """The commit of a preview that is completed. Raises JobNotFoundError, JobNotReadyError."""
        preview = _job_of(self.jobs, network_id, definition.of, JobKind.REPLAY_PREVIEW)
        if preview.status is not JobStatus.COMPLETED:
            raise JobNotReadyError(
                "The preview is not completed.",
                f"is {preview.status}: wait until it is completed, or start another preview",
            )
        return OpenedJob(
            {
                "kind": definition.kind,
                "of": definition.of,
                "program_versions": dict(preview.definition["program_versions"]),
            },
            of=definition.of,
            total=int(preview.counts["activities"]),
        )


@dataclass(frozen=True, slots=True)
class ReversalOpener:
    """Opens reversals of whole replays."""

    jobs: JobReader

    def open(
        self,
        network_id: str,
        definition: ReplayReversalDefinition,
        now: datetime,  # noqa: ARG002 - whatever was applied is taken back
    ) -> OpenedJob:
        """The reversal of a commit that is completed: nothing can write behind its back any more,
        as a worker could in the middle of a step of one that was cancelled. Raises JobNotFoundError
        or JobNotReadyError.
        """
        commit = _job_of(self.jobs, network_id, definition.of, JobKind.REPLAY_COMMIT)
        if commit.status is not JobStatus.COMPLETED:
            remedy = "wait until it is completed"
            if commit.is_over:
                remedy = "start the same commit again, and reverse it when it is completed"
            raise JobNotReadyError("The commit is not completed.", f"is {commit.status}: {remedy}")
        return OpenedJob(
            {"kind": definition.kind, "of": definition.of},
            of=definition.of,
            total=int(commit.counts.get("applied", 0)),
        )


def _job_of(jobs: JobReader, network_id: str, job_id: str, kind: JobKind) -> Job:
    found = jobs.find_job(network_id, job_id)
    if found is None:
        raise JobNotFoundError("/of")
    if found.kind is not kind:
        raise JobNotReadyError(
            "The job is of another kind.", f"is a {found.kind}: send the id of a {kind}"
        )
    return found
