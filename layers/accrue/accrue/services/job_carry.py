"""What a job takes with it from one step to the next, where that is too much for its cursor.

It is kept under the hash of its content: a step that is done twice, even with another result,
spoils nothing for the one that counts.
"""

from dataclasses import dataclass

from accrue.domain.canonical import content_hash
from accrue.domain.jobs.job import Attributes, Job
from accrue.services.job_ports import JobScratch

_SPACE = "carry"
_BEHIND = "~"


class LostCarryError(Exception):
    """A bug: what the job kept is not there."""


@dataclass(frozen=True, slots=True)
class JobCarry:
    """Keeps things of jobs."""

    scratch: JobScratch

    def keep(self, job: Job, thing: Attributes) -> str:
        """Under what it is found."""
        key = content_hash(thing)
        self.scratch.put_all(job, _SPACE, {key: thing})
        return key

    def find(self, job: Job, key: str) -> Attributes:
        """What was kept; raises LostCarryError."""
        found = self.scratch.find_last_before(job, _SPACE, key, _BEHIND)
        if found is None:
            raise LostCarryError(key)
        return found
