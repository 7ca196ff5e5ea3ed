"""publish_events stops before and after every call that it makes of AWS; no event is lost."""

from collections import Counter

import pytest
import time_machine

from tests.integration.bus import Listener
from tests.integration.faults import Crash, CrashPoint, Faults
from tests.integration.published import by_id, documents, shown_events
from tests.integration.rich_network import purchase
from tests.integration.sweep import Outcome, stop_everywhere
from tests.integration.world import World

# More than one write to the log takes, and more than one call to the bus.
PURCHASES = 12


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, tea_house: World, bus: Listener) -> Faults:
    """The functions start anew, watched; there is something to publish."""
    assert bus is not None
    for number in range(PURCHASES):
        assert tea_house.post_membership_activity("ann", purchase(number)).status == 200
    tea_house.deliver()
    watching = Faults.install(monkeypatch)
    tea_house.restart()
    return watching


def publish_until_done(
    world: World, faults: Faults, clock: time_machine.Traveller, *crashes: CrashPoint
) -> None:
    """The stream delivers the batch until nobody dies and nothing failed."""
    faults.plan_crashes(crashes)
    while True:
        clock.shift(1)
        try:
            assert world.publish() == {"batchItemFailures": []}
        except Crash:
            world.restart()
            continue
        assert faults.crashes_left == 0, "a crash point was never reached"
        return


def test_stopped_before_and_after_each_call_no_event_is_lost(
    tea_house: World, bus: Listener, clock: time_machine.Traveller, faults: Faults
) -> None:
    expected = by_id(shown_events(tea_house))
    empty = tea_house.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        tea_house.restore(empty)
        tea_house.restart()
        publish_until_done(tea_house, faults, clock, *crashes)
        calls = list(faults.calls_since_crash)
        arrived = bus.events()
        if not crashes:
            assert arrived == documents(tea_house)
        # What arrives first is in order, whatever comes again.
        assert list(by_id(documents(tea_house))) == list(expected)
        assert by_id(documents(tea_house)) == by_id(arrived) == expected
        return Outcome(calls, expected)

    undisturbed = stop_everywhere("publish_events", faults, play)

    called = Counter(call.operation for call in undisturbed.calls)
    assert called["BatchWriteItem"] > 1
    assert called["PutEvents"] > 1


@pytest.mark.parametrize("first", range(1, 4))
def test_stopped_twice_no_event_is_lost(
    tea_house: World, bus: Listener, clock: time_machine.Traveller, faults: Faults, first: int
) -> None:
    expected = by_id(shown_events(tea_house))

    publish_until_done(
        tea_house, faults, clock, CrashPoint(first, "after"), CrashPoint(first + 1, "before")
    )

    assert by_id(documents(tea_house)) == by_id(bus.events()) == expected
