"""The soak notices what is lost, there twice, or there without anybody having been told."""

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.proof.soak.clients import Acknowledgement
from tests.proof.soak.oracle import expected_balances
from tests.proof.soak.plan import PAYLOAD_CHANGED, Request, plan
from tests.proof.soak.stored import Stored

REQUEST = Request("one", "/v2/", {"value": "5"}, {"m-1": Decimal(5)}, frozenset({200}))
TOLD = Acknowledgement(REQUEST, 200, "{}", is_replay=False, activity_id="ik_1")
MEMBERSHIP = {"program_id": "coffee-club", "program_membership_id": "m-1"}
ROW = {
    "activity_id": "ik_1",
    "kind": "activity",
    "participants": [{"role": "member", "memberships": [MEMBERSHIP]}],
}
POSTING = {"activity_id": "ik_1", "item_key": "POSTING#ik_1", **MEMBERSHIP}
OUTCOME = {"activity_id": "ik_1", "item_key": "OUTCOME"}
SETTLED = {**ROW, "settled_outcome": "undefined_type"}


@pytest.mark.parametrize(
    ("rows", "items"),
    [([ROW], [POSTING]), ([SETTLED], [OUTCOME]), ([ROW, {**SETTLED, "activity_id": "x"}], None)],
)
def test_what_is_as_it_must_be_is_no_difference(rows: list[Any], items: list[Any] | None) -> None:
    if items is None:
        rows[1]["kind"] = "duplicate"
        items = [POSTING, {**OUTCOME, "activity_id": "x"}]

    assert list(Stored(rows, items).differences([TOLD])) == []


@pytest.mark.parametrize(
    ("rows", "items"),
    [
        ([], []),
        ([ROW], []),
        ([ROW], [POSTING, POSTING]),
        ([ROW], [POSTING, {**POSTING, "program_membership_id": "m-2"}]),
        ([ROW], [POSTING, OUTCOME]),
        ([ROW], [POSTING, {**POSTING, "activity_id": "ik_2"}]),
        ([ROW, {**ROW, "activity_id": "ik_2"}], [POSTING, {**POSTING, "activity_id": "ik_2"}]),
        ([SETTLED], []),
        ([SETTLED], [OUTCOME, POSTING]),
    ],
)
def test_what_is_not_is_one(rows: list[Any], items: list[Any]) -> None:
    assert list(Stored(rows, items).differences([TOLD]))


def test_what_was_told_twice_counts_once() -> None:
    assert expected_balances([TOLD, replace(TOLD, is_replay=True)]) == {"m-1": Decimal(5)}


@pytest.mark.parametrize(
    "again",
    [
        replace(TOLD, request=replace(REQUEST, body={"value": "6"})),
        replace(TOLD, body="else"),
        replace(TOLD, activity_id="ik_2"),
    ],
)
def test_whoever_is_told_otherwise_is_told_wrongly(again: Acknowledgement) -> None:
    with pytest.raises(AssertionError):
        expected_balances([TOLD, again])


def test_a_plan_has_some_of_everything() -> None:
    requests = plan("demo", 2_000, random.Random(0))  # noqa: S311 - a test's order

    assert requests == plan("demo", 2_000, random.Random(0))  # noqa: S311 - a test's order
    assert {each.is_hang for each in requests} == {True, False}
    assert len({each.identity for each in requests}) < len(requests)
    assert any(PAYLOAD_CHANGED in each.statuses and each.earns for each in requests)
    assert any(400 in each.statuses for each in requests)
    assert any(each.body.get("activity_short_id") == "never-defined" for each in requests)
