"""What all five endpoints for orders refuse, and how: bodies and memberships."""

import pytest

from tests.integration.spending import (
    ADJUSTMENTS,
    HOLDS,
    REDEMPTIONS,
    ROUTES,
    TAKING,
    WITH_POINTS,
    body_for,
    refused,
    send,
)
from tests.integration.world import World

KEY_FAULTS: list[tuple[object, str]] = [
    (None, "is null: send a key that is unique to this order"),
    ("", "is blank: send a string that is not"),
    (101, "must be a string, not a number"),
    ("k" * 256, "is longer than 255 characters: shorten it"),
    ("a\u0000b", "contains control characters: remove them"),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("key", "message"), KEY_FAULTS)
def test_a_wrong_key_is_refused(
    unchanged_world: World, route: str, key: object, message: str
) -> None:
    body = {**body_for(route), "idempotency_key": key}

    answer = send(unchanged_world, route, body, membership="12345")

    assert refused(answer) == (400, "INVALID_REQUEST", "/idempotency_key", message)
    assert unchanged_world.items("ledger") == []


POINTS_FAULTS: list[tuple[object, str]] = [
    ("", 'is blank: send a number such as "10.50"'),
    (True, "must be a number, not a boolean"),
    ({"amount": 1}, "must be a number, not an object"),
    ("fifty", '"fifty" is not a number: send one such as "10.50"'),
    ("1,000", '"1,000" is not a number: remove the thousands separator'),
    ("NaN", '"NaN" is not a number: send one such as "10.50"'),
    ("1e2000000", '"1e2000000" is out of range: write an exponent of at most 99'),
    ("1000000000000000.1", "is out of range: send an amount between -10^15 and 10^15"),
    ("0.0000000001", "has too many decimal places: round it to 9"),
]


@pytest.mark.parametrize("route", WITH_POINTS)
@pytest.mark.parametrize(("points", "message"), POINTS_FAULTS)
def test_wrong_points_are_refused(
    unchanged_world: World, route: str, points: object, message: str
) -> None:
    body = {**body_for(route), "points": points}

    answer = send(unchanged_world, route, body, membership="12345")

    assert refused(answer) == (400, "INVALID_REQUEST", "/points", message)
    assert unchanged_world.items("ledger") == []


@pytest.mark.parametrize("route", TAKING)
@pytest.mark.parametrize("points", ["0", "-0.0", "-1", 0])
def test_only_more_than_nothing_can_be_taken(
    unchanged_world: World, route: str, points: object
) -> None:
    answer = send(unchanged_world, route, {**body_for(route), "points": points}, membership="12345")

    message = "is not above 0: send how many points to take"
    assert refused(answer) == (400, "INVALID_REQUEST", "/points", message)


@pytest.mark.parametrize("points", ["0", "-0", 0])
def test_an_adjustment_is_not_of_nothing(unchanged_world: World, points: object) -> None:
    body = {**body_for(ADJUSTMENTS), "points": points}

    answer = send(unchanged_world, ADJUSTMENTS, body, membership="12345")

    message = "is 0: send how many points to add, or to deduct as a negative number"
    assert refused(answer) == (400, "INVALID_REQUEST", "/points", message)


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (59, "is out of range: send 60 to 2592000 seconds"),
        (2_592_001, "is out of range: send 60 to 2592000 seconds"),
        (-3600, "is out of range: send 60 to 2592000 seconds"),
        ("1e99", "is out of range: send 60 to 2592000 seconds"),
        (60.5, "is not a whole number: send whole seconds"),
        ("an hour", "is not a number: send whole seconds, such as 900"),
        ([], "must be a number, not an array"),
        (False, "must be a number, not a boolean"),
    ],
)
def test_a_hold_is_for_a_minute_to_thirty_days(
    unchanged_world: World, seconds: object, message: str
) -> None:
    body = {**body_for(HOLDS), "expires_in_seconds": seconds}

    answer = send(unchanged_world, HOLDS, body, membership="12345")

    assert refused(answer) == (400, "INVALID_REQUEST", "/expires_in_seconds", message)


@pytest.mark.parametrize("route", [REDEMPTIONS, HOLDS])
def test_a_description_is_short_text(unchanged_world: World, route: str) -> None:
    for description, message in (
        ("x" * 256, "is longer than 255 characters: shorten it"),
        (5, "must be a string, not a number"),
    ):
        body = {**body_for(route), "description": description}
        answer = send(unchanged_world, route, body, membership="12345")
        assert refused(answer) == (400, "INVALID_REQUEST", "/description", message)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, (400, "MALFORMED_JSON", "")),
        ("points=1", (400, "MALFORMED_JSON", "")),
        ("[]", (400, "MALFORMED_JSON", "")),
        ('{"points": NaN}', (400, "MALFORMED_JSON", "/points")),
        ('{"points": 1e2000000}', (400, "MALFORMED_JSON", "/points")),
        ('{"points": 1, "points": 2}', (400, "MALFORMED_JSON", "/points")),
        ('{"x": "' + "x" * 70_000 + '"}', (413, "REQUEST_TOO_LARGE", "")),
    ],
)
def test_a_garbage_body_is_refused(
    unchanged_world: World, route: str, body: str | None, told: tuple[int, str, str]
) -> None:
    answer = send(unchanged_world, route, body, membership="12345")

    assert refused(answer)[:3] == told
    assert unchanged_world.items("ledger") == []


@pytest.mark.parametrize("route", ROUTES)
def test_every_missing_field_is_told(unchanged_world: World, route: str) -> None:
    answer = send(unchanged_world, route, {}, membership="12345")

    wanted = ["/idempotency_key"]
    wanted += ["/points"] if route in {REDEMPTIONS, HOLDS, ADJUSTMENTS} else []
    wanted += ["/reason"] if route == ADJUSTMENTS else []
    assert answer.status == 400
    assert [fault["pointer"] for fault in answer.body["errors"]] == wanted


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("membership", ["99999", "é", "a b", "12345#x", "x" * 5000])
def test_an_unknown_membership_is_not_found(
    unchanged_world: World, route: str, membership: str
) -> None:
    answer = send(unchanged_world, route, body_for(route), membership=membership)

    assert refused(answer)[:3] == (
        404,
        "MEMBERSHIP_NOT_FOUND",
        "path:program_membership_id",
    )
    assert unchanged_world.items("ledger") == []
