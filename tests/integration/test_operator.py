"""The operator of the stack, known by the hash of his key."""

import base64
import hashlib
import hmac
import subprocess
import sys
from typing import Any

import pytest

from accrue.runtime.settings import BearerSettings, SettingsError
from tests.integration.authorizer_events import allow, authorizer_event, deny
from tests.integration.networks import demo_network
from tests.integration.world import World
from tests.template import ROOT, template


def operator_key(number: int = 1) -> str:
    secret = hashlib.sha256(str(number).encode()).digest()
    return "accrue_operator." + base64.urlsafe_b64encode(secret).decode().rstrip("=")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


ACCEPTED = [sha256(operator_key(number)) for number in (1, 2)]
OPERATOR = {
    "principalId": ".operator",
    "policyDocument": allow("", "operator")["policyDocument"],
    "context": {"network_id": "", "role": "operator", "key_id": "operator"},
}


@pytest.fixture
def operated_world(empty_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The application with two operator keys."""
    monkeypatch.setenv("OPERATOR_KEY_SHA256", ",".join(ACCEPTED))
    empty_world.restart()
    return empty_world


def asked(world: World, key: str, function: str = "authorize_bearer") -> Any:
    header = {"Authorization": f"Bearer {key}"}
    headers = header if function == "authorize_bearer" else {"X-API-Key": key}
    return world.invoke(function, authorizer_event(headers))


def test_each_key_whose_hash_the_stack_was_given_is_the_operators(operated_world: World) -> None:
    assert [asked(operated_world, operator_key(n)) for n in (1, 2, 3)] == [
        OPERATOR,
        OPERATOR,
        deny(),
    ]


def test_only_the_bearer_authorizer_knows_them(operated_world: World) -> None:
    assert asked(operated_world, operator_key(), "authorize_api_key") == deny()


def test_without_hashes_there_is_no_operator(empty_world: World) -> None:
    assert asked(empty_world, operator_key()) == deny()
    assert asked(empty_world, "") == deny()


@pytest.mark.parametrize("text", ["open sesame", "accrue_operator.short", operator_key() + "x"])
def test_what_is_no_operator_key_is_none_even_if_its_hash_was_given(
    empty_world: World, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("OPERATOR_KEY_SHA256", sha256(text))
    empty_world.restart()

    assert asked(empty_world, text) == deny()


def test_a_network_named_operator_has_keys_of_its_own(operated_world: World) -> None:
    report = operated_world.import_network(demo_network("operator"))

    (partner, _) = (key["api_key"] for key in report["api_keys"])
    assert partner.startswith("accrue_operator.")
    assert asked(operated_world, partner) == allow("operator", "partner")


def test_every_hash_is_compared_whole(
    operated_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long it takes must not tell how much of a key is right, or which it is."""
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def compare_digest(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr("accrue.domain.api_keys.hmac.compare_digest", compare_digest)
    for number in (1, 2, 3):
        compared.clear()
        asked(operated_world, operator_key(number))
        hashes = {
            other.hex() for one, other in compared if one.hex() == sha256(operator_key(number))
        }
        assert hashes == set(ACCEPTED)


@pytest.mark.parametrize("text", ["abc", "zz" * 32, "ab" * 31, f"{'ab' * 32};{'ab' * 32}"])
def test_what_is_no_hash_fails_at_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("CATALOG_TABLE", "catalog")
    monkeypatch.setenv("CATALOG_CACHE_SECONDS", "30")
    monkeypatch.setenv("OPERATOR_KEY_SHA256", text)

    with pytest.raises(SettingsError, match="OPERATOR_KEY_SHA256"):
        BearerSettings.from_environment()


def test_the_template_gives_them_to_the_bearer_authorizer_alone() -> None:
    given = {
        logical_id: value["Properties"]["Environment"]["Variables"].get("OPERATOR_KEY_SHA256")
        for logical_id, value in template()["Resources"].items()
        if value["Type"] == "AWS::Serverless::Function" and "Environment" in value["Properties"]
    }

    assert {name: value for name, value in given.items() if value} == {
        "AuthorizeBearerFunction": {"Ref": "OperatorKeySha256"}
    }
    assert template()["Parameters"]["OperatorKeySha256"]["Default"] == ""


def test_the_documented_line_makes_a_key(
    empty_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "administration.md").read_text()
    (line,) = (
        each for each in text.splitlines() if "accrue_operator." in each and "python3 -c" in each
    )
    code = line.strip().removeprefix('python3 -c "').removesuffix('"')

    made = subprocess.run(  # noqa: S603 - a line of our own documentation
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    key, digest = made
    monkeypatch.setenv("OPERATOR_KEY_SHA256", digest)
    empty_world.restart()
    assert asked(empty_world, key) == OPERATOR
