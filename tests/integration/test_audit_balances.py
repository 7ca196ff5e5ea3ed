"""Audits of memberships with some of everything, and of ones that were tampered with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accrue.domain.posting import Posting
from accrue.storage.dynamo import to_item
from tests.integration.jobs import JobDesk
from tests.integration.reversals import buy, reverse
from tests.integration.spending import adjust, capture, earn, held, hold, redeem, release
from tests.integration.world import World, plain

DAY = timedelta(days=1)


@pytest.fixture
def desk(spenders: World, clock: time_machine.Traveller) -> JobDesk:
    """Two members with a history of every kind of row, some of it late."""
    desk = JobDesk.of(spenders, clock)
    live(spenders, clock)
    return desk


def live(world: World, clock: time_machine.Traveller) -> None:
    """What Ann and Ben do."""
    earn(world, "100", "visit")
    first = buy(world, "50", "gift", key="first")
    clock.shift(DAY)
    late = buy(world, "30", "sale", key="late", is_applied=False)
    clock.shift(DAY)
    assert redeem(world, "20").status == 200
    hold_id = held(world, "40")
    clock.shift(DAY)
    rows = [i for i in world.items("ledger") if i["activity_key"]["S"].endswith(late)]
    assert world.deliver(rows) == {"batchItemFailures": []}
    assert capture(world, hold_id, "15").status == 200
    assert adjust(world, "7").status == 200
    assert release(world, held(world, "5", key="hold-2")).status == 200
    assert reverse(world, first, amount="20").status == 200
    earn(world, "11", "gift", membership="ben")
    assert hold(world, "3", "hold-3", 60, membership="ben").status == 200
    clock.shift(40 * DAY)
    earn(world, "1")
    earn(world, "1", membership="ben")


def audit(desk: JobDesk, key: str = "audit-1", **of: Any) -> dict[str, Any]:
    job = desk.run("audit", idempotency_key=key, **of)
    assert job["status"] == "completed", job
    return job


def test_nothing_is_found_where_nothing_is_wrong(
    desk: JobDesk, clock: time_machine.Traveller
) -> None:
    # What is younger may still be under way.
    clock.shift(300)

    job = audit(desk)

    assert desk.findings(job) == []
    assert {n: job["counts"][n] for n in ("memberships", "differences", "unapplied")} == {
        "memberships": 2,
        "differences": 0,
        "unapplied": 0,
    }
    assert job["counts"]["postings"] == len(desk.world.postings())
    assert job["counts"]["rows"] == len([r for r in desk.world.rows("ledger") if "time_shard" in r])
    total = sum(Decimal(desk.world.balance(each)) for each in ("ann", "ben"))
    assert Decimal(job["report"]["points_stored"]) == total
    assert job["report"]["points_recomputed"] == job["report"]["points_stored"]


def test_it_may_be_of_some_memberships_or_of_a_program(desk: JobDesk) -> None:
    some = audit(desk, program_membership_ids=["ben"])
    program = audit(desk, "audit-2", program_id="tea-club")

    assert some["counts"]["memberships"] == 1
    assert program["counts"]["memberships"] == 2
    assert "rows" not in program["counts"]


type Tamper = Callable[[World], None]


def _items(world: World, wanted: Callable[[dict[str, Any]], bool], table: str = "balance") -> Any:
    return [item for item in world.items(table) if wanted(plain(item))]


def _posting(world: World, sequence: int) -> dict[str, Any]:
    (item,) = _items(
        world,
        lambda i: (
            i["item_key"].startswith("POSTING#")
            and i["program_membership_id"] == "ann"
            and i["sequence"] == sequence
        ),
    )
    found: dict[str, Any] = item
    return found


def change_posting(world: World) -> None:
    item = _posting(world, 3)
    item["points"] = {"N": "1000"}
    world.put_items("balance", [item])


def change_posting_and_its_hash(world: World) -> None:
    """Whoever knows how hashes are made."""
    item = _posting(world, 3)
    places = {n: item[n] for n in ("membership_key", "item_key")}
    posting = replace(Posting.from_attributes(plain(item)), points=Decimal(1000), stored_hash=None)
    world.put_items("balance", [{**to_item(posting.to_attributes()), **places}])


def move_posting(world: World, sequence: int = 3) -> None:
    """To where nobody looks for it."""
    item = _posting(world, sequence)
    places = {n: item[n] for n in ("membership_key", "item_key")}
    world.client.delete_item(TableName="balance", Key=places)
    recorded_at, _, activity_id = item["item_key"]["S"].rpartition("#")
    item["item_key"] = {"S": f"{recorded_at[:-2]}7Z#{activity_id}"}
    world.put_items("balance", [item])


def change_last_posting(world: World) -> None:
    last = max(p["sequence"] for p in world.postings() if p["program_membership_id"] == "ann")
    item = _posting(world, int(last))
    item["points"] = {"N": "1000"}
    world.put_items("balance", [item])


def change_sequence(world: World) -> None:
    item = _posting(world, 3)
    item["sequence"] = {"N": "2"}
    world.put_items("balance", [item])


def delete_posting(world: World) -> None:
    item = _posting(world, 3)
    world.client.delete_item(
        TableName="balance", Key={n: item[n] for n in ("membership_key", "item_key")}
    )


def _balance(world: World) -> dict[str, Any]:
    (item,) = _items(
        world, lambda i: i["item_key"] == "BALANCE" and i["program_membership_id"] == "ann"
    )
    found: dict[str, Any] = item
    return found


def change_balance(world: World) -> None:
    """By 100 points that can be spent at any time."""
    item = _balance(world)
    points = plain(item)["points"] + 100
    item["points"] = {"N": str(points)}
    item.pop("lots", None)
    world.put_items("balance", [item])


def change_lifetime_points(world: World) -> None:
    item = _balance(world)
    item["lifetime_points"] = {"N": "7"}
    world.put_items("balance", [item])


def delete_balance(world: World) -> None:
    item = _balance(world)
    world.client.delete_item(
        TableName="balance", Key={n: item[n] for n in ("membership_key", "item_key")}
    )


def set_balance_back(world: World) -> None:
    item = _balance(world)
    item["sequence"] = {"N": "5"}
    world.put_items("balance", [item])


def enlarge_balance(world: World) -> None:
    """To what no balance can be."""
    item = _balance(world)
    item["points"] = {"N": "1E+100"}
    item.pop("lots", None)
    world.put_items("balance", [item])


def enlarge_sequence(world: World) -> None:
    item = _posting(world, 3)
    item["sequence"] = {"N": "1E+100"}
    world.put_items("balance", [item])


def spoil_balance(world: World) -> None:
    item = _balance(world)
    item["points"] = {"S": "many"}
    world.put_items("balance", [item])


def _row(world: World) -> dict[str, Any]:
    activity_id = plain(_posting(world, 3))["activity_id"]
    (item,) = _items(world, lambda i: i["activity_id"] == activity_id, "ledger")
    found: dict[str, Any] = item
    return found


def change_row(world: World) -> None:
    item = _row(world)
    item["amount"] = {"N": "1000"}
    world.put_items("ledger", [item])


def spoil_reversal(world: World) -> None:
    (item,) = _items(world, lambda i: i.get("kind") == "reversal", "ledger")
    del item["of"]
    world.put_items("ledger", [item])


def delete_row(world: World) -> None:
    world.client.delete_item(TableName="ledger", Key={"activity_key": _row(world)["activity_key"]})


FOUND: dict[Tamper, list[tuple[str, int | None]]] = {
    change_posting: [("posting", 3)],
    change_posting_and_its_hash: [("posting", 3)],
    change_last_posting: [("posting", 12)],
    move_posting: [("posting", 3)],
    change_sequence: [("posting", 3)],
    delete_posting: [("chain", 3)],
    change_balance: [("balance", 12)],
    change_lifetime_points: [("balance", 12)],
    delete_balance: [("balance", 0)],
    set_balance_back: [("balance", 5)],
    enlarge_balance: [("balance", 12)],
    spoil_balance: [("balance", None)],
    enlarge_sequence: [("row", 0)],
    spoil_reversal: [("row", 10)],
    change_row: [("row", 3)],
    delete_row: [("row", 3)],
}


@pytest.mark.parametrize("tamper", FOUND, ids=lambda each: each.__name__)
def test_what_was_tampered_with_is_found_and_named(desk: JobDesk, tamper: Tamper) -> None:
    tamper(desk.world)

    job = audit(desk, program_id="tea-club")

    found = desk.findings(job)
    places = [(each["about"], each.get("sequence")) for each in found]
    assert places[: len(FOUND[tamper])] == FOUND[tamper]
    assert {each["program_membership_id"] for each in found} == {"ann"}


REPAIRED: dict[Tamper, str] = {
    change_posting: "-1020",
    change_posting_and_its_hash: "-1020",
    change_last_posting: "-999",
    change_sequence: "0",
    delete_posting: "0",
    change_balance: "0",
    change_lifetime_points: "0",
    delete_balance: "0",
    set_balance_back: "0",
}


@pytest.mark.parametrize("tamper", REPAIRED, ids=lambda each: each.__name__)
def test_it_is_repaired_once_by_an_adjustment_with_its_reason(
    desk: JobDesk, clock: time_machine.Traveller, tamper: Tamper
) -> None:
    world = desk.world
    right = world.get_membership("ann").body
    tamper(world)
    found = audit(desk)
    before = world.items("ledger"), [i for i in world.items("balance") if "posted_at" in i]
    clock.shift(1)

    job = desk.run("repair", of=found["job_id"], reason="tampered with")

    assert (job["counts"]["repaired"], job["counts"]["not_repaired"]) == (1, 0)
    (row,) = (r for r in world.rows("ledger") if r.get("of") == found["job_id"])
    assert (row["kind"], row["key_id"]) == ("adjustment", "admin")
    assert row["description"] == f"audit {found['job_id']}: tampered with"
    after = world.items("ledger"), [i for i in world.items("balance") if "posted_at" in i]
    assert all(item in after[0] for item in before[0])
    assert all(item in after[1] for item in before[1])
    if tamper is not delete_posting:
        assert world.get_membership("ann").body["balance"] == right["balance"]
        assert job["report"]["points_adjusted"] == REPAIRED[tamper]
    again = audit(desk, "audit-2", program_id="tea-club")
    assert {each["repaired_by"] for each in desk.findings(again)} <= {row["activity_id"]}
    assert again["counts"]["differences"] == 0
    # Of the balance there is nothing left to see.
    is_of_postings = tamper.__name__.startswith(("change_p", "change_s", "change_last", "delete_p"))
    assert bool(again["counts"]["repaired"]) is is_of_postings
    assert bool(desk.findings(again)) is is_of_postings
    assert desk.run("repair", of=again["job_id"], reason="again")["counts"]["memberships"] == 0
    earn(world, "1")
    assert audit(desk, "audit-3")["counts"]["differences"] == 0


def test_a_row_that_was_applied_twice_is_found_and_repaired(
    desk: JobDesk, clock: time_machine.Traveller
) -> None:
    world = desk.world
    right = Decimal(world.balance("ann"))
    points = plain(_posting(world, 12))["points"]
    move_posting(world, 12)
    clock.shift(300)
    assert world.deliver() == {"batchItemFailures": []}
    assert Decimal(world.balance("ann")) == right + points

    found = audit(desk)

    assert [each["sequence"] for each in desk.findings(found)] == [12]
    desk.run("repair", of=found["job_id"], reason="moved")
    assert Decimal(world.balance("ann")) == right
    assert _posted(world) == right
    assert audit(desk, "audit-2")["counts"]["differences"] == 0


def _posted(world: World) -> Decimal:
    """What Ann's postings add up to."""
    postings = [p for p in world.postings() if p["program_membership_id"] == "ann"]
    return sum((p["points"] for p in postings), Decimal(0))


