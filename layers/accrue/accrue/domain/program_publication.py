"""A program as it is sent to be published, and the version that it becomes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.catalog import ActivityType, Network
from accrue.domain.definitions import read_in_surroundings
from accrue.domain.errors import Fault
from accrue.domain.json_values import pointer
from accrue.domain.program.contradictions.expiry import over_already
from accrue.domain.program.contradictions.program import find_contradictions
from accrue.domain.program.contradictions.surroundings import Contradiction, Names
from accrue.domain.program.days import day_of
from accrue.domain.program.kept_lots import MAX_LOTS, PERIOD_MARK, Period, most_lots
from accrue.domain.program.parts import Document
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.program.stored import kept_digests
from accrue.domain.program.times import Moment
from accrue.domain.program_surroundings import surroundings_of
from accrue.domain.readable_part import Reading
from accrue.domain.timestamps import to_text

# A program's first version also decides whatever was recorded before it was written.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# Of what a membership may have to remember, over all versions of a program: it is never cleared,
# since an activity that an old version decides may still come. With the longest ids and numbers
# each takes up to 250 bytes, and a DynamoDB item has at most 400 KB.
MAX_KEPT_COUNTS = 1000


class ProgramPublication(Document):
    """A program, and when it is to come into force; by default as soon as that is possible."""

    program: Program
    effective_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class PublicationBasis:
    """What a version was held against: the revision of the network's definitions; and what members
    keep with it, over all versions.
    """

    revision: int
    kept: frozenset[str] = frozenset()


def read_publication(
    sent: Mapping[str, Any],
    program_id: str,
    network: Network,
    activity_types: Iterable[ActivityType],
) -> ProgramPublication:
    """The publication, held against the network's definitions.

    Raises InvalidDefinitionError with a pointer to every fault, as an import of it would have them.
    """
    roles = {each.activity_type_id: each.roles for each in activity_types}

    def contradictions(
        publication: ProgramPublication, reading: Reading[ProgramPublication]
    ) -> Iterator[Contradiction]:
        around = surroundings_of(
            reading,
            ("program",),
            roles=roles,
            activity_types=Names(tuple(roles)),
            metadata_fields=Names(network.metadata_fields),
        )
        for found in find_contradictions(publication.program, around):
            yield found.inside("program")

    named = _named_in_path(sent, program_id)
    return read_in_surroundings(named, ProgramPublication, contradictions)


def _named_in_path(sent: Mapping[str, Any], program_id: str) -> Mapping[str, Any]:
    program = sent.get("program")
    if not isinstance(program, Mapping):
        return sent
    if program.get("program_id", program_id) != program_id:
        where = pointer("program", "program_id")
        remedy = "differs from the id in the URL: send the same, or leave it out"
        raise InvalidDefinitionError.of([Fault(where, remedy)])
    return {**sent, "program": {**program, "program_id": program_id}}


def earliest_effective_at(now: datetime, cache_lifetime: timedelta) -> datetime:
    """Later than any function can still be unaware of a version that is published now, so that all
    decide alike. Whatever is scheduled for later is withdrawn by it: a wrong time can be mended.
    """
    return now + 2 * cache_lifetime


def following_version(
    publication: ProgramPublication, latest: ProgramVersion | None, earliest: datetime
) -> ProgramVersion:
    """What a publication becomes: the latest version itself, if it says the same and need not come
    into force any sooner.

    Raises InvalidDefinitionError if it can't come into force when it is said to, or if its points
    would expire before anybody could spend them.
    """
    made = _following(publication, latest, earliest)
    if made is not latest and (faults := _over_already(made, earliest)):
        raise InvalidDefinitionError.of(faults)
    return made


def _over_already(version: ProgramVersion, earliest: datetime) -> list[Fault]:
    # The first version is in force from the beginning, and nobody has earned anything by it yet.
    starts_at = max(version.effective_at, earliest)
    return [
        Fault(pointer("program", *found.place), found.remedy)
        for found in points_over_already(version.program, starts_at)
    ]


def points_over_already(program: Program, starts_at: datetime) -> Iterator[Contradiction]:
    """Dates on which points expire that nobody could spend, if the program decides from then on.

    Only of a new version: the date of one that is in force passes, and it is still shown and kept.
    """
    return over_already(program, day_of(starts_at, program.zone))


def _following(
    publication: ProgramPublication, latest: ProgramVersion | None, earliest: datetime
) -> ProgramVersion:
    wanted = publication.effective_at
    if latest is None:
        _ensure(
            wanted is None,
            "is given for the first version, which is in force from the beginning: leave it out",
        )
        return ProgramVersion(1, BEGINNING, publication.program)
    is_brought_forward = wanted is not None and wanted < latest.effective_at > earliest
    if publication.program == latest.program and not is_brought_forward:
        _ensure(
            wanted in (None, latest.effective_at),
            f"is another time than version {latest.version} has, {to_text(latest.effective_at)},"
            " which is this program already: leave it out; for a later time, first publish the"
            " program in force, which withdraws this one",
        )
        return latest
    _ensure(
        wanted is None or wanted >= earliest,
        f"is too early, not every function would know of it: {to_text(earliest)} is the earliest"
        " now, so send a later time, or leave it out",
    )
    return ProgramVersion(latest.version + 1, wanted or earliest, publication.program)


def _ensure(is_right: bool, remedy: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not is_right:
        raise InvalidDefinitionError.of([Fault(pointer("effective_at"), remedy)])


def too_much_kept(program: Program, earlier: frozenset[str]) -> str | None:
    """What to say of a program whose members would have to keep too much in all its versions;
    `earlier` is what they keep of the earlier ones, in digests.
    """
    kept = earlier | kept_digests(program)
    periods = {text for text in kept if text.startswith(PERIOD_MARK)}
    lots = most_lots(map(Period.of_text, periods))
    if lots > MAX_LOTS:
        return (
            f"has had so many pending_days and expiries in all its versions that members may have "
            f"{lots:,} lots of points at once: {MAX_LOTS:,} is the most. Go back to some that it "
            "had, or start a new program"
        )
    if (number := len(kept - periods)) <= MAX_KEPT_COUNTS:
        return None
    return (
        f"has had {number:,} requirements, check-ins, limits and nth in all its versions, "
        f"and members keep the state of each: {MAX_KEPT_COUNTS:,} is the most. Start a new program"
    )
