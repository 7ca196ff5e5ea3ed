"""The simulated event source mapping: what a function is invoked with, as tables.

A letter is a record of an item of its own. A function `reports` the capital letters among its
records, or `raises` because of them.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.event_source.answers import first_failed
from tests.event_source.destination import Destination
from tests.event_source.mapping import EventSourceMapping, FunctionFailedError, NotInvokedError
from tests.event_source.patterns import is_wanted
from tests.event_source.settings import MappingSettings, settings_of
from tests.event_source.stream import RETENTION, Stream, StreamRecord

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
PLAIN = MappingSettings("table", batch_size=6)
REPORTING = replace(PLAIN, reports_item_failures=True, max_retries=2)
BISECTING = replace(REPORTING, bisects=True)

type Answer = Callable[[str], object]


def reports(letters: str) -> object:
    """The capital letters have failed."""
    return {
        "batchItemFailures": [
            {"itemIdentifier": str(ord(x.lower()))} for x in letters if x.isupper()
        ]
    }


def raises(letters: str) -> object:
    """Whatever has a capital letter fails."""
    if letters.islower():
        return None
    raise FunctionFailedError


@dataclass
class Play:
    """A stream of letters, and a mapping that delivers it."""

    settings: MappingSettings
    answer: Answer = reports
    shards: int = 1
    seed: int = 0
    deaths: Iterator[bool] = field(default_factory=lambda: iter(()))
    now: datetime = START
    invocations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The mapping is made before anything is written."""
        self.stream = Stream()
        self.stream.open(self.shards)
        self.destination = Destination("S3", "mapping")
        self.mapping = EventSourceMapping(
            self.settings,
            self.stream,
            self.invoke,
            lambda: self.now,
            random.Random(self.seed),  # noqa: S311 - a test's order
            self.destination,
            dies=lambda: next(self.deaths, False),
        )

    def write(self, letters: str, size: int = 1000) -> "Play":
        """Put a record for each letter."""
        for letter in letters:
            body = {"letter": letter}
            record = StreamRecord(ord(letter.lower()), self.now, letter, letter, body, size)
            self.stream.put(record)
        return self

    def run(self) -> list[str]:
        """What the function was invoked with, until there was nothing left to do."""
        self.mapping.run()
        return self.invocations

    def invoke(self, event: dict[str, Any]) -> object:
        letters = _letters(event)
        self.invocations.append(letters)
        return self.answer(letters)

    @property
    def kept(self) -> list[str]:
        """What went to the destination."""
        return [_letters(event) for event in self.destination.payloads()]


def _letters(event: dict[str, Any]) -> str:
    return "".join(record["letter"] for record in event["Records"])


# ---- Batches ----


@pytest.mark.parametrize(
    ("settings", "size", "invocations"),
    [
        (PLAIN, 1000, ["abcdef", "gh"]),
        (replace(PLAIN, batch_size=3), 1000, ["abc", "def", "gh"]),
        (PLAIN, 3_000_000, ["ab", "cd", "ef", "gh"]),
        (PLAIN, 7_000_000, list("abcdefgh")),
    ],
)
def test_a_batch_is_full_with_its_records_or_its_bytes(
    settings: MappingSettings, size: int, invocations: list[str]
) -> None:
    assert Play(settings).write("abcdefgh", size).run() == invocations


def test_a_batch_that_is_not_full_waits_for_the_end_of_its_window() -> None:
    play = Play(replace(PLAIN, window=2 * SECOND)).write("ab")
    assert play.run() == []
    play.now += SECOND
    assert play.write("cdefgh").run() == ["abcdef"]
    play.now += 2 * SECOND
    assert play.run() == ["abcdef", "gh"]


# ---- What failed ----


@pytest.mark.parametrize(
    ("settings", "answer", "written", "invocations", "kept"),
    [
        # Everything from the lowest number on comes again, also what had succeeded.
        (REPORTING, reports, "abCdEf", ["abCdEf", "CdEf", "CdEf"], ["CdEf"]),
        (REPORTING, reports, "Abcdef", ["Abcdef"] * 3, ["Abcdef"]),
        # A split uses up no retry, and what it begins with is never halved.
        (BISECTING, reports, "abCdEf", ["abCdEf", *["CdEf"] * 3], ["CdEf"]),
        # Halves, down to the one that fails; what is behind it waits for its retries.
        (REPORTING, raises, "abCdef", ["abCdef"] * 3, ["abCdef"]),
        (
            BISECTING,
            raises,
            "abCdef",
            ["abCdef", "abC", "ab", *["C"] * 3, "def"],
            ["C"],
        ),
        # Without its setting a report means nothing.
        (replace(BISECTING, reports_item_failures=False), reports, "aBc", ["aBc"], []),
        (replace(BISECTING, max_retries=0), raises, "aB", ["aB", "a", "B"], ["B"]),
    ],
)
def test_what_failed_is_tried_again_and_given_up_in_the_end(
    settings: MappingSettings,
    answer: Answer,
    written: str,
    invocations: list[str],
    kept: list[str],
) -> None:
    play = Play(settings, answer).write(written)

    assert play.run() == invocations
    assert play.kept == kept
    play.write("z")
    assert play.run() == [*invocations, "z"]


