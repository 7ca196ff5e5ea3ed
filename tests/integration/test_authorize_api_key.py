"""authorize_api_key: the header `X-API-Key` holds the key and nothing else."""

from tests.integration.authorizer_events import authorizer_event, deny
from tests.integration.conftest import Keys
from tests.integration.world import World


def test_an_api_key_opens_its_network(unchanged_world: World, keys: Keys) -> None:
    sent = {"X-API-Key": keys["north", "partner"]}

    answer = unchanged_world.invoke("authorize_api_key", authorizer_event(sent))

    assert answer == {
        "principalId": "north.partner",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": "arn:aws:execute-api:us-east-1:123456789012:api1234567/live/*",
                }
            ],
        },
        "context": {"network_id": "north", "role": "partner", "key_id": "partner"},
    }


def test_without_a_key_nothing_is_allowed(unchanged_world: World) -> None:
    answer = unchanged_world.invoke("authorize_api_key", authorizer_event({}))

    assert answer == deny()


def test_the_scheme_is_no_part_of_an_api_key(unchanged_world: World, keys: Keys) -> None:
    sent = {"X-API-Key": f"Bearer {keys['north', 'partner']}"}

    answer = unchanged_world.invoke("authorize_api_key", authorizer_event(sent))

    assert answer == deny()
