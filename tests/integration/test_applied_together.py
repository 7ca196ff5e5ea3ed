"""apply_rules: memberships of a batch share transactions, and nothing comes of that but speed."""

from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.concerned import concerned_memberships
from accrue.storage.balances import BalanceTable
from tests.integration.bodies import hang_activity
from tests.integration.faults import Faults, cancelled
from tests.integration.invariants import Witness, assert_settled, balances_of
from tests.integration.networks import demo_network
from tests.integration.world import World, plain

ALL_APPLIED: dict[str, Any] = {"batchItemFailures": []}
ANN, BEN, CARL = MEMBERSHIPS = ("12345", "12346", "12347")


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """The functions start anew, watched."""
    watching = Faults.install(monkeypatch)
    world.restart()
    return watching


@pytest.fixture
def rows(world: World, faults: Faults) -> list[dict[str, Any]]:
    """Two activities of each membership, worth 1 and 10, none of them applied yet."""
    found = [
        record(world, membership, value) for value in ("1", "10") for membership in MEMBERSHIPS
    ]
    faults.calls.clear()
    return found


def record(world: World, membership: str, value: str) -> dict[str, Any]:
    """Record an activity; gives its ledger item."""
    key = f"{membership}-{value}"
    body = hang_activity({"/idempotency_key": key, "/activity/value": value})
    answer = world.post_membership_activity(membership, body)
    activity_id = answer.headers["Accrue-Activity-Id"]
    (item,) = (item for item in world.items("ledger") if item["activity_id"]["S"] == activity_id)
    return item


def place_of(row: dict[str, Any]) -> tuple[str, MembershipRef]:
    """Whose balance it is about."""
    (membership,) = concerned_memberships(Activity.from_attributes(plain(row)))
    return row["network_id"]["S"], membership


def written(faults: Faults) -> list[int]:
    """How many items each transaction was about."""
    return [
        len(call.request["TransactItems"])
        for call in faults.calls
        if call.operation == "TransactWriteItems"
    ]


