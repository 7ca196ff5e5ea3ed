"""The matrix as a table: of each route, who may call it, and what another network's ids come to.

A row says what the right key gets with its own network's ids, and what it gets if one of them is
the other network's. Whatever is not said follows from it: see cells.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.access.neighbour import MEMBERSHIP, NETWORK

type Ids = Mapping[str, str]
type Body = Callable[[Ids], Any]

EVERY_KEY = frozenset({"partner", "admin"})
ADMIN = frozenset({"admin"})
ADMIN_OR_OPERATOR = frozenset({"admin", "operator"})
OPERATOR = frozenset({"operator"})

NO_NETWORK = {"network_id": "404 NETWORK_NOT_FOUND"}
NO_MEMBERSHIP = {"program_membership_id": "404 MEMBERSHIP_NOT_FOUND"}
NO_PROGRAM = {**NO_NETWORK, "program_id": "404 PROGRAM_NOT_FOUND"}
NO_USER = {**NO_NETWORK, "user_id": "404 USER_NOT_FOUND"}
NO_WEBHOOK = {**NO_NETWORK, "webhook_id": "404 WEBHOOK_NOT_FOUND"}
NO_JOB = {**NO_NETWORK, "job_id": "404 JOB_NOT_FOUND"}
NO_ACTIVITY = {**NO_NETWORK, "activity_id": "404 ACTIVITY_NOT_FOUND"}
NO_HOLD = {**NO_MEMBERSHIP, "hold_id": "404 HOLD_NOT_FOUND"}
BAD = "422 INVALID_DEFINITION"
# A PUT of what is not there, with a header that says that it is.
NOTHING_TO_OVERWRITE = "412 PRECONDITION_FAILED"
OVERWRITE = {"If-Match": "*"}


@dataclass(frozen=True)
class Probe:
    """Another request, made of our ids and of somebody's: first ours, to see that it is one that
    works, then theirs.
    """

    said_to_ours: str
    said_to_theirs: str
    body: Callable[[Ids, Ids], Any] | None = None
    query: Callable[[Ids, Ids], Mapping[str, str]] | None = None


@dataclass(frozen=True)
class Row:
    """A route: who may call it, with which body, and what comes of it."""

    may: frozenset[str]
    own: str
    # By the name of an id in the path, the body or the query: what the other network's comes to.
    foreign: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    query: Body | None = None
    # What the other network's cursor comes to, if it is a list.
    cursor: str | None = None
    probes: tuple[Probe, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def _hang(ids: Ids) -> dict[str, Any]:
    activity = {
        "activity_type_id": ids["activity_type_id"],
        "value": "1",
        "transaction_timestamp": 1,
    }
    return {"idempotency_key": ids["fresh"], "activity": activity}


def _village(ids: Ids) -> dict[str, Any]:
    return {
        "activity_short_id": ids["activity_type_id"],
        "amount": "1",
        "users": {"member": ids["email"]},
    }


def _membership_in_body(ours: Ids, each: Ids) -> dict[str, Any]:
    return {**_hang(ours), "program_membership_id": each["program_membership_id"]}


def _used_reference(ours: Ids, each: Ids) -> dict[str, Any]:
    metadata = {"reference_id": each["reference_id"]}
    return {**_village(ours), "metadata": metadata, "enforceUniqueRefId": True}


def _batch(ids: Ids) -> list[dict[str, Any]]:
    membership = {"program_membership_id": ids["program_membership_id"]}
    return [
        {"idempotency_key": f"{ids['fresh']}-of-a-batch", **_village(ids)},
        {**membership, **_hang(ids)},
    ]


def _sought(parameter: str, name: str, _ours: Ids, each: Ids) -> dict[str, str]:
    return {parameter: each[name]}


def _points(ids: Ids) -> dict[str, Any]:
    return {"idempotency_key": ids["fresh"], "points": "1"}


def _key(ids: Ids) -> dict[str, Any]:
    return {"idempotency_key": ids["fresh"]}


def _program(ids: Ids) -> dict[str, Any]:
    points = {"unit": "points"}
    return {"program": {"program_id": ids["program_id"], "name": ids["fresh"], "points": points}}


def _document(ids: Ids) -> dict[str, Any]:
    return {"network": {"network_id": ids["network_id"], "name": ids["fresh"]}}


def _no_body(_ids: Ids) -> dict[str, Any]:
    return {}


def _job(kind: str, ids: Ids, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "idempotency_key": ids["fresh"], **more}


def _job_of(kind: str, job: str, **more: Any) -> Callable[[Ids, Ids], Any]:
    return lambda _ours, each: {"kind": kind, "of": each[job], **more}


def _audit_of_one(ours: Ids, each: Ids) -> dict[str, Any]:
    return _job("audit", ours, program_membership_ids=[each["program_membership_id"]])


def _backtest(ours: Ids, each: Ids) -> dict[str, Any]:
    period = {"from": ours["from"], "until": ours["until"]}
    return _job("backtest", ours, program_id=each["program_id"], version=1, **period)


def _preview_of_one_type(ours: Ids, each: Ids) -> dict[str, Any]:
    wanted = {"recorded_from": ours["since"], "activity_type_ids": [each["activity_type_id"]]}
    return _job("replay_preview", ours, **wanted)


ROWS: dict[str, Row] = {
    # ---- What partners call ----
    "POST /v2/program-memberships": Row(
        EVERY_KEY,
        "200",
        {"user_id": "422 UNKNOWN_USER", "program_id": "422 UNKNOWN_PROGRAM"},
        body=lambda ids: {"program_id": ids["program_id"], "user_id": ids["user_id"]},
        probes=(
            Probe(
                "200",
                "422 UNKNOWN_USER",
                lambda ours, each: {"program_id": ours["program_id"], "email": each["email"]},
            ),
        ),
    ),
    f"POST {MEMBERSHIP}/activities": Row(
        EVERY_KEY,
        "200",
        {**NO_MEMBERSHIP, "activity_type_id": "422 UNKNOWN_ACTIVITY_TYPE"},
        body=_hang,
        probes=(
            Probe("200", "400 INVALID_REQUEST", _membership_in_body),
            # Keys of another network are free.
            Probe(
                "422 IDEMPOTENCY_KEY_REUSED",
                "200",
                lambda ours, each: {**_hang(ours), "idempotency_key": each["used_key"]},
            ),
        ),
    ),
    f"GET {MEMBERSHIP}": Row(EVERY_KEY, "200", NO_MEMBERSHIP),
    f"GET {MEMBERSHIP}/activities": Row(
        EVERY_KEY, "200", NO_MEMBERSHIP, cursor="400 INVALID_REQUEST"
    ),
    f"GET {MEMBERSHIP}/balance": Row(
        EVERY_KEY, "200", NO_MEMBERSHIP, query=lambda ids: {"as_of": ids["since"]}
    ),
    f"GET {MEMBERSHIP}/statement": Row(
        EVERY_KEY, "200", NO_MEMBERSHIP, query=lambda ids: {"from": ids["since"]}
    ),
    f"POST {MEMBERSHIP}/redemptions": Row(EVERY_KEY, "200", NO_MEMBERSHIP, body=_points),
    f"POST {MEMBERSHIP}/holds": Row(EVERY_KEY, "200", NO_MEMBERSHIP, body=_points),
    f"POST {MEMBERSHIP}/holds/{{hold_id}}/capture": Row(EVERY_KEY, "200", NO_HOLD, body=_key),
    f"POST {MEMBERSHIP}/holds/{{hold_id}}/release": Row(EVERY_KEY, "200", NO_HOLD, body=_key),
    f"POST {MEMBERSHIP}/adjustments": Row(
        ADMIN, "200", NO_MEMBERSHIP, body=lambda ids: {**_points(ids), "reason": "goodwill"}
    ),
    f"POST {NETWORK}/activity": Row(
        EVERY_KEY,
        "201",
        # What is not defined is only logged: that another network defines it makes no difference.
        {**NO_NETWORK, "activity_type_id": "201", "email": "400 UNKNOWN_USER"},
        body=_village,
        probes=(Probe("201 duplicate", "201", _used_reference),),
    ),
    f"POST {NETWORK}/activities/batch": Row(
        EVERY_KEY,
        "200: 201, 200",
        {
            **NO_NETWORK,
            "email": "200: 400, 200",
            "activity_type_id": "200: 201, 422",
            "program_membership_id": "200: 201, 404",
        },
        body=_batch,
    ),
    f"GET {NETWORK}/activities": Row(
        EVERY_KEY,
        "200",
        NO_NETWORK,
        cursor="200",
        probes=tuple(
            Probe("200", "200", query=partial(_sought, parameter, name))
            for parameter, name in (
                ("idempotency_key", "used_key"),
                ("reference_id", "reference_id"),
                ("user_id", "user_id"),
                ("activity_type_id", "activity_type_id"),
            )
        ),
    ),
    f"GET {NETWORK}/activities/{{activity_id}}": Row(EVERY_KEY, "200", NO_ACTIVITY),
    f"POST {NETWORK}/activities/{{activity_id}}/reversal": Row(
        EVERY_KEY, "200", NO_ACTIVITY, body=_key
    ),
    # ---- What the operator calls, and admins about their own network ----
    "GET /networks": Row(OPERATOR, "200"),
    f"GET {NETWORK}": Row(ADMIN_OR_OPERATOR, "200", NO_NETWORK),
    f"PUT {NETWORK}": Row(
        ADMIN_OR_OPERATOR,
        "200",
        NO_NETWORK,
        body=lambda ids: {"name": ids["fresh"]},
        headers=OVERWRITE,
    ),
    f"GET {NETWORK}/api-keys": Row(ADMIN_OR_OPERATOR, "200", NO_NETWORK, cursor="200"),
    f"POST {NETWORK}/api-keys": Row(
        ADMIN_OR_OPERATOR,
        "201",
        NO_NETWORK,
        body=lambda ids: {"key_id": ids["fresh"], "role": "partner"},
    ),
    f"POST {NETWORK}/api-keys/{{key_id}}/revoke": Row(
        ADMIN_OR_OPERATOR, "200", {**NO_NETWORK, "key_id": "404 API_KEY_NOT_FOUND"}, body=_no_body
    ),
    # ---- What admins call ----
    f"GET {NETWORK}/programs": Row(ADMIN, "200", NO_NETWORK, cursor="200"),
    f"GET {NETWORK}/programs/{{program_id}}": Row(ADMIN, "200", NO_PROGRAM),
    f"PUT {NETWORK}/programs/{{program_id}}": Row(
        ADMIN,
        "200",
        {**NO_NETWORK, "program_id": NOTHING_TO_OVERWRITE},
        body=_program,
        headers=OVERWRITE,
    ),
    f"GET {NETWORK}/programs/{{program_id}}/versions": Row(ADMIN, "200", NO_PROGRAM),
    f"GET {NETWORK}/programs/{{program_id}}/versions/{{version}}": Row(ADMIN, "200", NO_PROGRAM),
    f"GET {NETWORK}/programs/{{program_id}}/diff": Row(
        ADMIN, "200", NO_PROGRAM, query=lambda ids: {"from": ids["version"], "to": ids["version"]}
    ),
    f"GET {NETWORK}/document": Row(ADMIN, "200", NO_NETWORK),
    f"PUT {NETWORK}/document": Row(ADMIN, "200", NO_NETWORK, body=_document),
    f"POST {NETWORK}/document/diff": Row(ADMIN, "200", NO_NETWORK, body=_document),
    f"GET {NETWORK}/activity-types": Row(ADMIN, "200", NO_NETWORK, cursor="200"),
    f"GET {NETWORK}/activity-types/{{activity_type_id}}": Row(
        ADMIN, "200", {**NO_NETWORK, "activity_type_id": "404 ACTIVITY_TYPE_NOT_FOUND"}
    ),
    f"PUT {NETWORK}/activity-types/{{activity_type_id}}": Row(
        ADMIN,
        "200",
        {**NO_NETWORK, "activity_type_id": NOTHING_TO_OVERWRITE},
        body=lambda _ids: {"kind": "action", "allows_negative": True},
        headers=OVERWRITE,
    ),
    f"GET {NETWORK}/users": Row(ADMIN, "200", NO_NETWORK, cursor="200"),
    f"GET {NETWORK}/users/{{user_id}}": Row(ADMIN, "200", NO_USER),
    f"PUT {NETWORK}/users/{{user_id}}": Row(
        ADMIN,
        "200",
        # Their user_id with our user's email: he has one.
        {**NO_NETWORK, "user_id": "409 EMAIL_TAKEN", "email": "409 EMAIL_FIXED"},
        body=lambda ids: {"email": ids["email"], "traits": {"tea": True}},
        headers=OVERWRITE,
    ),
    f"POST {NETWORK}/users/{{user_id}}/suspend": Row(ADMIN, "200", NO_USER, body=_no_body),
    f"POST {NETWORK}/users/{{user_id}}/reinstate": Row(ADMIN, "200", NO_USER, body=_no_body),
    f"POST {NETWORK}/users/{{user_id}}/forget": Row(ADMIN, "200", NO_USER, body=_no_body),
    f"GET {NETWORK}/webhooks": Row(ADMIN, "200", NO_NETWORK, cursor="200"),
    f"GET {NETWORK}/webhooks/{{webhook_id}}": Row(ADMIN, "200", NO_WEBHOOK),
    f"PUT {NETWORK}/webhooks/{{webhook_id}}": Row(
        ADMIN,
        "200",
        {**NO_NETWORK, "webhook_id": NOTHING_TO_OVERWRITE},
        body=lambda _ids: {"url": "https://127.0.0.1:9/", "event_types": ["*"]},
        headers=OVERWRITE,
    ),
    f"POST {NETWORK}/webhooks/{{webhook_id}}/rotate-secret": Row(
        ADMIN, "200", NO_WEBHOOK, body=_no_body
    ),
    f"POST {NETWORK}/webhooks/{{webhook_id}}/samples": Row(
        ADMIN, "200", NO_WEBHOOK, body=lambda _ids: {"event_type": "points.awarded"}
    ),
    f"GET {NETWORK}/webhooks/{{webhook_id}}/deliveries": Row(
        ADMIN, "200", NO_WEBHOOK, query=lambda _ids: {"status": "pending"}, cursor="200"
    ),
    f"POST {NETWORK}/webhooks/{{webhook_id}}/deliveries/{{event_id}}/redeliver": Row(
        ADMIN, "202", {**NO_WEBHOOK, "event_id": "404 DELIVERY_NOT_FOUND"}, body=_no_body
    ),
    f"GET {NETWORK}/events": Row(
        ADMIN, "200", NO_NETWORK, query=lambda ids: {"since": ids["since"]}, cursor="200"
    ),
    f"GET {NETWORK}/clock": Row(ADMIN, "200", NO_NETWORK),
    f"POST {NETWORK}/clock": Row(
        ADMIN, "200", NO_NETWORK, body=lambda _ids: {"now": "2040-01-01T00:00:00Z"}
    ),
    f"POST {NETWORK}/jobs": Row(
        ADMIN,
        "202",
        NO_NETWORK,
        body=partial(_job, "audit"),
        probes=(
            Probe("202", "404 JOB_NOT_FOUND", _job_of("replay_commit", "preview_id")),
            # What is no commit can't be reversed.
            Probe("409 JOB_NOT_READY", "404 JOB_NOT_FOUND", _job_of("replay_reversal", "job_id")),
            Probe("202", "404 JOB_NOT_FOUND", _job_of("repair", "job_id", reason="damaged")),
            Probe("202", BAD, _audit_of_one),
            Probe("202", BAD, _backtest),
            Probe("202", BAD, _preview_of_one_type),
        ),
    ),
    f"GET {NETWORK}/jobs": Row(ADMIN, "200", NO_NETWORK, cursor="200"),
    f"GET {NETWORK}/jobs/{{job_id}}": Row(ADMIN, "200", NO_JOB),
    f"GET {NETWORK}/jobs/{{job_id}}/findings": Row(ADMIN, "200", NO_JOB),
    f"POST {NETWORK}/jobs/{{job_id}}/cancellation": Row(
        ADMIN, "409 JOB_OVER", NO_JOB, body=_no_body
    ),
}