@pytest.mark.parametrize("tamper", [change_posting, change_lifetime_points])
def test_a_repair_hides_nothing_that_it_was_not_made_for(
    desk: JobDesk, clock: time_machine.Traveller, tamper: Tamper
) -> None:
    world = desk.world
    tamper(world)
    found = audit(desk)
    clock.shift(1)
    desk.run("repair", of=found["job_id"], reason="tampered with")
    # So that they still add up to the same.
    for sequence, points in ((5, 1000), (6, -1000)):
        item = _posting(world, sequence)
        item["points"] = {"N": str(plain(item)["points"] + points)}
        world.put_items("balance", [item])

    job = audit(desk, "audit-2")

    differing = [each["sequence"] for each in desk.findings(job) if "repaired_by" not in each]
    assert differing[-2:] == [5, 6]
    assert job["counts"]["differences"] == len(differing)
    desk.run("repair", of=job["job_id"], reason="once more")
    assert audit(desk, "audit-3")["counts"]["differences"] == 0


def test_a_repair_that_is_applied_anew_posts_nothing(
    desk: JobDesk, clock: time_machine.Traveller
) -> None:
    """As when the balances are lost, and all rows are applied again."""
    world = desk.world
    change_last_posting(world)
    found = audit(desk)
    clock.shift(1)
    desk.run("repair", of=found["job_id"], reason="tampered with")
    assert _posted(world) == Decimal(world.balance("ann"))
    for item in world.items("balance"):
        places = {n: item[n] for n in ("membership_key", "item_key")}
        world.client.delete_item(TableName="balance", Key=places)
    clock.shift(300)
    for _ in range(3):
        world.deliver()

    assert _posted(world) == Decimal(world.balance("ann"))
    assert audit(desk, "audit-2")["counts"]["differences"] == 0


