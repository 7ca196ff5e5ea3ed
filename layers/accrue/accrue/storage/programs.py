"""Programs in CatalogTable: each version `<network>#PROGRAM#<program>` / `<8 digits>`, and for
lists `<network>#PROGRAMS` / `<program>` with the latest.

A version has with it what memberships keep for it and for all before it, `kept`: so publishing
reads no more after a thousand versions.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from accrue.domain.limits import MAX_ID_CHARS
from accrue.domain.pages import MAX_PAGE_SIZE, Page, PageRequest
from accrue.domain.program.program import (
    Program,
    ProgramSummary,
    ProgramVersion,
    versions_deciding_from,
)
from accrue.domain.program.stored import kept_digests, stored_text
from accrue.domain.program_publication import PublicationBasis
from accrue.domain.timestamps import from_text, to_text
from accrue.storage.administration_table import AdministrationTable, ItemChange
from accrue.storage.definitions_revision import moved_revision, read_revision
from accrue.storage.program_versions import program_version_from_attributes

# A version has up to 300 KB, and one or two are in force or scheduled.
_VERSIONS_AT_ONCE = 2


class ProgramTable:
    """Implements `services.administer_programs.ProgramStore`."""

    def __init__(self, table: AdministrationTable) -> None:
        self._table = table

    def find_latest_version(self, network_id: str, program_id: str) -> ProgramVersion | None:
        """The version that was published last, or None if there is no such program."""
        newest = self.list_versions(network_id, program_id, PageRequest(limit=1)).things
        return newest[0] if newest else None

    def find_version(self, network_id: str, program_id: str, version: int) -> ProgramVersion | None:
        """The version of this number, or None."""
        if len(program_id) > MAX_ID_CHARS:
            return None
        attributes = self._table.read_item(_versions(network_id, program_id), _sort(version))
        return None if attributes is None else program_version_from_attributes(attributes)

    def list_versions(
        self, network_id: str, program_id: str, page: PageRequest
    ) -> Page[ProgramVersion]:
        """The versions, newest first."""
        if len(program_id) > MAX_ID_CHARS:
            return Page(())
        found = self._table.list_items(_versions(network_id, program_id), page, newest_first=True)
        return Page(tuple(map(program_version_from_attributes, found.things)), found.next_after)

    def find_kept(self, network_id: str, latest: ProgramVersion | None) -> frozenset[str]:
        """Digests of what memberships keep for the program's versions up to this one."""
        if latest is None:
            return frozenset()
        program_id = latest.program.program_id
        attributes = self._table.read_item(_versions(network_id, program_id), _sort(latest.version))
        if attributes is not None and "kept" in attributes:
            return frozenset(attributes["kept"])
        # Of versions that were published before it was noted in them, all are looked at once.
        versions = self._newest_first(network_id, program_id, MAX_PAGE_SIZE)
        return frozenset[str]().union(*(kept_digests(version.program) for version in versions))

    def list_programs(self, network_id: str, page: PageRequest) -> Page[ProgramSummary]:
        """The programs by id."""
        found = self._table.list_items(_programs(network_id), page)
        return Page(tuple(map(_summary_from_attributes, found.things)), found.next_after)

    def latest_programs(self, network_id: str) -> Iterator[Program]:
        """Each program as it was published last, by id."""
        for program_id in self._program_ids(network_id):
            if latest := self.find_latest_version(network_id, program_id):
                yield latest.program

    def versions_that_decide(self, network_id: str, moment: datetime) -> Iterator[ProgramVersion]:
        """Of each program, the version in force and those that are scheduled, newest first."""
        for program_id in self._program_ids(network_id):
            yield from self.deciding_versions(network_id, program_id, moment)

    def deciding_versions(
        self, network_id: str, program_id: str, moment: datetime
    ) -> Iterator[ProgramVersion]:
        """The version in force and those that are scheduled and not withdrawn, newest first."""
        versions = self._newest_first(network_id, program_id, _VERSIONS_AT_ONCE)
        return versions_deciding_from(versions, moment)

    def find_revision(self, network_id: str) -> int:
        """How often something was defined that refers to other definitions, or taken from under."""
        return read_revision(self._table, network_id)

    def add_version(
        self,
        network_id: str,
        latest: ProgramVersion | None,
        wanted: ProgramVersion,
        basis: PublicationBasis,
    ) -> None:
        """Add a version after the latest, if it still is that, and the revision is the basis's.

        Raises CatalogMovedError. No version is ever changed. Reads nothing: the version is dated.
        """
        program_id = wanted.program.program_id
        self._table.change(
            ItemChange(
                _versions(network_id, program_id),
                _sort(wanted.version),
                None,
                {**_version_attributes(wanted), "kept": sorted(basis.kept)},
            ),
            ItemChange(
                _programs(network_id),
                program_id,
                None if latest is None else ProgramSummary.of(latest).to_document(),
                ProgramSummary.of(wanted).to_document(),
            ),
            moved_revision(network_id, basis.revision),
        )

    def _program_ids(self, network_id: str) -> Iterator[str]:
        page = PageRequest(limit=MAX_PAGE_SIZE)
        while True:
            found = self.list_programs(network_id, page)
            yield from (summary.program_id for summary in found.things)
            if found.next_after is None:
                return
            page = PageRequest(MAX_PAGE_SIZE, found.next_after)

    def _newest_first(
        self, network_id: str, program_id: str, at_once: int
    ) -> Iterator[ProgramVersion]:
        page = PageRequest(limit=at_once)
        while True:
            found = self.list_versions(network_id, program_id, page)
            yield from found.things
            if found.next_after is None:
                return
            page = PageRequest(at_once, found.next_after)


def _version_attributes(version: ProgramVersion) -> dict[str, Any]:
    return {
        "program_id": version.program.program_id,
        "version": version.version,
        "effective_at": to_text(version.effective_at),
        "document": stored_text(version.program),
    }


def _summary_from_attributes(attributes: Mapping[str, Any]) -> ProgramSummary:
    return ProgramSummary(
        program_id=attributes["program_id"],
        name=attributes["name"],
        version=int(attributes["version"]),
        effective_at=from_text(attributes["effective_at"]),
    )


def _versions(network_id: str, program_id: str) -> str:
    return f"{network_id}#PROGRAM#{program_id}"


def _programs(network_id: str) -> str:
    return f"{network_id}#PROGRAMS"


def _sort(version: int) -> str:
    return f"{version:08d}"
