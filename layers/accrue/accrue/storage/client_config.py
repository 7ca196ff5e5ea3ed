"""How the clients of all AWS services wait and retry."""

from botocore.config import Config

# Against the service's own description, before they are sent: a fifth of all calls that the record
# function makes for a request, and two fifths of what the SDK does for a row of a batch. The types
# of our requests are checked before there are any, and tests check each of them in this way too.
CHECKS_PARAMETERS = False
# By default botocore describes the machine, piece by piece and twice for each call: a sixth.
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
