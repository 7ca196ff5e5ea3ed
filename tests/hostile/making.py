"""Calls that must succeed, and whose answers must be as described."""

from dataclasses import dataclass, field
from typing import Any

from schemathesis.specs.openapi.checks import ignored_auth
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.described import JSON
from tests.hostile.attack import Figures, Made, Target, described_api
from tests.hostile.known import is_of_sandbox
from tests.hostile.likely import as_sent, likely_bodies
from tests.hostile.valid import MEMBERSHIP, WEBHOOK, Values

type Json = dict[str, Any]


@dataclass
class Maker:
    """Calls a target with what is likely to be accepted."""

    target: Target
    figures: Figures = field(default_factory=Figures)
    _schema: OpenApiSchema = field(init=False)
    _calls: int = 0

    def __post_init__(self) -> None:
        self._schema = described_api(self.target, self.figures, {})

    def make(self, operation_id: str, values: Values) -> Json:
        """The answer."""
        self._calls += 1
        operation = self._schema.find_operation_by_id(operation_id)
        is_elsewhere = is_of_sandbox(operation_id)
        network_id = self.target.sandbox_id if is_elsewhere else self.target.network_id
        parameters = {"network_id": network_id, **values}
        sent: dict[str, Json] = {"path": {}, "query": {}, "header": {}}
        for parameter in operation.iter_parameters():
            if parameter.name in parameters:
                sent[parameter.location.value][parameter.name] = parameters[parameter.name]
        case = operation.Case(
            path_parameters=sent["path"],
            query=sent["query"],
            headers=sent["header"],
            **self._body(operation_id),
        )
        response = case.call(headers=self.target.headers_for(operation.definition.raw))
        assert response.status_code < 300, f"{operation_id}: {response.text}"
        # Whether a key is asked for, the attacks try.
        case.validate_response(response, excluded_checks=[ignored_auth])
        answered: Json = response.json()
        return answered

    def _body(self, operation_id: str) -> Json:
        bodies = likely_bodies(self.target.webhook_url).get(operation_id)
        if not bodies:
            return {}
        return {"body": as_sent(bodies[0], f"made-{self._calls}"), "media_type": JSON}


def make_things(maker: Maker) -> Made:
    """What requests can be about, of each sort."""
    make = maker.make
    make("put_webhook", WEBHOOK)
    make("adjust_points", MEMBERSHIP)
    activity = make("record_network_activity", {})
    holds = [make("hold_points", MEMBERSHIP) for _ in range(2)]
    key = make("issue_api_key", {})
    done = make("start_job", {})
    maker.target.settle()
    waiting = make("start_job", {})
    delivered = make("list_deliveries", WEBHOOK)["deliveries"]
    return {
        "activity_id": [activity["activity_id"]],
        "hold_id": [hold["hold_id"] for hold in holds],
        "key_id": [key["key_id"]],
        "job_id": [job["job_id"] for job in (done, waiting)],
        # In the background, things take their time.
        "event_id": [delivery["event_id"] for delivery in delivered],
    }
