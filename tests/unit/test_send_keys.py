"""A row's key is the row's, however often, from where and in which order its file is sent."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrue.domain.errors import Fault
from local.send.batching import MAX_BATCH_BYTES, MAX_BATCH_ROWS, next_batch
from local.send.keys import ADDED_BYTES, RowKeys, derived_key, name_of
from local.send.position import Position
from local.send.progress_file import open_progress_file
from local.send.rows import MAX_ROW_BYTES, FileRow, ReadRow, RefusedRow, unreadable

FILES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12)
START = Position(0, 0, b"")


def row(content: str, line: int = 1) -> ReadRow:
    text = json.dumps({"activity_short_id": content})
    return ReadRow(line, text, text)


def keys_of(rows: Sequence[FileRow]) -> list[str]:
    return [json.loads(each.text)["idempotency_key"] for each in rows if isinstance(each, ReadRow)]


class Counting:
    """Counts in memory, as the progress file does on disk."""

    def __init__(self) -> None:
        self.times: dict[bytes, int] = {}

    def __call__(self, contents: Sequence[bytes]) -> list[int]:
        counted = []
        for content in contents:
            self.times[content] = self.times.get(content, 0) + 1
            counted.append(self.times[content])
        return counted


def keys(contents: Sequence[str], name: str = "a.csv") -> list[str]:
    return keys_of(RowKeys(name, Counting()).with_keys([row(each) for each in contents]))


@given(FILES)
def test_no_two_rows_share_a_key(contents: list[str]) -> None:
    assert len(set(keys(contents))) == len(contents)


@given(FILES.flatmap(lambda file: st.tuples(st.just(file), st.permutations(file))))
def test_a_file_in_another_order_has_the_same_keys(files: tuple[list[str], list[str]]) -> None:
    assert sorted(keys(files[0])) == sorted(keys(files[1]))


@given(FILES, FILES)
def test_rows_that_are_added_leave_the_others_their_keys(file: list[str], more: list[str]) -> None:
    assert keys(file + more)[: len(file)] == keys(file)
    assert set(keys(file)) <= set(keys(more + file))


@given(FILES, FILES)
def test_a_file_of_another_name_has_other_keys(one: list[str], other: list[str]) -> None:
    assert not set(keys(one)) & set(keys(other, "b.csv"))


def test_keys_are_what_they_have_always_been() -> None:
    # Changed, a file that is sent again would be recorded a second time.
    assert derived_key("a.csv", '{"amount":"1"}', 2) == (
        "file-15dbb2113708d34cce90db12cd52f5e5861eebd01439ae53c5cc8dbf8775215b"
    )


def test_the_folder_is_not_in_the_name_nor_how_a_system_spells_it() -> None:
    assert name_of(Path("/x/caf\u00e9.csv")) == name_of(Path("cafe\u0301.csv")) == "caf\u00e9.csv"


def test_a_key_of_its_own_is_kept_and_counts_for_nothing() -> None:
    own = ReadRow(1, '{"idempotency_key": "k1"}', None)
    counting = Counting()

    assert RowKeys("a.csv", counting).with_keys([own]) == [own]
    assert counting.times == {}


@pytest.mark.parametrize("text", ["{}", "{ }", '{ "a": 1}', '{"a": 1.50}'])
def test_the_rest_of_the_row_stays_as_it_is(text: str) -> None:
    (keyed,) = RowKeys("a.csv", Counting()).with_keys([ReadRow(1, text, text)])

    assert isinstance(keyed, ReadRow)
    sent = json.loads(keyed.text)
    assert sent.pop("idempotency_key").startswith("file-")
    assert sent == json.loads(text)
    assert keyed.text.endswith(text[1:].lstrip())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv.progress"


RUNS = st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=10)


@settings(max_examples=30)
@given(file=FILES, runs=RUNS)
def test_keys_are_the_same_wherever_it_is_interrupted(
    tmp_path_factory: pytest.TempPathFactory, file: list[str], runs: list[tuple[int, bool]]
) -> None:
    """Each run takes some rows; killed before the commit, the next one takes them again."""
    path = tmp_path_factory.mktemp("progress") / "a.csv.progress"
    given_keys: list[str] = []
    for size, is_killed in [*runs, (len(file), False)]:
        done = len(given_keys)
        with open_progress_file(path, "x") as progress:
            position = progress.position()
            assert (position.offset if position else 0) == done
            batch: list[FileRow] = [row(each) for each in file[done : done + size]]
            new = keys_of(RowKeys("a.csv", progress.count).with_keys(batch))
            if not is_killed:
                progress.commit(Position(done + len(batch), 0, b""))
                given_keys += new

    assert given_keys == keys(file)


def test_a_batch_has_as_many_rows_as_a_request_takes() -> None:
    rows: Iterator[FileRow] = iter([row(str(number)) for number in range(MAX_BATCH_ROWS + 1)])

    assert [len(next_batch(rows)) for _ in range(3)] == [MAX_BATCH_ROWS, 1, 0]


@given(sizes=st.lists(st.integers(20, MAX_ROW_BYTES + 10), min_size=60, max_size=120))
def test_a_batch_with_its_keys_is_never_too_large(sizes: list[int]) -> None:
    padded = [
        ReadRow(line, text, text)
        for line, size in enumerate(sizes, 1)
        for text in [json.dumps({"a": "x" * (size - 9)})]
    ]
    rows: Iterator[FileRow] = iter(padded)
    sent = []
    while batch := next_batch(rows):
        keyed = RowKeys("a.csv", Counting()).with_keys(batch)
        texts = [each.text for each in keyed if isinstance(each, ReadRow)]
        assert len("\n".join(texts).encode()) <= MAX_BATCH_BYTES
        assert all(len(text) <= MAX_ROW_BYTES for text in texts)
        sent += keyed

    refused = [each.line for each in sent if isinstance(each, RefusedRow)]
    assert refused == [
        line for line, size in enumerate(sizes, 1) if size + ADDED_BYTES > MAX_ROW_BYTES
    ]
    assert [each.line for each in sent] == [each.line for each in padded]


def test_a_refused_row_passes() -> None:
    refused = unreadable(3, Fault("", "is wrong"))

    assert RowKeys("a.csv", Counting()).with_keys([refused]) == [refused]
