"""BalanceTable: balances, postings, and the outcomes of activities without a posting.

| partition `membership_key`          | sort `item_key`                        | what         |
|-------------------------------------|----------------------------------------|--------------|
| `<network>#M#<membership>`          | `BALANCE`                              | the balance  |
| `<network>#M#<membership>`          | `POSTING#<recorded_at>#<activity_id>`  | a posting    |
| `<network>#A#<activity_id>`         | `OUTCOME`                              | an outcome   |

A posting's key is made from the activity alone, so the key itself is the marker that it was
applied. Balances of which something will fall due are in the index `by_due`; see `due_shards`.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate, batched
from typing import TYPE_CHECKING, Any

from accrue.domain.activity import Activity, MembershipRef, Outcome
from accrue.domain.balance import Balance, BalanceChange, Entry
from accrue.domain.concerned import concerned_memberships
from accrue.domain.errors import AlreadyPostedError, BalanceMovedError, UnreadableRowError
from accrue.domain.ledger_pages import position_of
from accrue.domain.ledger_row import ReversalMarker
from accrue.domain.posting import Posting
from accrue.domain.settled_outcome import SettledOutcome
from accrue.domain.timestamps import to_text
from accrue.storage.batch_reads import MAX_KEYS_PER_READ, UnreadKeysError, read_items
from accrue.storage.dynamo import (
    CONDITION_FAILED,
    cancellation_reasons,
    retry_conflicts,
    to_attributes,
    to_item,
)
from accrue.storage.ledger import LedgerTable
from accrue.storage.time_shards import time_shard_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        KeysAndAttributesTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
    )

    type _Write = tuple[str, TransactWriteItemTypeDef]

# Partitions of the index of what is due: midnight comes for all memberships of a program at once.
# May grow (readers look in all of them), must never shrink.
DUE_SHARDS = 8
# DynamoDB: 100 items a transaction, one of them the balance.
MAX_ITEMS_PER_WRITE = 100
MAX_POSTINGS_PER_WRITE = MAX_ITEMS_PER_WRITE - 1
# And 4 MB a transaction, of which the balance takes 400 KB at most. A line, an explanation or a
# quest has less than this even with the longest ids; so has the rest of a posting, thrice.
MAX_BYTES_PER_WRITE = 3_500_000
LARGEST_PART_BYTES = 600
LARGEST_REST_PARTS = 3


class BalanceTable:
    """Balances and postings, seen through one client.

    Whoever posts needs the ledger: some rows are written together with their posting.
    """

    max_postings_per_write = MAX_POSTINGS_PER_WRITE

    def __init__(
        self, client: "DynamoDBClient", table_name: str, ledger: LedgerTable | None = None
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._ledger = ledger

    def find_balance(self, network_id: str, membership: MembershipRef) -> Balance:
        """The balance, read consistently; a membership without postings has an empty one."""
        found = self._client.get_item(
            TableName=self._table_name,
            Key=_key(membership_key(network_id, membership), "BALANCE"),
            ConsistentRead=True,
        )
        return (
            Balance.from_attributes(to_attributes(found["Item"])) if "Item" in found else Balance()
        )

    def find_balances(self, of: Sequence[tuple[str, MembershipRef]]) -> list[Balance]:
        """The balances of memberships, each with its network, as `find_balance` gives them."""
        keys = [membership_key(*each) for each in of]
        read = self._read_all([(key, "BALANCE") for key in keys])
        found = {attributes["membership_key"]: attributes for attributes in read}
        return [Balance.from_attributes(found[k]) if k in found else Balance() for k in keys]

    def how_many_fit(self, entries: Sequence[Entry]) -> int:
        """How many of the first entries one write takes, by the most that each may need."""
        needed = accumulate(LARGEST_PART_BYTES * _parts(entry.posting) for entry in entries)
        items = accumulate(2 if entry.row else 1 for entry in entries)
        fitting = (
            size <= MAX_BYTES_PER_WRITE and count <= MAX_POSTINGS_PER_WRITE
            for size, count in zip(needed, items, strict=True)
        )
        return max(1, sum(fitting))

    def post(self, entries: Sequence[Entry], expected_sequence: int) -> None:
        """Write the postings, their rows, and the balance after them, all or nothing.

        Raises AlreadyPostedError if some postings exist, BalanceMovedError if the balance is not at
        `expected_sequence` or a row exists. The postings must be of one membership, in sequence.
        """
        self._write(self._writes_of(BalanceChange(entries, expected_sequence)))

    def post_all(self, changes: Sequence[BalanceChange]) -> None:
        """Write all the changes in one transaction, or raise whatever is in the way. Nothing is
        tried again, nor measured: what is too large is refused by DynamoDB.
        """
        items = [write for change in changes for _, write in self._writes_of(change)]
        self._client.transact_write_items(TransactItems=items)

    def post_together(
        self, changes: Sequence[BalanceChange], marker: ReversalMarker | None = None
    ) -> int:
        """Write as many of the first changes as a transaction takes, one at least, and the marker
        if there is one, all or nothing; how many it were. Raises as `post`.
        """
        writes = [("", self._row_put(marker))] if marker else []
        for number, change in enumerate(changes):
            more = self._writes_of(change)
            if number and not _fit([*writes, *more]):
                self._write(writes)
                return number
            writes += more
        self._write(writes)
        return len(changes)

    def _writes_of(self, change: BalanceChange) -> "list[_Write]":
        """What is written about one membership; the id is that of a posting's activity."""
        postings = [entry.posting for entry in change.entries]
        network_id, membership = postings[0].network_id, postings[0].membership
        balance = self._balance_put(
            network_id, membership, change.entries[-1].balance, change.expected_sequence
        )
        return [
            *((posting.activity_id, self._posting_put(posting)) for posting in postings),
            *(("", self._row_put(entry.row)) for entry in change.entries if entry.row),
            ("", {"Put": balance}),
        ]

    def _write(self, writes: "Sequence[_Write]") -> None:
        items = [write for _, write in writes]
        try:
            retry_conflicts(lambda: self._client.transact_write_items(TransactItems=items))
        except self._client.exceptions.TransactionCanceledException as cancelled:
            reasons = cancellation_reasons(cancelled)
            refused = [
                activity_id
                for (activity_id, _), reason in zip(writes, reasons, strict=False)
                if reason["Code"] == CONDITION_FAILED
            ]
            if posted := frozenset(filter(None, refused)):
                raise AlreadyPostedError(posted) from cancelled
            if refused:
                raise BalanceMovedError from cancelled
            raise

    def _row_put(self, row: Activity | ReversalMarker) -> "TransactWriteItemTypeDef":
        assert self._ledger is not None, "nothing posts without the ledger at hand"
        return self._ledger.insertion_of(row)

    def _posting_put(self, posting: Posting) -> "TransactWriteItemTypeDef":
        attributes = posting.to_attributes()
        if posting.outcome is not Outcome.APPLIED:
            attributes |= _outcome_places(posting)
        key = _posting_key(posting)
        return {
            "Put": {
                "TableName": self._table_name,
                "Item": {**to_item(attributes), **key},
                # The marker: an activity that is applied to this membership is not applied again.
                "ConditionExpression": "attribute_not_exists(item_key)",
            }
        }

    def keep_due_at(self, network_id: str, membership: MembershipRef, balance: Balance) -> None:
        """Write the balance with this `due_at`; raises BalanceMovedError if it is not at its
        sequence any more.
        """
        put = self._balance_put(network_id, membership, balance, balance.sequence)
        try:
            retry_conflicts(lambda: self._client.put_item(**put))
        except self._client.exceptions.ConditionalCheckFailedException as moved:
            raise BalanceMovedError from moved

    def _balance_put(
        self,
        network_id: str,
        membership: MembershipRef,
        balance: Balance,
        expected_sequence: int,
    ) -> "PutTypeDef":
        attributes = balance.to_attributes(network_id, membership)
        if balance.due_at is not None:
            attributes["due_shard"] = _due_shard(network_id, membership)
        key = _key(membership_key(network_id, membership), "BALANCE")
        put: PutTypeDef = {
            "TableName": self._table_name,
            "Item": {**to_item(attributes), **key},
        }
        if expected_sequence:
            # A placeholder, since the name is one of DynamoDB's reserved words.
            put["ConditionExpression"] = "#sequence = :expected"
            put["ExpressionAttributeNames"] = {"#sequence": "sequence"}
            put["ExpressionAttributeValues"] = {":expected": {"N": str(expected_sequence)}}
        else:
            put["ConditionExpression"] = "attribute_not_exists(item_key)"
        return put

    def settle(self, outcome: SettledOutcome) -> bool:
        """Write the outcome unless it is there; it is the same whoever comes first. Whether it was
        written.
        """
        attributes = {**outcome.to_attributes(), **_outcome_places(outcome)}
        key = _outcome_key(outcome.network_id, outcome.activity_id)
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item={**to_item(attributes), **key},
                ConditionExpression="attribute_not_exists(item_key)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def find_postings(self, activity: Activity) -> dict[MembershipRef, Posting]:
        """The activity's postings by membership, read consistently."""
        read = map(Posting.from_attributes, self._read_all(_posting_keys([activity])))
        return {posting.membership: posting for posting in read}

    def find_postings_of(
        self, activities: Sequence[Activity]
    ) -> tuple[dict[str, dict[MembershipRef, Posting]], set[str]]:
        """The postings of all of them by activity id and membership, read consistently, and the ids
        of activities with one that can't be read.
        """
        found: dict[str, dict[MembershipRef, Posting]] = {}
        unreadable: set[str] = set()
        for attributes in self._read_all(_posting_keys(activities)):
            try:
                posting = Posting.from_attributes(attributes)
            except UnreadableRowError:
                unreadable.add(attributes["item_key"].rpartition("#")[2])
            else:
                found.setdefault(posting.activity_id, {})[posting.membership] = posting
        return found, unreadable

    def find_original(
        self, row: Activity, membership: MembershipRef
    ) -> tuple[Activity, Posting] | None:
        """What a reversal undoes, and its posting on a membership, read consistently."""
        assert self._ledger is not None, "nothing is reversed without the ledger at hand"
        original = self._ledger.find_row(row.network_id, row.of or "")
        if not isinstance(original, Activity):
            return None
        posting = self.find_postings(original).get(membership)
        return (original, posting) if posting else None

    def find_outcome(self, activity: Activity) -> SettledOutcome | None:
        """The outcome of an activity that nothing is posted for, read consistently."""
        key = (_outcome_partition(activity.network_id, activity.activity_id), "OUTCOME")
        return next(map(SettledOutcome.from_attributes, self._read_all([key])), None)

    def find_unapplied(self, activities: Sequence[Activity]) -> list[Activity]:
        """Those that lack a posting on a membership that they concern, or their outcome."""
        expected = {activity.activity_id: set(result_keys(activity)) for activity in activities}
        present = set(self._existing(sorted(set().union(*expected.values()))))
        return [a for a in activities if not expected[a.activity_id] <= present]

    def _existing(self, keys: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        # Eventually consistent, at half the price: what is missed here is found by the write.
        only_keys: KeysAndAttributesTypeDef = {
            "Keys": [],
            "ProjectionExpression": "membership_key, item_key",
        }
        for chunk in batched(keys, MAX_KEYS_PER_READ, strict=False):
            # Unread counts as unapplied, which is safe.
            with suppress(UnreadKeysError):
                for item in self._read(chunk, only_keys):
                    yield item["membership_key"]["S"], item["item_key"]["S"]

    def _read_all(self, keys: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        """What is under the keys now, as plain attributes; raises UnreadKeysError."""
        consistently: KeysAndAttributesTypeDef = {"Keys": [], "ConsistentRead": True}
        return map(to_attributes, self._read(keys, consistently))

    def _read(
        self, keys: Sequence[tuple[str, str]], how: "KeysAndAttributesTypeDef"
    ) -> Iterator[dict[str, Any]]:
        """The items under the keys; raises UnreadKeysError rather than leave one out."""
        return read_items(self._client, self._table_name, [_key(*key) for key in keys], how)


def _fit(writes: "Sequence[_Write]") -> bool:
    """Whether a transaction takes them. As text they are longer than as DynamoDB counts them."""
    size = sum(len(json.dumps(write)) for _, write in writes)
    return len(writes) <= MAX_ITEMS_PER_WRITE and size <= MAX_BYTES_PER_WRITE


def due_shards(network_id: str) -> Iterator[str]:
    """Every partition of the index of what is due in a network."""
    return (f"{network_id}#{shard}" for shard in range(DUE_SHARDS))


def _due_shard(network_id: str, membership: MembershipRef) -> str:
    return f"{network_id}#{zlib.crc32(membership.program_membership_id.encode()) % DUE_SHARDS}"


def _parts(posting: Posting) -> int:
    quests = sum(len(change.requirements) + 1 for change in posting.quests)
    spent = sum(len(change.spent) for change in posting.holds)
    points = len(posting.lines) + len(posting.lots) + len(posting.holds) + spent
    return LARGEST_REST_PARTS + points + len(posting.considered) + quests


def _posting_key(posting: Posting) -> dict[str, Any]:
    """Made of the activity and the membership alone: the same, whoever applies it, whenever."""
    partition = membership_key(posting.network_id, posting.membership)
    return _key(partition, posting_sort_key(posting))


def _outcome_places(result: Posting | SettledOutcome) -> dict[str, str]:
    """Only what was not applied has them, so that an index over them holds only that. In it, each
    activity has a place of its own, however many share its moment.
    """
    activity_id, recorded_at = result.activity_id, result.recorded_at
    return {
        "outcome_shard": time_shard_of(result.network_id, activity_id, recorded_at),
        "outcome_at": position_of(to_text(recorded_at), activity_id),
    }


def posting_sort_key(of: Posting | Activity) -> str:
    """Where a posting is in its membership's partition; the same for the row that it is of."""
    return f"POSTING#{to_text(of.recorded_at)}#{of.activity_id}"


def result_keys(activity: Activity) -> Iterator[tuple[str, str]]:
    """Where everything is that has to come of an activity."""
    if activity.settled_outcome is not None:
        yield _outcome_partition(activity.network_id, activity.activity_id), "OUTCOME"
        return
    for membership in concerned_memberships(activity):
        yield membership_key(activity.network_id, membership), posting_sort_key(activity)


def _posting_keys(activities: Iterable[Activity]) -> list[tuple[str, str]]:
    posted = (each for each in activities if each.settled_outcome is None)
    return [key for each in posted for key in result_keys(each)]


def membership_key(network_id: str, membership: MembershipRef) -> str:
    """A membership's partition."""
    return f"{network_id}#M#{membership.program_membership_id}"


def _outcome_partition(network_id: str, activity_id: str) -> str:
    return f"{network_id}#A#{activity_id}"


def _outcome_key(network_id: str, activity_id: str) -> dict[str, Any]:
    return _key(_outcome_partition(network_id, activity_id), "OUTCOME")


def _key(membership_key: str, item_key: str) -> dict[str, Any]:
    return {"membership_key": {"S": membership_key}, "item_key": {"S": item_key}}
