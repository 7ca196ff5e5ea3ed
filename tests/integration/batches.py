"""Rows of batches, and what is asserted of answers."""

from collections.abc import Mapping
from typing import Any

from tests.integration.bodies import hang_activity, village_activity
from tests.integration.world import Answer

NOTHING = {"recorded": 0, "replayed": 0, "duplicates": 0, "refused": 0, "retryable": 0}


def membership_row(
    key: str, value: str = "50", membership: str = "12345", changes: Mapping[str, object] = {}
) -> dict[str, Any]:
    """A row in Hang's form."""
    changed = {"/idempotency_key": key, "/activity/value": value, **changes}
    return {"program_membership_id": membership, **hang_activity(changed)}


def network_row(
    key: str | None = None, amount: str = "500", changes: Mapping[str, object] = {}
) -> dict[str, Any]:
    """A row in Village's form."""
    row = village_activity({"/amount": amount, **changes})
    return row if key is None else {"idempotency_key": key, **row}


def reference_row(
    reference: str, key: str | None = None, *, enforced: bool = False, amount: str = "500"
) -> dict[str, Any]:
    """A row in Village's form with a reference."""
    metadata = {"reference_id": reference, "activity_timestamp": 1772362800}
    return network_row(key, amount, {"/metadata": metadata, "/enforceUniqueRefId": enforced})


def counted(**counts: int) -> dict[str, int]:
    """All counts, zero but for these."""
    return {**NOTHING, **counts}


def statuses(answer: Answer) -> list[int]:
    """Each row's."""
    assert answer.status == 200, answer
    assert [each["row"] for each in answer.body["results"]] == list(
        range(len(answer.body["results"]))
    )
    return [each["status"] for each in answer.body["results"]]


def ids(answer: Answer) -> list[str]:
    """Each row's activity; KeyError if one has none."""
    return [each["activity_id"] for each in answer.body["results"]]


def refusals(answer: Answer) -> list[tuple[int, str, list[str]]]:
    """Status, code and pointers of each row that was refused."""
    return [
        (each["status"], each["code"], [fault["pointer"] for fault in each["errors"]])
        for each in answer.body["results"]
        if "code" in each
    ]
