"""Post what falls due: points that expire or become spendable, holds that lapse, tiers lost.

Whoever acts on a membership or looks at it takes into account what is due, so nothing depends on
when this runs; it sees to it that the ledger says so soon, and that events tell it. It may run
late, twice, or several times at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from accrue.domain.activity import MembershipRef
from accrue.services.apply_rules import RuleApplier
from accrue.services.fold import Occasion
from accrue.services.ports import CatalogReader


class DueFinder(Protocol):
    """Finds memberships of which something is due; some may be named that are up to date."""

    def memberships_due(self, network_id: str, until: datetime) -> Iterable[MembershipRef]: ...


class UnknownMembershipError(Exception):
    """A balance of a membership that the catalog does not know: somebody changed the tables."""


@dataclass
class DueReport:
    """What was done in a network: how many memberships were found, and rows posted.

    `failures` are by membership id; each is tried again in the next run.
    """

    found: int = 0
    applied: int = 0
    failures: dict[str, Exception] = field(default_factory=dict)
    has_run_out_of_time: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing was left for the next run."""
        return not self.failures and not self.has_run_out_of_time


@dataclass(frozen=True, slots=True)
class DueApplier:
    """Applies what is due; `has_time` says whether there is time for another membership.

    The rows are written for `request_id`.
    """

    catalog: CatalogReader
    finder: DueFinder
    applier: RuleApplier
    has_time: Callable[[], bool]
    request_id: str

    def apply_due(self, network_id: str, now: datetime) -> DueReport:
        """Post all that is due at `now`, by the network's clock, as far as there is time."""
        report = DueReport()
        if not self.has_time():
            report.has_run_out_of_time = True
            return report
        for membership in self.finder.memberships_due(network_id, now):
            if not self.has_time():
                report.has_run_out_of_time = True
                break
            report.found += 1
            try:
                report.applied += self._bring_up(network_id, membership, now)
            except Exception as error:  # noqa: BLE001 - reported by the caller
                report.failures[membership.program_membership_id] = error
        return report

    def _bring_up(self, network_id: str, membership: MembershipRef, now: datetime) -> int:
        found = self.catalog.find_membership(network_id, membership.program_membership_id)
        if found is None:
            raise UnknownMembershipError(membership.program_membership_id)
        occasion = Occasion(network_id, membership, found.user_id, now, self.request_id)
        return self.applier.bring_up(occasion)
