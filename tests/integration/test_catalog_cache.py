"""How soon a change of the catalog counts: at once after a miss, else after the cache's life."""

from typing import Any

import time_machine

from accrue.storage.catalog import CatalogTable
from tests.integration.authorizer_events import allow, authorizer_event, deny
from tests.integration.networks import demo_network
from tests.integration.world import World

CACHE_SECONDS = 30


def test_a_revoked_key_is_refused_once_the_cache_has_forgotten_it(
    empty_world: World, clock: time_machine.Traveller
) -> None:
    (key,) = (
        key["api_key"]
        for key in empty_world.import_network(demo_network())["api_keys"]
        if key["role"] == "partner"
    )
    event = authorizer_event({"X-API-Key": key})
    assert empty_world.invoke("authorize_api_key", event) == allow("demo", "partner")
    empty_world.client.delete_item(
        TableName="catalog",
        Key={"catalog_key": {"S": "#KEY#demo.partner"}, "item_key": {"S": "KEY"}},
    )

    clock.shift(CACHE_SECONDS - 1)
    assert empty_world.invoke("authorize_api_key", event) == allow("demo", "partner")
    clock.shift(1)
    assert empty_world.invoke("authorize_api_key", event) == deny()


def test_what_was_missing_counts_as_soon_as_it_is_defined(world: World) -> None:
    document = demo_network()
    activity = {"activity_type_id": "new", "value": "1", "transaction_timestamp": 1633887337}
    assert _post(world, "key", activity) == 422

    document["activity_types"].append({"activity_type_id": "new", "kind": "action"})
    world.import_network(document)

    assert _post(world, "key", activity) == 200


def test_a_type_that_was_found_is_believed_for_the_caches_life(
    world: World, clock: time_machine.Traveller
) -> None:
    correction = {
        "activity_type_id": "correction",
        "value": "-1",
        "transaction_timestamp": 1633887337,
    }
    document = demo_network()
    assert _post(world, "first", correction) == 200
    document["activity_types"][1]["allows_negative"] = False
    world.import_network(document)

    clock.shift(CACHE_SECONDS - 1)
    assert _post(world, "second", correction) == 200
    clock.shift(1)
    assert _post(world, "third", correction) == 422


def test_traits_are_believed_for_the_caches_life_and_a_miss_is_not(
    world: World, clock: time_machine.Traveller
) -> None:
    catalog = CatalogTable(world.client, "catalog", CACHE_SECONDS)
    assert catalog.find_traits("demo", "user-1") == {}

    world.import_network(_with_city("Bonn"))
    assert catalog.find_traits("demo", "user-1") == {"city": "Bonn"}
    assert catalog.find_traits("demo", "user-2") == {}

    world.import_network(_with_city("Rome"))
    clock.shift(CACHE_SECONDS - 1)
    assert catalog.find_traits("demo", "user-1") == {"city": "Bonn"}
    clock.shift(1)
    assert catalog.find_traits("demo", "user-1") == {"city": "Rome"}


def test_a_network_of_the_first_release_keeps_no_metadata(world: World) -> None:
    (item,) = [each for each in world.items("catalog") if "pseudonym_secret" in each]
    del item["metadata_fields"]
    world.put_items("catalog", [item])

    network = CatalogTable(world.client, "catalog", CACHE_SECONDS).find_network("demo")

    assert network is not None
    assert network.metadata_fields == ()


def _with_city(city: str) -> dict[str, Any]:
    document = demo_network()
    document["users"][0]["traits"] = {"city": city}
    return document


def _post(world: World, key: str, activity: dict[str, object]) -> int:
    body = {"idempotency_key": key, "activity": activity}
    return world.post_membership_activity("12345", body).status
