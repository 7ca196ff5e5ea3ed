import json
import random
import time
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.errors import UnreadableRowError
from accrue.domain.membership_activity_request import (
    MembershipActivityRequest,
    parse_membership_activity,
)
from accrue.domain.network_activity_request import NetworkActivityRequest, parse_network_activity
from accrue.domain.payload_forms import (
    MEMBERSHIP_ACTIVITY_FORM,
    NETWORK_ACTIVITY_FORM,
    membership_payload_hash,
    network_payload_hash,
)
from accrue.runtime.json_body import parse_json_body

MEMBERSHIP_BODY = """{
    "idempotency_key": "unique-key-101",
    "activity": {
        "activity_type_id": "activity_type_1", "value": "50", "transaction_timestamp": 1633887337,
        "line_items": [{"item_id": "item_1", "value": 30, "group_id": "group_1"}]
    }
}"""
NETWORK_BODY = """{
    "activity_short_id": "sale", "amount": "3",
    "users": {"buyer": "bradford@theroutingcompany.com", "seller": "bradford@villagelabs.co"},
    "line_items": [{"item_id": "item_1", "value": 30, "group_id": "group_1"}],
    "metadata": {"reference_id": "customer_ref_id", "description": "customer description"},
    "enforceUniqueRefId": false
}"""


def pseudonym(email: str) -> str:
    return sha256(b"a network's key" + email.encode()).hexdigest()


def membership_request(
    body: str, program_membership_id: str = "12345"
) -> MembershipActivityRequest:
    sent = parse_json_body(body, is_base64_encoded=False)
    return parse_membership_activity(sent, program_membership_id).request


def membership_hash(
    body: str, program_membership_id: str = "12345", form: str = MEMBERSHIP_ACTIVITY_FORM
) -> str:
    request = membership_request(body, program_membership_id)
    return membership_payload_hash(form, request, pseudonym)


def network_request(body: str, idempotency_key: str | None = None) -> NetworkActivityRequest:
    return parse_network_activity(
        parse_json_body(body, is_base64_encoded=False), idempotency_key
    ).request


def network_hash(
    body: str, idempotency_key: str | None = None, form: str = NETWORK_ACTIVITY_FORM
) -> str:
    return network_payload_hash(form, network_request(body, idempotency_key), pseudonym)


def with_metadata(fields: str) -> str:
    return NETWORK_BODY.replace('"metadata": {', f'"metadata": {{{fields}, ')


def membership_body_with(metadata: str) -> str:
    return MEMBERSHIP_BODY.replace('"line_items"', f'"metadata": {{{metadata}}}, "line_items"')


def test_the_hash_of_a_form_never_changes() -> None:
    # If this fails, every stored row of the form answers its retries with 422: add a form instead.
    membership_1 = (
        '{"activity_type_id":"activity_type_1","form":"membership_activity/1",'
        '"line_items":[{"group_id":"group_1","item_id":"item_1","value":30}],'
        '"program_membership_id":"12345","transaction_timestamp":1633887337,"value":50}'
    )
    metadata = '{"basket":{"sizes":[2.5,null,true]},"caf\\u00e9":"12.50"}'
    membership_2 = (
        '{"activity_type_id":"activity_type_1","form":"membership_activity/2",'
        '"line_items":[{"group_id":"group_1","item_id":"item_1","value":30}],'
        f'"metadata":"{pseudonym(sha256(metadata.encode()).hexdigest())}",'
        '"program_membership_id":"12345","transaction_timestamp":1633887337,"value":50}'
    )
    buyer, seller = map(pseudonym, ("bradford@theroutingcompany.com", "bradford@villagelabs.co"))
    network_1 = (
        '{"activity_short_id":"sale","activity_timestamp":12345678910,"amount":3,'
        '"description":"customer description","enforceUniqueRefId":true,'
        '"form":"network_activity/1","reference_id":"customer_ref_id",'
        f'"users":{{"buyer":"{buyer}","seller":"{seller}"}}}}'
    )
    network_2 = (
        '{"activity_short_id":"sale","activity_timestamp":12345678910,"amount":3,'
        '"description":"customer description","enforceUniqueRefId":true,'
        '"form":"network_activity/2",'
        '"line_items":[{"group_id":"group_1","item_id":"item_1","value":30}],'
        f'"metadata":{metadata},"reference_id":"customer_ref_id",'
        f'"users":{{"buyer":"{buyer}","seller":"{seller}"}}}}'
    )
    own = '"café": "12.50", "basket": {"sizes": [2.50, null, true]}'
    to_membership = membership_body_with(own)
    to_network = with_metadata(f'"activity_timestamp": 12345678910, {own}').replace("false", "true")

    for number, membership in enumerate((membership_1, membership_2), start=1):
        form = f"membership_activity/{number}"
        assert membership_hash(to_membership, form=form) == sha256(membership.encode()).hexdigest()
    for number, network in enumerate((network_1, network_2), start=1):
        form = f"network_activity/{number}"
        assert network_hash(to_network, form=form) == sha256(network.encode()).hexdigest()


