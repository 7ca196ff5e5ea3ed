"""A row of a batch is read as its own request would be."""

from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.batch_row import (
    HEADER_POINTER,
    KEY_POINTER,
    BatchRow,
    check_batch_key,
    parse_batch_row,
)
from accrue.domain.errors import (
    IdempotencyKeyReusedError,
    InvalidRequestError,
    MembershipNotFoundError,
    UnknownUserError,
)
from accrue.domain.membership_activity_request import parse_membership_activity
from accrue.domain.network_activity_request import (
    NetworkActivityRequest,
    parse_network_activity,
)

NETWORK = {"activity_short_id": "sale", "amount": "3", "users": {"buyer": "a@example.com"}}
ENFORCED = {**NETWORK, "enforceUniqueRefId": True, "metadata": {"reference_id": "R"}}
MEMBERSHIP: dict[str, Any] = {
    "idempotency_key": "k",
    "activity": {"activity_type_id": "t", "value": "5", "transaction_timestamp": Decimal(1)},
}


def pointers(body: dict[str, object], batch_key: str | None = None) -> list[str]:
    with pytest.raises(InvalidRequestError) as refused:
        parse_batch_row(body, 3, batch_key)
    return [fault.pointer for fault in refused.value.faults]


def test_a_row_in_hangs_form_is_its_request() -> None:
    row = parse_batch_row({**MEMBERSHIP, "program_membership_id": "7"}, 0, "K")

    assert row.request == parse_membership_activity(MEMBERSHIP, "7").request
    assert (row.created_status, row.catalog_refusal_status) == (200, 422)
    assert row == parse_batch_row({**MEMBERSHIP, "program_membership_id": Decimal("7.0")}, 0)


@pytest.mark.parametrize(
    ("body", "batch_key", "key", "pointer"),
    [
        ({**NETWORK, "idempotency_key": "k"}, None, "k", KEY_POINTER),
        ({**NETWORK, "idempotency_key": "k"}, "K", "k", KEY_POINTER),
        ({**ENFORCED, "idempotency_key": "k"}, "K", "k", KEY_POINTER),
        (ENFORCED, None, None, KEY_POINTER),
        (ENFORCED, "K", None, KEY_POINTER),
        (NETWORK, "K", "K/3", HEADER_POINTER),
        ({**NETWORK, "idempotency_key": None}, "K", "K/3", HEADER_POINTER),
    ],
)
def test_a_row_in_villages_form_is_its_request_with_a_key(
    body: dict[str, object], batch_key: str | None, key: str | None, pointer: str
) -> None:
    row = parse_batch_row(body, 3, batch_key)

    plain = {name: value for name, value in body.items() if name != "idempotency_key"}
    assert row.request == parse_network_activity(plain, key).request
    assert row.key_pointer == pointer
    assert row.warnings == ()
    assert (row.created_status, row.catalog_refusal_status) == (201, 400)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [""]),
        ({"activity": None, "activity_short_id": None}, [""]),
        ({**NETWORK, **MEMBERSHIP}, [""]),
        (NETWORK, ["/idempotency_key"]),
        ({**NETWORK, "idempotency_key": ""}, ["/idempotency_key"]),
        ({**NETWORK, "idempotency_key": 7, "amount": True}, ["/idempotency_key", "/amount"]),
        (MEMBERSHIP, ["/program_membership_id"]),
        ({"activity": MEMBERSHIP["activity"]}, ["/program_membership_id", "/idempotency_key"]),
        ({**MEMBERSHIP, "program_membership_id": " "}, ["/program_membership_id"]),
        ({**MEMBERSHIP, "program_membership_id": []}, ["/program_membership_id"]),
        ({**MEMBERSHIP, "program_membership_id": "7", "activity": 7}, ["/activity"]),
    ],
)
def test_every_fault_of_a_row_is_told(body: dict[str, object], expected: list[str]) -> None:
    assert pointers(body) == expected


def test_an_own_key_that_is_wrong_is_not_replaced_by_the_headers() -> None:
    assert pointers({**NETWORK, "idempotency_key": ""}, "K") == ["/idempotency_key"]


@pytest.mark.parametrize("key", ["", " ", "a\n", "k" * 252])
def test_a_header_that_gives_no_keys(key: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        check_batch_key(key)

    assert refused.value.faults[0].pointer == HEADER_POINTER


def test_the_key_of_the_last_row_fits() -> None:
    key = check_batch_key("k" * 251)

    request = parse_batch_row(NETWORK, 499, key).request
    assert isinstance(request, NetworkActivityRequest)
    assert request.idempotency_key is not None
    assert len(request.idempotency_key) == 255
    assert check_batch_key(None) is None


def test_refusals_point_into_the_row() -> None:
    row = BatchRow(parse_network_activity(NETWORK).request, key_pointer="header:Idempotency-Key")
    unknown = UnknownUserError("who?")

    not_found = row.refusal_in_row(MembershipNotFoundError())
    reused = row.refusal_in_row(IdempotencyKeyReusedError("elsewhere"))

    assert [fault.pointer for fault in not_found.faults] == ["/program_membership_id"]
    assert "URL" not in not_found.faults[0].message
    assert [fault.pointer for fault in reused.faults] == ["header:Idempotency-Key"]
    assert row.refusal_in_row(unknown) is unknown
