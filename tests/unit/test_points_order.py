"""What stands for an order in its row, for ever: an idempotency key means the same after years."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from accrue.domain.errors import UnreadableRowError
from accrue.domain.payload_forms import (
    ADJUSTMENT_FORM,
    CAPTURE_FORM,
    HOLD_FORM,
    MEMBERSHIP_ACTIVITY_FORM,
    REDEMPTION_FORM,
    RELEASE_FORM,
    order_payload_hash,
)
from accrue.domain.points_order import (
    ParsedOrder,
    PointsOrder,
    parse_adjustment,
    parse_capture,
    parse_hold,
    parse_redemption,
    parse_release,
)
from accrue.runtime.json_body import parse_json_body

HOLD_ID = "ik_" + "a" * 32


def pseudonym(text: str) -> str:
    return sha256(b"a network's key" + text.encode()).hexdigest()


def parsed(parse: Callable[..., ParsedOrder], body: str, *path: str) -> PointsOrder:
    return parse(parse_json_body(body, is_base64_encoded=False), *(path or ("12345",))).order


def hashed(form: str, order: PointsOrder, under: str | None = None) -> str:
    return order_payload_hash(under or form, form, order, pseudonym)


ORDERS: list[tuple[str, PointsOrder, str]] = [
    (
        REDEMPTION_FORM,
        parsed(parse_redemption, '{"idempotency_key": "k", "points": "10", "description": "tea"}'),
        "9b9dadede99af4e2d792df22bd4d937fdd2f353394a33072b07d6e42c728fb31",
    ),
    (
        HOLD_FORM,
        parsed(parse_hold, '{"idempotency_key": "k", "points": 10, "expires_in_seconds": 60}'),
        "23fa457dc0d3650a9664be13503e17ed077f32d238ddff23740e26f11549455c",
    ),
    (
        CAPTURE_FORM,
        parsed(parse_capture, '{"idempotency_key": "k", "points": 10}', "12345", HOLD_ID),
        "5442315af3c55263bd7d753ca2072d25688573a68762583dbf31b356f79d40f3",
    ),
    (
        RELEASE_FORM,
        parsed(parse_release, '{"idempotency_key": "k"}', "12345", HOLD_ID),
        "5715a9656b0c403d63356004bd4b0859672aec38cae1201ab84e59a9cc956660",
    ),
    (
        ADJUSTMENT_FORM,
        parsed(parse_adjustment, '{"idempotency_key": "k", "points": -10, "reason": "twice"}'),
        "6d7a5233cb65ccd03832f029bff6d98b99e26fec023ce85040fb90afa5097ef9",
    ),
]


@pytest.mark.parametrize(("form", "order", "expected"), ORDERS)
def test_the_hash_of_an_order_never_changes(form: str, order: PointsOrder, expected: str) -> None:
    assert hashed(form, order) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"points": "10"', '"points": 10.0'),
        ('"points": 1e1', '"points": "10.00"'),
        ('"points": 10', '"points": 10, "description": null, "unknown": 1'),
    ],
)
def test_spelling_does_not_matter(one: str, other: str) -> None:
    orders = [
        parsed(parse_redemption, f'{{"idempotency_key": "k", {text}}}') for text in (one, other)
    ]

    assert hashed(REDEMPTION_FORM, orders[0]) == hashed(REDEMPTION_FORM, orders[1])


@pytest.mark.parametrize(
    "other",
    [
        '{"idempotency_key": "k", "points": "10", "expires_in_seconds": 61}',
        '{"idempotency_key": "k", "points": "10"}',
        '{"idempotency_key": "k", "points": "11", "expires_in_seconds": 60}',
        '{"idempotency_key": "k", "points": "10", "expires_in_seconds": 60, "description": ""}',
        '{"idempotency_key": "k", "points": "10", "expires_in_seconds": 60, "description": "x"}',
    ],
)
def test_whatever_else_is_sent_is_another_payload(other: str) -> None:
    first = parsed(parse_hold, '{"idempotency_key": "k", "points": 10, "expires_in_seconds": 60}')

    assert hashed(HOLD_FORM, parsed(parse_hold, other)) != hashed(HOLD_FORM, first)


def test_the_idempotency_key_is_no_part_of_the_payload() -> None:
    bodies = ('{"idempotency_key": "k", "points": 1}', '{"idempotency_key": "l", "points": 1}')

    assert len({hashed(HOLD_FORM, parsed(parse_hold, body)) for body in bodies}) == 1


def test_no_two_kinds_of_orders_and_no_two_memberships_or_holds_have_the_same_hash() -> None:
    body = '{"idempotency_key": "k", "points": "10"}'
    redemption, hold = parsed(parse_redemption, body), parsed(parse_hold, body)
    hashes = {
        hashed(REDEMPTION_FORM, redemption),
        hashed(HOLD_FORM, hold),
        hashed(REDEMPTION_FORM, parsed(parse_redemption, body, "12346")),
        hashed(CAPTURE_FORM, parsed(parse_capture, body, "12345", HOLD_ID)),
        hashed(CAPTURE_FORM, parsed(parse_capture, body, "12345", "ik_" + "b" * 32)),
        hashed(RELEASE_FORM, parsed(parse_release, body, "12345", HOLD_ID)),
    }

    assert len(hashes) == 6


def test_text_that_may_be_personal_is_hashed_with_the_networks_key() -> None:
    body = '{"idempotency_key": "k", "points": 1, "description": "ann@example.com"}'
    order = parsed(parse_redemption, body)

    other_key = order_payload_hash(REDEMPTION_FORM, REDEMPTION_FORM, order, lambda text: text)

    assert hashed(REDEMPTION_FORM, order) != other_key


def test_a_row_of_another_known_form_is_another_payload_and_of_an_unknown_one_unreadable() -> None:
    order = ORDERS[0][1]

    assert hashed(REDEMPTION_FORM, order, MEMBERSHIP_ACTIVITY_FORM) == hashed(
        REDEMPTION_FORM, order
    )
    with pytest.raises(UnreadableRowError):
        hashed(REDEMPTION_FORM, order, "redemption/99")
