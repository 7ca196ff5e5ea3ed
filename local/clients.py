"""boto3 clients that can only reach the emulator."""

from typing import Any

import boto3
from botocore.config import Config

from local.account import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

# The first call of a function starts it, and a retry while it still runs would run it twice.
CONFIG = Config(
    proxies={}, read_timeout=330, retries={"total_max_attempts": 1}, max_pool_connections=20
)


def client(service: str, endpoint_url: str) -> Any:  # noqa: ANN401 - its type depends on the service's name
    """A client of any AWS service."""
    session = boto3.Session(
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        region_name=REGION,
    )
    make: Any = session.client
    return make(service, endpoint_url=endpoint_url, config=CONFIG)