def test_a_batch_of_100_records_of_25_memberships_takes_four_calls(
    empty_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = demo_network()
    document["users"] = [
        {"user_id": f"user-{number}", "email": f"user-{number}@example.com"} for number in range(25)
    ]
    document["memberships"] = [
        {
            "program_membership_id": f"m-{number}",
            "program_id": document["programs"][0]["program_id"],
            "user_id": f"user-{number}",
        }
        for number in range(25)
    ]
    assert "errors" not in empty_world.import_network(document)
    for value in range(1, 5):
        for number in range(25):
            body = hang_activity(
                {"/idempotency_key": f"{number}-{value}", "/activity/value": str(value)}
            )
            assert empty_world.post_membership_activity(f"m-{number}", body).status == 200
    faults = Faults.install(monkeypatch)
    empty_world.restart()

    assert empty_world.deliver() == ALL_APPLIED

    # The program's versions, once in the life of the function; all balances; ten memberships with
    # four postings and a balance each, ten more, and the last five.
    assert faults.counts() == {"Query": 1, "BatchGetItem": 1, "TransactWriteItems": 3}
    assert written(faults) == [50, 50, 25]
    assert balances_of(empty_world) == {f"m-{number}": 10 for number in range(25)}
    Witness().observe(empty_world)


def test_memberships_share_a_transaction(
    world: World, faults: Faults, rows: list[dict[str, Any]]
) -> None:
    assert world.deliver(rows) == ALL_APPLIED

    assert faults.counts() == {"Query": 1, "BatchGetItem": 1, "TransactWriteItems": 1}
    assert written(faults) == [9]
    assert balances_of(world) == dict.fromkeys(MEMBERSHIPS, 11)
    Witness().observe(world)


def test_after_a_refusal_each_has_its_own_for_a_while(
    world: World, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.services.sharing.BATCHES_APART", 2)
    faults.answer_with("TransactWriteItems", iter([cancelled("TransactionConflict", "None")]))
    transactions: list[list[int]] = []
    for value in ("1", "2", "3", "4"):
        rows = [record(world, membership, value) for membership in MEMBERSHIPS]
        faults.calls.clear()
        assert world.deliver(rows) == ALL_APPLIED
        transactions.append(written(faults))

    assert transactions == [[6, 2, 2, 2], [2, 2, 2], [2, 2, 2], [6]]
    assert balances_of(world) == dict.fromkeys(MEMBERSHIPS, 10)
    Witness().observe(world)


def test_balances_are_read_ahead_in_bounded_numbers(
    world: World, faults: Faults, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.services.apply_rules.MAX_BALANCES_AHEAD", 2)

    assert world.deliver(rows) == ALL_APPLIED

    assert (faults.counts()["BatchGetItem"], faults.counts()["GetItem"]) == (1, 1)
    assert written(faults) == [6, 3]
    assert balances_of(world) == dict.fromkeys(MEMBERSHIPS, 11)


def test_what_is_in_the_way_of_one_is_in_the_way_of_no_other(
    world: World, faults: Faults, rows: list[dict[str, Any]]
) -> None:
    bens = [row for row in rows if "12346" in str(row["participants"])]
    # Ben's transaction is refused for a reason that is no conflict, shared or not.
    refused, none = cancelled("ValidationError", "None"), None
    faults.answer_with("TransactWriteItems", iter([refused, none, refused]))

    answer = world.deliver(rows)

    failed = sorted(failure["itemIdentifier"] for failure in answer["batchItemFailures"])
    assert failed == [f"{number:021d}" for number, row in enumerate(rows, 1) if row in bens]
    assert written(faults) == [9, 3, 3, 3]
    assert balances_of(world) == {ANN: 11, CARL: 11}
    assert world.deliver(rows) == ALL_APPLIED
    assert_settled(world)


def test_after_a_conflict_the_rest_of_the_batch_is_applied_one_by_one(
    world: World, faults: Faults, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.services.apply_rules.MAX_ITEMS_TOGETHER", 6)
    conflict = cancelled("TransactionConflict", "None")
    faults.answer_with("TransactWriteItems", iter([conflict]))

    assert world.deliver(rows) == ALL_APPLIED

    # Two memberships together, in vain and not again; then each by itself.
    assert written(faults) == [6, 3, 3, 3]
    assert balances_of(world) == dict.fromkeys(MEMBERSHIPS, 11)
    Witness().observe(world)


def test_what_others_write_after_balances_were_read_is_not_overwritten(
    world: World, faults: Faults, rows: list[dict[str, Any]]
) -> None:
    rival = World(world.client)
    others = record(world, BEN, "100")
    faults.run_before("TransactWriteItems", lambda: rival.deliver([others]))

    assert world.deliver(rows) == ALL_APPLIED

    assert balances_of(world) == {ANN: 11, BEN: 111, CARL: 11}
    Witness().observe(world)
    assert_settled(world)


def test_a_batch_that_was_applied_in_part_is_applied_once(
    world: World, faults: Faults, rows: list[dict[str, Any]]
) -> None:
    world.deliver([rows[0], rows[4]])
    witness = Witness()
    witness.observe(world)

    assert world.deliver(rows) == ALL_APPLIED
    faults.lose_answers("TransactWriteItems")
    assert world.deliver(rows) == ALL_APPLIED

    assert balances_of(world) == dict.fromkeys(MEMBERSHIPS, 11)
    assert len(world.postings()) == len(rows)
    witness.observe(world)
    assert_settled(world)


def test_a_balance_that_cannot_be_read_fails_its_membership_alone(
    world: World, faults: Faults, rows: list[dict[str, Any]]
) -> None:
    world.deliver([row for row in rows if row["amount"]["N"] == "1"])
    (bens,) = (
        item
        for item in world.items("balance")
        if item["item_key"]["S"] == "BALANCE" and "12346" in item["membership_key"]["S"]
    )
    world.put_items("balance", [{**bens, "schema_version": {"N": "99"}}])
    faults.calls.clear()

    answer = world.deliver(rows)

    assert len(answer["batchItemFailures"]) == 2
    world.put_items("balance", [bens])
    assert balances_of(world) == {ANN: 11, BEN: 1, CARL: 11}
    assert world.deliver(rows) == ALL_APPLIED
    assert_settled(world)


def test_an_activity_that_a_rule_breaks_on_keeps_no_other_from_being_posted_with_it(
    world: World, faults: Faults, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from accrue.domain.decide import decide  # noqa: PLC0415 - the one that is broken here

    def decide_or_break(activity: Any, *rest: Any) -> Any:
        if activity.activity_id == rows[1]["activity_id"]["S"]:
            raise ZeroDivisionError
        return decide(activity, *rest)

    with monkeypatch.context() as broken:
        broken.setattr("accrue.services.fold.decide", decide_or_break)
        answer = world.deliver(rows)

    assert answer == {"batchItemFailures": [{"itemIdentifier": f"{2:021d}"}]}
    assert written(faults) == [8]
    assert balances_of(world) == {ANN: 11, BEN: 10, CARL: 11}
    assert world.deliver(rows) == ALL_APPLIED
    assert balances_of(world) == dict.fromkeys(MEMBERSHIPS, Decimal(11))
    Witness().observe(world)


def test_balances_are_read_as_those_of_each_would_be(
    world: World, rows: list[dict[str, Any]]
) -> None:
    world.deliver([row for row in rows if "12346" not in str(row)])
    table = BalanceTable(world.client, "balance")
    places = [place_of(row) for row in (rows[1], rows[0], rows[2])]

    assert table.find_balances(places) == [table.find_balance(*place) for place in places]
