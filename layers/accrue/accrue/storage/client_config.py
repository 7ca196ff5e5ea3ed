"""How the clients of all AWS services wait and retry."""

from botocore.config import Config

# Botocore would hold each request against the service's description before it sends it: a fifth of
# the Python calls of a POST, a third of those of a row of a batch. Our requests are typed, and the
# integration tests have it check each of them.
CHECKS_PARAMETERS = False
# By default it describes SDK and machine, piece by piece and twice a call: a sixth of a POST's.
USER_AGENT = "accrue"


def client_config(tries: int = 3) -> Config:
    """A client with it gives up on a call after so many tries of at most three seconds each.

    Before the second it waits a second at most, before the third two: so long if it is throttled.
    """
    return Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": tries},
        parameter_validation=CHECKS_PARAMETERS,
        user_agent=USER_AGENT,
    )
