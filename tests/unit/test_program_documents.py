"""Programs that contradict themselves or the network: every fault is told at once, and how to mend
it; what only follows from another fault is not.
"""

import json
from functools import reduce
from typing import Any

import pytest
from pydantic import TypeAdapter

from accrue.domain.errors import InvalidNetworkDocumentError
from accrue.domain.network_document import parse_network_document
from accrue.domain.network_parts import NetworkDocument
from accrue.domain.program.program import Program
from accrue.domain.program.stored import kept_counts, stored_text
from accrue.domain.readable_part import _STAND_INS
from tests.unit.guide import cases, example
from tests.unit.program_documents import FAULTLESS, P, changed, faults_of

RULE = FAULTLESS["programs"][0]["rules"][0]
ALL = [*cases("program_contradictions.yaml"), *cases("program_wrong_fields.yaml")]


def test_the_faultless_document_has_no_fault() -> None:
    assert faults_of(FAULTLESS) == {}


@pytest.mark.parametrize("place", ["", P, P + "/rules/0", P + "/rules/0/award"])
def test_a_field_may_be_called_as_what_pydantic_says_of_keys(place: str) -> None:
    faults = faults_of(changed({place + "/[key]": "5"}))

    assert faults == {place + "/[key]": "is not a field of this: remove it, or mend its name"}


@pytest.mark.parametrize("case", ALL, ids=lambda case: case["title"])
def test_a_fault_is_told_with_its_place_and_its_remedy(case: dict[str, Any]) -> None:
    assert faults_of(changed(case["given"])) == case["told"]


def test_wrong_fields_and_contradictions_are_told_at_once() -> None:
    given = {
        P + "/rules/0/award/rate": "0.0000001",
        P + "/rules/0/activity_type_id": "purchase",
        P + "/rules/2/role": "doer",
        P + "/tiers/levels/1/enters_at": 60,
        P + "/tiers/levels/1/stays_at": 55,
        P + "/quests/0/requirements/0/threshold": 32,
        "/users/0/email": "nobody",
        "/memberships/0/program_id": "tea",
    }

    assert [*faults_of(changed(given))] == [
        P + "/rules/0/award/rate",
        "/users/0/email",
        P + "/tiers/levels/1/enters_at",
        P + "/rules/0/activity_type_id",
        P + "/rules/2/role",
        P + "/quests/0/requirements/0/check_in_interval_days",
        "/memberships/0/program_id",
    ]


def test_faults_of_one_part_do_not_hide_each_other() -> None:
    rule = {
        "rule_id": "buy",
        "activity_type_id": "purchase",
        "role": "buyer",
        "when": {"tiers": ["bronze"], "amount": {"at_least": "x"}, "colour": "red"},
        "award": {"kind": "flat"},
        "limits": [{"per": "year", "times": 1}, {"per": "day", "points": "0.5"}],
    }

    assert faults_of(changed({P + "/rules/0": rule})).keys() == {
        P + "/rules/0/activity_type_id",
        P + "/rules/0/when/tiers/0",
        P + "/rules/0/when/amount/at_least",
        P + "/rules/0/when/colour",
        P + "/rules/0/award/points",
        P + "/rules/0/limits/0/per",
        P + "/rules/0/limits/1/points",
    }


def test_positions_are_those_in_what_was_sent() -> None:
    given = {
        P + "/rules/0": "no rule",
        P + "/rules/1/limits/0": {"per": "day"},
        P + "/rules/1/limits/2": {"per": "day", "points": 5},
        P + "/rules/2/role": "doer",
        P + "/rules/2/when": {"tiers": [5, "gold", "gold", "bronze"]},
    }

    assert faults_of(changed(given)).keys() == {
        P + "/rules/0",
        P + "/rules/1/limits/0",
        P + "/rules/1/limits/2",
        P + "/rules/2/role",
        P + "/rules/2/when/tiers/0",
        P + "/rules/2/when/tiers/3",
    }


def test_faults_of_one_program_do_not_hide_those_of_another() -> None:
    other = FAULTLESS["programs"][0] | {"program_id": "other"}
    given = {
        "/programs/1": other,
        "/programs/1/rules/2/rule_id": 5,
        P + "/bonuses/0/rule_ids": ["bye"],
    }

    assert faults_of(changed(given)).keys() == {
        "/programs/1/rules/2/rule_id",
        P + "/bonuses/0/rule_ids/0",
    }


