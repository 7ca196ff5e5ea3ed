"""Signatures, as the public library of Standard Webhooks sees them."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from accrue.domain.webhooks.signing import (
    OLD_SECRET_LIFETIME,
    SigningSecret,
    in_use,
    rotated,
    secret_of,
    signed_headers,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)
BODY = b'{"event_id":"ev_1","type":"points.awarded"}'


def _secret(name: str) -> SigningSecret:
    return secret_of(sha256(name.encode()).digest())


def _is_right(secret: SigningSecret, headers: dict[str, str], body: bytes = BODY) -> bool:
    with time_machine.travel(NOW, tick=False):
        try:
            return bool(Webhook(secret.text).verify(body, headers))
        except WebhookVerificationError:
            return False


def test_signature_is_right_for_the_public_library() -> None:
    secret = _secret("one")

    headers = signed_headers("ev_1", BODY, [secret], NOW)

    assert headers.keys() == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert headers["webhook-id"] == "ev_1"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    with time_machine.travel(NOW, tick=False):
        assert Webhook(secret.text).verify(BODY, headers) == json.loads(BODY)


@given(st.dictionaries(st.text(), st.text()), st.binary(min_size=32, max_size=32))
def test_signature_is_the_librarys_own(document: dict[str, str], random_bytes: bytes) -> None:
    secret = secret_of(random_bytes)
    body = json.dumps(document)

    headers = signed_headers("ev_1", body.encode(), [secret], NOW)

    expected = Webhook(secret.text).sign("ev_1", NOW.replace(microsecond=0), body)
    assert headers["webhook-signature"] == expected


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({"webhook-id": "ev_2"}, BODY),
        ({"webhook-timestamp": str(int(NOW.timestamp()) - 1)}, BODY),
        ({}, BODY.replace(b"ev_1", b"ev_2")),
        ({}, json.dumps(json.loads(BODY)).encode()),
    ],
)
def test_signature_covers_id_time_and_every_byte(changed: dict[str, str], body: bytes) -> None:
    headers = signed_headers("ev_1", BODY, [_secret("one")], NOW)

    assert not _is_right(_secret("one"), {**headers, **changed}, body)


def test_secret_is_shown_as_the_specification_wants_and_by_nothing_else() -> None:
    secret = _secret("one")

    assert secret.text.startswith("whsec_")
    assert len(secret.key) == 32
    assert secret.text.removeprefix("whsec_") not in repr(secret)
    with pytest.raises(ValueError, match="31 random bytes"):
        secret_of(bytes(31))


def test_after_a_rotation_both_secrets_sign_for_a_day() -> None:
    old, new = _secret("old"), _secret("new")

    secrets = rotated([old], new, NOW)

    headers = signed_headers("ev_1", BODY, secrets, NOW)
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert _is_right(old, headers)
    assert _is_right(new, headers)
    last_moment = NOW + OLD_SECRET_LIFETIME - timedelta(microseconds=1)
    assert len(in_use(secrets, last_moment)) == 2
    assert [s.text for s in in_use(secrets, NOW + OLD_SECRET_LIFETIME)] == [new.text]


def test_a_rotation_made_again_keeps_the_secret_that_receivers_know() -> None:
    known, lost, new = _secret("known"), _secret("lost"), _secret("new")

    secrets = rotated(rotated([known], lost, NOW), new, NOW + timedelta(minutes=1))

    assert [s.text for s in secrets] == [new.text, lost.text, known.text]
    assert _is_right(known, signed_headers("ev_1", BODY, secrets, NOW))
    # It is not given another day.
    assert secrets[2].signs_until == NOW + OLD_SECRET_LIFETIME


def test_there_are_three_secrets_at_most() -> None:
    secrets: tuple[SigningSecret, ...] = (_secret("first"),)
    for name in ("second", "third", "fourth"):
        secrets = rotated(secrets, _secret(name), NOW)

    assert [s.text for s in secrets] == [_secret(n).text for n in ("fourth", "third", "second")]


def test_a_secret_that_signs_no_more_is_dropped_by_the_next_rotation() -> None:
    once = rotated([_secret("old")], _secret("new"), NOW)

    twice = rotated(once, _secret("newer"), NOW + timedelta(days=2))

    assert [s.text for s in twice] == [_secret("newer").text, _secret("new").text]