def test_rows_that_nothing_came_of_are_told_once_they_are_older_than_the_grace(
    desk: JobDesk, clock: time_machine.Traveller
) -> None:
    forgotten = buy(desk.world, "5", key="forgotten", is_applied=False)

    assert audit(desk)["counts"]["unapplied"] == 0
    clock.shift(300)
    job = audit(desk, "audit-2")

    assert (job["counts"]["unapplied"], job["counts"]["differences"]) == (1, 0)
    (found,) = desk.findings(job)
    assert (found["about"], found["activity_id"]) == ("row", forgotten)
    assert desk.world.deliver() == {"batchItemFailures": []}
    assert audit(desk, "audit-3")["counts"]["unapplied"] == 0


@pytest.mark.parametrize("tamper", [change_row, delete_row, spoil_balance])
def test_what_cannot_be_recomputed_is_not_repaired_and_says_why(
    desk: JobDesk, tamper: Tamper
) -> None:
    world = desk.world
    tamper(world)
    found = audit(desk, program_id="tea-club")
    before = world.items("ledger"), world.items("balance")

    job = desk.run("repair", of=found["job_id"], reason="tampered with")

    assert (job["counts"]["repaired"], job["counts"]["not_repaired"]) == (0, 1)
    (told,) = desk.findings(job)
    assert told["program_membership_id"] == "ann"
    assert "recomputed" in told["message"] or "can't be read" in told["message"]
    assert (world.items("ledger"), world.items("balance")) == before