RECORDS = [StreamRecord(number, START, "", "", {}) for number in (7, 8, 9)]


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        (None, 3),
        ({}, 3),
        ({"batchItemFailures": None}, 3),
        ({"batchItemFailures": []}, 3),
        ({"batchItemFailures": [{"itemIdentifier": "9"}, {"itemIdentifier": "8"}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, None),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, None),
        ({"batchItemFailures": [{"sequenceNumber": "8"}]}, None),
        ({"batchItemFailures": [{"itemIdentifier": "8"}, {"itemIdentifier": "1"}]}, None),
    ],
)
def test_what_an_answer_says(answer: object, first: int | None) -> None:
    assert first_failed(answer, RECORDS) == first


# ---- What is too old, and what is lost ----


def test_what_is_too_old_is_kept_and_no_longer_sent() -> None:
    play = Play(replace(BISECTING, max_age=21 * HOUR)).write("ab")
    play.now += 2 * HOUR
    play.write("cd")
    play.now += 20 * HOUR

    assert play.run() == ["cd"]
    assert play.kept == ["ab"]


def test_what_can_not_be_invoked_uses_up_no_retries() -> None:
    def throttled(_letters: str) -> object:
        raise NotInvokedError

    play = Play(replace(BISECTING, max_age=21 * HOUR), throttled).write("ab")
    for _ in range(100):
        assert play.mapping.step()
    assert play.kept == []
    play.answer = reports
    assert play.run()[-1] == "ab"
    assert play.mapping.counts["invocations"] == 1


def test_what_nobody_read_for_a_day_is_lost_and_kept_nowhere() -> None:
    play = Play(replace(BISECTING, max_age=21 * HOUR)).write("ab")
    play.now += RETENTION + SECOND
    play.write("c")

    assert play.run() == ["c"]
    assert play.kept == []
    assert len(play.mapping.lost) == 2


def test_what_is_being_tried_is_lost_with_its_record() -> None:
    play = Play(PLAIN, raises).write("Ab")
    play.mapping.step()
    play.now += RETENTION + SECOND

    assert play.run() == ["Ab"]
    assert len(play.mapping.lost) == 2


def test_a_destination_keeps_where_it_was_and_only_s3_the_payload() -> None:
    play = Play(BISECTING, raises).write("aB")
    play.run()
    ((key, text),) = play.destination.objects.items()

    assert key == f"aws/lambda/mapping/shardId-{1:020d}/2026/03/01/2026-03-01T12.00.00-1"
    document = json.loads(text)
    assert document["requestContext"] == {
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 4,
    }
    assert document["DDBStreamBatchInfo"]["batchSize"] == 1
    assert json.loads(document["payload"]) == {"Records": [{"letter": "B"}]}
    queue = Play(BISECTING, raises)
    queue.destination.keeps = "SQS"
    queue.write("aB").run()
    (text,) = queue.destination.objects.values()
    assert "payload" not in json.loads(text)


# ---- Shards ----


def test_a_parent_is_read_to_its_end_before_its_children() -> None:
    play = Play(replace(BISECTING, batch_size=2), raises).write("aBcd")
    (parent,) = play.stream.shards
    play.stream.split(parent, 2)
    play.write("efgh")

    invocations = play.run()

    assert invocations[:6] == ["aB", "a", "B", "B", "B", "cd"]
    assert sorted("".join(invocations[6:])) == list("efgh")


def test_other_shards_go_on_while_one_retries() -> None:
    play = Play(replace(PLAIN, max_retries=50, batch_size=1), raises, shards=2)
    play.write("Abcdefgh")
    play.run()

    with_it = {r.body["letter"] for s in play.stream.shards for r in s.records if s.places[0] == 0}
    others = {r.body["letter"] for s in play.stream.shards for r in s.records if s.places[0]}
    stuck, going_on = (with_it, others) if "A" in with_it else (others, with_it)
    last_try = max(n for n, letters in enumerate(play.invocations) if letters == "A")
    assert {play.invocations.index(x) < last_try for x in going_on} == {True}
    assert {play.invocations.index(x) > last_try for x in stuck - {"A"}} == {True}


def test_what_was_there_before_latest_is_passed_over() -> None:
    play = Play(replace(PLAIN, starts_with_the_oldest=False))
    assert play.write("ab").run() == ["ab"]
    late = EventSourceMapping(
        play.settings,
        play.stream,
        play.invoke,
        lambda: play.now,
        play.mapping.chance,
        play.destination,
    )
    play.write("cd")
    late.run()
    assert play.invocations == ["ab", "cd"]


# ---- Lanes ----


