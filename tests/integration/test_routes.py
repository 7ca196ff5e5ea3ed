"""What the gateway routes to a function, the function serves."""

import pytest

from tests.integration.world import World
from tests.template import operations_by_route

OPERATIONS = sorted(set(operations_by_route().values()))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_function_serves_the_routes_that_the_template_gives_it(
    unchanged_world: World, operation: str
) -> None:
    routed = {route for route, served_by in operations_by_route().items() if served_by == operation}

    served = getattr(unchanged_world.start(operation), "ROUTES", None)

    if served is None:
        assert len(routed) == 1
    else:
        assert set(served) == routed
