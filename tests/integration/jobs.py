"""Jobs over the API, done by their function from their queue."""

from dataclasses import dataclass
from typing import Any

import time_machine

from tests.integration.orders import JOBS, Orders, create_queue
from tests.integration.world import Answer, World

START = "POST /networks/{network_id}/jobs"
ONE = "GET /networks/{network_id}/jobs/{job_id}"
FINDINGS = "GET /networks/{network_id}/jobs/{job_id}/findings"


@dataclass
class JobDesk:
    """Starts jobs of the network demo, and does them."""

    world: World
    orders: Orders

    @classmethod
    def of(cls, world: World, clock: time_machine.Traveller) -> "JobDesk":
        """With an empty queue."""
        return cls(world, Orders(create_queue(JOBS), world, clock, JOBS))

    def start(self, kind: str, **body: Any) -> Answer:
        """Start a job."""
        return self.world.call(START, {"kind": kind, **body})

    def run(self, kind: str, **body: Any) -> dict[str, Any]:
        """A job that was started and did all its steps."""
        answer = self.start(kind, **body)
        assert answer.status == 202, answer
        self.orders.run()
        return self.get(answer.body["job_id"])

    def get(self, job_id: str) -> dict[str, Any]:
        """The job as it is shown."""
        answer = self.world.call(ONE, path={"job_id": job_id})
        assert answer.status == 200, answer
        job: dict[str, Any] = answer.body
        return job

    def findings(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """What it found."""
        answer = self.world.call(FINDINGS, path={"job_id": job["job_id"]}, query={"limit": "100"})
        assert answer.status == 200, answer
        found: list[dict[str, Any]] = answer.body["findings"]
        return found
