"""The parts of the proof: what each runs, and what it must have done to count."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.integration import crash_sweeps
from tests.template import writing_operations

PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider")
ALONE = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Part:
    """A part of the proof. `commands` must all end well; what its tests recorded must add up to
    more than nothing for each figure in `must_be_positive`, and to nothing in `must_be_zero`.
    """

    title: str
    commands: Sequence[Sequence[str]]
    must_be_positive: frozenset[str] = field(default_factory=frozenset)
    must_be_zero: frozenset[str] = frozenset({"violations"})


FAULTS_OF_RACES = (
    "crash before a call",
    "crash after a call",
    "throttle, SDK gets through",
    "throttle, SDK gives up",
    "answer lost, SDK gets through",
    "answer lost, SDK gives up",
    "answers lost on the way to a client",
    "conflict of a single write",
    "conflict in a transaction",
    "throttle in a transaction",
)
FAULTS_ON_THE_WIRE = (
    "connection reset before the request was applied",
    "applied, reply dropped",
    "applied, half a reply",
)

PARTS: dict[str, Part] = {
    "crashes": Part(
        title="Crash at every step",
        commands=[[*PYTEST, *crash_sweeps.FILES, "-k", crash_sweeps.TESTS]],
        must_be_positive=frozenset(
            {
                *("histories", "crash_points", "of", "pairs", "calls"),
                *("crashes_before", "crashes_after"),
                *(f"stopped in: {operation}" for operation in writing_operations()),
            }
        ),
    ),
    "races": Part(
        title="Races, in an order that a seed decides",
        commands=[
            [
                *PYTEST,
                "tests/integration/test_races.py",
                "tests/integration/test_spends_at_once.py",
                "tests/unit/test_interleavings.py",
                "tests/unit/test_spending_interleaved.py",
                "tests/unit/test_reversals_interleaved.py",
            ]
        ],
        must_be_positive=frozenset(
            {"seeds", "turns", "calls", "acknowledged", "refused", "replayed", "duplicates"}
            | {"server errors", "batches delivered again", "rows reconciled", *FAULTS_OF_RACES}
        ),
    ),
    "lost-answers": Part(
        title="Answers lost between the SDK and DynamoDB",
        commands=[[*PYTEST, "tests/e2e/test_lost_answers.py"]],
        must_be_positive=frozenset(
            {"seeds", "requests", "SDK retries", "acknowledged", "refused", *FAULTS_ON_THE_WIRE}
        ),
    ),
    "stream": Part(
        title="The streams as AWS delivers them",
        commands=[
            [
                *PYTEST,
                "tests/unit/test_event_source.py",
                "tests/integration/test_streams_as_they_are.py",
            ]
        ],
        must_be_positive=frozenset(
            {
                "seeds",
                "records",
                "filtered out",
                "invocations",
                "crashes",
                "pollers that died",
                "reports",
                "batches halved",
                "records delivered again",
                "discarded",
                "trimmed",
                "brought back by the reconciler",
                "splits",
            }
        ),
    ),
    "guards": Part(
        "Guards that are missed when they are gone",
        [(sys.executable, "-m", "tests.proof.guards")],
        frozenset({"guards", "killed"}),
        frozenset({"survived"}),
    ),
    "hostile-requests": Part(
        title="Requests made up from the description of the API",
        commands=[
            [*PYTEST, "tests/integration/test_hostile_requests.py"],
            # One stack for all.
            [*PYTEST, "-n", "0", "tests/e2e/test_hostile_requests.py"],
        ],
        must_be_positive=frozenset({"operations", "succeeded", "requests", "2xx", "4xx", "links"}),
        must_be_zero=frozenset({"5xx", "outside_schema"}),
    ),
    "fuzz": Part(
        title="Hostile input: parsers",
        commands=((*PYTEST, "tests/unit/test_hostile_inputs.py"),),
        must_be_positive=frozenset({"inputs", "accepted", "refused", "parsers"}),
    ),
    "access": Part(
        "Other people's data: every route, every kind of key, everybody's ids",
        (
            (
                *PYTEST,
                "tests/unit/test_template.py",
                "tests/integration/test_access.py",
                "tests/integration/test_access_cache.py",
                "tests/integration/test_expanded_rights.py",
                "tests/integration/test_logs_in_trouble.py",
                "tests/integration/test_nothing_personal.py",
                "tests/integration/test_watch_ledger.py",
            ),
            # One process each: they share what they begin from.
            (*ALONE, "tests/replay/test_replay.py", "tests/replay/test_rights.py"),
            (*ALONE, "tests/e2e/test_access.py", "tests/e2e/test_watch_ledger.py"),
        ),
        must_be_positive=frozenset({"cells", "200", "401", "403", "404", "canaries", "log lines"}),
    ),
    "tamper": Part(
        title="Tamper evidence",
        commands=[
            (
                *PYTEST,
                "tests/integration/test_tampering.py",
                "tests/integration/test_seal_ledger.py",
            )
        ],
        must_be_positive=frozenset({"tamperings", "named", "seals"}),
        must_be_zero=frozenset({"missed", "false_alarms"}),
    ),
    "soak": Part(
        title="Soak on the embedded AWS",
        commands=[(sys.executable, "-m", "tests.proof.soak")],
        must_be_positive=frozenset(
            {"acknowledged", "replayed", "refused", "posted", "sent_again", "apply_rules_killed"}
        ),
        must_be_zero=frozenset({"differences"}),
    ),
    "gates": Part(
        title="Known vulnerabilities in what is locked",
        commands=((sys.executable, "-m", "tests.proof.audit_dependencies"),),
        must_be_zero=frozenset({"vulnerabilities"}),
    ),
}
