"""Whether a query string asks for a dry run."""

from collections.abc import Mapping

import pytest

from accrue.domain.dry_run import DryRunQuery, ensure_no_dry_run, parse_dry_run
from accrue.domain.errors import Fault, InvalidRequestError

REMEDY = "must be true or false, in lower case, and sent once: leave it out to record"


@pytest.mark.parametrize(
    ("query", "is_dry_run"),
    [({}, False), ({"dry_run": ["true"]}, True), ({"dry_run": ["false"]}, False)],
)
def test_it_is_asked_for_in_one_way(
    query: Mapping[str, list[str]],
    *,
    is_dry_run: bool,
) -> None:
    assert parse_dry_run(query) == DryRunQuery(is_dry_run)


@pytest.mark.parametrize(
    "values",
    [
        *([""], ["True"], ["TRUE"], ["1"], ["yes"], [" true"], ["no"]),
        *([], ["true", "true"], ["true", "false"], ["false", "true"]),
    ],
)
def test_whoever_is_not_understood_records_nothing(values: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse_dry_run({"dry_run": values})

    assert refused.value.faults == (Fault("query:dry_run", REMEDY),)


def test_what_is_not_known_is_named() -> None:
    asked = parse_dry_run({"dry_run": ["true"], "utm_source": ["x", "y"]})

    warnings = ('unknown query parameter "utm_source" is ignored',)
    assert asked == DryRunQuery(is_dry_run=True, warnings=warnings)


def test_what_is_misspelt_is_named_with_what_is_wrong() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse_dry_run({"dry_run": ["yes"], "dryRun": ["true"], "utm_source": ["x"]})

    assert refused.value.faults == (
        Fault("query:dryRun", "is unknown: did you mean dry_run?"),
        Fault("query:dry_run", REMEDY),
    )


@pytest.mark.parametrize("name", ["dry_run", "dryrun", "Dry-Run"])
def test_where_nothing_can_be_tried_out_it_is_not_done_in_earnest(name: str) -> None:
    ensure_no_dry_run({"utm_source": ["x"]})
    with pytest.raises(InvalidRequestError) as refused:
        ensure_no_dry_run({name: ["false"], "utm_source": ["x"]})

    remedy = "is not possible here: leave it out, and it is done"
    assert refused.value.faults == (Fault(f"query:{name}", remedy),)


def test_an_answer_does_not_grow_with_the_names() -> None:
    names = [f"{number}" * 5000 for number in range(6)]

    warnings = parse_dry_run({name: [""] for name in names}).warnings

    assert len(warnings) == 6
    assert warnings[-1] == "further query parameters are ignored"
    assert all(len(warning) < 100 for warning in warnings)


def test_names_are_safe_in_a_header() -> None:
    (warning,) = parse_dry_run({'ann"\r\nX: \u00e4': ["1"]}).warnings

    assert warning.isascii()
    assert warning.isprintable()
