"""Functions of ours by the name of their operation, as the template has them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.lambda_time import function_id, memory_of
from benchmarks.price.metered import Function

if TYPE_CHECKING:
    from botocore.client import BaseClient


def operation_function(
    name: str, activities: int, invocations: int, clients: Sequence["BaseClient"]
) -> Function:
    """What is measured of an operation: how many activities so many invocations are about."""
    return Function(name, memory_of(function_id(name)), activities, invocations, clients)
