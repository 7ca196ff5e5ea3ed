"""authorize_api_key and authorize_bearer: each reads its own header, and nothing else."""

import hmac
from dataclasses import dataclass

import pytest

from tests.integration.authorizer_events import allow, authorizer_event, deny
from tests.integration.conftest import Keys
from tests.integration.world import World


@dataclass(frozen=True)
class Door:
    """An authorizer and its header."""

    operation: str
    header: str
    scheme: str


API_KEY = Door("authorize_api_key", "X-API-Key", "")
BEARER = Door("authorize_bearer", "Authorization", "Bearer ")

doors = pytest.mark.parametrize("door", [API_KEY, BEARER], ids=lambda door: door.operation)


@doors
@pytest.mark.parametrize("network_id", ["north", "south"])
@pytest.mark.parametrize("role", ["partner", "admin"])
def test_a_key_opens_its_network_in_its_role(
    unchanged_world: World, keys: Keys, door: Door, network_id: str, role: str
) -> None:
    sent = {door.header: door.scheme + keys[network_id, role]}

    answer = unchanged_world.invoke(door.operation, authorizer_event(sent))

    assert answer == allow(network_id, role)


@pytest.mark.parametrize(
    ("door", "header"),
    [
        (API_KEY, "x-api-key"),
        (API_KEY, "X-Api-Key"),
        (BEARER, "authorization"),
        (BEARER, "AUTHORIZATION"),
    ],
)
def test_the_case_of_a_headers_name_does_not_matter(
    unchanged_world: World, keys: Keys, door: Door, header: str
) -> None:
    sent = {header: door.scheme + keys["north", "partner"]}

    answer = unchanged_world.invoke(door.operation, authorizer_event(sent))

    assert answer == allow("north", "partner")


GARBAGE = [
    "",
    " ",
    "garbage",
    "accrue_",
    "accrue_north",
    "accrue_north.partner",
    "accrue_north.partner.",
    "accrue_north.partner.AAAA",
    "accrue_north.partner." + "A" * 44,
    "accrue_north.partner." + "é" * 43,
    "accrue_north.partner." + "A" * 100_000,
    "accrue_north#x.partner." + "A" * 43,
    "accrue_north.partner.x." + "A" * 43,
    "../../" + "A" * 43,
]


@doors
@pytest.mark.parametrize("text", GARBAGE, ids=range(len(GARBAGE)))
def test_what_is_no_key_is_denied(unchanged_world: World, door: Door, text: str) -> None:
    answer = unchanged_world.invoke(
        door.operation, authorizer_event({door.header: door.scheme + text})
    )

    assert answer == deny()


@doors
def test_a_genuine_key_with_something_around_it_is_denied(
    unchanged_world: World, keys: Keys, door: Door
) -> None:
    key = keys["north", "partner"]

    for text in (f"{key},{key}", f"{key} {key}", key.upper(), f"x{key}", f'"{key}"'):
        sent = {door.header: door.scheme + text}
        assert unchanged_world.invoke(door.operation, authorizer_event(sent)) == deny()


@doors
def test_white_space_around_a_key_is_no_part_of_it(
    unchanged_world: World, keys: Keys, door: Door
) -> None:
    sent = {door.header: f"{door.scheme} {keys['north', 'partner']} "}

    assert unchanged_world.invoke(door.operation, authorizer_event(sent)) == allow(
        "north", "partner"
    )


def _with_secret_of(key: str, other: str) -> str:
    return f"{key.rpartition('.')[0]}.{other.rpartition('.')[2]}"


@doors
def test_a_wrong_secret_is_denied(unchanged_world: World, keys: Keys, door: Door) -> None:
    key = keys["north", "partner"]
    wrong = [
        _with_secret_of(key, "." + "A" * 43),
        # The right secret, of another key of the network, or of the same key of another network.
        _with_secret_of(key, keys["north", "admin"]),
        _with_secret_of(key, keys["south", "partner"]),
    ]

    for text in wrong:
        sent = {door.header: door.scheme + text}
        assert unchanged_world.invoke(door.operation, authorizer_event(sent)) == deny()


@doors
@pytest.mark.parametrize(
    "name", ["north.nobody", "nowhere.partner", "north.Partner", "NORTH.partner"]
)
def test_an_unknown_key_is_denied(
    unchanged_world: World, keys: Keys, door: Door, name: str
) -> None:
    unknown = _with_secret_of(f"accrue_{name}.", keys["north", "partner"])

    answer = unchanged_world.invoke(
        door.operation, authorizer_event({door.header: door.scheme + unknown})
    )

    assert answer == deny()


@doors
@pytest.mark.parametrize("name", ["north.partner", "north.nobody", "nowhere.partner"])
def test_an_unknown_key_is_compared_like_a_wrong_secret(
    unchanged_world: World, keys: Keys, door: Door, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys
    compare = hmac.compare_digest
    compared: list[tuple[int, int]] = []

    def watched(first: bytes, second: bytes) -> bool:
        compared.append((len(first), len(second)))
        return compare(first, second)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    text = f"{door.scheme}accrue_{name}.{'A' * 43}"

    answer = unchanged_world.invoke(door.operation, authorizer_event({door.header: text}))

    assert answer == deny()
    assert compared == [(32, 32)]


@doors
def test_a_secret_whose_hash_is_the_stand_in_opens_no_unknown_key(
    unchanged_world: World, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if somebody had found the text whose SHA-256 is what an unknown key is compared with.
    monkeypatch.setattr("accrue.domain.api_keys.secret_sha256", lambda _secret: bytes(32))
    text = f"{door.scheme}accrue_north.nobody.{'A' * 43}"

    answer = unchanged_world.invoke(door.operation, authorizer_event({door.header: text}))

    assert answer == deny()


@doors
def test_a_key_stored_under_another_networks_name_opens_neither(
    unchanged_world: World, keys: Keys, door: Door
) -> None:
    item = {"catalog_key": {"S": "#KEY#south.misplaced"}, "item_key": {"S": "KEY"}}
    (north,) = [
        row
        for row in unchanged_world.items("catalog")
        if row["catalog_key"]["S"] == "#KEY#north.partner"
    ]
    unchanged_world.put_items("catalog", [north | item])
    text = _with_secret_of("accrue_south.misplaced.", keys["north", "partner"])

    answer = unchanged_world.invoke(
        door.operation, authorizer_event({door.header: door.scheme + text})
    )

    assert answer == deny()


@doors
@pytest.mark.parametrize("order", [1, -1])
def test_a_key_in_the_other_header_vouches_for_nothing(
    unchanged_world: World, keys: Keys, door: Door, order: int
) -> None:
    genuine = door.scheme + keys["north", "partner"]
    (other,) = {"X-API-Key", "Authorization"} - {door.header}

    for mine, theirs, policy in (
        (door.scheme + "garbage", genuine, deny()),
        ("", genuine, deny()),
        (genuine, "garbage", allow("north", "partner")),
    ):
        sent = dict([(door.header, mine), (other, theirs)][::order])
        assert unchanged_world.invoke(door.operation, authorizer_event(sent)) == policy


@doors
def test_a_key_elsewhere_than_in_the_header_is_denied(
    unchanged_world: World, keys: Keys, door: Door
) -> None:
    key = keys["north", "partner"]
    elsewhere = authorizer_event(
        {"Cookie": f"{door.header}={key}", "X-Forwarded-Authorization": key},
        queryStringParameters={door.header: key},
    )

    assert unchanged_world.invoke(door.operation, elsewhere) == deny()
    assert unchanged_world.invoke(door.operation, authorizer_event(None)) == deny()
