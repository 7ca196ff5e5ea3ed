"""Reversals as they are sent: what is understood, and everything that is refused at once."""

from decimal import Decimal

import pytest

from accrue.domain.errors import InvalidRequestError
from accrue.domain.payload_forms import REVERSAL_FORM, reversal_payload_hash
from accrue.domain.reversal_request import ParsedReversal, ReversalRequest, parse_reversal
from accrue.runtime.json_body import parse_json_body

ACTIVITY = "ik_" + "a" * 32


def parsed(body: str, activity_id: str = ACTIVITY) -> ParsedReversal:
    return parse_reversal(parse_json_body(body, is_base64_encoded=False), activity_id)


def faults(body: str) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequestError) as refused:
        parsed(body)
    return [(fault.pointer, fault.message) for fault in refused.value.faults]


def request(**fields: object) -> ReversalRequest:
    return ReversalRequest(activity_id=ACTIVITY, idempotency_key="k", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{}", request()),
        ('{"amount": null, "line_items": null, "reason": null}', request()),
        ('{"amount": 12.50}', request(amount=Decimal("12.5"))),
        ('{"amount": "1e1"}', request(amount=Decimal(10))),
        ('{"line_items": [{"item_id": "tea"}]}', request(item_ids=("tea",))),
        ('{"line_items": [{"item_id": "a"}, {"item_id": "a"}]}', request(item_ids=("a", "a"))),
        ('{"reason": ""}', request(reason="")),
        ('{"reason": "It was\\ncold"}', request(reason="It was\ncold")),
    ],
)
def test_what_is_sent_is_understood(body: str, expected: ReversalRequest) -> None:
    text = '{"idempotency_key": "k", ' + body[1:] if body != "{}" else '{"idempotency_key": "k"}'

    understood = parsed(text)

    assert understood == ParsedReversal(expected)
    assert understood.request.is_of_all is (expected.amount is None and not expected.item_ids)


KEYED = '{"idempotency_key": "k", '
WRONG: list[tuple[str, list[tuple[str, str]]]] = [
    ("{}", [("/idempotency_key", "is missing: send a key that is unique to this reversal")]),
    (
        '{"idempotency_key": null}',
        [("/idempotency_key", "is null: send a key that is unique to this reversal")],
    ),
    (
        '{"key": "k"}',
        [
            ("/key", "is unknown: send only amount, idempotency_key, line_items, reason"),
            ("/idempotency_key", "is missing: send a key that is unique to this reversal"),
        ],
    ),
    ('{"idempotency_key": " "}', [("/idempotency_key", "is blank: send a string that is not")]),
    (
        '{"idempotency_key": 7}',
        [("/idempotency_key", "must be a string, not a number")],
    ),
    (
        f'{{"idempotency_key": "{"k" * 256}"}}',
        [("/idempotency_key", "is longer than 255 characters: shorten it")],
    ),
    (
        KEYED + '"amount": 0}',
        [("/amount", "is not above 0: send how much of the activity's amount to reverse")],
    ),
    (
        KEYED + '"amount": "-5"}',
        [("/amount", "is not above 0: send how much of the activity's amount to reverse")],
    ),
    (KEYED + '"amount": true}', [("/amount", "must be a number, not a boolean")]),
    (KEYED + '"amount": ""}', [("/amount", 'is blank: send a number such as "10.50"')]),
    (
        KEYED + '"amount": "0.0000000001"}',
        [("/amount", "has too many decimal places: round it to 9")],
    ),
    (
        KEYED + '"amount": "1000000000000001"}',
        [("/amount", "is out of range: send an amount between -10^15 and 10^15")],
    ),
    (
        KEYED + '"line_items": []}',
        [("/line_items", "names no item: leave it out to reverse the whole activity")],
    ),
    (KEYED + '"line_items": ""}', [("/line_items", "must be an array, not a string")]),
    (KEYED + '"line_items": {}}', [("/line_items", "must be an array, not an object")]),
    (KEYED + '"line_items": ["tea"]}', [("/line_items/0", "must be an object, not a string")]),
    (
        KEYED + '"line_items": [{"item_id": "tea"}, {}]}',
        [("/line_items/1/item_id", "is missing: send the id of the item")],
    ),
    (
        KEYED + '"line_items": [{"item_id": "ann@example.com"}]}',
        [
            (
                "/line_items/0/item_id",
                "has an email in it, and is kept for ever: send an opaque id",
            )
        ],
    ),
    (
        KEYED + '"line_items": [' + ", ".join(['{"item_id": "a"}'] * 101) + "]}",
        [("/line_items", "has 101 items: send at most 100")],
    ),
    (
        KEYED + '"amount": 5, "line_items": [{"item_id": "tea"}]}',
        [("/amount", "is one way to say how much, line_items another: send one of them")],
    ),
    (KEYED + '"reason": 5}', [("/reason", "must be a string, not a number")]),
    (
        KEYED + f'"reason": "{"x" * 256}"}}',
        [("/reason", "is longer than 255 characters: shorten it")],
    ),
    (
        '{"amount": 0, "line_items": [{"item_id": ""}], "reason": []}',
        [
            ("/idempotency_key", "is missing: send a key that is unique to this reversal"),
            ("/amount", "is not above 0: send how much of the activity's amount to reverse"),
            ("/line_items/0/item_id", "is blank: send a string that is not"),
            ("/reason", "must be a string, not an array"),
        ],
    ),
]


