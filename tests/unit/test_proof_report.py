"""What `make prove` says of what its tests recorded."""

from pathlib import Path

import pytest

from tests.proof import report
from tests.proof.parts import Part
from tests.proof.record import RECORDS, record
from tests.proof.report import Recorded, Result, as_markdown, read_records, what_is_wrong


@pytest.fixture(autouse=True)
def one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part("Waves", [], must_be_positive=frozenset({"seen"}))
    monkeypatch.setattr(report, "PARTS", {"waves": part})


def section_of(recorded: Recorded) -> str:
    """What the report says of the part."""
    result = Result(recorded, [], seconds=12.4, ran_on="commit abc")
    return as_markdown({"waves": result}).partition("## Waves")[2]


def test_what_was_recorded_is_read_and_added_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record("waves", "of no run of the proof", {"seen": 1})
    monkeypatch.setenv(RECORDS, str(tmp_path))
    record("waves", "seed 0", {"seen": 2, "height": 0.5, "kind": "sea"})
    record("waves", "seed 1", {"seen": 3, "height": 0.25, "kind": "lake"})

    record("others", "seed 0", {"seen": 1})
    recorded = read_records(tmp_path, "waves")

    assert recorded.totals() == {"seen": 5, "height": 0.5}
    assert section_of(recorded) == (
        "\n\n`make prove PART=waves`, 12 s; commit abc.\n\n"
        "|  | seen | height | kind |\n| --- | ---: | ---: | ---: |\n"
        "| seed 0 | 2 | 0.5 | sea |\n| seed 1 | 3 | 0.25 | lake |\n| all 2 | 5 | 0.5 |  |\n"
    )


def test_of_many_rows_only_the_sums_are_told() -> None:
    recorded = Recorded({f"seed {number}": {"seen": 1_000} for number in range(100)})

    assert section_of(recorded).endswith("|  | all 100 |\n| --- | ---: |\n| seen | 100,000 |\n")


@pytest.mark.parametrize(
    ("recorded", "wrong"),
    [
        (Recorded({}), ["nothing was recorded"]),
        (Recorded({"a": {"other": 1}}), ["seen is 0"]),
        (Recorded({"a": {"seen": 1}, "b": {"seen": 0, "violations": 2}}), ["violations is 2"]),
        (Recorded({"a": {"seen": 1, "violations": 0}}), []),
    ],
)
def test_a_part_that_did_nothing_or_found_something_does_not_hold(
    recorded: Recorded, wrong: list[str]
) -> None:
    assert what_is_wrong("waves", recorded) == wrong


def test_a_part_that_does_not_hold_is_named_as_not_proven() -> None:
    recorded = Recorded({"a": {"seen": 0}})

    result = Result(recorded, ["seen is 0"], seconds=1, ran_on="commit abc")

    report = as_markdown({"waves": result})

    assert "## Waves" not in report
    assert report.endswith("## Not proven by this\n\nwaves\n")


def test_a_result_is_kept_as_it_was(tmp_path: Path) -> None:
    recorded = Recorded({"seed 0": {"seen": 2, "height": 0.5, "kind": "sea"}})
    result = Result(recorded, ["seen is 0"], 12.4, "commit abc")

    result.keep(tmp_path / "of" / "waves.json")

    assert Result.kept(tmp_path / "of" / "waves.json") == result


def test_kinds_have_a_table_of_their_own() -> None:
    recorded = Recorded({"one": {"seen": 3, "stopped in: pay": 2, "stopped in: ask": 1}})

    assert section_of(recorded).endswith(
        "|  | one |\n| --- | ---: |\n| seen | 3 |\n\n"
        "| stopped in | all |\n| --- | ---: |\n| ask | 1 |\n| pay | 2 |\n"
    )