# What is wrong, and what could seem to be wrong for that alone.
FOLLOW_ONS: list[tuple[str, dict[str, object]]] = [
    ("a rule that a bonus names", {"/rules/0/role": ""}),
    ("the id of a rule that a bonus names", {"/rules/0/rule_id": "b u y"}),
    ("no rule at all", {"/rules": "none"}),
    ("too many rules", {"/rules": [RULE | {"rule_id": f"r-{n}"} for n in range(101)]}),
    ("a segment that a quest asks for", {"/segments/0/when": 5}),
    ("a tier that a rule asks for", {"/tiers/levels/1/enters_at": "?"}),
    ("a tier's name", {"/tiers/levels/1/name": ""}),
    ("what tiers go by", {"/tiers/by": {"kind": "points"}}),
    ("the scale of points", {"/points/scale": 7}),
    ("which items are awarded", {"/rules/1/when/line_items": {"match": "any"}}),
    ("which items count", {"/quests/0/requirements/1/restricted_to_group_ids": [5]}),
    ("a quest that a segment asks for", {"/quests/0/reward": None}),
    ("a level", {"/tiers/levels": [5]}),
    ("a requirement", {"/quests/0/requirements": ["three visits"]}),
    ("a threshold", {"/quests/0/requirements/0/threshold": 0}),
    ("until when points are good", {"/points/expiry": {"kind": "yearly"}}),
    ("until when a rule's points are good", {"/rules/0/expiry/days": "ninety"}),
    ("how long points wait", {"/rules/0/pending_days": "a month"}),
    ("how bonuses stack", {"/bonus_stacking": "sum"}),
]
BUSY = changed(
    {
        P + "/rules/2/when": {"tiers": ["gold"], "benefits": ["lounge"]},
        P + "/rules/2/award/points": "1.0",
        P + "/points/expiry": {"kind": "after_days", "days": 30},
        P + "/rules/0/pending_days": 60,
        P + "/rules/0/expiry": {"kind": "after_days", "days": 90},
        P + "/quests/0/when/segments": {"any_of": ["locals"]},
        P + "/quests/0/requirements/1/progress": "matched_items",
        P + "/bonuses/1": {"bonus_id": "more", "effect": {"kind": "add", "points": 1}},
        P + "/bonus_stacking": "add",
    }
)


@pytest.mark.parametrize(("what", "given"), FOLLOW_ONS, ids=[what for what, _ in FOLLOW_ONS])
def test_what_only_follows_from_a_fault_is_not_told(what: str, given: dict[str, object]) -> None:
    assert what
    assert faults_of(BUSY) == {}

    faults = faults_of(changed({P + place: value for place, value in given.items()}, BUSY))

    (place,) = (P + place for place in given)
    assert len(faults) == 1
    assert next(iter(faults)).startswith(place)


def test_lots_are_not_counted_by_what_can_not_be_read() -> None:
    """The second rule may well wait and expire as the first does."""
    waits = {"pending_days": 300, "expiry": {"kind": "never"}}
    given = {
        P + "/points/expiry": {"kind": "after_days", "days": 1100},
        P + "/rules/0": {**RULE, **waits},
        P + "/rules/2": {**FAULTLESS["programs"][0]["rules"][2], **waits},
    }

    assert faults_of(changed(given)) == {}
    faults = faults_of(changed({**given, P + "/rules/2/expiry/kind": "nevermore"}))
    assert faults.keys() == {P + "/rules/2/expiry/kind"}


def test_an_unreadable_type_has_any_role_and_an_unreadable_user_any_membership() -> None:
    given = {"/activity_types/0/roles": [""], "/activity_types/1": 5, "/users/0/email": "nobody"}

    assert faults_of(changed(given)).keys() == {
        "/activity_types/0/roles/0",
        "/activity_types/1",
        "/users/0/email",
    }


@pytest.mark.parametrize("sent", [[], None, "text", {}, {"network": 5}, {"programs": 5}])
def test_what_is_no_document_is_refused(sent: object) -> None:
    assert faults_of(sent) != {}


