"""What is read as a seal is one that a function of ours can have written."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accrue.domain.canonical import canonical_json, content_hash
from accrue.domain.errors import UnreadableSealError
from accrue.domain.seal import Seal, SealedPosting
from tests.unit.seals import FIRST, FULL

HASH = "a" * 64


def said(seal: Seal, **changes: object) -> str:
    """What somebody writes who knows how the hash is made."""
    document = {**json.loads(seal.to_text()), **changes}
    del document["content_hash"]
    return canonical_json({**document, "content_hash": content_hash(document)})


@pytest.mark.parametrize("seal", [FULL, FIRST, replace(FIRST, until=FIRST.since)])
def test_a_seal_is_read_back_as_it_was_written(seal: Seal) -> None:
    assert Seal.from_text(seal.to_text()) == seal
    assert said(seal) == seal.to_text()


@pytest.mark.parametrize("number", [0, -1, True, "2", None, 10**12, 10**30, [2]])
def test_a_number_that_no_seal_has(number: object) -> None:
    with pytest.raises(UnreadableSealError):
        Seal.from_text(said(FULL, number=number))


@pytest.mark.parametrize("sequence", [0, -1, True, "1", None, 2**63, 10**30])
def test_a_sequence_that_no_posting_has(sequence: object) -> None:
    with pytest.raises(UnreadableSealError):
        Seal.from_text(said(FULL, postings=[["12345", sequence, "ik_1", HASH]]))


@pytest.mark.parametrize("odd", [1, None, True, {"a": "b"}, ["x"], "x", HASH[1:], HASH.upper()])
@pytest.mark.parametrize("field", ["rows", "late", "outcomes", "unsettled"])
def test_a_hash_that_is_none(field: str, odd: object) -> None:
    with pytest.raises(UnreadableSealError):
        Seal.from_text(said(FULL, **{field: [["ik_1", odd]]}))
    with pytest.raises(UnreadableSealError):
        Seal.from_text(said(FULL, postings=[["12345", 1, "ik_1", odd]]))
    with pytest.raises(UnreadableSealError):
        Seal.from_text(said(FULL, previous_hash=odd))


@pytest.mark.parametrize("odd", [1, None, True, {"a": "b"}, ["x"], "x" * 2049, "\ud800"])
@pytest.mark.parametrize("field", ["rows", "late", "outcomes", "unsettled"])
def test_an_id_that_no_key_holds(field: str, odd: object) -> None:
    with pytest.raises(UnreadableSealError):
        Seal.from_text(said(FULL, **{field: [[odd, HASH]]}))
    with pytest.raises(UnreadableSealError):
        Seal.from_text(said(FULL, postings=[[odd, 1, "ik_1", HASH]]))
    with pytest.raises(UnreadableSealError):
        Seal.from_text(said(FULL, network_id=odd))


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_version": 2},
        {"schema_version": True},
        {"rows": {"ik_1": HASH}},
        {"rows": [["ik_1", HASH, HASH]]},
        {"rows": [["ik_1"]]},
        {"rows": None},
        {"postings": [["12345", 1, "ik_1"]]},
        {"from": 1, "until": 2},
        {"sealed_at": "2026-03-01"},
        {"until": "2026-03-01T11:00:00.000000Z"},
        # What else it says, or says twice, or in another order, is lost when it is written again.
        {"further": "x"},
        {"rows": [["ik_1", HASH], ["ik_1", HASH]]},
        {"rows": [["ik_2", HASH], ["ik_1", HASH]]},
    ],
    ids=str,
)
def test_what_no_function_of_ours_says(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableSealError):
        Seal.from_text(said(FULL, **changes))


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", "1" * 5000, "[" * 200_000, '{"a":' * 100_000]
)
def test_what_is_no_seal_at_all(text: str) -> None:
    with pytest.raises(UnreadableSealError):
        Seal.from_text(text)


@pytest.mark.parametrize("odd", [["x"], None, 10**30, {"a": "b"}])
def test_a_hash_of_the_whole_that_is_none(odd: object) -> None:
    with pytest.raises(UnreadableSealError):
        Seal.from_text(canonical_json({**json.loads(FULL.to_text()), "content_hash": odd}))


def test_a_seal_of_another_time_is_another_content() -> None:
    text = FULL.to_text().replace('"sealed_at":"2026-03-01T12:22', '"sealed_at":"2026-03-01T12:23')

    with pytest.raises(UnreadableSealError, match="its content_hash is another content's"):
        Seal.from_text(text)


def test_what_is_wrong_is_told_in_one_line() -> None:
    with pytest.raises(UnreadableSealError) as told:
        Seal.from_text(said(FULL, number="2"))

    assert str(told.value) == "no seal: number: Input should be a valid integer"
    later = replace(FULL, postings=(SealedPosting("1", 1, "ik_1", HASH),), until=FULL.since)
    assert Seal.from_text(later.to_text()).until - FULL.since == timedelta(0)
