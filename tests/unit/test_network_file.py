"""A network document in a file: YAML is read without changing what was written in it."""

from pathlib import Path

import pytest

from local.errors import NetworkFileError
from local.network_file import read_network_file

# what is written, and what arrives
WRITTEN: list[tuple[str, object]] = [
    ("0.10", "0.10"),
    ("1e3", "1e3"),
    ("12", 12),
    ("-5", -5),
    ("007", "007"),
    ("1_000", "1_000"),
    ("0x1F", "0x1F"),
    ("08:30", "08:30"),
    ("18:30", "18:30"),
    ("2026-03-01", "2026-03-01"),
    ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
    ("NO", "NO"),
    ("on", "on"),
    ("True", "True"),
    ("true", True),
    ("false", False),
    ("null", None),
    ("~", None),
    ("", None),
    ('"5"', "5"),
    ("[1, 2.50]", [1, "2.50"]),
    (".inf", ".inf"),
    ("=", "="),
]


@pytest.mark.parametrize(("written", "arrives"), WRITTEN)
@pytest.mark.parametrize("name", ["network.yaml", "network.yml"])
def test_what_is_written_in_yaml_arrives(
    tmp_path: Path, name: str, written: str, arrives: object
) -> None:
    file = tmp_path / name
    file.write_text(f"value: {written}\n", encoding="utf-8")

    assert read_network_file(file) == {"value": arrives}


def test_what_several_parts_share_may_be_written_once(tmp_path: Path) -> None:
    file = tmp_path / "network.yaml"
    file.write_text("a: &sale {type: sale, role: buyer}\nb: {<<: *sale, role: seller}\n")

    assert read_network_file(file) == {
        "a": {"type": "sale", "role": "buyer"},
        "b": {"type": "sale", "role": "seller"},
    }


# the file, what is in it, and what is said of it
UNREADABLE: list[tuple[str, str, str]] = [
    ("a.yaml", "a: 1\nb: 2\na: 3\n", ', line 3: "a" stands here a second time'),
    ("a.yaml", "a:\n  - {b: 1,\n     b: 2}\n", ', line 3: "b" stands here a second time'),
    ("a.yaml", "a: 1\nb: [1\n", ", line 3: expected ',' or ']', but got"),
    ("a.yaml", "a: 1\nb: !!float 1.5\n", ", line 2: could not determine a constructor"),
    ("a.yaml", "a: !!python/object:os.system x\n", ", line 1: could not determine a constructor"),
    ("a.yaml", "a: 1\n---\nb: 2\n", ", line 2: but found another document"),
    ("a.yaml", "a: \x01\n", " can't be read (unacceptable character"),
    ("a.json", '{"a": 1,\n "b": }', ", line 2: Expecting value"),
    ("a.json", '{"a": 1, "a": 2}', ' can\'t be read ("a" stands in one object a second time)'),
]


@pytest.mark.parametrize(("name", "text", "said"), UNREADABLE)
def test_what_cannot_be_read_is_told_with_its_file_and_line(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")

    with pytest.raises(NetworkFileError) as refused:
        read_network_file(file)

    assert str(refused.value).startswith(f"{file}{said}")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NetworkFileError, match=r"Try: FILE=network\.json or FILE=network\.yaml"):
        read_network_file(tmp_path / "network.yaml")