def test_what_was_not_sent_is_not_in_the_hash() -> None:
    membership_body = """{"idempotency_key": "k", "activity": {"activity_type_id": "t",
        "value": 1, "transaction_timestamp": 2, "line_items": null, "metadata": {"a": ""}}}"""
    network_body = """{"activity_short_id": "t", "amount": "1", "users": {"buyer": "a@b.c"},
        "line_items": [], "metadata": {"a": " "}}"""
    membership = (
        '{"activity_type_id":"t","form":"membership_activity/2",'
        '"program_membership_id":"12345","transaction_timestamp":2,"value":1}'
    )
    network = (
        '{"activity_short_id":"t","amount":1,"form":"network_activity/2",'
        f'"users":{{"buyer":"{pseudonym("a@b.c")}"}}}}'
    )

    assert membership_hash(membership_body) == sha256(membership.encode()).hexdigest()
    assert network_hash(network_body) == sha256(network.encode()).hexdigest()


@pytest.mark.parametrize(
    ("sent", "instead"),
    [
        ('"value": "50"', '"value": 50'),
        ('"value": "50"', '"value": 50.0'),
        ('"value": "50"', '"value": "5e1"'),
        ('"value": 30', '"value": "30.00"'),
        ("1633887337", "1633887337.000"),
        ("1633887337", '"1633887337"'),
        ('{\n    "idem', '{"program_membership_id": 12345, "idem'),
        ('{\n    "idem', '{"unknown": 1, "idem'),
        ("unique-key-101", "another-key"),
        ('"line_items"', '"metadata": null, "line_items"'),
        ('"line_items"', '"metadata": {"channel": null, "store_id": " "}, "line_items"'),
    ],
)
def test_the_same_activity_of_a_membership_has_the_same_hash(sent: str, instead: str) -> None:
    assert sent in MEMBERSHIP_BODY
    respelt = MEMBERSHIP_BODY.replace(sent, instead)

    assert membership_hash(respelt) == membership_hash(MEMBERSHIP_BODY)


@pytest.mark.parametrize(
    ("sent", "instead"),
    [
        ("activity_type_1", "activity_type_2"),
        ('"value": "50"', '"value": "60"'),
        ("1633887337", "1633887337.1"),
        ('"line_items"', '"left_out"'),
        ("item_1", "item_2"),
        ('"value": 30', '"value": 31'),
        ('"value": 30', '"value": null'),
        ('"value": 30', '"value": 0'),
        ("group_1", "group_2"),
        (', "group_id": "group_1"', ""),
        ("}]", '}, {"item_id": "item_2"}]'),
        ('"line_items"', '"metadata": {"basket": {}}, "line_items"'),
    ],
)
def test_another_activity_of_a_membership_has_another_hash(sent: str, instead: str) -> None:
    assert sent in MEMBERSHIP_BODY
    changed = MEMBERSHIP_BODY.replace(sent, instead)

    assert membership_hash(changed) != membership_hash(MEMBERSHIP_BODY)


def test_another_membership_has_another_hash() -> None:
    assert membership_hash(MEMBERSHIP_BODY, "12346") != membership_hash(MEMBERSHIP_BODY)


@pytest.mark.parametrize(
    ("sent", "instead"),
    [
        ('"amount": "3"', '"amount": 3.00'),
        ("bradford@theroutingcompany.com", "Bradford@TheRoutingCompany.com"),
        ('"metadata": {', '"metadata": {"activity_timestamp": null, '),
        ('"metadata": {', '"metadata": {"activity_timestamp": "", '),
        (',\n    "enforceUniqueRefId": false', ""),
        ('"enforceUniqueRefId": false', '"enforceUniqueRefId": null'),
        ('"metadata": {', '"metadata": {"enforceUniqueRefId": false, '),
        ('"metadata": {', '"unknown": [1], "metadata": {"channel": null, "store_id": " ", '),
        ('"value": 30', '"value": "30.00"'),
    ],
)
def test_the_same_activity_of_a_network_has_the_same_hash(sent: str, instead: str) -> None:
    assert sent in NETWORK_BODY
    respelt = NETWORK_BODY.replace(sent, instead)

    assert network_hash(respelt, "key") == network_hash(NETWORK_BODY)


