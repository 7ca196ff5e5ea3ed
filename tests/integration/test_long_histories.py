"""Ten thousand postings of one membership cost few calls."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.integration.faults import Faults
from tests.integration.histories_over_http import HISTORY, STATEMENT, asked, balances
from tests.integration.seeded_postings import seed_postings
from tests.integration.world import World

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHOLE = {"from": "2026-01-01T00:00:00Z", "limit": "100"}


def test_ten_thousand_postings_are_read_in_few_calls(
    spenders: World, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    seed_postings(spenders, 10_000, NOW)
    clock.move_to(NOW + timedelta(days=2))
    faults = Faults.install(monkeypatch)
    spenders.restart()

    def postings_read() -> list[str]:
        """What was looked for, in each call since."""
        queries = [c.request for c in faults.calls if c.operation == "Query"]
        faults.calls.clear()
        return [q.get("ProjectionExpression", "") for q in queries if q["TableName"] == "balance"]

    assert balances(spenders, "2026-03-01T12:00:00Z") == ("1", "1")
    # A megabyte each, and only what a sum needs.
    read = postings_read()
    assert len(read) <= 10
    assert all(read)
    # The later the moment, the less there is to read; twice, since the last ones are not there.
    assert balances(spenders, "2026-03-03T12:00:00Z") == ("10000", "10000")
    assert len(postings_read()) == 2

    first = asked(spenders, STATEMENT, query=WHOLE).body
    assert (first["opening_balance"], first["closing_balance"]) == ("0", "100")
    assert len(postings_read()) <= 11
    second = asked(spenders, STATEMENT, query={**WHOLE, "cursor": first["next_cursor"]}).body
    assert (second["opening_balance"], second["closing_balance"]) == ("100", "200")
    assert [c.request.get("Limit") for c in faults.calls] == [101]
    assert postings_read() == [""]

    listed = asked(spenders, HISTORY, query={"limit": "100"}).body["activities"]
    assert [each["sequence"] for each in listed] == list(range(10_000, 9_900, -1))
    assert postings_read() == [""]
