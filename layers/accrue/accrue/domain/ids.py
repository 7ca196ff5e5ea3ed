"""Where ids come from that nobody sends.

An activity id is derived from what makes the activity unique, so that the conditional write on it
*is* the duplicate check. The prefix names the source and is part of the id: ids of different
sources can't collide.
"""

import base64
import hashlib
import re

from accrue.domain.canonical import canonical_json

# 160 bits: nobody finds two keys of a network with the same id, even on purpose.
DIGEST_BYTES = 20
_MEMBERSHIP = "pm"
_JOB_ID = re.compile(r"jb_[a-z2-7]{32}")
_ACTIVITY_ID = re.compile(r"(ik|rf|fr|du|au|rp|rr)_[a-z2-7]{32}")


def id_from_idempotency_key(network_id: str, idempotency_key: str) -> str:
    """The id of the one activity that a network's idempotency key stands for, whatever the front
    door.
    """
    return _derived("ik", network_id, idempotency_key)


def id_from_reference(network_id: str, reference_id: str) -> str:
    """The id taken by the first activity of a network with this reference, or by its marker."""
    return _derived("rf", network_id, reference_id)


def fresh_id(unique: str) -> str:
    """The id of an activity that nothing identifies; `unique` must never have been used before."""
    return _derived("fr", "", unique)


def is_fresh_id(activity_id: str) -> bool:
    """Whether nothing identifies the activity: who sends the same again gets another id."""
    return activity_id.startswith("fr_")


def id_of_due(network_id: str, membership_id: str, sequence: int, unique: str) -> str:
    """The id of the row about what fell due of a membership, posted under this sequence.

    Only one row is ever written under a sequence, so nothing has to come to the same id again; and
    what comes again after balances were restored from a backup, which is the sequence, must not.
    """
    return _derived("du", network_id, canonical_json([membership_id, sequence, unique]))


def id_of_repair(network_id: str, job_id: str, membership_id: str) -> str:
    """The id of the row by which a job repairs a membership: one job repairs it once."""
    return _derived("au", network_id, canonical_json([job_id, membership_id]))


def id_of_reversal_marker(network_id: str, activity_id: str, number: int) -> str:
    """The id of the marker that holds the place of an activity's n-th reversal, from 1."""
    return _derived("rv", network_id, canonical_json([activity_id, number]))


def id_of_replay(network_id: str, activity_id: str, number: int) -> str:
    """The id of an activity's n-th replay, from 1: so whoever replays it, nothing counts twice."""
    return _derived("rp", network_id, canonical_json([activity_id, number]))


def id_of_replay_reversal(network_id: str, job_id: str, request_id: str, replay_id: str) -> str:
    """The id of the reversal by which a job takes back a replay; the request started the job."""
    return _derived("rr", network_id, canonical_json([job_id, request_id, replay_id]))


def id_of_job(network_id: str, kind: str, key: str) -> str:
    """The id of the one job of its kind that a key stands for, or the job that it goes on from."""
    return _derived("jb", network_id, canonical_json([kind, key]))


def is_job_id(text: str) -> bool:
    """Whether a job could have this id: what a URL holds may be anything."""
    return _JOB_ID.fullmatch(text) is not None


def id_of_event(
    network_id: str, activity_id: str, membership_id: str, event_type: str, part: str
) -> str:
    """The id of a follow-up event; `part` tells it from others of its type."""
    return _derived(
        "ev", network_id, canonical_json([activity_id, membership_id, event_type, part])
    )


def id_of_membership(network_id: str, program_id: str, user_id: str) -> str:
    """The id of the membership that a user gets in a program without being given one."""
    return _derived(_MEMBERSHIP, network_id, canonical_json([program_id, user_id]))


def is_of_somebody_else(membership_id: str, network_id: str, program_id: str, user_id: str) -> bool:
    """Whether the id is kept for a membership that gets its id here, and which is not this one."""
    return membership_id.startswith(f"{_MEMBERSHIP}_") and membership_id != id_of_membership(
        network_id, program_id, user_id
    )


def is_activity_id(text: str) -> bool:
    """Whether an activity could have this id: what a URL holds may be anything."""
    return _ACTIVITY_ID.fullmatch(text) is not None


def _derived(source: str, network_id: str, value: str) -> str:
    named = canonical_json(["accrue/1", source, network_id, value])
    digest = hashlib.sha256(named.encode()).digest()[:DIGEST_BYTES]
    return f"{source}_{base64.b32encode(digest).decode().lower()}"
