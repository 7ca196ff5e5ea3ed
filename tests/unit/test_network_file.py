"""A network document in a file: YAML is read without changing what was written in it."""

import re
from pathlib import Path

import pytest

from local import import_network
from local.errors import NetworkFileError
from local.import_network import with_lines
from local.network_file import MAX_FILE_BYTES, read_network_file

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

    assert read_network_file(file).document == {"value": arrives}


DEEP = 5000
# the file, what is in it, and what is said of it
UNREADABLE: list[tuple[str, str, str]] = [
    ("a.yaml", "a: 1\nb: 2\na: 3\n", ', line 3: "a" stands here a second time: remove one'),
    ("a.yaml", "a:\n  - {b: 1,\n     b: 2}\n", ', line 3: "b" stands here a second time: remove'),
    ("a.yaml", "a: 1\nb: [1\n", ", line 3: expected ',' or ']', but got"),
    (
        "a.yaml",
        "a: 1\nb: !!float 1.5\n",
        ', line 2: "tag:yaml.org,2002:float" is no tag that is',
    ),
    ("a.yaml", "a: !secret x\n", ', line 1: "!secret" is no tag that is known here: remove it'),
    ("a.yaml", "a: !!python/object:os.system x\n", ', line 1: "tag:yaml.org,2002:python/object'),
    ("a.yaml", "a: 1\n---\nb: 2\n", ", line 2: but found another document"),
    ("a.yaml", "b: 1\na: \x00\n", ", line 2: has a character that no text has, U+0000: remove it"),
    ("a.yaml", "a: &b [1]\nc: *b\n", ', line 2: "*b" is an alias: write out what it stands for'),
    ("a.yaml", "a: &b\n  - *b\n", ', line 2: "*b" is an alias: write out what it stands for'),
    ("a.yaml", "a: &b {c: 1}\nd: {<<: *b}\n", ', line 2: "*b" is an alias: write out what'),
    ("a.yaml", "a: " + "[" * DEEP, ", line 1: nests deeper than 32 levels: flatten it"),
    ("a.yaml", "a:\n" + "- " * DEEP, ", line 2: nests deeper than 32 levels: flatten it"),
    ("a.yaml", "a:\n  b: " + "1" * 6000, ", line 2: a number of 6,000 digits: write at most 40"),
    ("a.yaml", "a: !" + "b" * 99, ', line 1: "!' + "b" * 39 + '..." is no tag that is known here'),
    ("a.yaml", '"a\\nb": 1\n"a\\nb": 2\n', ', line 2: "a\\nb" stands here a second time'),
    ("a.yaml", "", " is empty: it needs a network, as in docs/programs.md"),
    ("a.yaml", "# nothing yet\n", " is empty: it needs a network, as in docs/programs.md"),
    ("a.yaml", "network\n", " must be a map of fields, such as network: ..."),
    ("a.yaml", "- network\n", " must be a map of fields, such as network: ..."),
    ("a.json", '{"a": 1,\n "b": }', ", line 2: is not JSON at line 2, column 7"),
    ("a.json", '{"a": 1,\n}', ", line 1: is not JSON at line 1, column 8"),
    ("a.json", '{"a": 1,\n "a": 2}', ', line 2: "a" stands here a second time: remove one'),
    ("a.json", '{"b": [{"a": 1}, {\n"a": 2,\n"a": 3}]}', ', line 3: "a" stands here a second'),
    ("a.json", '{"a":\n' + "[" * DEEP, ", line 2: nests deeper than 32 levels: flatten it"),
    ("a.json", '{"a":\n' + '{"a":' * DEEP, ", line 2: nests deeper than 32 levels: flatten it"),
    ("a.json", '{"a":\n' + "1" * 6000 + "}", ", line 2: a number of 6,000 digits: write at most"),
    ("a.json", '{"a":\n NaN}', ", line 2: NaN is not a JSON number: write one"),
    ("a.json", " \n", " is empty: it needs a network, as in docs/programs.md"),
    ("a.json", "[]", " must be a map of fields, such as network: ..."),
    ("a.json", "5]", ", line 1: is not JSON at line 1, column 2"),
    ("a.txt", "a: 1", ": name it .yaml or .json, after what is in it"),
    ("network", "a: 1", ": name it .yaml or .json, after what is in it"),
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
    assert "\n" not in str(refused.value)


def test_aliases_that_would_unfold_to_more_than_any_memory_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "network.yaml"
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    file.write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(NetworkFileError, match=r'line 2: "\*a0" is an alias'):
        read_network_file(file)


@pytest.mark.parametrize("name", ["network.YAML", "network.Yml", "network.JSON"])
def test_the_ending_may_be_in_capitals_and_a_byte_order_mark_may_stand_first(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_text('{"name": "Café"}', encoding="utf-8-sig")

    assert read_network_file(file).document == {"name": "Café"}


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_told(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "network.yaml"
    file.write_text("name: Café\n", encoding=encoding)

    with pytest.raises(NetworkFileError, match=r"line 1: is not UTF-8: save it as UTF-8"):
        read_network_file(file)


def test_a_file_that_no_import_could_carry_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    file = tmp_path / "network.yaml"
    file.write_text("[" * (MAX_FILE_BYTES + 1), encoding="utf-8")

    with pytest.raises(NetworkFileError, match="is larger than 5 MB: spread users and memberships"):
        read_network_file(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NetworkFileError, match=r"Try: FILE=network\.json or FILE=network\.yaml"):
        read_network_file(tmp_path / "network.yaml")


def test_no_file_at_all_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FILE", raising=False)

    assert import_network.main() == 1
    assert capsys.readouterr().err == (
        "make import: say which file: make import FILE=network.yaml\n"
    )


YAML = """\
network:
  network_id: a
programs:
  - program_id: club
    rules: [{rule_id: r,
             award: {kind: flat}}]
users:
  - {user_id: u-1}
  - user_id: u-2
    traits:
      a/b: 1
"""
# a fault's pointer, and its line
LINES = [
    ("/network/network_id", 2),
    ("/network/name", 1),
    ("/programs/0", 4),
    ("/programs/0/rules/0/award/points", 6),
    ("/users/1", 9),
    ("/users/1/traits/a~1b", 11),
    ("/users/7", 7),
    ("", 1),
]


def test_a_fault_is_told_with_its_line() -> None:
    faults = [{"pointer": pointer, "message": "is wrong"} for pointer, _ in LINES]

    answer = with_lines({"code": "WRONG", "errors": faults}, YAML)

    assert [(fault["pointer"], fault["line"]) for fault in answer["errors"]] == LINES


def test_a_fault_of_json_has_its_line_too() -> None:
    faults = [{"pointer": "/network/name", "message": "is wrong"}]

    answer = with_lines({"errors": faults}, '{\n\t"network": {\n\t\t"name": 5}}')

    assert answer["errors"] == [{"line": 3, "pointer": "/network/name", "message": "is wrong"}]


def test_an_answer_without_faults_stays_as_it_is() -> None:
    assert with_lines({"created": 5}, YAML) == {"created": 5}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: !!int abc", '"abc" is not a whole number: remove the tag'),
        ("a: !!int 0x1F", '"0x1F" is not a whole number: remove the tag'),
        ("a: !!bool maybe", '"maybe" is not true or false: remove the tag'),
        ("a: !!bool yes", '"yes" is not true or false: remove the tag'),
    ],
)
def test_a_tag_that_is_written_out_must_be_true(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "network.yaml"
    file.write_text(text)

    with pytest.raises(NetworkFileError, match=re.escape(f"line 1: {told}")):
        read_network_file(file)


def test_a_json_number_beyond_all_bounds_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    file.write_text('{\n"a": 1e400}')

    with pytest.raises(NetworkFileError, match=re.escape('line 2: "1e400" is out of range')):
        read_network_file(file)
