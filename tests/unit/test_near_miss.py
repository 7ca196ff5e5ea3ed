import pytest

from accrue.domain.body_fields import Fields
from accrue.domain.findings import Findings
from accrue.domain.near_miss import nearest_name

KNOWN = ["reference_id", "activity_timestamp", "enforceUniqueRefId"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("reference", "reference_id"),
        ("REFERENCE_ID", "reference_id"),
        ("r_e_f_e_r_e_n_c_e_i_d", "reference_id"),
        ("reference-id", "reference_id"),
        ("activityTimestmap", "activity_timestamp"),
        ("enforce_unique_ref_id", "enforceUniqueRefId"),
        ("source", None),
        ("", None),
    ],
)
def test_only_a_near_miss_has_a_nearest_name(name: str, near: str | None) -> None:
    assert nearest_name(name, KNOWN) == near


def test_long_names_are_not_compared() -> None:
    assert nearest_name("n" * 40, ["n" * 39]) == "n" * 39
    assert nearest_name("n" * 41, ["n" * 40]) is None
    assert nearest_name("n" * 40, ["n" * 41]) is None


def test_a_flood_of_unknown_fields_costs_few_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def note(name: str, _candidates: object) -> None:
        compared.append(name)

    monkeypatch.setattr("accrue.domain.body_fields.nearest_name", note)

    Fields({f"field_{n}": 1 for n in range(5000)}, Findings(), frozenset(KNOWN))

    assert len(compared) == 9
