"""How the clients of all AWS services wait and retry."""

from botocore.config import Config


def client_config() -> Config:
    """A client with it gives up on a call after three tries of at most three seconds each."""
    return Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
