"""Show what would come of an activity if it was recorded and applied now."""

from dataclasses import dataclass
from datetime import datetime

from accrue.domain.activity import Activity
from accrue.services.apply_rules import RuleApplier
from accrue.services.dry_book import DryBook
from accrue.services.get_activity import ActivityReader, ActivityView
from accrue.services.ports import BalanceBook, CatalogReader, LedgerReader


@dataclass(frozen=True, slots=True)
class Trial:
    """Tries activities out at `now`: on the balances as they are, what is due by then included."""

    catalog: CatalogReader
    ledger: LedgerReader
    book: BalanceBook
    now: datetime

    def view_of(self, row: Activity, *, is_recorded: bool) -> ActivityView:
        """What would come of a row, or came of it if it is in the ledger.

        Raises what keeps it from being applied: recorded, it would wait for an engineer.
        """
        book = DryBook(self.book, self.ledger)
        if not is_recorded:
            for failure in RuleApplier(self.catalog, book, lambda: self.now).apply([row]):
                raise failure.error
        return ActivityReader(self.catalog, self.ledger, book).view_of(row)
