"""DynamoDB as far as lists of the ledger know it: indexes that have no order of ties."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from accrue.domain.activity import Activity, MembershipRef, Outcome
from accrue.domain.concerned import concerned_memberships
from accrue.domain.timestamps import to_text
from accrue.storage.dynamo import to_item
from accrue.storage.ledger import _activity_item
from accrue.storage.time_shards import time_shard_of

INDEX_KEYS = {
    "by_recorded_at": "time_shard",
    "by_reference": "reference_key",
    "by_outcome": "outcome_shard",
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
        self.calls: Counter[str] = Counter()
        self.items_read: Counter[str] = Counter()

    def record(self, activities: Iterable[Activity]) -> None:
        """Insert rows."""
        for activity in activities:
            item = _activity_item(activity)
            self._rows[item["activity_key"]["S"]] = item
            for index in ("by_recorded_at", "by_reference"):
                if partition := item.get(INDEX_KEYS[index]):
                    self._add(index, partition["S"], item)

    def settle(self, activity: Activity, outcomes: Iterable[Outcome]) -> None:
        """Write results: those that are not applied are in an index."""
        for outcome in outcomes:
            if outcome is Outcome.APPLIED:
                continue
            shard = time_shard_of(activity.network_id, activity.activity_id, activity.recorded_at)
            said = {
                "activity_id": activity.activity_id,
                "recorded_at": to_text(activity.recorded_at),
                "outcome": outcome.value,
            }
            self._add("by_outcome", shard, to_item(said))

    def query(self, **query: Any) -> dict[str, Any]:
        """Query, newest first."""
        assert query["ScanIndexForward"] is False
        index, values = query["IndexName"], query["ExpressionAttributeValues"]
        assert query["ExpressionAttributeNames"] == {"#partition": INDEX_KEYS[index]}
        since, last = values[":since"]["S"], values[":last"]["S"]
        assert since <= last, "DynamoDB refuses it"
        there = [
            item
            for item in reversed(self._items[index, values[":partition"]["S"]])
            if since <= item["recorded_at"]["S"] <= last
        ]
        start = query.get("ExclusiveStartKey", {}).get("position", 0)
        end = start + min(query["Limit"], self._most_items)
        items = there[start:end]
        self.calls["query"] += 1
        self.items_read[index] += len(items)
        answer: dict[str, Any] = {"Items": items, "Count": len(items)}
        return answer if end > len(there) else {**answer, "LastEvaluatedKey": {"position": end}}

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

    def _add(self, index: str, partition: str, item: Item) -> None:
        insort(self._items[index, partition], item, key=self._place_in_index)

    def _place_in_index(self, item: Item) -> tuple[str, str]:
        tie = f"{self._seed} {item['activity_id']['S']}"
        return item["recorded_at"]["S"], sha256(tie.encode()).hexdigest()


class FakePostings:
    """What came of activities, as far as lists look at it."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        self.reads = 0

    def find_postings_of(
        self, activities: Sequence[Activity]
    ) -> Mapping[str, Mapping[MembershipRef, Any]]:
        """Something that has the outcome for each membership that has one."""
        self.reads += 1
        return {
            activity.activity_id: {
                membership: _Outcome(outcome)
                for membership, outcome in self._outcomes[activity.activity_id].items()
            }
            for activity in activities
            if activity.activity_id in self._outcomes
        }


class _Outcome:
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def outcomes_of(activity: Activity, outcomes: Sequence[Outcome]) -> dict[MembershipRef, Outcome]:
    """The outcomes by membership, in their order; those that are left over are pending."""
    return dict(zip(concerned_memberships(activity), outcomes, strict=False))
