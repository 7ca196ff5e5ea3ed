"""How the clients of all AWS services wait and retry."""

from botocore.config import Config


def client_config(tries: int = 3) -> Config:
    """A client with it gives up on a call after so many tries of at most three seconds each.

    Before the second it waits a second at most, before the third two: so long if it is throttled.
    """
    return Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": tries},
    )
