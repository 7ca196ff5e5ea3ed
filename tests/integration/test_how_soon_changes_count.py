"""How soon functions that are warm see what administrators change: see docs/administration.md."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accrue.domain.timestamps import to_text
from accrue.storage.catalog import CatalogTable
from tests.integration.authorizer_events import authorizer_event
from tests.integration.bodies import BUYER_EMAIL, hang_activity, village_activity
from tests.integration.networks import demo_network
from tests.integration.test_administer_programs import OVERWRITE, publish, with_rate
from tests.integration.users import enrol, put_user
from tests.integration.world import World

CACHE_SECONDS = 30
PUT_TYPE = "PUT /networks/{network_id}/activity-types/{activity_type_id}"
TYPE = {"kind": "action", "roles": ["member"]}


def put_type(world: World, **changes: Any) -> None:
    body = TYPE | changes
    path = {"activity_type_id": "activity_type_1"}
    assert world.call(PUT_TYPE, body, path=path, headers=OVERWRITE).status == 200


def hang_status(world: World, key: str, value: str = "5") -> int:
    activity = {
        "activity_type_id": "activity_type_1",
        "value": value,
        "transaction_timestamp": 1772366400,
    }
    body = {"idempotency_key": key, "activity": activity}
    return world.post_membership_activity("12345", body).status


@pytest.mark.parametrize(
    ("changes", "value", "statuses"),
    [({"allows_negative": True}, "-5", (422, 200)), ({"is_archived": True}, "5", (200, 422))],
)
def test_a_type_that_changes_counts_after_the_caches_life(
    world: World,
    clock: time_machine.Traveller,
    changes: dict[str, Any],
    value: str,
    statuses: tuple[int, int],
) -> None:
    before, after = statuses
    assert hang_status(world, "warm", value) == before

    put_type(world, **changes)

    clock.shift(CACHE_SECONDS - 1)
    assert hang_status(world, "still", value) == before
    clock.shift(1)
    assert hang_status(world, "now", value) == after


def test_a_type_that_is_archived_is_undefined_to_the_network_form_too(
    world: World, clock: time_machine.Traveller
) -> None:
    path = {"activity_type_id": "sale"}
    archived = {"kind": "sale", "roles": ["buyer", "seller"], "is_archived": True}
    body = village_activity({"/users": {"buyer": BUYER_EMAIL}})
    assert world.post_network_activity(body).status == 201

    assert world.call(PUT_TYPE, archived, path=path, headers=OVERWRITE).status == 200
    clock.shift(CACHE_SECONDS)
    world.post_network_activity(body)

    outcomes = [row.get("settled_outcome") for row in world.rows("ledger")]
    assert sorted(map(str, outcomes)) == ["None", "undefined_type"]


def sale(world: World) -> None:
    body = village_activity({"/users": {"buyer": BUYER_EMAIL}})
    assert world.post_network_activity(body).status == 201
    world.deliver()


def test_a_version_counts_for_all_functions_from_one_moment(
    world: World, clock: time_machine.Traveller
) -> None:
    """The warm ones have read the old version a moment before the new one was published."""
    sale(world)
    assert world.balance("12345") == "5"
    publish(world, with_rate("1"), headers=OVERWRITE)

    clock.shift(2 * CACHE_SECONDS - 1)
    sale(world)
    assert world.balance("12345") == "10"
    clock.shift(1)
    sale(world)
    assert world.balance("12345") == "510"


def test_no_version_is_in_force_before_the_last_cache_has_forgotten(
    world: World, clock: time_machine.Traveller
) -> None:
    for rate in ("2", "3", "4"):
        earliest = to_text(datetime.now(UTC) + timedelta(seconds=2 * CACHE_SECONDS))
        answer = publish(world, with_rate(rate), headers=OVERWRITE)
        assert answer.body["effective_at"] == earliest
        clock.shift(7)
        early = {"effective_at": earliest}
        refused = publish(world, with_rate("99"), headers=OVERWRITE, more=early)
        assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/effective_at")


def test_what_was_missing_counts_at_once(world: World) -> None:
    body = {
        "idempotency_key": "new",
        "activity": {"activity_type_id": "new", "value": "5", "transaction_timestamp": 1772366400},
    }
    assert world.post_membership_activity("12345", body).status == 422

    world.call(PUT_TYPE, TYPE, path={"activity_type_id": "new"})

    assert world.post_membership_activity("12345", body).status == 200
    world.deliver()
    assert world.balance("12345") == "5"


def test_metadata_is_kept_after_the_caches_life(
    world: World, clock: time_machine.Traveller
) -> None:
    sale_in_season = village_activity(
        {"/users": {"buyer": BUYER_EMAIL}, "/metadata/season": "spring"}
    )
    world.post_network_activity(sale_in_season)
    body = {"name": "Demo network", "metadata_fields": ["season"]}
    assert world.call("PUT /networks/{network_id}", body, headers=OVERWRITE).status == 200

    clock.shift(CACHE_SECONDS - 1)
    world.post_network_activity(sale_in_season)
    clock.shift(1)
    world.post_network_activity(sale_in_season)

    kept = ["season" in str(row.get("metadata", {})) for row in world.rows("ledger")]
    assert sorted(kept) == [False, False, True]


def test_a_users_first_membership_counts_at_once_and_further_ones_after_the_caches_life(
    world: World, clock: time_machine.Traveller
) -> None:
    document = demo_network()
    document["programs"].append({**document["programs"][0], "program_id": "tea-club"})
    world.import_network(document)
    world.restart()
    email = "not.enrolled@example.com"
    body = village_activity({"/users": {"buyer": email}})

    def programs_pinned() -> list[str]:
        """Of an activity that is posted now."""
        activity_id = world.post_network_activity(body).headers["Accrue-Activity-Id"]
        (row,) = (row for row in world.rows("ledger") if row["activity_id"] == activity_id)
        return [ref["program_id"] for ref in row["participants"][0]["memberships"]]

    assert programs_pinned() == []
    enrol(world, program_id="coffee-club", email=email)
    assert programs_pinned() == ["coffee-club"]
    enrolled = enrol(world, program_id="tea-club", email=email)

    clock.shift(CACHE_SECONDS - 1)
    assert programs_pinned() == ["coffee-club"]
    # By its own id, a membership counts at once: no function has looked for it.
    membership_id = enrolled.body["program_membership_id"]
    by_id = world.post_membership_activity(membership_id, hang_activity())
    assert by_id.status == 200
    clock.shift(1)
    assert programs_pinned() == ["coffee-club", "tea-club"]


def test_traits_that_change_count_after_the_caches_life_and_the_first_at_once(
    world: World, clock: time_machine.Traveller
) -> None:
    catalog = CatalogTable(world.client, "catalog", CACHE_SECONDS)
    assert catalog.find_traits("demo", "user-9") == {}
    put_user(world)
    put_user(world, traits={"plan": "silver"}, headers=OVERWRITE)
    assert catalog.find_traits("demo", "user-9") == {"plan": "silver"}
    put_user(world, traits={"plan": "gold"}, headers=OVERWRITE)

    clock.shift(CACHE_SECONDS - 1)
    assert catalog.find_traits("demo", "user-9") == {"plan": "silver"}
    clock.shift(1)
    assert catalog.find_traits("demo", "user-9") == {"plan": "gold"}


def test_the_role_of_a_key_counts_after_the_caches_life(
    world: World, clock: time_machine.Traveller
) -> None:
    """The gateway's 60 seconds come to it for keys: it keeps what the authorizer answered."""
    report = world.import_network(
        {"network": demo_network()["network"], "api_keys": [{"key_id": "new", "role": "partner"}]}
    )
    (key,) = report["api_keys"]
    header = authorizer_event({"Authorization": f"Bearer {key['api_key']}"})
    authorized = world.invoke("authorize_bearer", header)
    assert authorized["context"]["role"] == "partner"
    world.import_network(
        {"network": demo_network()["network"], "api_keys": [{"key_id": "new", "role": "admin"}]}
    )

    clock.shift(CACHE_SECONDS - 1)
    assert world.invoke("authorize_bearer", header)["context"]["role"] == "partner"
    clock.shift(1)
    assert world.invoke("authorize_bearer", header)["context"]["role"] == "admin"
