"""What has to happen around the snapshot that SnapStart takes of a started function.

All environments start from the one snapshot: what must differ between them, or must be of now, may
not be in it. New ids come from the kernel, whose randomness Lambda renews. No clock is read and
nothing of the catalog is remembered at a start, and what warms the client up finds nothing that
could be. Python's own generator, which spreads retries, would go on alike in all of them.
"""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from snapshot_restore_py import (  # type: ignore[import-untyped]
    register_after_restore,
    register_before_snapshot,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# No id of ours begins like that, so nothing is found, and nothing remembered.
NOBODY = "-"

logger = Logger()


def start_from_snapshots(client: "DynamoDBClient", read_nothing: Callable[[], object]) -> None:
    """Have the snapshot taken of a client that has made a call, and chance differ afterwards.

    `read_nothing` reads something that isn't there: the first call of a client loads and builds
    what all later ones use. It connects, too, and a connection doesn't live in a snapshot. If it
    fails, the snapshot is of a client that is less warm.
    """

    def warm_up() -> None:
        try:
            read_nothing()
        except (BotoCoreError, ClientError) as error:
            # A throttle, or a role that isn't known everywhere yet, must not fail a deployment.
            logger.warning("client not warmed up for the snapshot", exc_info=error)
        finally:
            client.close()

    register_before_snapshot(warm_up)
    register_after_restore(random.seed)