@pytest.mark.parametrize(
    ("sent", "instead"),
    [
        ('"sale"', '"Sale"'),
        ('"amount": "3"', '"amount": "4"'),
        ('"buyer"', '"courier"'),
        ("bradford@theroutingcompany.com", "bradford@villagelabs.co"),
        (', "seller": "bradford@villagelabs.co"', ""),
        ("customer_ref_id", "another_ref_id"),
        ('"reference_id": "customer_ref_id", ', ""),
        ("customer description", "another description"),
        ('"metadata": {', '"metadata": {"activity_timestamp": 0, '),
        ('"metadata": {', '"metadata": {"reference": "x", '),
        ('"metadata": {', '"metadata": {"basket": {}, '),
        ('"enforceUniqueRefId": false', '"enforceUniqueRefId": true'),
        ('"line_items"', '"left_out"'),
        ("item_1", "item_2"),
        ('"value": 30', '"value": 31'),
        ('"value": 30', '"value": null'),
        (', "group_id": "group_1"', ""),
        ("}],", '}, {"item_id": "item_2"}],'),
    ],
)
def test_another_activity_of_a_network_has_another_hash(sent: str, instead: str) -> None:
    assert sent in NETWORK_BODY
    changed = NETWORK_BODY.replace(sent, instead)

    assert network_hash(changed) != network_hash(NETWORK_BODY)


OWN_METADATA = '"basket": {"sizes": [2.50, 3], "note": null}, "channel": "app"'


@pytest.mark.parametrize(
    ("sent", "instead"),
    [
        ("2.50", "25e-1"),
        ('"sizes": [2.50, 3], "note": null', '"note": null, "sizes": [2.5, 3]'),
        ('"channel": "app"', '"channel": "\\u0061pp"'),
    ],
)
def test_another_spelling_of_metadata_has_the_same_hash(sent: str, instead: str) -> None:
    assert sent in OWN_METADATA
    respelt = OWN_METADATA.replace(sent, instead)

    assert network_hash(with_metadata(respelt)) == network_hash(with_metadata(OWN_METADATA))
    assert membership_hash(membership_body_with(respelt)) == membership_hash(
        membership_body_with(OWN_METADATA)
    )


@pytest.mark.parametrize(
    ("sent", "instead"),
    [
        ("2.50", "2.51"),
        ("2.50", '"2.50"'),
        ("[2.50, 3]", "[3, 2.50]"),
        (', "note": null', ""),
        ('"app"', '"App"'),
        ('"channel"', '"Channel"'),
        (', "channel": "app"', ""),
        ('"app"', "true"),
    ],
)
def test_other_metadata_has_another_hash(sent: str, instead: str) -> None:
    assert sent in OWN_METADATA
    changed = OWN_METADATA.replace(sent, instead)

    assert network_hash(with_metadata(changed)) != network_hash(with_metadata(OWN_METADATA))
    assert membership_hash(membership_body_with(changed)) != membership_hash(
        membership_body_with(OWN_METADATA)
    )


def test_a_row_of_a_form_that_knew_less_is_compared_by_what_it_knew() -> None:
    network, membership = "network_activity/1", "membership_activity/1"
    without_items = NETWORK_BODY.replace('"line_items"', '"left_out"')

    assert network_hash(with_metadata(OWN_METADATA), form=network) == network_hash(
        without_items, form=network
    )
    assert membership_hash(membership_body_with(OWN_METADATA), form=membership) == membership_hash(
        MEMBERSHIP_BODY, form=membership
    )


def test_metadata_that_a_row_of_hangs_form_does_not_keep_cannot_be_guessed_from_its_hash() -> None:
    request = membership_request(membership_body_with(OWN_METADATA))
    seen: list[str] = []

    def of_another_network(text: str) -> str:
        seen.append(text)
        return sha256(b"another network's key" + text.encode()).hexdigest()

    another = membership_payload_hash(MEMBERSHIP_ACTIVITY_FORM, request, of_another_network)

    assert another != membership_hash(membership_body_with(OWN_METADATA))
    assert len(seen) == 1


