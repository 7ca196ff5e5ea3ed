"""Requests one by one: of one operation, as described and not."""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation

from tests.hostile.attack import Figures, Made, Target, described_api
from tests.proof.seeds import how_many, is_long


def attack(
    target: Target, figures: Figures, made: Made, operation_id: str, numbers: Sequence[int]
) -> None:
    """Send requests that are as described, and some that are not; check each answer. At length,
    also those at the edges of each schema, and just beyond.
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
            configured = schema.config.generation_for(operation=operation, phase="coverage")
            for case in schema.iter_coverage_cases(
                operation, generation_modes=[mode], generation_config=configured
            ):
                case.call_and_validate()


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