def test_what_one_activity_may_meet_is_bounded() -> None:
    rule, bonus = FAULTLESS["programs"][0]["rules"][0], {"effect": {"kind": "add", "points": 1}}
    rules = [rule | {"rule_id": f"rule-{number}"} for number in range(20)]
    bonuses = [bonus | {"bonus_id": f"bonus-{number}"} for number in range(15)]
    given = {P + "/rules": rules, P + "/bonuses": bonuses, P + "/bonus_stacking": "add"}

    assert faults_of(changed(given))[P] == (
        f"has 321 rules, bonuses on them and requirements on {rule['activity_type_id']}, and 300 "
        "is the most for one activity: take some out, say by rule_ids which rules a bonus is on, "
        "or make two activity types of it"
    )


# a place, what stands there, and what is told of which place
MALFORMED: list[tuple[str, object, str, str]] = [
    (P + "/name", "\ud800", P + "/name", "has half of a surrogate pair: send whole characters"),
    (
        "/users/0/traits",
        {"a": "\udfff"},
        "/users/0/traits/a",
        "has half of a surrogate pair: send whole characters",
    ),
    (
        "/users/0/traits",
        {"\ud800": "a"},
        "/users/0/traits",
        "has a field whose name has half of a surrogate pair: send whole characters",
    ),
    (
        P + "/rules/0/when",
        reduce(lambda inner, _: [inner], range(5000), list[object]()),
        P + "/rules/0/when" + "/0" * 28,
        "nests deeper than 32 levels: flatten it",
    ),
]


@pytest.mark.parametrize(("where", "value", "pointer", "told"), MALFORMED)
def test_what_no_text_and_no_program_can_be_is_told(
    where: str, value: object, pointer: str, told: str
) -> None:
    document = changed({where: None})
    *path, name = where.split("/")[1:]
    place: Any = document
    for part in path:
        place = place[int(part) if isinstance(place, list) else part]
    place[name] = value

    assert faults_of(document) == {pointer: told}


def test_of_many_faults_the_first_are_told_and_how_many_more_there_are() -> None:
    types = [{"activity_type_id": f"type-{n}", "kind": "gift"} for n in range(223)]

    with pytest.raises(InvalidNetworkDocumentError) as refused:
        parse_network_document({"network": FAULTLESS["network"], "activity_types": types})

    *told, last = refused.value.faults
    assert [fault.pointer for fault in told] == [f"/activity_types/{n}/kind" for n in range(100)]
    assert (last.pointer, last.message) == ("", "has 123 more faults: mend these first")
    assert refused.value.message.startswith("The network document has 223 fault(s)")


def test_of_many_ids_the_one_that_may_be_meant_is_told() -> None:
    types = [{"activity_type_id": f"kind-{'abcdefghij'[n] * 5}", "kind": "sale"} for n in range(9)]
    faults = faults_of(
        changed({"/activity_types": types, P + "/rules/0/activity_type_id": "kind_ccccc"})
    )

    where = "/rules/{}/activity_type_id"
    listed = "kind-aaaaa, kind-bbbbb, kind-ccccc, kind-ddddd, kind-eeeee, kind-fffff, "
    assert faults[P + where.format(0)] == (
        'is not among the activity types: did you mean "kind-ccccc"?'
    )
    assert faults[P + where.format(1)] == (
        f"is not among the activity types: {listed}kind-ggggg, kind-hhhhh, ..."
    )


def test_of_eight_ids_all_are_told() -> None:
    levels = [{"tier_id": f"t{n}", "name": "T", "enters_at": n} for n in range(8)]
    given = {P + "/tiers/levels": levels, P + "/rules/0/when/tiers": ["bronze"]}

    assert faults_of(changed(given)) == {
        P + "/rules/0/when/tiers/0": "is not among the tiers: t0, t1, t2, t3, t4, t5, t6, t7"
    }


def test_a_text_has_at_most_255_characters() -> None:
    where = P + "/rules/0/when/traits"
    longest, too_long = ([{"trait": "city", "equals": "x" * n}] for n in (255, 256))

    assert faults_of(changed({where: longest})) == {}
    assert faults_of(changed({where: too_long})) == {
        where + "/0/equals": "is longer than 255 characters: shorten it"
    }


