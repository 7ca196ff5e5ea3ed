"""watch_ledger: which row was changed or deleted is logged, and nothing that is in it."""

import json
from io import StringIO

import pytest

from tests.integration.bodies import HANG_EXAMPLE
from tests.integration.world import World, stream_event


@pytest.mark.parametrize("change", ["MODIFY", "REMOVE"])
def test_each_row_is_told_loudly_by_its_key_alone(
    world: World, logs: StringIO, change: str
) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)
    (row,) = world.items("ledger")
    changed = row | {"amount": {"N": "424242"}, "kind": {"S": "secret-note"}}
    other = changed | {"activity_key": {"S": "other#ik_2"}}

    world.invoke("watch_ledger", stream_event([changed, other], change))

    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    told = [line for line in lines if line["message"] == "ledger row changed"]
    assert [(line["level"], line["change"], line["activity_key"]) for line in told] == [
        ("CRITICAL", change, key) for key in (row["activity_key"]["S"], "other#ik_2")
    ]
    assert (lines[-1]["message"], lines[-1]["records"]) == ("watched", 2)
    assert "424242" not in logs.getvalue()
    assert "secret-note" not in logs.getvalue()
