"""What a matching rule awards: a table for each kind of award."""

from typing import Any

import pytest

from tests.unit.activities import Json, Story, earn, failures, flat, lines_of, written


def awarded(award: Json, amount: str, things: str = "", **parts: Any) -> str:
    """The points of the only line, or the place that failed."""
    parts = {"rules": [earn(award=award)], **parts}
    decided = Story(written(**parts)).report(amount, things=things)
    (failed,) = failures(decided)
    if failed:
        assert not decided.lines
        return failed
    ((_, points),) = lines_of(decided)
    return points


@pytest.mark.parametrize(
    ("amount", "points", "awards"),
    [
        ("1", "5", "5"),
        ("1000000", "5", "5"),
        ("0", "5", "5"),
        ("0.000000001", "5", "5"),
        ("-0.000000001", "5", "award"),
        ("-1", "5", "award"),
        ("1", "-5", "-5"),
        ("-1", "-5", "award"),
    ],
)
def test_flat(amount: str, points: str, awards: str) -> None:
    assert awarded(flat(points), amount) == awards


@pytest.mark.parametrize(
    ("points", "scale", "rounding", "awards"),
    [
        ("2.5", 0, "half_up", "3"),
        ("2.5", 0, "half_even", "2"),
        ("2.5", 0, "down", "2"),
        ("2.5", 1, "down", "2.5"),
        ("2.5", 2, "down", "2.50"),
    ],
)
def test_flat_points_are_rounded_to_the_scale(
    points: str, scale: int, rounding: str, awards: str
) -> None:
    unit = {"unit": "points", "scale": scale, "rounding": rounding}

    assert awarded(flat(points), "1", points=unit) == awards


def on_drinks(award: Json) -> Json:
    """A rule that selects tea, and all drinks."""
    return earn(
        when={"line_items": {"item_ids": ["tea"], "group_ids": ["drinks"]}},
        award={"kind": "matched_items", **award},
    )


@pytest.mark.parametrize(
    ("amount", "things", "rate", "awards"),
    [
        # Only what is selected counts, whatever the amount.
        ("100", "tea:5 cake:20", "1", "5"),
        ("100", "tea:5 cola@drinks:7 cake:20", "1", "12"),
        ("100", "tea@drinks:5", "1", "5"),
        ("100", "tea:5 tea:5", "1", "10"),
        ("100", "tea:5 cola@drinks:7", "0.5", "6"),
        ("100", "tea:0", "1", "0"),
        ("100", "tea:250", "1", "250"),
        ("-12", "tea:-5 cola@drinks:-7", "1", "-12"),
        # Without a value at one selected item: the amount.
        ("100", "tea", "1", "100"),
        ("100", "tea:5 cola@drinks", "1", "100"),
        ("100", "tea:5 cola@drinks", "0.5", "50"),
        # At one that is not selected, a value is not missed.
        ("100", "tea:5 cake", "1", "5"),
        ("100", "cake:5", "1", "line_items"),
        ("100", "", "1", "line_items"),
    ],
)
def test_matched_items_times_rate(amount: str, things: str, rate: str, awards: str) -> None:
    assert awarded({}, amount, things, rules=[on_drinks({"rate": rate})]) == awards


@pytest.mark.parametrize(
    ("amount", "things", "awards"),
    [
        ("100", "tea:5", "3"),
        ("100", "tea", "3"),
        ("100", "tea:5 cola@drinks:7 cake:20", "6"),
        ("100", "tea tea tea@drinks", "9"),
        ("0", "tea", "3"),
        ("-1", "tea", "award"),
        ("100", "cake", "line_items"),
    ],
)
def test_points_for_each_matched_item(amount: str, things: str, awards: str) -> None:
    assert awarded({}, amount, things, rules=[on_drinks({"points_each": "3"})]) == awards


@pytest.mark.parametrize("award", [{"rate": "1"}, {"points_each": "3"}])
def test_all_selected_items_count_when_all_are_required(award: Json) -> None:
    both = {"item_ids": ["tea", "cake"], "match": "all"}
    items = earn(when={"line_items": both}, award={"kind": "matched_items", **award})

    points = awarded({}, "50", "tea:1 cake:3 pie:9 tea:2", rules=[items])

    assert points == ("6" if "rate" in award else "9")


STEPS = {
    "kind": "step_table",
    "steps": [
        {"at_least": "10", "points": "1"},
        {"at_least": "100", "rate": "0.1"},
        {"at_least": "50", "points": "20"},
        {"at_least": "-10", "points": "2"},
        {"at_least": "-100", "rate": "0.5"},
    ],
}


@pytest.mark.parametrize(
    ("amount", "awards"),
    [
        ("9.99", "2"),
        ("10", "1"),
        ("49.99", "1"),
        ("50", "20"),
        ("99.99", "20"),
        ("100", "10"),
        ("1000", "100"),
        ("0", "2"),
        # Flat points are not for negative amounts; a rate is.
        ("-0.01", "award"),
        ("-10", "award"),
        ("-11", "-6"),
        ("-100", "-50"),
        ("-100.01", "award"),
    ],
)
def test_step_table(amount: str, awards: str) -> None:
    assert awarded(STEPS, amount) == awards


@pytest.mark.parametrize(
    ("award", "things", "reason"),
    [
        ({"kind": "amount_times_rate", "rate": "0.1"}, "", "12.5 x 0.1 = 1.25, rounded half_up"),
        ({"kind": "amount_times_rate", "rate": "2"}, "", "12.5 x 2"),
        ({"kind": "amount_times_rate", "rate": "4"}, "", "12.5 x 4"),
    ],
)
def test_a_line_tells_its_arithmetic(award: Json, things: str, reason: str) -> None:
    decided = Story(written(rules=[earn(award=award)])).report("12.50", things=things)

    assert [line.reason for line in decided.lines] == [reason]


@pytest.mark.parametrize(
    ("award", "figures"),
    [
        ({"kind": "flat", "points": "7"}, ["7"]),
        ({"kind": "matched_items", "rate": "0.5"}, ["4", "0.5"]),
        ({"kind": "matched_items", "points_each": "3"}, ["1", "3"]),
        ({"kind": "step_table", "steps": [{"at_least": "10", "points": "9"}]}, ["9", "10"]),
        ({"kind": "step_table", "steps": [{"at_least": "10", "rate": "2"}]}, ["12.5", "2"]),
    ],
)
def test_a_line_tells_the_figures_that_led_to_it(award: Json, figures: list[str]) -> None:
    tea = {"line_items": {"item_ids": ["tea"]}}
    decided = Story(written(rules=[earn(when=tea, award=award)])).report("12.50", things="tea:4")

    (line,) = decided.lines
    assert all(figure in line.reason for figure in figures), line.reason
