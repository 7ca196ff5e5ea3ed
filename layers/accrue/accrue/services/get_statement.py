"""Show a membership's statement for a period: opening balance, lines, closing balance."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accrue.domain.activity import MembershipRef
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership
from accrue.domain.errors import MembershipNotFoundError
from accrue.domain.history_queries import Carried, StatementQuery
from accrue.domain.pages import Page, PageRequest
from accrue.domain.posting import Posting
from accrue.domain.statement import Statement, StatementLine
from accrue.services.ports import CatalogReader, HistoryReader
from accrue.services.read_since import read_since


@dataclass(frozen=True, slots=True)
class StatementView:
    """A page of a membership's statement, and what its points are called now."""

    membership: Membership
    points_unit: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class StatementTeller:
    """The ports that a statement needs."""

    catalog: CatalogReader
    history: HistoryReader

    def get_statement(
        self, program_membership_id: str, caller: Caller, query: StatementQuery, now: datetime
    ) -> StatementView:
        """A page of the statement. Raises MembershipNotFoundError or TooManyPostingsError.

        All pages together add up, whatever is posted meanwhile: that is not in them.
        """
        network_id = caller.network_id
        membership = self.catalog.find_membership(network_id, program_membership_id)
        if membership is None:
            raise MembershipNotFoundError
        program = self.catalog.program_version_at(network_id, membership.program_id, now).program
        opening, sequence = self._opening(network_id, membership.ref, query)
        page: Page[Posting] = Page(())
        if sequence:
            after = query.carried.after if query.carried else None
            # A megabyte of postings at most, of which its lines say less: an answer holds them all.
            page = self.history.list_recorded_between(
                network_id,
                membership.ref,
                query.start,
                query.until,
                PageRequest(query.limit, after),
            )
        return StatementView(
            membership, program.points.unit, _statement(query, opening, sequence, page)
        )

    def _opening(
        self, network_id: str, membership: MembershipRef, query: StatementQuery
    ) -> tuple[Decimal, int]:
        """The balance before the page, and up to which posting the statement counts."""
        if query.carried is not None:
            return query.carried.balance, query.carried.sequence
        balance, movements = read_since(
            self.history, network_id, membership, query.start, "query:from"
        )
        later = total(movement.points for movement in movements)
        return EXACT.subtract(balance.state.points, later), balance.sequence


def _statement(
    query: StatementQuery, opening: Decimal, sequence: int, page: Page[Posting]
) -> Statement:
    lines: list[StatementLine] = []
    balance = opening
    for posting in page.things:
        if posting.sequence <= sequence:
            balance = EXACT.add(balance, posting.points)
            lines.append(StatementLine(posting, balance))
    carried = page.next_after and Carried(
        query.start, query.until, sequence, balance, page.next_after
    )
    return Statement(
        start=query.start,
        until=query.until,
        opening=opening,
        lines=tuple(lines),
        closing=balance,
        next_after=carried.to_text() if carried else None,
    )
