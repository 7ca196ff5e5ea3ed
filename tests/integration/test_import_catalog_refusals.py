"""import_catalog: documents that contradict themselves or the catalog; nothing is written then."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accrue.domain.ids import id_of_membership
from tests.integration.networks import demo_network
from tests.integration.users import FORGET, about_user, put_user
from tests.integration.world import World

type Document = dict[str, Any]


def _replaced(document: Document, pointer: str, value: object) -> Document:
    *path, name = pointer.split("/")[1:]
    place: Any = document
    for part in path:
        place = place[int(part) if isinstance(place, list) else part]
    if isinstance(place, list):
        place[int(name) :] = [value]
    else:
        place[name] = value
    return document


RATE = "/programs/0/rules/0/award/rate"
AN_ID = "is not an id: one begins with a letter or digit, and has only letters (a to z, A to Z), "
NOT_A_NAME = AN_ID + "digits and _ -, at most 64 in all"
NOT_AN_ID = AN_ID + "digits and . _ : ~ -, at most 64 in all"
SECOND_TIME = "stands at {} already: remove or rename one of the two"

# where the demo network is changed, to what, and the fault: its pointer and its message
CONTRADICTIONS: list[tuple[str, object, str, str]] = [
    ("/network", None, "/network", "is null: send an object with fields of its own"),
    ("/network/network_id", "a#b", "/network/network_id", NOT_A_NAME),
    ("/network/network_id", "a.b", "/network/network_id", NOT_A_NAME),
    ("/network/network_id", "demo\n", "/network/network_id", NOT_A_NAME),
    ("/network/network_id", "n" * 65, "/network/network_id", NOT_A_NAME),
    (
        "/network/colour",
        "red",
        "/network/colour",
        "is not a field of this: remove it, or mend its name",
    ),
    ("/network/name", "", "/network/name", "is blank: send some text"),
    (
        "/activity_types/6",
        {"kind": "sale"},
        "/activity_types/6/activity_type_id",
        "is missing: add it",
    ),
    ("/activity_types/0/kind", "gift", "/activity_types/0/kind", "must be 'action' or 'sale'"),
    ("/activity_types/0/roles", [], "/activity_types/0/roles", "is empty: add at least one"),
    (
        "/activity_types/6",
        {"activity_type_id": "visit", "kind": "action"},
        "/activity_types/6/activity_type_id",
        SECOND_TIME.format("/activity_types/5/activity_type_id"),
    ),
    (
        "/programs/1",
        demo_network()["programs"][0],
        "/programs/1/program_id",
        SECOND_TIME.format("/programs/0/program_id"),
    ),
    (
        "/programs/0/points/scale",
        7,
        "/programs/0/points/scale",
        "is too large: it must be at most 6",
    ),
    ("/programs/0/points/scale", 0.5, "/programs/0/points/scale", "must be a whole number"),
    ("/programs/0/points/rounding", "ceil", "/programs/0/points/rounding", "must be 'half_up', "),
    (RATE, 0.01, RATE, 'write it as text, "0.01": a JSON number with a fraction is not'),
    (RATE, "NaN", RATE, '"NaN" is not a number'),
    (RATE, "1e99", RATE, "is out of range"),
    (RATE, "1000000.1", RATE, "is out of range: a rate is at most 1000000"),
    (RATE, "0.0000001", RATE, "has 7 decimals: a rate has at most 6"),
    (RATE, True, RATE, ""),
    (RATE, None, RATE, 'is null: send a rate, such as "10.50"'),
    (
        "/programs/0/rules/0/rule_id",
        "task-pay",
        "/programs/0/rules/3/rule_id",
        SECOND_TIME.format("/programs/0/rules/0/rule_id"),
    ),
    (
        "/programs/0/rules/0/activity_type_id",
        "nothing",
        "/programs/0/rules/0/activity_type_id",
        "is not among the activity types",
    ),
    (
        "/programs/0/rules/0/role",
        "doer",
        "/programs/0/rules/0/role",
        "is not a role of the type; it has buyer, seller",
    ),
    (
        "/programs/0/rules/0/award/kind",
        "magic",
        "/programs/0/rules/0/award/kind",
        'must be one of "amount_times_rate", "flat", ',
    ),
    ("/users/0/user_id", "a b", "/users/0/user_id", NOT_AN_ID),
    ("/users/0/user_id", "jane@example.com", "/users/0/user_id", NOT_AN_ID),
    ("/users/0/email", "nobody", "/users/0/email", "is not an email"),
    (
        "/users/5",
        {"user_id": "user-1", "email": "new@x.org"},
        "/users/5/user_id",
        SECOND_TIME.format("/users/0/user_id"),
    ),
    (
        "/users/5",
        {"user_id": "user-9", "email": "BRADFORD@VillageLabs.co"},
        "/users/5/email",
        SECOND_TIME.format("/users/1/email"),
    ),
    (
        "/memberships/4",
        {"program_membership_id": "12345", "program_id": "coffee-club", "user_id": "user-5"},
        "/memberships/4/program_membership_id",
        SECOND_TIME.format("/memberships/0/program_membership_id"),
    ),
    (
        "/memberships/4",
        {"program_membership_id": "12349", "program_id": "coffee-club", "user_id": "user-1"},
        "/memberships/4/user_id",
        "is enrolled in the program at /memberships/0/user_id already: remove one of the two",
    ),
    (
        "/memberships/4",
        {"program_membership_id": "12349", "program_id": "tea-club", "user_id": "user-5"},
        "/memberships/4/program_id",
        "is not among the programs",
    ),
    (
        "/memberships/4",
        {"program_membership_id": "12349", "program_id": "coffee-club", "user_id": "user-9"},
        "/memberships/4/user_id",
        "is not among the users",
    ),
    ("/api_keys/0/key_id", "a.b", "/api_keys/0/key_id", NOT_A_NAME),
    ("/api_keys/0/role", "owner", "/api_keys/0/role", "must be 'partner' or 'admin'"),
    (
        "/api_keys/2",
        {"key_id": "admin", "role": "partner"},
        "/api_keys/2/key_id",
        SECOND_TIME.format("/api_keys/1/key_id"),
    ),
]


@pytest.mark.parametrize(("where", "value", "pointer", "message"), CONTRADICTIONS)
def test_a_document_that_contradicts_itself_is_refused_and_nothing_is_written(
    bare_world: World, where: str, value: object, pointer: str, message: str
) -> None:
    answer = bare_world.import_network(_replaced(demo_network(), where, value))

    faults = answer.pop("errors")
    assert [fault["pointer"] for fault in faults] == [pointer]
    assert faults[0]["message"].startswith(message)
    assert answer == {
        "message": "The network document has 1 fault(s); nothing was written.",
        "code": "INVALID_NETWORK_DOCUMENT",
        "request_id": f"invocation-{bare_world.invocations}",
    }
    assert bare_world.items("catalog") == []


@pytest.mark.parametrize("document", [{}, [], None, "text"])
def test_what_is_no_document_is_refused(bare_world: World, document: Any) -> None:
    answer = bare_world.import_network(document)

    assert answer["code"] == "INVALID_NETWORK_DOCUMENT"
    assert bare_world.items("catalog") == []


def test_every_fault_of_a_document_is_reported(bare_world: World) -> None:
    document = demo_network()
    document["users"] = []
    document["activity_types"] = document["activity_types"][:2]

    answer = bare_world.import_network(document)

    assert [fault["pointer"] for fault in answer["errors"]] == [
        "/users",
        *(f"/programs/0/rules/{n}/activity_type_id" for n in range(4)),
    ]
    assert bare_world.items("catalog") == []


def _other_email(document: Document) -> None:
    document["users"][0]["email"] = "new@example.com"


def _email_of_another(document: Document) -> None:
    document["users"] = [{"user_id": "user-9", "email": "Bradford@VillageLabs.co"}]
    document["memberships"] = []


def _membership_of_another(document: Document) -> None:
    document["memberships"] = [
        {"program_membership_id": "12345", "program_id": "coffee-club", "user_id": "user-5"}
    ]


def _membership_of_another_program(document: Document) -> None:
    document["programs"].append({"program_id": "tea-club", "name": "Tea", "points": {"unit": "p"}})
    document["memberships"][0]["program_id"] = "tea-club"


def _membership_of_nobody_yet(document: Document) -> None:
    _membership_of_another(document)
    for membership in document["memberships"]:
        membership["program_membership_id"] = id_of_membership("demo", "coffee-club", "user-9")


def _second_membership_of_a_program(document: Document) -> None:
    document["memberships"] = [
        {"program_membership_id": "99999", "program_id": "coffee-club", "user_id": "user-1"}
    ]


def _forgotten(document: Document) -> None:
    document["users"] = [{"user_id": "user-6", "email": "somebody@example.com"}]
    document["memberships"] = []


CONFLICTS: list[tuple[Callable[[Document], None], str, str]] = [
    (
        _other_email,
        "/users/0/email",
        "differs from this user_id's email, which can't be changed: add another user",
    ),
    (
        _email_of_another,
        "/users/0/email",
        "is another user's already: send another, or that user's user_id",
    ),
    (
        _membership_of_another,
        "/memberships/0",
        "is another user's or program's already: choose another id",
    ),
    (
        _membership_of_another_program,
        "/memberships/0",
        "is another user's or program's already: choose another id",
    ),
    (
        _membership_of_nobody_yet,
        "/memberships/0/program_membership_id",
        "begins as the ids do that memberships get here: choose another",
    ),
    (
        _second_membership_of_a_program,
        "/memberships/0/user_id",
        "has another membership of this program already",
    ),
    (
        _forgotten,
        "/users/0/user_id",
        "was forgotten: create a user with another id",
    ),
]


@pytest.mark.parametrize(("change", "pointer", "message"), CONFLICTS)
def test_a_document_that_contradicts_the_catalog_is_refused_and_nothing_is_written(
    unchanged_world: World, change: Callable[[Document], None], pointer: str, message: str
) -> None:
    if change is _forgotten:
        put_user(unchanged_world, "user-6")
        about_user(unchanged_world, FORGET, "user-6")
    before = unchanged_world.items("catalog")
    document = demo_network()
    document["network"]["name"] = "Must not be written"
    change(document)

    answer = unchanged_world.import_network(document)

    assert answer["code"] == "INVALID_NETWORK_DOCUMENT"
    assert {"pointer": pointer, "message": message} in answer["errors"]
    assert unchanged_world.items("catalog") == before


@pytest.fixture
def bare_world(unchanged_world: World) -> Iterator[World]:
    """The application without any network."""
    catalog = unchanged_world.items("catalog")
    for item in catalog:
        key = {name: item[name] for name in ("catalog_key", "item_key")}
        unchanged_world.client.delete_item(TableName="catalog", Key=key)
    yield unchanged_world
    unchanged_world.put_items("catalog", catalog)
