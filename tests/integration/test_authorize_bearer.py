"""authorize_bearer: a key behind the scheme `Bearer` in the header `Authorization`."""

import pytest

from tests.integration.authorizer_events import allow, authorizer_event, deny
from tests.integration.conftest import Keys
from tests.integration.world import World


def test_a_bearer_token_opens_its_network(unchanged_world: World, keys: Keys) -> None:
    sent = {"Authorization": f"Bearer {keys['north', 'partner']}"}

    answer = unchanged_world.invoke("authorize_bearer", authorizer_event(sent))

    assert answer == allow("north", "partner")


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER "])
def test_the_case_of_the_scheme_does_not_matter(
    unchanged_world: World, keys: Keys, scheme: str
) -> None:
    sent = {"Authorization": scheme + keys["north", "admin"]}

    answer = unchanged_world.invoke("authorize_bearer", authorizer_event(sent))

    assert answer == allow("north", "admin")


@pytest.mark.parametrize("scheme", ["", "Basic ", "Bearer", "Token ", "Digest "])
def test_another_scheme_than_bearer_is_denied(
    unchanged_world: World, keys: Keys, scheme: str
) -> None:
    sent = {"Authorization": scheme + keys["north", "partner"]}

    answer = unchanged_world.invoke("authorize_bearer", authorizer_event(sent))

    assert answer == deny()