def test_one_that_is_no_membership_any_more_stops_no_other_repair(
    desk: JobDesk, clock: time_machine.Traveller
) -> None:
    world = desk.world
    for item in _items(world, lambda each: each["item_key"] == "BALANCE"):
        world.put_items("balance", [{**item, "lifetime_points": {"N": "7"}}])
    found = audit(desk, program_id="tea-club")
    clock.shift(1)
    (item,) = _items(world, lambda i: i["catalog_key"] == "demo#MEMBERSHIP#ann", "catalog")
    key = {name: item[name] for name in ("catalog_key", "item_key")}
    world.client.delete_item(TableName="catalog", Key=key)

    job = desk.run("repair", of=found["job_id"], reason="restored")

    told = {each["program_membership_id"]: each["about"] for each in desk.findings(job)}
    assert told == {"ann": "not_repaired", "ben": "repaired"}
    assert (job["status"], job["counts"]["not_repaired"]) == ("completed", 1)


def test_a_repair_is_not_reversed(desk: JobDesk) -> None:
    change_balance(desk.world)
    found = audit(desk, program_id="tea-club")
    desk.run("repair", of=found["job_id"], reason="tampered with")
    (row,) = (r for r in desk.world.rows("ledger") if r["activity_id"].startswith("au_"))

    answer = reverse(desk.world, row["activity_id"], "reversal-2", role="admin")

    assert (answer.status, answer.body["code"]) == (409, "NOT_REVERSIBLE")
    shown = desk.world.get_activity(row["activity_id"])
    assert (shown.status, shown.body["kind"]) == (200, "adjustment")


def test_only_a_completed_audit_is_repaired(desk: JobDesk) -> None:
    running = desk.start("audit", idempotency_key="audit-1").body["job_id"]
    repair = {"reason": "tampered with"}

    early = desk.start("repair", of=running, **repair)
    unknown = desk.start("repair", of="jb_" + "a" * 32, **repair)
    no_audit = desk.start("audit", idempotency_key="audit-2", program_id="nothing")

    assert (early.status, early.body["code"]) == (409, "JOB_NOT_READY")
    assert (unknown.status, unknown.body["code"]) == (404, "JOB_NOT_FOUND")
    assert no_audit.status == 422
    assert [each["pointer"] for each in no_audit.body["errors"]] == ["/program_id"]
