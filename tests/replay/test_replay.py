"""Every file in events/ is played through its real handler; all that it does is compared.

A file's expectation is `expected/<operation>/<case>.json`:

    after     the events that are played before it, in this order
    response  the whole response (an HTTP body parsed)
    writes    the items that it put, whole, by table

To record anew, on purpose:

    pytest tests/replay --record

and read the difference as critically as code: from then on it is what is right. A new event is
recorded after the demo network's import; if it needs something else before it, change `after` in
its expectation and record again.
"""

import difflib
from io import StringIO

import pytest

from tests.replay.personal import personal_texts
from tests.replay.player import Player
from tests.replay.shelf import (
    case_names,
    read_event,
    read_expectation,
    record_expectation,
)


@pytest.mark.parametrize("name", case_names())
def test_event_does_what_is_recorded(
    name: str, player: Player, logged: StringIO, request: pytest.FixtureRequest
) -> None:
    expected = read_expectation(name)
    start = len(logged.getvalue())

    actual = player.perform(name, expected.after)

    lines = logged.getvalue()[start:].splitlines()
    assert lines
    personal = personal_texts(read_event(name))
    assert [line for line in lines if any(text in line for text in personal)] == []
    if actual == expected:
        return
    if request.config.getoption("--record", default=False):
        record_expectation(name, actual)
        pytest.skip("recorded")
    diff = difflib.unified_diff(
        expected.to_text().splitlines(),
        actual.to_text().splitlines(),
        f"expected/{name}.json",
        f"played {name}",
        lineterm="",
        n=8,
    )
    pytest.fail("\n".join(diff), pytrace=False)
