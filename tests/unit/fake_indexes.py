"""DynamoDB as far as lists of the ledger know it: ties in indexes are in an order of its own."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import count
from typing import Any

from accrue.domain.activity import Activity, MembershipRef, Outcome
from accrue.domain.concerned import concerned_memberships
from accrue.domain.settled_outcome import SettledOutcome
from accrue.storage.balances import _outcome_places
from accrue.storage.dynamo import to_item
from accrue.storage.ledger import activity_item

# Hash and range of each index, and the key of its table.
INDEX_KEYS = {
    "by_recorded_at": ("time_shard", "recorded_at", "activity_key"),
    "by_reference": ("reference_key", "recorded_at", "activity_key"),
    "by_outcome": ("outcome_shard", "outcome_at", "membership_key"),
}

type Item = dict[str, Any]
type Outcomes = Mapping[str, Mapping[MembershipRef, Outcome]]


class FakeIndexes:
    """A client of both tables. Ties are in another order for each seed; a query gives at most
    `most_items`, as if they were large.
    """

    def __init__(self, seed: int = 0, most_items: int = 1_000) -> None:
        self._seed = seed
        self._most_items = most_items
        self._items: dict[tuple[str, str], list[Item]] = defaultdict(list)
        self._rows: dict[str, Item] = {}
        self._memberships = count()
        self.calls: Counter[str] = Counter()
        self.items_read: Counter[str] = Counter()

    def record(self, activities: Iterable[Activity]) -> None:
        """Insert rows."""
        for activity in activities:
            item = activity_item(activity)
            self._rows[item["activity_key"]["S"]] = item
            for index in ("by_recorded_at", "by_reference"):
                self._add(index, item)

    def settle(self, activity: Activity, outcomes: Iterable[Outcome]) -> None:
        """Write results: those that are not applied are in an index."""
        for outcome in outcomes:
            if outcome is Outcome.APPLIED:
                continue
            result = SettledOutcome(
                network_id=activity.network_id,
                activity_id=activity.activity_id,
                activity_hash="",
                outcome=outcome,
                recorded_at=activity.recorded_at,
                settled_at=activity.recorded_at,
            )
            said = {"activity_id": activity.activity_id, "outcome": outcome.value}
            key = {"membership_key": f"{next(self._memberships)}"}
            self._add("by_outcome", to_item({**said, **_outcome_places(result), **key}))

    def query(self, **query: Any) -> dict[str, Any]:
        """Query, newest first."""
        assert query["ScanIndexForward"] is False
        index, values = query["IndexName"], query["ExpressionAttributeValues"]
        hash_key, range_key, _ = INDEX_KEYS[index]
        names = {"#partition": hash_key, "#range": range_key}
        assert query["ExpressionAttributeNames"] == names
        partition, since, last = (values[name]["S"] for name in (":partition", ":since", ":last"))
        assert since <= last, "DynamoDB refuses it"
        start = query.get("ExclusiveStartKey")
        if start is not None:
            assert set(start) == set(INDEX_KEYS[index]), "DynamoDB refuses it"
            assert start[hash_key]["S"] == partition, "DynamoDB refuses it"
            assert since <= start[range_key]["S"] <= last, "DynamoDB refuses it"
        there = [
            item
            for item in reversed(self._items[index, partition])
            if since <= item[range_key]["S"] <= last
            and (start is None or self._place(index, item) < self._place(index, start))
        ]
        items = there[: min(query["Limit"], self._most_items)]
        self.calls["query"] += 1
        self.items_read[index] += len(items)
        answer: dict[str, Any] = {"Items": items, "Count": len(items)}
        if len(items) == len(there) < query["Limit"]:
            return answer
        last_key = {name: items[-1][name] for name in INDEX_KEYS[index]} if items else None
        return {**answer, "LastEvaluatedKey": last_key} if last_key else answer

    def get_item(self, **request: Any) -> dict[str, Any]:
        """A row."""
        self.calls["get_item"] += 1
        row = self._rows.get(request["Key"]["activity_key"]["S"])
        return {"Item": row} if row else {}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """Rows."""
        ((table, wanted),) = request["RequestItems"].items()
        keys = [key["activity_key"]["S"] for key in wanted["Keys"]]
        assert 1 <= len(keys) == len(set(keys)) <= 100
        self.calls["batch_get_item"] += 1
        found = [self._rows[key] for key in keys if key in self._rows]
        self.items_read["rows"] += len(found)
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def lag(self, activity_id: str) -> None:
        """No index has the row yet."""
        for items in self._items.values():
            items[:] = [item for item in items if item["activity_id"]["S"] != activity_id]

    def _add(self, index: str, item: Item) -> None:
        partition = item.get(INDEX_KEYS[index][0])
        if partition is not None:
            items = self._items[index, partition["S"]]
            insort(items, item, key=lambda each: self._place(index, each))

    def _place(self, index: str, item: Item) -> tuple[str, str]:
        _, range_key, table_key = INDEX_KEYS[index]
        tie = f"{self._seed} {item[table_key]['S']}"
        return item[range_key]["S"], sha256(tie.encode()).hexdigest()


class FakePostings:
    """What came of activities, as far as lists look at it."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        self.reads: list[int] = []

    def find_postings_of(
        self, activities: Sequence[Activity]
    ) -> tuple[Mapping[str, Mapping[MembershipRef, Any]], Collection[str]]:
        """Something that has the outcome for each membership that has one."""
        self.reads.append(sum(len(concerned_memberships(each)) for each in activities))
        found = {
            activity.activity_id: {
                membership: _Outcome(outcome)
                for membership, outcome in self._outcomes[activity.activity_id].items()
            }
            for activity in activities
            if activity.activity_id in self._outcomes
        }
        return found, ()


class _Outcome:
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def outcomes_of(activity: Activity, outcomes: Sequence[Outcome]) -> dict[MembershipRef, Outcome]:
    """The outcomes by membership, in their order; those that are left over are pending."""
    return dict(zip(concerned_memberships(activity), outcomes, strict=False))
