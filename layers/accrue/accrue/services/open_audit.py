"""Open an audit: what it names must be there, and what it looks through must be over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.catalog import Membership
from accrue.domain.errors import Fault
from accrue.domain.jobs.audit_definition import AuditDefinition
from accrue.domain.json_values import pointer
from accrue.domain.timestamps import to_text
from accrue.services.first_key import KeyLister, first_key_at
from accrue.services.job_ports import OpenedJob


class AuditedCatalog(Protocol):
    """What an audit may be about, read past every cache."""

    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None: ...
    def has_program(self, network_id: str, program_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class AuditOpener:
    """Opens audits. `settled_until` says up to when, by a network's clock, whatever was recorded
    should have come to something.
    """

    catalog: AuditedCatalog
    keys: KeyLister
    settled_until: Callable[[str], datetime]

    def open(self, network_id: str, definition: AuditDefinition, now: datetime) -> OpenedJob:
        """The audit with what it is about. Raises InvalidDefinitionError."""
        if definition.program_membership_ids is not None:
            named = self._named(network_id, definition.program_membership_ids)
            return OpenedJob({"memberships": named}, total=len(named))
        if definition.program_id is not None:
            if not self.catalog.has_program(network_id, definition.program_id):
                raise _unknown("program_id", "no program")
            return OpenedJob({"program_id": definition.program_id})
        rows = {
            "rows_from": to_text(first_key_at(self.keys, network_id, now)),
            "rows_until": to_text(self.settled_until(network_id)),
        }
        return OpenedJob(rows)

    def _named(self, network_id: str, ids: tuple[str, ...]) -> list[dict[str, str]]:
        found = {each: self.catalog.find_membership(network_id, each) for each in ids}
        faults = [
            Fault(pointer("program_membership_ids", position), _remedy("no membership"))
            for position, each in enumerate(ids)
            if found[each] is None
        ]
        if faults:
            raise InvalidDefinitionError.of(faults)
        return [
            {"program_id": each.program_id, "program_membership_id": each.program_membership_id}
            for each in found.values()
            if each is not None
        ]


def _unknown(name: str, what: str) -> InvalidDefinitionError:
    return InvalidDefinitionError.of([Fault(pointer(name), _remedy(what))])


def _remedy(what: str) -> str:
    return f"is {what} of this network: check the id"
