"""What is said of each route, by what it is about."""

from local.openapi.operation import Operation
from local.openapi.operations.activities import ACTIVITIES
from local.openapi.operations.definitions import DEFINITIONS
from local.openapi.operations.jobs import JOBS
from local.openapi.operations.memberships import MEMBERSHIPS
from local.openapi.operations.networks import NETWORKS
from local.openapi.operations.users import USERS
from local.openapi.operations.webhooks import WEBHOOKS

# By `METHOD path`.
OPERATIONS: dict[str, Operation] = {
    **ACTIVITIES,
    **MEMBERSHIPS,
    **NETWORKS,
    **DEFINITIONS,
    **USERS,
    **WEBHOOKS,
    **JOBS,
}
