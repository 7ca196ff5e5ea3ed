"""What distinguishes two documents, by the ids of their parts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.differences import ID_NAMES, Difference, find_differences
from accrue.domain.network_parts import NetworkDocument
from accrue.domain.program.models_in import models_of_field
from tests.unit.program_strategies import Case, cases

IDS = st.sampled_from(["a", "b", "c", "a/b", "~", ""])
LEAVES = st.one_of(st.booleans(), st.integers(-1, 2), st.sampled_from(["", "a", "1"]))


def _lists_of_parts(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Rules with ids: mostly distinct, sometimes not."""

    def with_ids(ids: list[str]) -> st.SearchStrategy[Any]:
        parts = st.dictionaries(st.sampled_from(["x", "rules"]), inner, max_size=2)
        return st.tuples(*[parts.map(lambda p, i=i: {"rule_id": i, **p}) for i in ids]).map(list)  # type: ignore[misc]

    distinct = st.lists(IDS, max_size=4, unique=True)
    return st.one_of(distinct, st.lists(IDS, max_size=3)).flatmap(with_ids)


DOCUMENTS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["x", "y", "rules"]), inner, max_size=3),
        st.fixed_dictionaries({"rules": _lists_of_parts(inner)}),
    ),
    max_leaves=12,
).map(lambda value: value if isinstance(value, dict) else {"x": value})


def resolve(document: Any, pointer: str) -> Any:
    """What stands at a pointer, parts named by their ids; None if nothing does."""
    value = document
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = next((part for part in value if part["rule_id"] == name), None)
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value


def is_same(one: Any, other: Any) -> bool:
    """As JSON has it: true is not 1."""
    return repr(_sorted(one)) == repr(_sorted(other))


def _sorted(value: Any) -> Any:
    match value:
        case dict():
            return {name: _sorted(value[name]) for name in sorted(value)}
        case list():
            return [_sorted(each) for each in value]
    return value


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert find_differences(document, document) == ()


@given(DOCUMENTS, DOCUMENTS)
def test_documents_are_equal_if_and_only_if_there_is_no_difference(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert (find_differences(before, after) == ()) == is_same(before, after)


@given(DOCUMENTS, DOCUMENTS)
def test_the_other_way_round_the_same_differs(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    there = find_differences(before, after)
    back = find_differences(after, before)

    turned = [Difference(each.pointer, each.after, each.before) for each in back]
    assert sorted(map(repr, there)) == sorted(map(repr, turned))


@given(DOCUMENTS, DOCUMENTS)
def test_every_difference_is_one(before: dict[str, Any], after: dict[str, Any]) -> None:
    differences = find_differences(before, after)

    for each in differences:
        assert not is_same(each.before, each.after)
        for document, said in ((before, each.before), (after, each.after)):
            stands = resolve(document, each.pointer)
            is_order = isinstance(stands, list) and all(isinstance(p, dict) for p in stands)
            if is_order and said != stands:
                stands = [part["rule_id"] for part in stands]
            assert is_same(stands, said)


@given(cases(in_any_order=False), cases(in_any_order=False))
def test_programs_are_told_apart(one: Case, other: Case) -> None:
    before, after = (case.versions[0].program for case in (one, other))

    differences = find_differences(before.to_document(), after.to_document())

    assert (differences == ()) == (before == after)


RULES = [{"rule_id": rule_id, "rate": "1"} for rule_id in "abc"]
TABLE: dict[str, tuple[Any, Any, list[tuple[str, Any, Any]]]] = {
    "a field": ({"name": "x"}, {"name": "y"}, [("/name", "x", "y")]),
    "a field that comes": ({}, {"name": "y"}, [("/name", None, "y")]),
    "a part that goes": (
        {"rules": RULES},
        {"rules": RULES[1:]},
        [("/rules/a", RULES[0], None)],
    ),
    "a field of a part that has moved up": (
        {"rules": RULES},
        {"rules": [RULES[1], {"rule_id": "c", "rate": "2"}]},
        [("/rules/a", RULES[0], None), ("/rules/c/rate", "1", "2")],
    ),
    "parts in another order": (
        {"rules": RULES},
        {"rules": RULES[::-1]},
        [("/rules", ["a", "b", "c"], ["c", "b", "a"])],
    ),
    "the first part": ({}, {"rules": RULES[:1]}, [("/rules/a", None, RULES[0])]),
    "an empty list": ({}, {"rules": []}, [("/rules", None, [])]),
    "true and 1": ({"x": True}, {"x": 1}, [("/x", True, 1)]),
    "a list without ids": (
        {"roles": ["a"]},
        {"roles": ["b", "a"]},
        [("/roles", ["a"], ["b", "a"])],
    ),
    "a list with one id twice": (
        {"rules": RULES},
        {"rules": [RULES[0], RULES[0]]},
        [("/rules", RULES, [RULES[0], RULES[0]])],
    ),
    "an id with a slash": (
        {"rules": []},
        {"rules": [{"rule_id": "a/b~"}]},
        [("/rules/a~1b~0", None, {"rule_id": "a/b~"})],
    ),
}


@pytest.mark.parametrize("what", TABLE)
def test_differences_are_told_like_this(what: str) -> None:
    before, after, told = TABLE[what]

    found = find_differences(before, after)

    assert [(each.pointer, each.before, each.after) for each in found] == told


def test_every_list_of_parts_with_ids_is_compared_by_them() -> None:
    """A part of a document that gets an id later is not forgotten here."""
    found: dict[str, str] = {}
    waiting: list[Any] = [NetworkDocument]
    seen: set[Any] = set()
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        for name in model.model_fields:
            inner = models_of_field([model], name)
            waiting += inner
            for part in inner:
                id_name = next(iter(part.model_fields))
                if id_name.endswith("_id") and "tuple[" in str(model.model_fields[name].annotation):
                    found[name] = id_name

    definitions = {k: v for k, v in found.items() if k not in {"users", "memberships", "api_keys"}}
    assert definitions == ID_NAMES
