"""Whatever comes in: parsers take it or refuse it in their own words, at a cost bounded by its
size, and what they take is the same when it is written in its one form and parsed again.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.proof.record import Figures, record
from tests.proof.seeds import seeds
from tests.unit.fuzzing.campaign import SEEDS, Campaign, inputs_of, try_all
from tests.unit.fuzzing.kept import KEPT
from tests.unit.fuzzing.parsers import BrokenPromiseError, try_one
from tests.unit.fuzzing.table import PARSERS
from tests.unit.fuzzing.work import WorkMeter


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A line for each unreadable record is right, and many."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", PARSERS)
def test_parser_takes_or_refuses_whatever_comes(name: str) -> None:
    parser, campaign = PARSERS[name], Campaign()

    for seed in seeds(*SEEDS):
        try:
            try_all(parser, seed, campaign)
        except BrokenPromiseError as broken:
            broken.add_note(f"make prove PART=fuzz SEED={seed}; keep the input in fuzzing/kept.py")
            raise

    assert campaign.inputs
    figures: Figures = {
        "parsers": 1,
        "inputs": campaign.inputs,
        "accepted": campaign.accepted,
        "refused": campaign.refused,
        "worst_steps_per_byte": f"{campaign.worst_work_per_byte:.1f}",
        "violations": 0,
    }
    record("fuzz", name, figures)


@pytest.mark.parametrize("name", KEPT)
def test_what_once_went_wrong_goes_wrong_no_more(name: str) -> None:
    meter = WorkMeter()
    for given in KEPT[name]:
        with meter.watching():
            try_one(PARSERS[name], given, meter)


@pytest.mark.parametrize(
    "name", ["activity of a network", "posting", "number", "activities in CSV"]
)
def test_the_same_seed_makes_the_same_inputs(name: str) -> None:
    first, again, other = (list(inputs_of(PARSERS[name], seed)) for seed in (1, 1, 2))

    assert first == again != other


def test_the_harness_sees_what_parsers_must_not_do() -> None:
    parser = PARSERS["activity of a network"]
    given = next(each for each in inputs_of(parser, 1) if each.startswith("{"))

    def overflow(_: str) -> None:
        raise OverflowError

    def turn(_: str) -> None:
        turns = 0
        while turns < 100_000:
            turns += 1

    broken: dict[str, Any] = {
        "raised OverflowError": {"parse": overflow},
        "steps for": {"parse": turn},
        "too large to compute with": {"parse": lambda _: {"amount": [Decimal("1E+400")]}},
        "parsed again": {"parse": lambda _: 1, "is_stable": lambda _: False},
        "which raised KeyError": {"parse": lambda _: 1, "is_stable": {}.__getitem__},
    }
    for told, changes in broken.items():
        meter = WorkMeter()
        with meter.watching(), pytest.raises(BrokenPromiseError, match=told):
            try_one(replace(parser, **changes), given, meter)


def test_converting_a_number_is_work_by_its_digits() -> None:
    meter = WorkMeter()
    with meter.watching():
        int("9" * 1000)
        int(Decimal("1E+3000"))

    assert 4000 < meter.units < 4100


def _program(**fields: object) -> str:
    program = {"program_id": "coffee-club", "name": "n", "points": {"unit": "beans"}, **fields}
    return json.dumps({"program": program})


def _network(name: str, part: object, times: int) -> str:
    return json.dumps({"network": {"network_id": "n", "name": "n"}, name: [part] * times})


USER = {"user_id": "a", "email": "a@example.com"}
# Each with a fault in every one of so many parts.
GROWING: dict[str, tuple[str, Callable[[int], str | bytes]]] = {
    "rules with nothing in them": ("program", lambda n: _program(rules=[{}] * n)),
    "quests with nothing in them": ("program", lambda n: _program(quests=[{}] * n)),
    "rules that are numbers": ("program", lambda n: _program(rules=[1] * n)),
    "unknown fields": ("program", lambda n: _program(**{f"field_{i}": 1 for i in range(n)})),
    "users that are the same": ("network document", lambda n: _network("users", USER, n)),
    "users with nothing in them": ("network document", lambda n: _network("users", {}, n)),
    "programs with nothing in them": ("network document", lambda n: _network("programs", {}, n)),
    "fields of an activity": (
        "activity of a network",
        lambda n: json.dumps({f"field_{i}": [{}] for i in range(n)}),
    ),
    "columns": (
        "activities in CSV",
        lambda n: ",".join(f"user_{i}_kez" for i in range(n)).encode(),
    ),
    "members of an object": (
        "network in JSON",
        lambda n: json.dumps({f"field_{i}": i for i in range(n)}),
    ),
}


@pytest.mark.parametrize("what", GROWING)
def test_work_grows_no_faster_than_what_is_wrong(what: str) -> None:
    name, make = GROWING[what]
    work = [_work_of(name, make(times)) for times in (200, 800)]

    assert work[1] < 5 * work[0]


def _work_of(name: str, given: str | bytes) -> int:
    parser, meter = PARSERS[name], WorkMeter()
    with meter.watching():
        return try_one(parser, given, meter).work
