"""The catalog with the programs in it: for whatever decides. Whoever only records does without."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import cast

from accrue.domain.program.program import (
    ProgramVersion,
    find_version_in_force,
    version_in_force,
)
from accrue.storage.catalog import CatalogTable
from accrue.storage.catalog_cache import this_moment
from accrue.storage.program_versions import program_version_from_attributes

# One that takes effect in a minute, the one in force, and one before it for activities under way.
NEWEST_VERSIONS = 3


@dataclass(frozen=True, slots=True)
class _ReadVersions:
    """Versions of a program as they were read.

    Each that has been published since takes effect at least two lifetimes of the cache later, by
    the network's clock. A sandbox's may have jumped past that, so for what is later than
    `complete_until` they say nothing.
    """

    versions: Sequence[ProgramVersion]
    complete_until: datetime


class ProgramCatalog(CatalogTable):
    """`CatalogTable` and the versions of programs, read through the same cache."""

    def program_version_at(
        self, network_id: str, program_id: str, moment: datetime
    ) -> ProgramVersion:
        """The version in force at a moment; raises NoVersionInForceError.

        Reads the newest versions alone, unless none of them was in force yet: what an activity
        costs must not grow with the number of versions that a program has had.
        """
        newest = self._versions(network_id, program_id, NEWEST_VERSIONS, moment)
        # Each is later than all that were not read, so none of those can be in force instead.
        if found := find_version_in_force(newest, moment):
            return found
        return version_in_force(self._versions(network_id, program_id, None, moment), moment)

    def find_program_version(
        self, network_id: str, program_id: str, version: int
    ) -> ProgramVersion | None:
        """The version of this number, or None."""
        partition = f"{network_id}#PROGRAM#{program_id}"
        return self._find(partition, f"{version:08d}", program_version_from_attributes)

    def _versions(
        self, network_id: str, program_id: str, newest: int | None, moment: datetime
    ) -> Sequence[ProgramVersion]:
        """The versions that may be in force at a moment, oldest first."""
        partition = f"{network_id}#PROGRAM#{program_id}"
        cached = cast("_ReadVersions | None", self._cache.get((partition, newest)))
        if cached is not None and moment < cached.complete_until:
            return cached.versions
        asked_at = this_moment()
        complete_until = datetime.fromtimestamp(asked_at[0], UTC) + 2 * self._cache_lifetime
        items = islice(self._query(partition, newest_first=True, page_size=newest), newest)
        versions = [program_version_from_attributes(attributes) for attributes in items][::-1]
        if versions:
            read = _ReadVersions(versions, complete_until)
            self._cache.put((partition, newest), read, asked_at)
        return versions