@pytest.mark.parametrize(("body", "expected"), WRONG)
def test_every_fault_is_told_at_once(body: str, expected: list[tuple[str, str]]) -> None:
    told = faults(body)

    assert [pointer for pointer, _ in told] == [pointer for pointer, _ in expected]
    for (_, message), (_, wanted) in zip(told, expected, strict=True):
        # Of a field with another name, it is asked whether that one was meant.
        assert message.startswith(wanted)


def test_what_is_unknown_is_refused_rather_than_all_reversed() -> None:
    body = KEYED + '"ammount": 5, "line_items": [{"item_id": "tea", "value": 3}]}'

    known = "is unknown: send only amount, idempotency_key, line_items, reason"
    assert faults(body) == [
        ("/ammount", f"{known}: did you mean amount?"),
        ("/line_items/0/value", "is unknown: send only item_id"),
    ]


# ---- What stands for it in its row, for ever ----

HASHES = {
    '{"idempotency_key": "k"}': (
        "ca65d758953e30efd2addc91f1156cc5f49d5a8dfaff2eef43871917f5b2ea95"
    ),
    '{"idempotency_key": "k", "amount": "10", "reason": "cold"}': (
        "1f6e72286fcb08288069e83cd19e1f0114114f8ea74fa511b631bc7d90564a62"
    ),
    '{"idempotency_key": "k", "line_items": [{"item_id": "a"}, {"item_id": "b"}]}': (
        "14de998230889e2ae73792a6a7547547dffa493d362ae24bee1aa6d02e6b0916"
    ),
}


def hashed(body: str, activity_id: str = ACTIVITY) -> str:
    return reversal_payload_hash(REVERSAL_FORM, parsed(body, activity_id).request, str.upper)


@pytest.mark.parametrize("body", HASHES)
def test_the_hash_of_a_reversal_never_changes(body: str) -> None:
    assert hashed(body) == HASHES[body]


def test_spelling_does_not_matter_and_all_else_does() -> None:
    same = ['"amount": "10"', '"amount": 1e1', '"amount": 10.0, "reason": null']
    others = [
        '"amount": 11',
        '"reason": "10"',
        '"amount": 10, "reason": ""',
        '"line_items": [{"item_id": "a"}]',
        '"line_items": [{"item_id": "a"}, {"item_id": "a"}]',
    ]

    assert len({hashed(KEYED + text + "}") for text in same}) == 1
    assert len({hashed(KEYED + text + "}") for text in (same[0], *others)}) == 1 + len(others)
    assert hashed('{"idempotency_key": "k"}') == hashed('{"idempotency_key": "l"}')
    assert hashed('{"idempotency_key": "k"}') != hashed('{"idempotency_key": "k"}', "ik_other")
