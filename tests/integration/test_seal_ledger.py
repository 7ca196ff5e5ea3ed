"""What seals hold, whatever comes late, twice or in the middle."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine

from accrue.domain.as_written import hash_of
from accrue.domain.seal import Seal
from accrue.services import seal_draft, seal_ledger
from accrue.storage.dynamo import to_attributes, to_item
from tests.integration.conftest import NOW
from tests.integration.faults import Faults
from tests.integration.histories import MIXED_BATCH, hang_post
from tests.integration.networks import demo_network
from tests.integration.sandboxes import A_YEAR_ON, SANDBOX, move_clock, sandbox_network
from tests.integration.seal_bucket import (
    delete_seal,
    first_seals,
    most_versions,
    overwrite_seal,
    stored_seals,
)
from tests.integration.world import World

SOON = timedelta(minutes=20)
DAY = timedelta(days=1)


def seal(world: World, **event: Any) -> dict[str, Any]:
    reports: dict[str, Any] = world.invoke("seal_ledger", event)
    return reports


def sealed_rows(seals: Sequence[Seal]) -> dict[str, str]:
    return {k: v for each in seals for k, v in {**each.rows, **each.late}.items()}


def assert_all_is_sealed_once(world: World) -> None:
    """Every row, posting and outcome is in exactly one seal, with its hash."""
    seals = stored_seals()
    assert most_versions() == 1
    assert [each.number for each in seals] == list(range(1, len(seals) + 1))
    for before, after in pairwise(seals):
        assert after.previous_hash == before.content_hash
        assert after.since == before.until
    rows = [r for r in world.rows("ledger") if not r["kind"].endswith("_marker")]
    assert sealed_rows(seals) == {r["activity_id"]: r["content_hash"] for r in rows}
    assert sum(len(s.rows) + len(s.late) for s in seals) == len(rows)
    postings = [
        (p.program_membership_id, p.sequence, p.activity_id, p.content_hash)
        for each in seals
        for p in each.postings
    ]
    assert Counter(postings) == Counter(
        (p["program_membership_id"], int(p["sequence"]), p["activity_id"], p["content_hash"])
        for p in world.postings()
    )
    outcomes = [pair for each in seals for pair in each.outcomes.items()]
    assert sorted(outcomes) == sorted(
        (o["activity_id"], o["content_hash"]) for o in world.outcomes()
    )
    assert not seals[-1].unsettled


def test_rows_and_what_came_of_them_are_sealed_once(
    world: World, clock: time_machine.Traveller
) -> None:
    for post in MIXED_BATCH:
        post.act(world)
        clock.shift(timedelta(minutes=3))
        world.deliver()
        seal(world)
    clock.shift(SOON)
    seal(world)

    assert_all_is_sealed_once(world)
    assert len(stored_seals()) > 3
    assert seal(world)["demo"]["seals"] == 0


def test_what_is_young_is_not_sealed_yet(world: World, clock: time_machine.Traveller) -> None:
    hang_post("hang-1").act(world)
    clock.shift(timedelta(minutes=6))
    seal(world)
    assert sealed_rows(stored_seals()) == {}

    clock.shift(timedelta(minutes=2))
    seal(world)
    assert len(sealed_rows(stored_seals())) == 1


def test_a_late_posting_is_in_the_next_seal(world: World, clock: time_machine.Traveller) -> None:
    hang_post("hang-1").act(world)
    clock.shift(SOON)
    assert seal(world)["demo"]["unsettled"] == 1
    clock.shift(SOON)
    # Still waiting, and nothing to say.
    assert seal(world)["demo"]["seals"] == 0
    world.deliver()
    clock.shift(SOON)
    assert seal(world)["demo"]["postings"] == 1

    assert_all_is_sealed_once(world)


def test_a_row_that_the_index_showed_late_is_sealed_late(
    world: World, clock: time_machine.Traveller
) -> None:
    hang_post("hang-1").act(world)
    hang_post("hang-2").act(world)
    world.deliver()
    (hidden, *_) = world.items("ledger")
    _remove(world, hidden)
    clock.shift(timedelta(minutes=9))
    seal(world)
    world.put_items("ledger", [hidden])
    clock.shift(timedelta(minutes=9))
    assert seal(world)["demo"]["late"] == 1

    assert_all_is_sealed_once(world)


def test_a_row_that_came_much_later_is_found_by_looking_back(
    world: World, clock: time_machine.Traveller
) -> None:
    hang_post("hang-1").act(world)
    world.deliver()
    (hidden,) = world.items("ledger")
    _remove(world, hidden)
    for hour in range(4):
        clock.shift(timedelta(hours=1))
        hang_post(f"hour-{hour}").act(world)
        world.deliver()
        seal(world)
    world.put_items("ledger", [hidden])
    clock.shift(SOON)
    assert seal(world)["demo"]["late"] == 0
    # Also where nothing else is to be sealed at that moment.
    assert seal(world, lookback_seconds=25200)["demo"]["late"] == 1
    assert seal(world, lookback_seconds=25200)["demo"]["late"] == 0

    assert_all_is_sealed_once(world)


def test_silence_is_sealed_once_a_day(world: World, clock: time_machine.Traveller) -> None:
    for _ in range(50):
        clock.shift(timedelta(hours=1))
        seal(world)

    seals = stored_seals()
    assert [bool(each.rows) for each in seals] == [False] * 2
    assert all(DAY <= each.until - each.since < DAY + timedelta(hours=1) for each in seals)


def test_a_full_seal_ends_between_two_moments(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal_draft, "MOST_ROWS", 2)
    monkeypatch.setattr("accrue.services.seal_entries.ROWS_AT_ONCE", 1)
    for number in range(7):
        hang_post(f"hang-{number}").act(world)
        # Three of each moment.
        if number % 3 == 2:
            clock.shift(timedelta(seconds=1))
    world.deliver()
    clock.shift(SOON)
    assert seal(world)["demo"]["seals"] == 3

    assert [len(each.rows) for each in stored_seals()] == [3, 3, 1]
    assert_all_is_sealed_once(world)


def test_whatever_waits_rows_are_sealed_on(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal_ledger, "MOST_READ_AGAIN", 2)
    for number in range(5):
        hang_post(f"hang-{number}").act(world)
        if number > 2:
            clock.shift(SOON)
            report = seal(world)["demo"]
            assert (report["unsettled"], report["is_complete"]) == (number + 1, True)
    assert len(sealed_rows(stored_seals())) == 5
    world.deliver()
    postings: list[int] = []
    while not postings or postings[-1]:
        clock.shift(SOON)
        postings.append(seal(world)["demo"]["postings"])
    assert postings == [2, 2, 1, 0]

    assert_all_is_sealed_once(world)


def test_those_that_wait_are_read_again_once_in_a_run(
    faults: Faults, world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang_post("hang-1").act(world)
    clock.shift(SOON)
    assert seal(world)["demo"]["unsettled"] == 1
    monkeypatch.setattr(seal_draft, "MOST_ROWS", 1)
    monkeypatch.setattr("accrue.services.seal_entries.ROWS_AT_ONCE", 1)
    for number in (2, 3, 4):
        hang_post(f"hang-{number}").act(world)
        clock.shift(timedelta(seconds=1))
    clock.shift(SOON)
    faults.plan_crashes([])
    report = seal(world)["demo"]

    assert (report["seals"], report["unsettled"]) == (3, 4)
    reads = [each.request for each in faults.calls if each.operation == "BatchGetItem"]
    assert sum("ledger" in each["RequestItems"] for each in reads) == 1


def test_so_many_that_wait_that_no_more_are_taken_are_told(
    world: World,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(seal_draft, "MOST_UNSETTLED", 2)
    monkeypatch.setattr("accrue.services.seal_entries.ROWS_AT_ONCE", 1)
    for number in range(5):
        hang_post(f"hang-{number}").act(world)
        clock.shift(timedelta(seconds=1))
    clock.shift(SOON)
    for rows in (2, 0, 0):
        caplog.clear()
        report = seal(world)["demo"]
        assert (report["rows"], report["unsettled"], report["is_complete"]) == (rows, 2, False)
        (line,) = [each for each in caplog.records if each.getMessage() == "sealed"]
        assert line.levelname == "WARNING"
    world.deliver()
    assert seal(world)["demo"] | {"seals": 0} == {
        **dict.fromkeys(("seals", "late", "outcomes", "unsettled"), 0),
        "rows": 3,
        "postings": 5,
        "is_complete": True,
    }

    assert_all_is_sealed_once(world)


def test_without_time_the_next_run_goes_on(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang_post("hang-1").act(world)
    world.deliver()
    clock.shift(SOON)
    handler = world.start("seal_ledger")
    monkeypatch.setattr(handler, "LEAST_TIME_LEFT_MS", 60_000)
    assert seal(world)["demo"] | {"seals": 0} == {
        **dict.fromkeys(("seals", "rows", "late", "postings", "outcomes", "unsettled"), 0),
        "is_complete": False,
    }
    monkeypatch.undo()


def test_what_was_changed_before_it_was_sealed_is_not_attested(
    world: World, clock: time_machine.Traveller
) -> None:
    hang_post("hang-1").act(world)
    hang_post("hang-2").act(world)
    world.deliver()
    posting = next(i for i in world.items("balance") if i["item_key"]["S"].startswith("POSTING"))
    world.put_items("balance", [{**posting, "points": {"N": "1000"}}])
    row = next(i for i in world.items("ledger") if i["activity_id"] != posting["activity_id"])
    world.put_items("ledger", [{**row, "amount": {"N": "1000"}}])
    clock.shift(SOON)
    report = seal(world)["demo"]

    assert (report["rows"], report["postings"], report["unsettled"]) == (1, 0, 2)
    # Mended, they are sealed like what was late.
    world.put_items("balance", [posting])
    world.put_items("ledger", [row])
    clock.shift(SOON)
    assert seal(world)["demo"]["late"] == 1
    assert_all_is_sealed_once(world)


@pytest.mark.parametrize(
    "odd",
    [
        {"sequence": "x"},
        {"sequence": None},
        {"sequence": 10**30},
        {"sequence": 0},
        {"program_membership_id": None},
        {"program_membership_id": ["12345"]},
        {"program_membership_id": 12345},
        {"schema_version": 99},
    ],
    ids=str,
)
def test_one_odd_posting_waits_and_keeps_no_other_from_being_sealed(
    world: World, clock: time_machine.Traveller, odd: dict[str, Any]
) -> None:
    hang_post("hang-1").act(world)
    hang_post("hang-2").act(world)
    world.deliver()
    posting = next(i for i in world.items("balance") if i["item_key"]["S"].startswith("POSTING"))
    # Whoever wrote it knows how the hash is made.
    said = {n: v for n, v in {**to_attributes(posting), **odd}.items() if v is not None}
    world.put_items("balance", [to_item({**said, "content_hash": hash_of(said)})])
    clock.shift(SOON)
    report = seal(world)["demo"]

    assert (report["rows"], report["postings"], report["unsettled"]) == (2, 1, 1)
    world.put_items("balance", [posting])
    clock.shift(SOON)
    assert seal(world)["demo"]["postings"] == 1
    assert_all_is_sealed_once(world)


@pytest.mark.parametrize("is_of_nobody", [True, False])
def test_one_odd_row_waits_and_keeps_no_other_from_being_sealed(
    world: World, clock: time_machine.Traveller, *, is_of_nobody: bool
) -> None:
    hang_post("hang-1").act(world)
    world.deliver()
    (row,) = world.items("ledger")
    said = to_attributes(row) | {"activity_key": "demo#forged", "activity_id": "forged"}
    if is_of_nobody:
        (participant,) = said["participants"]
        (membership,) = participant["memberships"]
        no_key = membership | {"program_membership_id": "x" * 3000}
        said["participants"] = [participant | {"memberships": [no_key]}]
    else:
        said["activity_id"] = "x" * 3000
    world.put_items("ledger", [to_item({**said, "content_hash": hash_of(said)})])
    for number in (2, 3):
        hang_post(f"hang-{number}").act(world)
        world.deliver([i for i in world.items("ledger") if i["activity_key"]["S"] != "demo#forged"])
        clock.shift(SOON)
        assert seal(world)["demo"]["unsettled"] == 1

    assert sum(len(each.postings) for each in stored_seals()) == 3
    # Without a hash: nobody can read it.
    assert stored_seals()[-1].unsettled == {"forged": ""}


def test_two_runs_at_once_write_each_seal_once(
    world: World, clock: time_machine.Traveller, faults: Faults
) -> None:
    hang_post("hang-1").act(world)
    world.deliver()
    (hidden,) = world.items("ledger")
    _remove(world, hidden)
    for number in (2, 3):
        clock.shift(timedelta(minutes=30))
        hang_post(f"hang-{number}").act(world)
        world.deliver()
        clock.shift(SOON)
        seal(world)
    world.put_items("ledger", [hidden])
    hang_post("hang-4").act(world)
    world.deliver()
    clock.shift(SOON)
    # The one that is first does not look back to the late row, which the other one has found.
    other = World(world.client)
    faults.run_before("PutObject", lambda: seal(other))
    assert seal(world, lookback_seconds=25200)["demo"]["late"] == 1

    assert_all_is_sealed_once(world)


def test_a_number_that_a_seal_of_somebody_else_took_is_told(
    world: World, clock: time_machine.Traveller, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    hang_post("hang-1").act(world)
    world.deliver()
    clock.shift(SOON)
    taken = made_up(NOW + timedelta(minutes=1), rows={"ik_forged": "f" * 64})
    faults.run_before("PutObject", lambda: overwrite_seal(taken))
    seal(world)

    (line,) = [vars(r) for r in caplog.records if r.getMessage() == "number taken by another seal"]
    told = (line["levelname"], line["number"], line["seal_hash"])
    assert told == ("WARNING", 1, taken.content_hash)
    (sealed,) = [vars(r) for r in caplog.records if r.getMessage() == "sealed"]
    # So whoever looks can tell which seals are of a run.
    assert sealed["seal_hashes"] == [each.content_hash for each in stored_seals()[1:]]


def test_a_seal_whose_answer_was_lost_is_the_runs_own(
    world: World, clock: time_machine.Traveller, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    hang_post("hang-1").act(world)
    world.deliver()
    clock.shift(SOON)
    faults.lose_answers("PutObject", 1)
    seal(world)

    assert faults.fired["PutObject"] == 1
    assert len(stored_seals()) == 1
    assert "number taken by another seal" not in [each.getMessage() for each in caplog.records]


def made_up(now: datetime, **changes: Any) -> Seal:
    """A first seal that no function wrote."""
    times = {"since": now - DAY, "until": now, "sealed_at": now}
    return Seal(**{"network_id": "demo", "number": 1, "previous_hash": "", **times, **changes})


@pytest.mark.parametrize("is_of_the_future", [True, False])
def test_nothing_is_sealed_behind_a_seal_that_was_made_up(
    world: World, clock: time_machine.Traveller, *, is_of_the_future: bool
) -> None:
    if is_of_the_future:
        overwrite_seal(made_up(NOW, until=NOW + 400 * DAY))
    else:
        overwrite_seal(made_up(NOW), text="{}")
    clock.shift(SOON)

    assert seal(world) == {"demo": {"error": "UnreadableSealError"}}


def test_what_somebody_does_to_the_last_seal_keeps_nobody_from_going_on(
    world: World, clock: time_machine.Traveller
) -> None:
    for number in range(3):
        hang_post(f"hang-{number}").act(world)
        world.deliver()
        clock.shift(SOON)
        seal(world)
        # Moto knows by the time alone which version is the first.
        clock.shift(timedelta(seconds=1))
        last = first_seals()[-1]
        if number == 0:
            overwrite_seal(last, text="{}")
        else:
            delete_seal(last)

    assert [each.number for each in first_seals()] == [1, 2, 3]
    assert len(sealed_rows(first_seals())) == 3


def test_one_networks_trouble_keeps_no_other_from_being_sealed(
    world: World, clock: time_machine.Traveller
) -> None:
    world.import_network(demo_network("north"))
    world.restart()
    overwrite_seal(made_up(NOW), text="{}")
    clock.shift(2 * DAY)

    reports = seal(world)

    assert (reports["demo"], reports["north"]["seals"]) == ({"error": "UnreadableSealError"}, 1)


def _remove(world: World, item: dict[str, Any]) -> None:
    world.client.delete_item(TableName="ledger", Key={"activity_key": item["activity_key"]})


def test_a_sandbox_is_sealed_by_its_own_clock(
    empty_world: World, clock: time_machine.Traveller
) -> None:
    empty_world.import_network(sandbox_network())
    empty_world.restart()
    move_clock(empty_world, A_YEAR_ON)
    assert seal(empty_world)[SANDBOX]["is_complete"]
    empty_world.post_membership_activity("12345", hang_post("hang-1").body, network=SANDBOX)
    empty_world.deliver()
    clock.shift(SOON)

    assert seal(empty_world)[SANDBOX]["postings"] == 1
    assert stored_seals(SANDBOX)[-1].until > NOW + 364 * DAY
