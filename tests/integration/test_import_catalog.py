"""import_catalog: a whole network as one document."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import time_machine

from tests.integration.authorizer_events import allow, authorizer_event
from tests.integration.bodies import BUYER_EMAIL, village_activity
from tests.integration.faults import Crash, CrashPoint, Faults
from tests.integration.networks import demo_network
from tests.integration.world import World

SMALL: dict[str, Any] = {
    "network": {"network_id": "small", "name": "Small network"},
    "activity_types": [{"activity_type_id": "task", "kind": "action", "roles": ["doer"]}],
    "programs": [
        {
            "program_id": "club",
            "name": "Club",
            "points": {"unit": "stars"},
            "rules": [
                {
                    "rule_id": "pay",
                    "activity_type_id": "task",
                    "role": "doer",
                    "award": {"kind": "amount_times_rate", "rate": "0.50"},
                }
            ],
        }
    ],
    "users": [{"user_id": "u-1", "email": "Somebody@Example.com"}],
    "memberships": [{"program_membership_id": "m-1", "program_id": "club", "user_id": "u-1"}],
    "api_keys": [{"key_id": "first", "role": "admin"}],
}
# Made of the first two secrets that are drawn (see conftest): the network's, then the key's.
NETWORK_SECRET = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"
API_KEY = "accrue_small.first.a4ayc_80_OGda4BO_1o_V0etpOqiLx1JwB5S3beHW0s"
API_KEY_SHA256 = "9c2e4d8fe97d881430de4e754b4205b9c27ce96715231cffc4337340cb110280"
PSEUDONYM = "dd50b1a1c80b30b180aab42e666f3da1e560fd2ffb519a9971b0e30396ec8cea"


def test_a_network_is_made_of_its_document(empty_world: World) -> None:
    report = empty_world.import_network(SMALL)

    assert report == {
        "network_id": "small",
        "created": 6,
        "updated": 0,
        "unchanged": 0,
        "changes": [
            {"pointer": pointer, "change": "created"}
            for pointer in (
                "/activity_types/task",
                "/programs/club",
                "/network",
                "/users/u-1",
                "/memberships/m-1",
                "/api_keys/first",
            )
        ],
        "api_keys": [{"key_id": "first", "role": "admin", "api_key": API_KEY}],
    }
    assert _catalog(empty_world) == {
        ("#NETWORKS", "small"): {
            "network_id": "small",
            "name": "Small network",
            "pseudonym_secret": NETWORK_SECRET,
            "logs_undefined_types": False,
            "metadata_fields": [],
            "automatic_programs": [],
        },
        ("#KEY#small.first", "KEY"): {
            "key_id": "first",
            "network_id": "small",
            "role": "admin",
            "secret_sha256": API_KEY_SHA256,
            "created_at": "2026-03-01T12:00:00.000000Z",
            "revoked_at": None,
        },
        ("small#KEYS", "first"): {
            "key_id": "first",
            "role": "admin",
            "created_at": "2026-03-01T12:00:00.000000Z",
            "revoked_at": None,
        },
        ("small#KEY_COUNTS", "COUNTS"): {"issued": Decimal(1), "revoked": Decimal(0)},
        ("small#DEFINITIONS", "REVISION"): {"revision": Decimal(1)},
        ("small#TYPES", "task"): {
            "activity_type_id": "task",
            "kind": "action",
            "roles": ["doer"],
            "allows_negative": False,
            "is_archived": False,
        },
        ("small#PROGRAMS", "club"): {
            "program_id": "club",
            "name": "Club",
            "version": Decimal(1),
            "effective_at": "1970-01-01T00:00:00.000000Z",
        },
        ("small#PROGRAM#club", "00000001"): {
            "program_id": "club",
            "version": Decimal(1),
            "effective_at": "1970-01-01T00:00:00.000000Z",
            "document": '{"program_id":"club","name":"Club","points":{"unit":"stars","scale":0,'
            '"rounding":"half_up","expiry":{"kind":"never"},"may_go_below_zero":false},'
            '"time_zone":"UTC","segments":[],"rules":[{"rule_id":"pay",'
            '"activity_type_id":"task","role":"doer","when":{"weekdays":[],"metadata":[],'
            '"traits":[],"tiers":[],"benefits":[]},"award":{"kind":"amount_times_rate",'
            '"rate":"0.5"},"limits":[]}],"bonuses":[],"quests":[]}',
            "kept": [],
        },
        ("small#MEMBERSHIP#m-1", "MEMBERSHIP"): {
            "program_membership_id": "m-1",
            "program_id": "club",
            "user_id": "u-1",
            "standing": "active",
        },
        ("small#USERS", "u-1"): {
            "user_id": "u-1",
            "email": "Somebody@Example.com",
            "pseudonym": PSEUDONYM,
            "standing": "active",
            "memberships": [{"program_id": "club", "program_membership_id": "m-1"}],
        },
        (f"small#EMAIL#{PSEUDONYM}", "USER"): {
            "user_id": "u-1",
            "standing": "active",
            "memberships": [{"program_id": "club", "program_membership_id": "m-1"}],
        },
    }


def test_a_second_run_changes_nothing(empty_world: World) -> None:
    first = empty_world.import_network(demo_network())
    before = empty_world.items("catalog")

    second = empty_world.import_network(demo_network())

    assert (first["created"], first["updated"], first["unchanged"]) == (19, 0, 0)
    assert second == {
        "network_id": "demo",
        "created": 0,
        "updated": 0,
        "unchanged": 19,
        "changes": [],
        "api_keys": [],
    }
    assert empty_world.items("catalog") == before


def _without_secrets(world: World) -> list[dict[str, Any]]:
    """The catalog but for what is drawn by chance, and what follows from that."""
    stored = _catalog(world)
    for row in stored.values():
        for name in ("pseudonym_secret", "secret_sha256", "pseudonym"):
            row.pop(name, None)
    return sorted(stored.values(), key=str)


def test_a_key_is_shown_once_and_only_its_hash_is_stored(empty_world: World) -> None:
    (minted,) = empty_world.import_network(SMALL)["api_keys"]

    again = empty_world.import_network(SMALL)

    assert again["api_keys"] == []
    secret = minted["api_key"].rpartition(".")[2]
    stored = json.dumps(empty_world.items("catalog"))
    octets = urlsafe_b64decode(secret + "=")
    assert not [text for text in (secret, octets.hex()) if text in stored]
    assert sha256(octets).hexdigest() in stored


def test_a_key_added_later_is_minted_alone_and_the_others_stay_good(empty_world: World) -> None:
    (first,) = empty_world.import_network(SMALL)["api_keys"]
    more = SMALL | {"api_keys": [*SMALL["api_keys"], {"key_id": "partner", "role": "partner"}]}

    report = empty_world.import_network(more)

    assert (report["created"], report["unchanged"]) == (1, 6)
    assert [key["key_id"] for key in report["api_keys"]] == ["partner"]
    event = authorizer_event({"X-API-Key": first["api_key"]})
    answer = empty_world.invoke("authorize_api_key", event)
    assert answer["context"] == {"network_id": "small", "role": "admin", "key_id": "first"}
    event = authorizer_event({"X-API-Key": report["api_keys"][0]["api_key"]})
    assert empty_world.invoke("authorize_api_key", event) == allow("small", "partner")


# a part and what it becomes
UPDATES: list[tuple[str, dict[str, Any]]] = [
    ("network", {"network_id": "small", "name": "Renamed"}),
    ("network", {"network_id": "small", "name": "Small network", "logs_undefined_types": True}),
    ("activity_types", {"activity_type_id": "task", "kind": "sale", "roles": ["doer"]}),
    (
        "activity_types",
        {
            "activity_type_id": "task",
            "kind": "action",
            "roles": ["doer"],
            "allows_negative": True,
        },
    ),
    ("users", {"user_id": "u-1", "email": "somebody@example.com"}),
    ("api_keys", {"key_id": "first", "role": "partner"}),
]


@pytest.mark.parametrize(("part", "value"), UPDATES)
def test_what_a_document_says_otherwise_is_updated_and_nothing_else(
    empty_world: World, part: str, value: dict[str, Any]
) -> None:
    empty_world.import_network(SMALL)
    before = _catalog(empty_world)

    report = empty_world.import_network(SMALL | {part: value if part == "network" else [value]})

    assert (report["created"], report["updated"], report["unchanged"]) == (0, 1, 5)
    after = _catalog(empty_world)
    assert after.keys() == before.keys()
    changed = [key for key in after if after[key] != before[key]]
    # Keys stand in a list, too.
    assert len([key for key in changed if key[0] != "small#KEYS"]) == 1
    assert report["api_keys"] == []


def test_what_a_document_leaves_out_stays(empty_world: World) -> None:
    empty_world.import_network(SMALL)
    before = empty_world.items("catalog")

    report = empty_world.import_network({"network": SMALL["network"]})

    assert (report["created"], report["updated"], report["unchanged"]) == (0, 0, 1)
    assert empty_world.items("catalog") == before


def _with_traits(traits: dict[str, Any] | None) -> dict[str, Any]:
    user = SMALL["users"][0] | ({} if traits is None else {"traits": traits})
    return SMALL | {"users": [user]}


def _stored_traits(world: World) -> Any:
    stored = _catalog(world).get(("small#TRAITS#u-1", "TRAITS"))
    return stored and stored["traits"]


def test_traits_are_items_of_their_own_without_the_email(empty_world: World) -> None:
    document = _with_traits({"city": "Bonn", "birth_year": 2004})

    report = empty_world.import_network(document)

    assert _catalog(empty_world)["small#TRAITS#u-1", "TRAITS"] == {
        "user_id": "u-1",
        "traits": {"city": "Bonn", "birth_year": "2004"},
    }
    assert (report["created"], report["updated"]) == (6, 0)
    assert empty_world.import_network(document)["unchanged"] == 6


def test_traits_that_are_given_replace_all_earlier_ones_and_others_stay(empty_world: World) -> None:
    empty_world.import_network(_with_traits({"city": "Bonn", "age": 20}))

    left_out = empty_world.import_network(_with_traits(None))
    assert left_out["unchanged"] == 6
    assert _stored_traits(empty_world) == {"city": "Bonn", "age": "20"}

    given = empty_world.import_network(_with_traits({"city": "Rome"}))
    assert (given["updated"], given["unchanged"]) == (1, 5)
    assert _stored_traits(empty_world) == {"city": "Rome"}

    emptied = empty_world.import_network(_with_traits({}))
    assert (emptied["updated"], emptied["unchanged"]) == (1, 5)
    assert _stored_traits(empty_world) is None


def test_traits_are_never_logged(empty_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    empty_world.import_network(_with_traits({"city": "Unmistakable", "b a d": "Unmistakable"}))
    empty_world.import_network(_with_traits({"city": "Unmistakable"}))

    assert _stored_traits(empty_world) == {"city": "Unmistakable"}
    assert "Unmistakable" not in capsys.readouterr().out


def test_a_further_membership_joins_the_users_earlier_ones(empty_world: World) -> None:
    empty_world.import_network(SMALL)
    document = SMALL | {
        "programs": [{"program_id": "second", "name": "Second", "points": {"unit": "p"}}],
        "activity_types": [],
        "memberships": [{"program_membership_id": "m-2", "program_id": "second", "user_id": "u-1"}],
    }

    report = empty_world.import_network(document)

    assert (report["created"], report["updated"], report["unchanged"]) == (2, 1, 2)
    (user,) = [
        item["memberships"]
        for (partition, _), item in _catalog(empty_world).items()
        if partition.startswith("small#EMAIL#")
    ]
    assert user == [
        {"program_id": "club", "program_membership_id": "m-1"},
        {"program_id": "second", "program_membership_id": "m-2"},
    ]


def _with_rate(rate: str) -> dict[str, Any]:
    document = demo_network()
    document["programs"][0]["rules"][0]["award"]["rate"] = rate
    return document


def test_a_changed_program_is_a_new_version_in_force_after_every_cache_has_forgotten(
    world: World,
) -> None:
    before = _catalog(world)

    report = world.import_network(_with_rate("0.02"))

    assert (report["created"], report["updated"], report["unchanged"]) == (0, 1, 18)
    after = _catalog(world)
    added = after.pop(("demo#PROGRAM#coffee-club", "00000002"))
    listed = ("demo#PROGRAMS", "coffee-club")
    assert (before.pop(listed)["version"], after.pop(listed)["version"]) == (1, 2)
    revision = ("demo#DEFINITIONS", "REVISION")
    assert after.pop(revision)["revision"] == before.pop(revision)["revision"] + 1
    assert after == before
    assert (added["version"], added["effective_at"]) == (2, "2026-03-01T12:01:00.000000Z")
    assert json.loads(added["document"])["rules"][0]["award"]["rate"] == "0.02"
    # Twice the 30 seconds for which functions believe what they have read.
    assert world.import_network(_with_rate("0.02"))["unchanged"] == 19


def test_keys_of_an_import_that_was_cut_off_are_there_and_not_shown_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So an operator has to revoke them: docs/administration.md says it."""
    faults = Faults.install(monkeypatch)
    world.restart()
    document = demo_network()
    document["api_keys"] += [{"key_id": name, "role": "partner"} for name in ("new-1", "new-2")]
    snapshot = world.snapshot()
    world.import_network(document)
    last_write = max(n for n, call in enumerate(faults.calls, start=1) if call.is_write)
    world.restore(snapshot)
    faults.plan_crashes([CrashPoint(last_write, "before")])

    with pytest.raises(Crash):
        world.import_network(document)
    again = world.import_network(document)

    assert [key["key_id"] for key in again["api_keys"]] == ["new-2"]
    there = [row["item_key"] for row in world.rows("catalog") if row["catalog_key"] == "demo#KEYS"]
    assert {"new-1", "new-2"} <= set(there)


