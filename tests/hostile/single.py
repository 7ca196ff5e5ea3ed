"""Requests one by one: of one operation, as described and not."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.hostile.attack import Figures, Made, Target, described_api
from tests.proof.seeds import how_many, is_long

# Programs alone have thousands of edges.
MAX_AT_EDGES = 200


def attack(
    target: Target,
    figures: Figures,
    made: Made,
    operation_id: str,
    numbers: Sequence[int],
    *,
    at_edges: int = MAX_AT_EDGES,
) -> None:
    """Send requests that are as described, and some that are not; check each answer. At length,
    also so many of each sort that are at the edges of a schema, or just beyond.
    """
    for mode in GenerationMode:
        schema = described_api(target, figures, made, mode)
        operation = schema.find_operation_by_id(operation_id)
        if mode.is_negative and not (list(operation.iter_parameters()) or operation.body):
            # Nothing in it can be wrong.
            continue
        for number in numbers:
            _send(operation, mode, number)
        if is_long():
            for case in _at_edges(schema, operation, mode, at_edges):
                case.call_and_validate()


def _at_edges(
    schema: OpenApiSchema,
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    at_most: int,
) -> Sequence[Case[Any]]:
    configured = schema.config.generation_for(operation=operation, phase="coverage")
    cases = list(
        schema.iter_coverage_cases(operation, generation_modes=[mode], generation_config=configured)
    )
    # From all over, since they come field by field.
    return cases[:: ceil(len(cases) / at_most) or 1]


def _send(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, number: int) -> None:
    @settings(
        max_examples=how_many(2, 25),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # What fails is shown as it is: shrinking would send it on and on.
        phases=[Phase.generate],
    )
    @seed(number)
    @given(operation.as_strategy(generation_mode=mode))
    def send(case: Case[Any]) -> None:
        case.call_and_validate()

    send()
