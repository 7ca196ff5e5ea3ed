"""The ledger row that replays an activity: the same again, for whom it concerns today."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from accrue.domain.activity import Activity, FrontDoor, Kind, MembershipRef, Participant
from accrue.domain.catalog import User
from accrue.domain.concerned import concerned_memberships
from accrue.domain.ids import id_of_replay
from accrue.domain.jobs.job import Job
from accrue.domain.payload_forms import NO_PAYLOAD_FORM


def replay_row(  # noqa: PLR0913 - each is named where it is called
    original: Activity,
    *,
    number: int,
    participants: tuple[Participant, ...],
    program_versions: Mapping[str, int],
    job: Job,
    recorded_at: datetime,
) -> Activity:
    """The row of an activity's n-th replay. A partner's reference stays with it: whoever looks for
    that finds what became of it, too.
    """
    row = replace(
        original,
        activity_id=id_of_replay(original.network_id, original.activity_id, number),
        kind=Kind.REPLAY,
        participants=participants,
        recorded_at=recorded_at,
        request_id=job.request_id,
        invocation_id=job.job_id,
        key_id=job.key_id,
        payload_form=NO_PAYLOAD_FORM,
        payload_hash="",
        settled_outcome=None,
        of=original.activity_id,
        job_id=job.job_id,
        stored_hash=None,
    )
    programs = {membership.program_id for membership in concerned_memberships(row)}
    return replace(row, program_versions={each: program_versions[each] for each in programs})


def participants_today(
    original: Activity,
    users: Mapping[str, User],
    programs: Collection[str],
    memberships: Collection[MembershipRef] | None,
) -> tuple[Participant, ...]:
    """Who took part, with the memberships of today that are in these programs and among these, and
    the standing of today. What was sent about one membership stays about that one.
    """
    return tuple(
        Participant(
            participant.role,
            participant.user_id,
            tuple(
                ref
                for ref in (user.memberships if user else ())
                if ref.program_id in programs
                and (memberships is None or ref in memberships)
                and (original.front_door is FrontDoor.NETWORK or ref in participant.memberships)
            ),
            user.standing if user else participant.standing,
        )
        for participant in original.participants
        for user in [users.get(participant.user_id)]
    )
