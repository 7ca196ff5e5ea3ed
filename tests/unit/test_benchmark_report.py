"""What the benchmark says of its figures, whether a target is met above all."""

from dataclasses import asdict

import pytest

from benchmarks.figures import Figure, Measured, Table
from benchmarks.parts import PARTS
from benchmarks.report import BEGINS, ENDS, as_markdown, renewed

UNITS = Figure(name="write units", unit="units", ours=2.0, stock=4.0, target=2)


MET_OR_NOT = [
    (Figure(name="as wanted", unit="u", ours=2.0, stock=4.0, target=2.0), True),
    (Figure(name="more", unit="u", ours=2.01, stock=4.0, target=2.0), False),
    (Figure(name="half", unit="u", ours=2.0, stock=4.0, target=0.5, ratio=True), True),
    (Figure(name="over half", unit="u", ours=2.1, stock=4.0, target=0.5, ratio=True), False),
    (
        Figure(name="fast", unit="u", ours=50, stock=10, target=5, ratio=True, bound="at least"),
        True,
    ),
    (
        Figure(name="slow", unit="u", ours=49, stock=10, target=5, ratio=True, bound="at least"),
        False,
    ),
    (Figure(name="no target", unit="u", ours=49.0), True),
]


@pytest.mark.parametrize(
    ("figure", "is_met"), MET_OR_NOT, ids=lambda each: getattr(each, "name", "")
)
def test_a_figure_is_held_against_its_target(figure: Figure, *, is_met: bool) -> None:
    assert figure.is_met is is_met


def test_the_report_says_what_is_met_what_is_missed_and_why() -> None:
    missed = Figure(
        name="processor time",
        unit="ms",
        ours=0.3,
        stock=0.5,
        target=0.5,
        ratio=True,
        because="the SDK alone takes 0.25.",
    )
    table = Table("By size", "What it\n  shows.", ["rows", "calls"], [["few", 3], ["many", 1234.5]])

    text = as_markdown({"decide": Measured([UNITS, missed], [table])}, "a machine")

    assert text.splitlines() == [
        "Measured on a machine.",
        "",
        "| figure | unit | ours | stock | correct | target | met |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| write units | units | 2 | 4 |  | ≤ 2 | yes |",
        "| processor time | ms | 0.3 (0.60 x) | 0.5 |  | ≤ 0.5 x stock | **no** |",
        "",
        "Targets that are missed, and the limit:",
        "",
        "- **processor time**: the SDK alone takes 0.25.",
        "",
        "### By size",
        "",
        "What it shows. `make bench PART=decide`",
        "",
        "| rows | calls |",
        "| --- | ---: |",
        "| few | 3 |",
        "| many | 1,234 |",
        "",
        f"Not measured here: {', '.join(name for name in PARTS if name != 'decide')}.",
    ]


def test_what_is_written_by_hand_stays() -> None:
    page = f"# Benchmarks\n\n{BEGINS}old\n{ENDS}\n## Learnt\n"

    once = renewed(page, {}, "a machine")

    assert once.startswith(f"# Benchmarks\n\n{BEGINS}\nMeasured on a machine.")
    assert once.endswith(f"\n{ENDS}\n## Learnt\n")
    assert "old" not in once
    assert renewed(once, {}, "a machine") == once
    with pytest.raises(AssertionError, match="first mark"):
        renewed("# Benchmarks\n", {}, "a machine")


def test_what_was_kept_is_read_again() -> None:
    measured = Measured([UNITS], [Table("t", "about", ["a"], [["b"]])])

    assert Measured.from_document(asdict(measured)) == measured
