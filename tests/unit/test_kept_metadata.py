import time
from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from accrue.domain.errors import Fault, UnusableMetadataError
from accrue.domain.findings import MAX_WARNINGS
from accrue.domain.kept_metadata import KNOWN_METADATA_FIELDS, KeptMetadata
from accrue.domain.kept_metadata import keep_metadata as keep_at

KEPT_FIELDS = ("channel", "store_id", "basket_value", "is_gift")


def keep_metadata(sent: Mapping[str, object], metadata_fields: Sequence[str]) -> KeptMetadata:
    """As it is kept of Village's form."""
    return keep_at(sent, metadata_fields, ["metadata"], KNOWN_METADATA_FIELDS)


KEPT: list[tuple[str, object, object]] = [
    # field, what is sent, what is kept
    ("channel", "app", "app"),
    ("channel", " App\n", " App\n"),
    ("channel", "12.50", "12.50"),
    ("channel", "é" * 255, "é" * 255),
    ("basket_value", Decimal("12.50"), Decimal("12.5")),
    ("basket_value", Decimal("-0.000000001"), Decimal("-0.000000001")),
    ("basket_value", Decimal("1e15"), Decimal(10**15)),
    ("basket_value", Decimal("999999999999999.123456789"), Decimal("999999999999999.123456789")),
    ("basket_value", Decimal(0), Decimal(0)),
    ("is_gift", True, True),
    ("is_gift", False, False),
]


@pytest.mark.parametrize(("field", "sent", "value"), KEPT)
def test_a_field_that_the_network_names_is_kept_with_its_type(
    field: str, sent: object, value: object
) -> None:
    kept = keep_metadata({field: sent}, KEPT_FIELDS)

    assert (kept.values, kept.warnings) == ({field: value}, ())
    assert type(kept.values[field]) is type(value)


def test_a_number_is_kept_in_its_one_spelling() -> None:
    kept = keep_metadata({"basket_value": Decimal("12.500")}, KEPT_FIELDS)

    assert str(kept.values["basket_value"]) == "12.5"


NOT_KEPT: list[tuple[str, str]] = [
    # The vendor's own CSV script sends the first.
    ("reference", 'unknown field "reference" in /metadata is ignored: did you mean reference_id?'),
    ("storeId", 'unknown field "storeId" in /metadata is ignored: did you mean store_id?'),
    (
        "colour",
        '"colour" in /metadata is not kept: an admin can name it in metadata_fields',
    ),
]


@pytest.mark.parametrize(("field", "warning"), NOT_KEPT)
@pytest.mark.parametrize("sent", ["red", {"nested": ["red"]}, Decimal("1e99")])
def test_any_other_field_is_not_kept_and_the_sender_is_told(
    field: str, warning: str, sent: object
) -> None:
    kept = keep_metadata({field: sent, "channel": "app"}, KEPT_FIELDS)

    assert (kept.values, kept.warnings) == ({"channel": "app"}, (warning,))


UNUSABLE: list[tuple[object, str]] = [
    ("x" * 256, "is longer than 255 characters: shorten it"),
    ({"a": "b"}, "must be a string, a number, true or false, not an object"),
    (["a"], "must be a string, a number, true or false, not an array"),
    (
        Decimal("1000000000000000.1"),
        "is out of range: send an amount between -10^15 and 10^15, or send a string",
    ),
    (Decimal("1e99"), "is out of range: send an amount between -10^15 and 10^15, or send a string"),
    (Decimal("1e-10"), "has too many decimal places: round it to 9, or send a string"),
]


@pytest.mark.parametrize(("sent", "message"), UNUSABLE)
def test_a_named_field_that_cannot_be_kept_is_pointed_at_with_a_remedy(
    sent: object, message: str
) -> None:
    with pytest.raises(UnusableMetadataError) as refusal:
        keep_metadata({"channel": sent}, KEPT_FIELDS)

    assert refusal.value.faults == (Fault("/metadata/channel", message),)


def test_all_that_cannot_be_kept_is_reported_at_once() -> None:
    sent = {"channel": [], "colour": [], "is_gift": "no", "store_id": "x" * 256}

    with pytest.raises(UnusableMetadataError) as refusal:
        keep_metadata(sent, KEPT_FIELDS)

    assert [f.pointer for f in refusal.value.faults] == ["/metadata/channel", "/metadata/store_id"]


def test_an_email_in_a_kept_text_is_blanked_and_the_sender_is_told() -> None:
    kept = keep_metadata({"channel": "by jane.doe@example.com, 2 @ 3.50"}, KEPT_FIELDS)

    assert kept.values == {"channel": "by [email] 2 @ 3.50"}
    assert kept.warnings == ("/metadata/channel has an email in it, which is kept as [email]",)


def keep_in_hangs_form(sent: Mapping[str, object]) -> KeptMetadata:
    return keep_at(sent, KEPT_FIELDS, ["activity", "metadata"])


def test_in_hangs_form_the_same_is_kept_and_pointers_are_its_own() -> None:
    kept = keep_in_hangs_form({"channel": "by jane.doe@example.com", "is_gift": True, "storeId": 1})

    assert kept.values == {"channel": "by [email]", "is_gift": True}
    assert kept.warnings == (
        "/activity/metadata/channel has an email in it, which is kept as [email]",
        'unknown field "storeId" in /activity/metadata is ignored: did you mean store_id?',
    )
    with pytest.raises(UnusableMetadataError) as refusal:
        keep_in_hangs_form({"channel": []})
    assert [fault.pointer for fault in refusal.value.faults] == ["/activity/metadata/channel"]


ONLY_VILLAGES: list[tuple[str, str]] = [
    ("reference_id", "is not kept: only the network's endpoint knows it"),
    ("description", "is not kept: only the network's endpoint knows it"),
    ("reference", "is not kept: an admin can name it in metadata_fields"),
]


@pytest.mark.parametrize(("field", "why"), ONLY_VILLAGES)
def test_in_hangs_form_no_field_of_villages_is_hinted_at(field: str, why: str) -> None:
    kept = keep_in_hangs_form({field: "order-1"})

    assert (kept.values, kept.warnings) == ({}, (f'"{field}" in /activity/metadata {why}',))


def test_many_fields_cost_little_and_few_warnings() -> None:
    sent: dict[str, object] = {f"reference{number}": "x" for number in range(50_000)}
    started = time.process_time()

    kept = keep_metadata(sent, KEPT_FIELDS)

    assert len(kept.warnings) == MAX_WARNINGS
    assert kept.warnings[-1] == "further warnings are left out"
    assert time.process_time() - started < 1
