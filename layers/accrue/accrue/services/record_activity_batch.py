"""Record many activities of a network, in either form, each by itself.

What the rows name in the catalog is read together, and they are written together, as far as they
have nothing to do with each other. Each comes to what it would have come to if all had been sent
one after the other.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from accrue.domain.batch_row import BatchRow
from accrue.domain.caller import Caller
from accrue.domain.errors import NetworkNotFoundError, RefusalError
from accrue.domain.membership_activity_request import MembershipActivityRequest
from accrue.domain.network_activity_request import NetworkActivityRequest
from accrue.domain.recording import Call, Unrecorded
from accrue.services.batch_run import BatchRun, ForEach, PlannedRow
from accrue.services.enrol import AutomaticEnroller, EnrolmentStore, UserCache
from accrue.services.ports import ActivityCatalog, LedgerReader, ManyInserter
from accrue.services.record_activity import ActivityRecording, Planner
from accrue.services.record_membership_activity import MembershipPlanner
from accrue.services.record_network_activity import NetworkPlanner

# Rows of one membership are applied in the order of their times.
BETWEEN_ROWS = timedelta(microseconds=1)


class BatchCatalog(ActivityCatalog, UserCache, Protocol):
    """A catalog for one request, which reads together what is named."""

    def read_together(
        self,
        network_id: str,
        *,
        pseudonyms: Iterable[str],
        activity_type_ids: Iterable[str],
        membership_ids: Iterable[str],
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class BatchRecorder:
    """The ports that recording a batch needs.

    `has_time` says whether anything may be begun, `unrecorded` what an error of another port means
    for its row, and `for_each` makes the writes that have nothing to do with each other.
    """

    catalog: BatchCatalog
    ledger: LedgerReader
    inserter: ManyInserter
    enrolments: EnrolmentStore
    has_time: Callable[[], bool]
    unrecorded: Callable[[Exception], Unrecorded]
    for_each: ForEach = map

    def record(
        self, rows: Sequence[BatchRow | RefusalError], caller: Caller, call: Call
    ) -> Sequence[ActivityRecording | RefusalError | Unrecorded]:
        """What becomes of each row, in their order; one that is a refusal already stays it.

        Raises NetworkNotFoundError.
        """
        self._read_catalog([row for row in rows if isinstance(row, BatchRow)], caller.network_id)
        planners = self._planners()
        run = BatchRun(self.ledger, self.inserter, self.has_time, self.unrecorded, self.for_each)
        for number, row in enumerate(rows):
            if isinstance(row, RefusalError):
                run.outcomes[number] = row
            else:
                its_call = replace(call, received_at=call.received_at + number * BETWEEN_ROWS)
                run.plan(number, row, _planning(planners[type(row.request)], row, caller, its_call))
        run.write()
        return [run.outcomes[number] for number in range(len(rows))]

    def _read_catalog(self, rows: Sequence[BatchRow], network_id: str) -> None:
        network = self.catalog.find_network(network_id)
        if network is None:
            raise NetworkNotFoundError
        emails: set[str] = set()
        type_ids: set[str] = set()
        membership_ids: set[str] = set()
        for request in (row.request for row in rows):
            if isinstance(request, MembershipActivityRequest):
                type_ids.add(request.activity_type_id)
                membership_ids.add(request.program_membership_id)
            else:
                type_ids.add(request.activity_short_id)
                emails.update(request.users.values())
        # In the same order each time: what can be repeated exactly can be looked into.
        self.catalog.read_together(
            network_id,
            pseudonyms=map(network.pseudonym, sorted(emails)),
            activity_type_ids=sorted(type_ids),
            membership_ids=sorted(membership_ids),
        )

    def _planners(self) -> dict[type, Planner[Any]]:
        enroller = AutomaticEnroller(self.enrolments, self.catalog)
        return {
            MembershipActivityRequest: MembershipPlanner(self.catalog),
            NetworkActivityRequest: NetworkPlanner(self.catalog, enroller),
        }


def _planning(
    planner: Planner[Any], row: BatchRow, caller: Caller, call: Call
) -> Callable[[], PlannedRow]:
    return lambda: PlannedRow(row, planner.plan(row.request, caller, call), planner)
