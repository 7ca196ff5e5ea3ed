"""A network's activities, newest first, from whichever index has those that are asked for.

| index                           | has                                                    |
|---------------------------------|--------------------------------------------------------|
| `by_recorded_at` of LedgerTable | every activity, sharded by time                        |
| `by_reference` of LedgerTable   | the activities with a reference, by reference          |
| `by_outcome` of BalanceTable    | results that are not `applied`, sharded by time; the   |
|                                 | activities are read from LedgerTable                   |
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.domain.ids import id_from_reference
from accrue.domain.ledger_pages import Allowance, Span, Stretch, position_of
from accrue.domain.ledger_row import ReferenceMarker
from accrue.domain.timestamps import to_text
from accrue.storage.ledger import INDEX, LedgerTable, reference_key
from accrue.storage.newest_first import Attributes, NewestFirst

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REFERENCE_INDEX = "by_reference"
OUTCOME_INDEX = "by_outcome"

type Activities = Iterator[Stretch[Activity]]


@dataclass(frozen=True, slots=True)
class LedgerLists:
    """Implements `services.list_activities.LedgerLists`."""

    client: "DynamoDBClient"
    ledger_table: str
    balance_table: str

    def recorded(
        self, network_id: str, span: Span, allowance: Allowance, wanted: int
    ) -> Activities:
        """All activities in the span, as far as is allowed; eventually consistent."""
        index = NewestFirst(self.client, self.ledger_table, INDEX, "time_shard", wanted)
        return map(_read, index.of_network(network_id, span, allowance))

    def referenced(
        self, network_id: str, reference_id: str, span: Span, allowance: Allowance, wanted: int
    ) -> Activities:
        """Those with the reference; the first that had it is there at once."""
        index = NewestFirst(
            self.client, self.ledger_table, REFERENCE_INDEX, "reference_key", wanted
        )
        partition = reference_key(network_id, reference_id)
        first = self._first_with(network_id, reference_id)
        for stretch in map(_read, index.of_partition(partition, span, allowance)):
            below = Span(stretch.down_to, span.before)
            yield _with(first, stretch) if first and below.contains(_place(first)) else stretch
            span = Span(span.since, stretch.down_to)

    def with_outcome(
        self, network_id: str, outcome: str, span: Span, allowance: Allowance, wanted: int
    ) -> Activities:
        """Those for which the outcome was written, be it for one membership among several."""
        index = NewestFirst(self.client, self.balance_table, OUTCOME_INDEX, "outcome_shard", wanted)
        ledger = LedgerTable(self.client, self.ledger_table)
        for results in index.of_network(network_id, span, allowance):
            # An activity of several memberships may have it for several.
            ids = dict.fromkeys(r["activity_id"] for r in results.things if r["outcome"] == outcome)
            rows = ledger.find_attributes(network_id, list(ids))
            there = tuple(rows[each] for each in ids if each in rows)
            yield _read(replace(results, things=there))

    def _first_with(self, network_id: str, reference_id: str) -> Activity | None:
        """The activity that took the reference, read consistently: the index comes later."""
        ledger = LedgerTable(self.client, self.ledger_table)
        row = ledger.find_row(network_id, id_from_reference(network_id, reference_id))
        if isinstance(row, ReferenceMarker):
            row = ledger.find_row(network_id, row.of)
        return row if isinstance(row, Activity) else None


def _read(stretch: Stretch[Attributes]) -> Stretch[Activity]:
    """One that can't be read must not hide the others."""
    activities: list[Activity] = []
    unreadable: list[str] = []
    for attributes in stretch.things:
        try:
            activities.append(Activity.from_attributes(attributes))
        except UnreadableRowError:
            unreadable.append(attributes["activity_id"])
    return Stretch(tuple(activities), stretch.down_to, tuple(unreadable))


def _with(first: Activity, stretch: Stretch[Activity]) -> Stretch[Activity]:
    by_place = {_place(each): each for each in (*stretch.things, first)}
    in_order = sorted(by_place.items(), reverse=True)
    return replace(stretch, things=tuple(each for _, each in in_order))


def _place(activity: Activity) -> str:
    return position_of(to_text(activity.recorded_at), activity.activity_id)
