"""Requests made up from the description, sent to a target, and what is demanded of each answer."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis import AuthContext, Case, CheckResult, GenerationMode, HookContext, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.schemas import OpenApiSchema

from accrue.domain.catalog import KeyRole
from tests.described import description
from tests.hostile.checks import register_checks
from tests.hostile.exact_numbers import exactly
from tests.hostile.known import is_of_sandbox, known_to, with_known
from tests.hostile.likely import likely_bodies

type Json = dict[str, Any]
# Ids by the parameters that have them.
type Made = Mapping[str, Sequence[str]]

_CONFIGURATION: Json = {
    "seed": 0,
    "generation": {
        "database": "none",
        # Whether a key is asked for is tried with good requests and a bad key.
        "with-security-parameters": False,
        # HTTP clients of this world refuse to send others.
        "exclude-header-characters": "\r\n\x00",
    },
    "phases": {
        # What is learned from answers would make requests depend on those before.
        "fuzzing": {
            "error-feedback": {"enabled": False},
            "extra-data-sources": {"responses": False},
        },
        "coverage": {"extra-data-sources": {"responses": False}, "unexpected-methods": []},
        "examples": {"enabled": False},
        # All links are those that the description has.
        "stateful": {"inference": {"algorithms": []}, "generation": {"mode": "positive"}},
    },
    "checks": {
        # Which 400s are for what is as described, `what_is_described_is_understood` tells.
        "positive_data_acceptance": {"enabled": False},
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "409", "412", "413", "422", "428"]
        },
        # A route that does not exist is 404 here, also if only its method does not.
        "unsupported_method": {"enabled": False},
    },
    "operations": [
        {
            # Each row is refused alone, and the batch is 200.
            "include-operation-id": "record_activity_batch",
            "checks": {"negative_data_rejection": {"enabled": False}},
        }
    ],
}


@dataclass(frozen=True)
class Target:
    """An API to attack, and whose keys there are. `sandbox_key` opens the network
    in which clocks are moved.
    """

    # Where it is: an application in this process, or a base URL.
    app: Any
    base_url: str | None
    network_id: str
    keys: Mapping[KeyRole, str]
    sandbox_id: str
    sandbox_key: str
    webhook_url: str
    # Does what was asked for and takes its time.
    settle: Callable[[], None]

    def headers_for(self, operation: Json) -> dict[str, str]:
        """The least key that may call it, where it belongs."""
        is_elsewhere = is_of_sandbox(operation["operationId"])
        key = self.sandbox_key if is_elsewhere else self.keys[KeyRole(operation["x-keys"][0])]
        (scheme,) = operation["security"][0]
        return {"X-API-Key": key} if scheme == "ApiKey" else {"Authorization": f"Bearer {key}"}


@dataclass
class Figures:
    """What was sent, and what came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    succeeded: set[str] = field(default_factory=set)
    links: Counter[str] = field(default_factory=Counter)
    outside_schema: int = 0

    def note(self, operation: str, status: int) -> None:
        """Count an answer."""
        self.statuses[status] += 1
        self.operations.add(operation)
        if status < 300:
            self.succeeded.add(operation)

    def to_record(self) -> dict[str, int]:
        """As the proof tells them."""
        classes = Counter(f"{status // 100}xx" for status in self.statuses.elements())
        return {
            "operations": len(self.operations),
            "succeeded": len(self.succeeded),
            "requests": self.statuses.total(),
            "2xx": classes["2xx"],
            "4xx": classes["4xx"],
            "5xx": classes["5xx"],
            "links": self.links.total(),
            "outside_schema": self.outside_schema,
        }


def described_api(
    target: Target, figures: Figures, made: Made, mode: GenerationMode = GenerationMode.POSITIVE
) -> OpenApiSchema:
    """The description, as schemathesis reads it, its answers closed, for requests that are as
    described or are not. They have the keys of the target; answers are counted.
    """
    register_checks()
    config = SchemathesisConfig.from_dict(_CONFIGURATION)
    known = {**known_to(target.network_id), **made}
    likely = likely_bodies(target.webhook_url)
    told = with_known(
        description(),
        known,
        likely,
        target.sandbox_id,
        only_known_paths=mode is GenerationMode.POSITIVE,
    )
    schema: OpenApiSchema = schemathesis.openapi.from_dict(told, config=config)
    schema.app = target.app
    schema.config.update(base_url=target.base_url)

    @schema.hook
    def map_body(_context: HookContext, body: Any) -> Any:
        return exactly(body)

    @schema.hook
    def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
        figures.note(case.operation.label, response.status_code)

    @schema.hook
    def after_validate(
        _context: HookContext, case: Case[Any], response: Response, results: list[CheckResult]
    ) -> None:
        assert case.operation.label
        assert response.status_code
        figures.outside_schema += any(result.failure is not None for result in results)

    @schema.auth(refresh_interval=None)
    class Keys:
        def get(self, _case: Case[Any], context: AuthContext) -> dict[str, str]:
            return target.headers_for(context.operation.definition.raw)

        def set(self, case: Case[Any], headers: dict[str, str], _context: AuthContext) -> None:
            case.headers.update(headers)

    return schema
