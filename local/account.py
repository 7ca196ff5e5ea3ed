"""The account inside the emulator, and the environments of the programs that talk to it."""

import os

REGION = "us-east-1"
# The emulator reads a 12-digit key id as an account of its own. HTTP calls without a signature,
# which a partner's are, go to this one: under any other number they would find no API.
ACCESS_KEY_ID = "000000000000"
SECRET_ACCESS_KEY = "local"  # noqa: S105 - opens nothing: the emulator does not check it


def environment_without_aws() -> dict[str, str]:
    """The caller's environment without anything that could lead a program to a real account."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def environment_of_account(endpoint_url: str) -> dict[str, str]:
    """The environment for a program that takes the emulator for AWS."""
    return environment_without_aws() | {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # A proxy for the outer world must not be asked for 127.0.0.1.
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
