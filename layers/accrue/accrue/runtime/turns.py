"""How a scheduled function shares its time among networks."""

from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

# One run begins each minute or so: a network with much to do is worked on all the time, and leaves
# most of each run to the others.
SHORTEST_TURN_MS = 60_000


def turn(context: LambdaContext, networks_left: int, least_time_left_ms: int) -> Callable[[], bool]:
    """Whether the next network still has time, so many networks being left with it."""
    left_ms = context.get_remaining_time_in_millis() - least_time_left_ms
    turn_ms = max(left_ms // networks_left, SHORTEST_TURN_MS)
    least_left_ms = least_time_left_ms + max(left_ms - turn_ms, 0)
    return lambda: context.get_remaining_time_in_millis() > least_left_ms
