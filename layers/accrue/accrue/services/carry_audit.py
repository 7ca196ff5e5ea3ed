"""Take a membership's audit from one step of a job to the next.

A posting that differs may be as large as an item can be, so each is kept by itself, and only where
it is needed again: what a reversal undoes was decided on it.
"""

from dataclasses import dataclass

from accrue.domain.ids import id_of_reversal_marker
from accrue.domain.jobs.job import Job
from accrue.services.audit_membership import AuditedMembership
from accrue.services.job_carry import JobCarry
from accrue.services.walk_chain import ChainReader


@dataclass(frozen=True, slots=True)
class AuditCarry:
    """Keeps audits of memberships that are not done."""

    carry: JobCarry
    chains: ChainReader

    def keep(self, job: Job, audited: AuditedMembership) -> str:
        """Under what it is found."""
        recomputed = audited.audit.recomputed
        markers = {id_of_reversal_marker(job.network_id, each, 1): each for each in recomputed}
        there = self.chains.find_row_attributes(job.network_id, list(markers)) if markers else {}
        kept = {markers[each]: self.carry.keep(job, recomputed[markers[each]]) for each in there}
        attributes = audited.to_attributes(job.network_id)
        audit = {**attributes["audit"], "recomputed": kept}
        return self.carry.keep(job, {**attributes, "audit": audit})

    def find(self, job: Job, key: str) -> AuditedMembership:
        """What was kept."""
        attributes = self.carry.find(job, key)
        kept = attributes["audit"]["recomputed"]
        recomputed = {each: self.carry.find(job, where) for each, where in kept.items()}
        audit = {**attributes["audit"], "recomputed": recomputed}
        return AuditedMembership.from_attributes({**attributes, "audit": audit})