def test_an_activity_is_decided_by_the_version_in_force_when_it_was_recorded(
    world: World, clock: time_machine.Traveller
) -> None:
    body = village_activity({"/users": {"buyer": BUYER_EMAIL}})
    world.post_network_activity(body)
    world.import_network(_with_rate("0.02"))
    clock.shift(timedelta(seconds=59.999))
    world.post_network_activity(body)
    clock.shift(timedelta(seconds=0.001))
    world.post_network_activity(body)
    clock.shift(timedelta(days=1))
    world.restart()

    world.deliver()

    decided = {p["recorded_at"]: (p["program_version"], p["points"]) for p in world.postings()}
    assert decided == {
        "2026-03-01T12:00:00.000000Z": (1, 5),
        "2026-03-01T12:00:59.999000Z": (1, 5),
        "2026-03-01T12:01:00.000000Z": (2, 10),
    }


def test_a_function_that_has_not_heard_of_a_version_decides_like_one_that_has(
    world: World, clock: time_machine.Traveller
) -> None:
    body = village_activity({"/users": {"buyer": BUYER_EMAIL}})
    world.post_network_activity(body)
    world.deliver()
    world.import_network(_with_rate("0.02"))
    clock.shift(timedelta(seconds=29))
    world.post_network_activity(body)

    world.deliver()
    aware = world.balance("12345")
    for item in world.items("balance"):
        _delete(world, item, "balance", "membership_key")
    world.restart()
    world.deliver()

    assert aware == world.balance("12345") == "10"


def test_of_versions_that_follow_in_haste_the_last_is_in_force(
    world: World, clock: time_machine.Traveller
) -> None:
    """Even if each was published by a clock that is behind the one before."""
    for rate in ("0.02", "0.03", "0.04"):
        world.import_network(_with_rate(rate))
        clock.shift(timedelta(seconds=-30))
    clock.shift(timedelta(seconds=300))
    world.restart()

    world.post_network_activity(village_activity({"/users": {"buyer": BUYER_EMAIL}}))
    world.deliver()

    assert world.balance("12345") == "20"
    assert world.get_membership("12345").body["program"]["version"] == 4


def _catalog(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """What the items say, by key."""
    rows = world.rows("catalog")
    for row in rows:
        row.pop("content_hash", None)
    return {(row.pop("catalog_key"), row.pop("item_key")): row for row in rows}


def _delete(
    world: World, item: dict[str, Any], table: str = "catalog", partition: str = "catalog_key"
) -> None:
    key = {partition: item[partition], "item_key": item["item_key"]}
    world.client.delete_item(TableName=table, Key=key)
