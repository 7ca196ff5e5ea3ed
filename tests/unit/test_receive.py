"""What `make receive` says of a delivery, and of what it was started with."""

from datetime import UTC, datetime

import pytest

from accrue.domain.webhooks.signing import SigningSecret, secret_of, signed_headers
from local.errors import SecretError
from local.receive import described, read_secrets

SECRET = secret_of(bytes(range(32))).text
BODY = b'{"event_id":"ev_1"}'
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HEADERS = signed_headers("ev_1", BODY, [SigningSecret(SECRET)], NOW)


def _verdict(headers: dict[str, str], body: bytes = BODY) -> str:
    first, *_ = described(headers, body, [SECRET]).splitlines()
    return first.partition("  ")[2]


def test_a_delivery_that_is_signed_right() -> None:
    assert _verdict(HEADERS) == "ev_1  signature right, answered 204"


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "9" * 18},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-timestamp": "-" + "9" * 18},
        {"webhook-timestamp": ""},
        {"webhook-id": "ev_2"},
        {"webhook-signature": "v1,x"},
    ],
)
def test_a_delivery_that_is_signed_wrong(changed: dict[str, str]) -> None:
    assert "signature WRONG" in _verdict({**HEADERS, **changed})


@pytest.mark.parametrize("name", HEADERS)
def test_a_delivery_without_a_header(name: str) -> None:
    headers = {each: value for each, value in HEADERS.items() if each != name}

    assert "signature MISSING" in _verdict(headers)


def test_secrets_are_separated_by_commas_or_left_out() -> None:
    assert read_secrets("") == []
    assert read_secrets(f"{SECRET},{SECRET}") == [SECRET, SECRET]


@pytest.mark.parametrize("text", ["whsec_abc", "whsec_", "whsec_\u00fc", "c2VjcmV0", "x"])
def test_a_secret_that_is_none_is_told_at_the_start(text: str) -> None:
    with pytest.raises(SecretError, match="SECRET is not") as raised:
        read_secrets(f"{SECRET},{text}")

    assert SECRET not in str(raised.value)
