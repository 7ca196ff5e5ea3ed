"""Which routes take a dry run; the others refuse it rather than do it in earnest."""

import re

import pytest

from tests.integration.dry_runs import DRY_RUN
from tests.integration.reversals import REVERSAL
from tests.integration.spending import ROUTES, refused
from tests.integration.world import World
from tests.template import operations_by_route

CAN_BE_TRIED_OUT = {
    "POST /v2/program-memberships/{program_membership_id}/activities",
    "POST /networks/{network_id}/activity",
    "POST /networks/{network_id}/activities/batch",
    *ROUTES,
    REVERSAL,
}
CHANGING_ALL_THE_SAME = sorted(
    route
    for route in operations_by_route().keys() - CAN_BE_TRIED_OUT
    if not route.startswith("GET ")
)


@pytest.mark.parametrize("route", CHANGING_ALL_THE_SAME)
def test_what_cant_be_tried_out_is_not_done_in_earnest(unchanged_world: World, route: str) -> None:
    names = re.findall(r"{(\w+)}", route)
    path = {name: "demo" if name == "network_id" else "nothing" for name in names}

    answer = unchanged_world.call(route, {}, path=path, query=DRY_RUN)

    remedy = "is not possible here: leave it out, and it is done"
    assert refused(answer) == (400, "INVALID_REQUEST", "query:dry_run", remedy)