def test_metadata_as_large_as_a_body_can_be_is_hashed_in_no_time() -> None:
    numbers = ",".join(["1e99", "1e-99"] * 5000)
    started = time.process_time()

    network_hash(with_metadata(f'"numbers": [{numbers}]'))
    membership_hash(membership_body_with(f'"numbers": [{numbers}]'))

    assert time.process_time() - started < 1


def test_emails_are_covered_by_the_pseudonyms_of_their_normalized_form() -> None:
    seen: list[str] = []
    users = {"buyer": "Bradford@TheRoutingCompany.com", "seller": "bradford@villagelabs.co"}
    request = replace(network_request(NETWORK_BODY), users=users)

    def note(email: str) -> str:
        seen.append(email)
        return pseudonym(email)

    assert network_payload_hash(NETWORK_ACTIVITY_FORM, request, note) == network_hash(NETWORK_BODY)
    assert seen == ["bradford@theroutingcompany.com", "bradford@villagelabs.co"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterMembershipRequest(MembershipActivityRequest):
    """As a later release may read a body: with one more field."""

    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterNetworkRequest(NetworkActivityRequest):
    """As a later release may read a body: with one more field."""

    channel: str | None = None


def fields_of(request: MembershipActivityRequest | NetworkActivityRequest) -> dict[str, Any]:
    return {field.name: getattr(request, field.name) for field in fields(request)}


def test_a_release_that_knows_more_fields_recognises_the_retries_of_old_rows() -> None:
    membership = fields_of(membership_request(MEMBERSHIP_BODY))
    network = fields_of(network_request(NETWORK_BODY))

    later_membership = LaterMembershipRequest(**membership, channel="app")
    later_network = LaterNetworkRequest(**network, channel="app")

    for form in ("membership_activity/1", "membership_activity/2"):
        assert membership_payload_hash(form, later_membership, pseudonym) == membership_hash(
            MEMBERSHIP_BODY, form=form
        )
    for form in ("network_activity/1", "network_activity/2"):
        assert network_payload_hash(form, later_network, pseudonym) == network_hash(
            NETWORK_BODY, form=form
        )


def test_a_row_of_the_other_front_door_never_matches() -> None:
    membership = membership_request(MEMBERSHIP_BODY)
    network = network_request(NETWORK_BODY)

    for number in (1, 2):
        of_network, of_membership = f"network_activity/{number}", f"membership_activity/{number}"
        assert membership_payload_hash(of_network, membership, pseudonym) != network_hash(
            NETWORK_BODY, form=of_network
        )
        assert network_payload_hash(of_membership, network, pseudonym) != membership_hash(
            MEMBERSHIP_BODY, form=of_membership
        )


@pytest.mark.parametrize("form", ["membership_activity/3", "network_activity/3", "", "dict/1"])
def test_an_unknown_form_cannot_be_compared(form: str) -> None:
    with pytest.raises(UnreadableRowError, match="payload form"):
        membership_payload_hash(form, membership_request(MEMBERSHIP_BODY), pseudonym)
    with pytest.raises(UnreadableRowError, match="payload form"):
        network_payload_hash(form, network_request(NETWORK_BODY), pseudonym)


def shuffled(value: Any, order: random.Random) -> Any:
    if not isinstance(value, dict):
        return value
    names = order.sample(list(value), len(value))
    return {name: shuffled(value[name], order) for name in names}


@given(
    st.randoms(use_true_random=False),
    st.integers(-(10**15), 10**15),
    st.sampled_from(["{}", '"{}"', "{}.0", "{}.000000000", '"{}e0"', "{}E+00", '"{}.0"']),
)
def test_neither_key_order_nor_number_spelling_changes_the_hash(
    order: random.Random, number: int, spelling: str
) -> None:
    # A placeholder, because json.dumps would spell the number itself.
    for body, hash_of in ((MEMBERSHIP_BODY, membership_hash), (NETWORK_BODY, network_hash)):
        sent = json.loads(body)
        sent.get("activity", sent)["value" if "activity" in sent else "amount"] = "<number>"
        respelt = json.dumps(shuffled(sent, order), indent=order.choice([None, 2]))
        plain = json.dumps(sent).replace('"<number>"', str(number))

        assert hash_of(respelt.replace('"<number>"', spelling.format(number))) == hash_of(plain)


def test_a_decimal_is_hashed_by_value() -> None:
    request = network_request(NETWORK_BODY)
    padded = replace(request, amount=Decimal("3.00"))

    assert network_payload_hash(NETWORK_ACTIVITY_FORM, padded, pseudonym) == network_payload_hash(
        NETWORK_ACTIVITY_FORM, request, pseudonym
    )
