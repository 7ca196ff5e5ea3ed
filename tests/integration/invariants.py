"""What must be true of the tables at every moment, and of a network that has come to rest.

Everything is recomputed from the stored items; the arithmetic is done with fractions, not by the
application.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from accrue.domain.canonical import content_hash
from tests.integration.networks import demo_network
from tests.integration.point_lines import lines_of
from tests.integration.world import World, plain

KEYS = {
    "activity_key",
    "time_shard",
    "reference_key",
    "membership_key",
    "item_key",
    "outcome_shard",
    "outcome_at",
    "content_hash",
}
SCALE = 2
# Kinds of postings that rules award points in; of activities it is left out.
EARNING = (None, "replay")

type Item = dict[str, Any]
type Membership = tuple[str, str]


@dataclass
class Witness:
    """Looks at the tables again and again, and remembers what must never change."""

    seen: dict[tuple[str, ...], Item] = field(default_factory=dict)

    def observe(self, world: World) -> None:
        """Assert what must be true at every moment that anyone can read."""
        ledger, balances = world.items("ledger"), world.items("balance")
        self._assert_nothing_changed(ledger, balances)
        _assert_rows_are_whole(ledger)
        _assert_chains(ledger, balances)

    def _assert_nothing_changed(self, ledger: list[Item], balances: list[Item]) -> None:
        present: dict[tuple[str, ...], Item] = {
            (item["activity_key"]["S"],): item for item in ledger
        }
        present |= {
            (item["membership_key"]["S"], item["item_key"]["S"]): item
            for item in balances
            if item["item_key"]["S"] == "OUTCOME" or item["item_key"]["S"].startswith("POSTING#")
        }
        for key, item in self.seen.items():
            assert present.get(key) == item, f"{key} was changed or deleted"
        self.seen = present


def assert_settled(world: World) -> None:
    """Assert that each row has exactly the postings or the outcome that it must have, with the
    lines that its network's rules mean.
    """
    postings, outcomes = world.postings(), world.outcomes()
    expected_postings: dict[tuple[str, str, str], list[Item]] = {}
    expected_outcomes: dict[str, str] = {}
    for row in activity_rows(world):
        if "settled_outcome" in row:
            expected_outcomes[row["activity_id"]] = row["settled_outcome"]
            continue
        for (program_id, membership), roles in concerned(row).items():
            assert program_id == "coffee-club"
            expected_postings[row["network_id"], membership, row["activity_id"]] = [
                line for role in roles for line in expected_lines(row, role)
            ]
    assert {
        (p["network_id"], p["program_membership_id"], p["activity_id"]): [
            {name: line[name] for name in ("rule_id", "role", "points")} for line in lines_of(p)
        ]
        for p in postings
    } == expected_postings
    assert {o["activity_id"]: o["outcome"] for o in outcomes} == expected_outcomes
    assert len(outcomes) == len(expected_outcomes)
    assert len(postings) == len(expected_postings)


def activity_rows(world: World) -> list[Item]:
    """The ledger's rows, markers left out."""
    return [row for row in world.rows("ledger") if not row["kind"].endswith("_marker")]


def balances_of(world: World) -> dict[str, Decimal]:
    """The points of each membership of the demo network that has a balance other than zero."""
    return {
        row["program_membership_id"]: row["points"]
        for row in world.rows("balance")
        if row["item_key"] == "BALANCE" and row["points"]
    }


