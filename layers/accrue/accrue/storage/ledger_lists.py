"""A network's activities, newest first, from whichever index has those that are asked for.

| index                           | has                                                    |
|---------------------------------|--------------------------------------------------------|
| `by_recorded_at` of LedgerTable | every activity, sharded by time                        |
| `by_reference` of LedgerTable   | the activities with a reference, by reference          |
| `by_outcome` of BalanceTable    | results that are not `applied`, sharded by time; the   |
|                                 | activities are read from LedgerTable                   |
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.domain.ids import id_from_reference
from accrue.domain.ledger_pages import Allowance, Span, Stretch, id_in
from accrue.domain.ledger_row import ReferenceMarker
from accrue.domain.timestamps import to_text
from accrue.storage.ledger import INDEX, LedgerTable, reference_keys, row_key
from accrue.storage.newest_first import Attributes, Index, NewestFirst

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_RECORDED_AT = Index(INDEX, "time_shard", key_of=row_key)
BY_REFERENCE = Index("by_reference", "reference_key", key_of=row_key)
# The key of a result is not known by its activity: so this one has ranges without ties.
BY_OUTCOME = Index("by_outcome", "outcome_shard", range="outcome_at")

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
        index = NewestFirst(self.client, self.ledger_table, BY_RECORDED_AT, wanted)
        return map(_read, index.of_network(network_id, span, allowance))

    def referenced(
        self, network_id: str, reference_id: str, span: Span, allowance: Allowance, wanted: int
    ) -> Activities:
        """Those with the reference; the first that had it is there at once, as the last one of its
        moment, since it is not known where the index will have it.
        """
        try:
            first = self._first_with(network_id, reference_id)
        except UnreadableRowError:
            yield Stretch((), span.before, (id_from_reference(network_id, reference_id),))
            first = None
        if first is not None and id_in(span.before) == first.activity_id:
            span = Span(span.since, to_text(first.recorded_at))
        index = NewestFirst(self.client, self.ledger_table, BY_REFERENCE, wanted)
        partitions = reference_keys(network_id, reference_id)
        for stretch in index.of_partitions(network_id, partitions, span, allowance):
            yield _with(first, _read(stretch), span)
            span = Span(span.since, stretch.down_to)

    def with_outcome(
        self, network_id: str, outcome: str, span: Span, allowance: Allowance, wanted: int
    ) -> Activities:
        """Those for which the outcome was written, be it for one membership among several."""
        index = NewestFirst(self.client, self.balance_table, BY_OUTCOME, wanted)
        last = None
        for results in index.of_network(network_id, span, allowance):
            # An activity of several memberships may have it for several. Of the last one, more may
            # be behind the end of the stretch.
            ids = dict.fromkeys(
                each["activity_id"]
                for each in results.things
                if outcome == each["outcome"] or each["outcome_at"] == results.down_to
            )
            if last is not None:
                ids.pop(last, None)
            last = id_in(results.down_to)
            yield _read(replace(results, things=self._rows(network_id, ids, allowance)))

    def with_ids(
        self, network_id: str, ids: Iterable[str], span: Span, allowance: Allowance
    ) -> Activities:
        """Those of them in the span, all at once; of one moment, in the order of their ids."""
        place_of = BY_RECORDED_AT.place_of
        rows = self._rows(network_id, ids, allowance)
        there = (row for row in rows if span.contains(place_of(row)))
        yield _read(Stretch(tuple(sorted(there, key=place_of, reverse=True)), span.since))

    def _rows(
        self, network_id: str, ids: Iterable[str], allowance: Allowance
    ) -> tuple[Attributes, ...]:
        wanted = list(ids)
        allowance.rows -= len(wanted)
        rows = LedgerTable(self.client, self.ledger_table).find_attributes(network_id, wanted)
        return tuple(rows[each] for each in wanted if each in rows)

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
            # The key's, which can't have been changed: what else it says may be anything.
            unreadable.append(attributes["activity_key"].partition("#")[2])
    return Stretch(tuple(activities), stretch.down_to, tuple(unreadable))


def _with(first: Activity | None, stretch: Stretch[Activity], span: Span) -> Stretch[Activity]:
    """The stretch of the span with the first, if it ends behind the moment of that."""
    if first is None:
        return stretch
    things = [each for each in stretch.things if each.activity_id != first.activity_id]
    moment = to_text(first.recorded_at)
    if stretch.down_to <= moment < span.before:
        earlier = [each for each in things if each.recorded_at < first.recorded_at]
        things = [*things[: len(things) - len(earlier)], first, *earlier]
    return replace(stretch, things=tuple(things))
