"""Requests that follow each other by the links of the description."""

from collections.abc import Callable
from typing import Any, override
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis import Case, Response
from schemathesis.generation.stateful.state_machine import APIStateMachine, StepInput, StepOutput
from schemathesis.specs.openapi import stateful
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.hostile.attack import Figures
from tests.proof.seeds import how_many


def run_scenarios(
    schema: OpenApiSchema, figures: Figures, settle: Callable[[], None], number: int
) -> None:
    """Try the scenarios of a seed."""
    scenarios = _scenarios_of(schema, figures, settle)
    # By itself, the first operation by name would begin most of them.
    scenarios.rule_order_seed = number
    # Few at a time: what is drawn depends on answers, and so on what was done before, which
    # Hypothesis takes for flaky once it comes back to a beginning. The first of each is the least.
    for some in range(how_many(2, 12)):
        seed(f"{number} {some}")(scenarios).run(
            settings=settings(
                max_examples=2,
                stateful_step_count=how_many(6, 20),
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )
        )


def _scenarios_of(
    schema: OpenApiSchema, figures: Figures, settle: Callable[[], None]
) -> type[APIStateMachine]:
    """Scenarios that count the links they follow. What was asked for is done before what follows:
    in the background, things take their time.
    """
    # Every operation may begin one: what it needs is known, so nothing has to make it first.
    with patch.object(stateful, "is_likely_root_transition", return_value=True):
        base: Any = schema.as_state_machine()

    class Scenarios(base):  # type: ignore[misc]
        @override
        def step(self, input: StepInput) -> StepOutput:
            if input.transition is not None and input.is_applied:
                figures.links[input.transition.id] += 1
            output: StepOutput = super().step(input)
            return output

        @override
        def after_call(self, response: Response, case: Case[Any]) -> None:
            super().after_call(response, case)
            if case.method != "GET" and response.status_code < 300:
                settle()

    made: type[APIStateMachine] = Scenarios
    return made