def concerned(row: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """The memberships that a row pins, with the roles of each."""
    roles: dict[tuple[str, str], list[str]] = defaultdict(list)
    for participant in row["participants"]:
        for ref in participant["memberships"]:
            key = (ref["program_id"], ref["program_membership_id"])
            roles[key].append(participant["role"])
    return roles


def expected_lines(row: Mapping[str, Any], role: str) -> Iterable[Item]:
    """What the demo network's rules award for a role, rounded half up to whole cents."""
    rules = [
        (rule["rule_id"], rule["award"]["rate"])
        for rule in demo_network()["programs"][0]["rules"]
        if rule["activity_type_id"] == row["activity_type_id"] and rule["role"] == role
    ]
    if not rules and role == "member":
        rules = [("identity", "1")]
    for rule_id, rate in rules:
        yield {
            "rule_id": rule_id,
            "role": role,
            "points": half_up(Fraction(row["amount"]) * Fraction(rate)),
        }


def half_up(exact: Fraction) -> Decimal:
    """An exact number rounded to the demo program's scale, halves away from zero."""
    cents = int(abs(exact) * 10**SCALE + Fraction(1, 2))
    return Decimal(-cents if exact < 0 else cents).scaleb(-SCALE)


def _assert_rows_are_whole(ledger: list[Item]) -> None:
    rows = {item["activity_key"]["S"]: plain(item) for item in ledger}
    for key, row in rows.items():
        assert key == f"{row['network_id']}#{row['activity_id']}"
        assert row["content_hash"] == _recomputed_hash(row)
        if "of" in row:
            first = rows[f"{row['network_id']}#{row['of']}"]
            if row["kind"] in {"duplicate", "reference_marker"}:
                assert first["kind"] == "activity"
                assert first["reference_id"] == row["reference_id"]
            elif row["kind"] in {"capture", "release"}:
                assert first["kind"] == "hold"
            elif row["kind"] == "reversal":
                assert "settled_outcome" not in first
            elif row["kind"] == "replay":
                assert first["kind"] == "activity"
                assert row["job_id"]
                assert row["program_versions"].keys() == {program for program, _ in concerned(row)}
                _assert_same_but_whom_it_concerns(row, first)
            else:
                assert row["kind"] == "reversal_marker"
                assert (first["kind"], first["of"]) == ("reversal", row["reverses"])
                assert first["reversal"]["number"] == row["number"]
                assert first["reversal"]["after"] == row["after"]
    _assert_reversals_are_one_after_the_other(rows)
    _assert_nothing_is_replayed_twice(rows)


def _assert_same_but_whom_it_concerns(replay: Item, original: Item) -> None:
    same = ("front_door", "activity_type_id", "amount", "occurred_at", "line_items", "metadata")
    for name in (*same, "reference_id", "description"):
        assert replay.get(name) == original.get(name)
    played = [
        [(p["role"], p["user_id"]) for p in row["participants"]] for row in (replay, original)
    ]
    assert played[0] == played[1]


def _assert_nothing_is_replayed_twice(rows: Mapping[str, Item]) -> None:
    """Unless it was reversed whole in between."""
    standing: dict[str, int] = defaultdict(int)
    for row in rows.values():
        if row["kind"] == "replay":
            standing[row["of"]] += 1
        elif row["kind"] == "reversal" and row["reversal"]["after"].get("is_whole"):
            first = rows[f"{row['network_id']}#{row['of']}"]
            standing[first.get("of", "")] -= first["kind"] == "replay"
    assert set(standing.values()) <= {0, 1}


def _assert_reversals_are_one_after_the_other(rows: Mapping[str, Item]) -> None:
    """Each begins with what the one before came to, and none comes after the whole."""
    reversals: dict[str, dict[int, Item]] = defaultdict(dict)
    markers = 0
    for row in rows.values():
        markers += row["kind"] == "reversal_marker"
        if row["kind"] == "reversal":
            reversals[row["of"]][int(row["reversal"]["number"])] = row
    assert markers == sum(map(len, reversals.values()))
    for of_one in reversals.values():
        before: Item = {}
        for number in range(1, len(of_one) + 1):
            assert of_one[number]["reversal"].get("before", {}) == before
            assert not before.get("is_whole")
            before = of_one[number]["reversal"]["after"]


def _assert_chains(ledger: list[Item], balances: list[Item]) -> None:
    rows = {item["activity_key"]["S"]: plain(item) for item in ledger}
    postings: dict[str, list[Item]] = defaultdict(list)
    balance: dict[str, Item] = {}
    for item in map(plain, balances):
        partition, sort = item["membership_key"], item["item_key"]
        if sort == "BALANCE":
            balance[partition] = item
        elif sort.startswith("POSTING#"):
            postings[partition].append(item)
            row = rows[f"{item['network_id']}#{item['activity_id']}"]
            assert item["activity_hash"] == row["content_hash"]
            assert "settled_outcome" not in row
            assert (item["program_id"], item["program_membership_id"]) in concerned(row)
            assert partition == f"{item['network_id']}#M#{item['program_membership_id']}"
            assert sort == f"POSTING#{row['recorded_at']}#{row['activity_id']}"
        elif sort == "OUTCOME":
            assert item["content_hash"] == _recomputed_hash(item)
            row = rows[f"{item['network_id']}#{item['activity_id']}"]
            assert item["activity_hash"] == row["content_hash"]
            assert item["outcome"] == row["settled_outcome"]
    assert postings.keys() == balance.keys()
    for partition, chain in postings.items():
        _assert_chain(chain, balance[partition])


def _assert_chain(postings: list[Item], balance: Item) -> None:
    postings.sort(key=lambda posting: int(posting["sequence"]))
    assert [p["sequence"] for p in postings] == list(range(1, len(postings) + 1))
    assert len({p["activity_id"] for p in postings}) == len(postings)
    points, lifetime, previous = Fraction(0), Fraction(0), ""
    for posting in postings:
        assert posting["previous_hash"] == previous
        assert posting["content_hash"] == _recomputed_hash(posting)
        lines = [Fraction(line["points"]) for line in lines_of(posting)]
        assert Fraction(posting["points"]) == sum(lines)
        points += sum(lines)
        if posting.get("kind") in EARNING:
            # What an admin adjusts is nothing that was earned.
            lifetime += sum(line for line in lines if line > 0)
        elif posting["kind"] == "reversal":
            # Of what rules, bonuses and quests had awarded.
            lifetime += sum(
                Fraction(line["points"])
                for line in lines_of(posting)
                if line["points"] < 0 and line.keys() & {"rule_id", "quest_id"}
            )
        assert Fraction(posting["balance_after"]) == points
        previous = posting["content_hash"]
    assert Fraction(balance["points"]) == points
    assert Fraction(balance["lifetime_points"]) == lifetime
    assert balance["sequence"] == len(postings)
    assert balance["last_posting_hash"] == previous
    activities = [p["activity_id"] for p in postings if p.get("kind") in EARNING]
    last = balance.get("last_activity") or {}
    assert last.get("activity_id") == (activities[-1] if activities else None)


def _recomputed_hash(item: Mapping[str, Any]) -> str:
    return content_hash({name: value for name, value in item.items() if name not in KEYS})