def test_what_is_too_much_for_one_document_may_go_into_another() -> None:
    users = [{"user_id": f"u-{n}", "email": f"u{n}@example.com"} for n in range(1001)]

    assert faults_of(changed({"/users": users, "/memberships": []})) == {
        "/users": "has more than 1000 items: put the rest into another document"
    }


def test_steps_may_stand_in_any_order() -> None:
    steps = [{"at_least": 20, "points": 2}, {"at_least": 10, "points": 1}]

    assert faults_of(changed({P + "/rules/0/award": {"kind": "step_table", "steps": steps}})) == {}


def test_a_quest_may_ask_for_who_completed_another() -> None:
    following = FAULTLESS["programs"][0]["quests"][0] | {
        "quest_id": "following",
        "when": {"segments": {"any_of": ["done"]}},
    }

    assert faults_of(changed({P + "/quests/1": following})) == {}


def test_a_chain_of_quests_has_a_beginning_wherever_it_stands() -> None:
    """The first waits for the second, and the second for the third."""
    first = FAULTLESS["programs"][0]["quests"][0]
    given = {
        P + "/segments/1/when": {"completed_quests": ["second"]},
        P + "/segments/2": {"segment_id": "later", "when": {"completed_quests": ["third"]}},
        P + "/quests/0/when/segments": {"any_of": ["done"]},
        P + "/quests/1": first
        | {"quest_id": "second", "when": {"segments": {"any_of": ["later"]}}},
        P + "/quests/2": first | {"quest_id": "third"},
    }

    assert faults_of(changed(given)) == {}


def test_quests_that_wait_for_each_other_are_both_told() -> None:
    following = FAULTLESS["programs"][0]["quests"][0] | {
        "quest_id": "following",
        "when": {"segments": {"any_of": ["done"]}},
    }
    given = {
        P + "/quests/1": following,
        P + "/segments/2": {"segment_id": "later", "when": {"completed_quests": ["following"]}},
        P + "/quests/0/requirements/0/when": {"segments": {"any_of": ["later"]}},
    }

    assert faults_of(changed(given)).keys() == {
        P + "/quests/0/requirements/0/when/segments",
        P + "/quests/1/when/segments",
    }


def test_a_bonus_on_items_is_refused_only_if_no_rule_of_it_can_have_a_rate() -> None:
    bonus = {
        "bonus_id": "items",
        "when": {"line_items": {"item_ids": ["latte"]}},
        "effect": {"kind": "multiply", "factor": 2, "on": "matched_items"},
    }
    flat = {P + "/rules/0/award": {"kind": "flat", "points": 1}, P + "/bonuses/0": bonus}
    # Nothing is on this type: its activities count by themselves.
    other_type = {"/activity_types/2": {"activity_type_id": "other", "kind": "action"}}

    assert faults_of(changed(flat)).keys() == {P + "/bonuses/0/effect/on"}
    assert faults_of(changed(flat | other_type)) == {}
    assert faults_of(changed({P + "/bonuses/0": bonus})) == {}
    steps = [{"at_least": 1, "points": 1}, {"at_least": 9, "rate": 2}]
    table = {P + "/rules/0/award": {"kind": "step_table", "steps": steps}}
    assert faults_of(changed(flat | table)) == {}


def test_a_program_too_large_to_be_stored_is_refused() -> None:
    ids = [f"{number:0120d}" for number in range(100)]
    when = {"line_items": {"item_ids": ids, "group_ids": ids}}
    rules = [RULE | {"rule_id": f"rule-{number}", "when": when} for number in range(20)]

    faults = faults_of(changed({P + "/rules": rules, P + "/bonuses": []}))

    assert [*faults] == [P]
    assert faults[P].startswith("takes 49")
    assert faults[P].endswith(
        "bytes, and a program at most 300,000: take something out, or make two programs of it"
    )


def test_a_program_is_measured_in_bytes() -> None:
    ids = [f"{number:03}" + "é" * 90 for number in range(100)]
    when = {"line_items": {"item_ids": ids, "group_ids": ids}}
    rules = [RULE | {"rule_id": f"rule-{number}", "when": when} for number in range(14)]

    assert [*faults_of(changed({P + "/rules": rules, P + "/bonuses": []}))] == [P]


