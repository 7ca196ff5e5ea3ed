"""Every recorded request that can be tried out is tried out: it writes nothing, and is refused as
the recorded one is.
"""

from typing import Any
from unittest.mock import patch

import pytest

from tests.replay.player import Player
from tests.replay.shelf import case_names, read_event, read_expectation

ACTIVITIES = ("record_membership_activity", "record_network_activity")
ORDERS = (
    "redeem_points",
    "hold_points",
    "capture_hold",
    "release_hold",
    "adjust_points",
    "reverse_activity",
)
CASES = [
    name
    for name in case_names()
    if name.startswith((*ACTIVITIES, *ORDERS)) and not read_event(name)["queryStringParameters"]
]


@pytest.mark.parametrize("name", CASES)
def test_a_dry_run_of_it_writes_nothing_and_is_refused_as_it_is(name: str, player: Player) -> None:
    expected = read_expectation(name)
    # Before the event is another than the one on the shelf.
    player.perform(name, expected.after)

    with patch("tests.replay.player.read_event", lambda played: _tried_out(played, name)):
        tried = player.perform(name, expected.after)

    assert tried.writes == {}
    if expected.response["statusCode"] >= 400:
        assert tried.response == expected.response
        return
    assert tried.response["statusCode"] == 200
    assert tried.response["body"]["dry_run"] is True
    assert tried.response["headers"]["Accrue-Dry-Run"] == "true"
    for header in ("Accrue-Warnings", "Idempotent-Replayed", "Accrue-Duplicate-Of"):
        assert tried.response["headers"].get(header) == expected.response["headers"].get(header)
    if name.startswith(ORDERS):
        assert tried.response["body"] == {"dry_run": True, **expected.response["body"]}


BATCHES = [
    name
    for name in case_names()
    if name.startswith("record_activity_batch/") and not read_event(name)["queryStringParameters"]
]


@pytest.mark.parametrize("name", BATCHES)
def test_a_dry_run_of_a_batch_writes_nothing_and_says_what_comes_of_each_row(
    name: str, player: Player
) -> None:
    expected = read_expectation(name)
    player.perform(name, expected.after)

    with patch("tests.replay.player.read_event", lambda played: _tried_out(played, name)):
        tried = player.perform(name, expected.after)

    assert tried.writes == {}
    if expected.response["statusCode"] >= 400:
        assert tried.response == expected.response
        return
    told, comes_to = tried.response["body"], expected.response["body"]
    assert (told["dry_run"], told["counts"]) == (True, comes_to["counts"])
    for would_be, row in zip(told["results"], comes_to["results"], strict=True):
        assert {**would_be, "activity_id": row.get("activity_id")} == {"activity_id": None, **row}
        assert would_be.get("activity_id") in (None, row.get("activity_id"))


def _tried_out(played: str, name: str) -> dict[str, Any]:
    event = read_event(played)
    if played == name:
        event["queryStringParameters"] = {"dry_run": "true"}
        event["multiValueQueryStringParameters"] = {"dry_run": ["true"]}
    return event