def test_an_item_stays_in_order_while_others_pass_it() -> None:
    for seed in range(20):
        play = Play(replace(PLAIN, concurrent_batches=2, batch_size=1), seed=seed)
        for number in range(12):
            item = "xyz"[number % 3]
            body = {"letter": f"{item}{number} "}
            play.stream.put(StreamRecord(number + 1, START, "partition", item, body))
        order = "".join(play.run()).split()
        for item in "xyz":
            numbers = [int(each[1:]) for each in order if each[0] == item]
            assert numbers == sorted(numbers)
        assert len(order) == 12


def test_lanes_overtake_each_other() -> None:
    orders = {
        "".join(
            Play(replace(PLAIN, concurrent_batches=2, batch_size=1), seed=s).write("abcd").run()
        )
        for s in range(20)
    }

    assert len(orders) > 1
    assert {"".join(sorted(order)) for order in orders} == {"abcd"}


# ---- Pollers that die ----


def test_what_a_poller_did_before_it_died_is_done_again() -> None:
    play = Play(replace(PLAIN, batch_size=2), deaths=iter([False, True])).write("abcd")

    assert play.run() == ["ab", "cd", "cd"]
    assert play.mapping.counts["delivered again"] == 2


def test_a_poller_that_dies_loses_the_place_of_all_its_lanes() -> None:
    settings = replace(PLAIN, concurrent_batches=2, batch_size=1)
    repeated = set()
    for seed in range(20):
        deaths = iter([False] * 3 + [True])
        play = Play(settings, seed=seed, deaths=deaths).write("abcd")
        play.run()
        assert set("".join(play.invocations)) == set("abcd")
        repeated.add(len(play.invocations) - 4)

    # The one that it died of, and whatever another lane had done beyond the first that was left.
    assert min(repeated) >= 1
    assert max(repeated) > 1


# ---- Filters ----


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ({"eventName": ["INSERT"]}, True),
        ({"eventName": ["MODIFY", "REMOVE"]}, False),
        ({"dynamodb": {"NewImage": {"kind": {"S": ["activity", "duplicate"]}}}}, True),
        ({"dynamodb": {"NewImage": {"kind": {"S": ["marker"]}}}}, False),
        ({"dynamodb": {"NewImage": {"kind": {"N": ["activity"]}}}}, False),
        ({"dynamodb": {"NewImage": {"of": {"S": ["activity"]}}}}, False),
        ({"dynamodb": {"Keys": {"item_key": {"S": [{"prefix": "POSTING#"}, "OUTCOME"]}}}}, True),
        ({"dynamodb": {"Keys": {"item_key": {"S": [{"prefix": "BALANCE"}]}}}}, False),
        ({"dynamodb": {"Keys": {"item_key": {"S": [{"suffix": "#1"}]}}}}, True),
        ({"dynamodb": {"Keys": {"item_key": {"S": [{"anything-but": ["OUTCOME"]}]}}}}, True),
        ({"dynamodb": {"Keys": {"item_key": {"S": [{"anything-but": ["POSTING#1"]}]}}}}, False),
        ({"dynamodb": {"Keys": {"item_key": {"S": [{"anything-but": {"prefix": "P"}}]}}}}, False),
        ({"dynamodb": {"Keys": {"other": {"S": [{"anything-but": ["x"]}]}}}}, False),
        ({"dynamodb": {"NewImage": {"kind": {"S": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"NewImage": {"kind": {"S": [{"exists": False}]}}}}, False),
        ({"dynamodb": {"OldImage": {"kind": {"S": [{"exists": False}]}}}}, True),
        ({"eventName": [{"equals-ignore-case": "insert"}]}, True),
        ({"$or": [{"eventName": ["MODIFY"]}, {"eventName": ["INSERT"]}]}, True),
        ({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["x"]}}}}, False),
    ],
)
def test_which_records_reach_the_function(pattern: dict[str, Any], *, wanted: bool) -> None:
    record = {
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": {"item_key": {"S": "POSTING#1"}},
            "NewImage": {"kind": {"S": "activity"}},
        },
    }

    assert is_wanted(record, [pattern]) == wanted
    assert is_wanted(record, [{"eventName": ["NEVER"]}, pattern]) == wanted


def test_what_is_not_wanted_takes_no_place_in_a_batch() -> None:
    vowels = ({"letter": ["a", "e", "i"]},)
    play = Play(replace(PLAIN, batch_size=2, patterns=vowels)).write("abcdefghi")

    assert play.run() == ["ae", "i"]
    assert play.mapping.filtered == 6


def test_settings_are_those_of_the_template() -> None:
    applying, publishing = settings_of("ApplyRulesFunction"), settings_of("PublishEventsFunction")

    assert (applying.table, publishing.table) == ("LedgerTable", "BalanceTable")
    assert (applying.max_retries, publishing.max_retries) == (10, None)
    assert (applying.concurrent_batches, publishing.concurrent_batches) == (2, 1)
    for settings in (applying, publishing):
        assert (settings.batch_size, settings.window) == (100, SECOND)
        assert settings.max_age == 21 * HOUR
        assert settings.bisects
        assert settings.reports_item_failures
        assert settings.starts_with_the_oldest
        assert settings.keeps == "S3"
        assert len(settings.patterns) == 1