# What a part must have, and where in the part there is another fault.
REQUIRED: list[tuple[str, str, str, object]] = [
    ("", "program_id name points points/unit tiers/by", "rules/0/when/tiers", ["bronze"]),
    ("tiers/levels/0/", "tier_id name", "enters_at", -1),
    ("rules/0/", "rule_id activity_type_id role award", "when/tiers", ["bronze"]),
    ("bonuses/0/", "bonus_id effect", "when/tiers", ["bronze"]),
    ("quests/0/", "quest_id name reward", "when/tiers", ["bronze"]),
    (
        "quests/0/requirements/0/",
        "requirement_id activity_type_id role threshold",
        "when/tiers",
        ["bronze"],
    ),
]


@pytest.mark.parametrize(("part", "names", "beside", "fault"), REQUIRED)
@pytest.mark.parametrize("wrong", [[], {"wrong": 0}], ids=["list", "object"])
def test_what_must_not_be_missing_hides_no_other_fault_of_its_part(
    part: str, names: str, beside: str, fault: object, wrong: object
) -> None:
    where = f"{P}/{part}{beside}"
    for name in names.split():
        told = faults_of(changed({f"{P}/{part}{name}": wrong, where: fault}))

        assert any(place.startswith(where) for place in told), name


def test_every_stand_in_is_one_that_its_place_takes() -> None:
    # Otherwise what it stands in for would hide the faults around it.
    for place, stand_in in _STAND_INS.items():
        wrong = changed({_in_the_example(place): {"wrong": 0}, P + "/rules/0/role": "doer"})
        told = faults_of(wrong)
        assert stand_in is not None
        if not place.endswith("role") and place != "programs.rules.activity_type_id":
            assert P + "/rules/0/role" in told, place


def _in_the_example(place: str) -> str:
    lists = {"programs", "activity_types", "levels", "rules", "bonuses", "quests", "requirements"}
    return "".join(f"/{name}/0" if name in lists else f"/{name}" for name in place.split("."))


def _program(document: dict[str, Any]) -> Program:
    return parse_network_document(document).programs[0]


@pytest.mark.parametrize("document", [FAULTLESS, example()], ids=["faultless", "example"])
def test_a_stored_program_reads_as_it_was_written(document: dict[str, Any]) -> None:
    program = _program(document)

    assert Program.model_validate_json(stored_text(program)) == program
    assert "null" not in stored_text(program)


def test_a_program_stored_with_all_that_it_does_not_say_reads_the_same() -> None:
    program = _program(example())

    assert Program.model_validate_json(program.model_dump_json()) == program


def test_programs_that_say_the_same_are_equal_however_they_are_written() -> None:
    said = {
        P + "/rules/0/award/rate": "0.010",
        P + "/time_zone": "UTC",
        P + "/bonuses/0/effect/factor": "2.0",
        P + "/bonuses/0/rule_ids": ["buy", "buy"],
        P + "/quests/0/when/window/starts_at": "2026-03-01T01:00:00+01:00",
    }

    assert _program(changed(said)) == _program(FAULTLESS)


def test_programs_whose_numbers_and_names_are_the_same_are_stored_the_same() -> None:
    said = {
        P + "/rules/0/award/rate": "0.010",
        P + "/bonuses/0/effect/factor": "2.0",
        P + "/bonuses/0/rule_ids": ["buy", "buy"],
    }

    assert stored_text(_program(changed(said))) == stored_text(_program(FAULTLESS))


def test_what_a_membership_may_have_to_remember_is_known() -> None:
    kept = kept_counts(_program(FAULTLESS))
    counting = changed({P + "/rules/2/when": {"nth": {"first": 1}}})

    assert {each.split("/")[0] for each in kept} == {"welcome", "beans"}
    assert kept_counts(_program(counting)) == kept | {"hello/nth/lifetime"}


def test_traits_are_texts() -> None:
    traits = {"city": "Bonn", "birth_year": 2004, "is_member": True}

    (user,) = parse_network_document(changed({"/users/0/traits": traits})).users

    assert user.traits == {"city": "Bonn", "birth_year": "2004", "is_member": "true"}


def test_the_whole_document_is_one_that_json_can_carry() -> None:
    parsed = TypeAdapter(NetworkDocument).validate_json(json.dumps(FAULTLESS))

    assert parsed == parse_network_document(FAULTLESS)
