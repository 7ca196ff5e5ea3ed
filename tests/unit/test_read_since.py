"""What a balance includes and a query does not show yet, and how much is read at most."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import override

import pytest

from accrue.domain.activity import MembershipRef
from accrue.domain.history_errors import TooManyPostingsError
from accrue.domain.movement import Movement
from accrue.services.read_since import MOST_WRITTEN_TOGETHER, read_since
from accrue.storage.balances import MAX_POSTINGS_PER_WRITE
from tests.unit.activities import ANN
from tests.unit.fake_history import FakeHistory
from tests.unit.lives import DAY, HOUR, START, program
from tests.unit.spending import Till


@dataclass
class SlowHistory(FakeHistory):
    """The first time, it does not show some of the postings yet."""

    hidden: frozenset[int] = frozenset()
    read: list[datetime] = field(default_factory=list)

    @override
    def movements_since(
        self, network_id: str, membership: MembershipRef, since: datetime
    ) -> Iterable[Sequence[Movement]]:
        self.read.append(since)
        hidden = self.hidden if len(self.read) == 1 else frozenset[int]()
        for batch in super().movements_since(network_id, membership, since):
            yield [each for each in batch if each.sequence not in hidden]


def till_with(count: int) -> Till:
    """So many postings, an hour apart."""
    till = Till(program())
    for number in range(count):
        at = START + number * HOUR
        till.report(1, at, at, "lasting")
    return till


def sequences(history: FakeHistory, since: datetime) -> list[int]:
    """Those of the movements that were read."""
    balance, movements = read_since(history, "demo", ANN, since, "query:as_of")
    assert balance.sequence == len(history.book.chain(("demo", ANN)))
    return [each.sequence for each in movements]


@pytest.mark.parametrize("hidden", [{3}, {2}, {2, 3}, {1, 2, 3}])
def test_what_is_shown_late_is_read_once_more(hidden: set[int]) -> None:
    history = SlowHistory(till_with(3).book, hidden=frozenset(hidden))

    assert sequences(history, START) == [1, 2, 3]
    assert len(history.read) == 2


def test_what_is_all_there_is_read_once() -> None:
    history = SlowHistory(till_with(MOST_WRITTEN_TOGETHER + 1).book)

    assert len(sequences(history, START + HOUR)) == MOST_WRITTEN_TOGETHER
    assert len(history.read) == 1
    # One that was recorded before is not among them, and could be one that is not shown yet.
    assert len(sequences(history, START + 2 * HOUR)) == MOST_WRITTEN_TOGETHER - 1
    assert len(history.read) == 3


def test_no_more_are_written_together() -> None:
    assert MOST_WRITTEN_TOGETHER == MAX_POSTINGS_PER_WRITE


def test_so_many_postings_are_read_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    history = FakeHistory(till_with(5).book)
    monkeypatch.setattr("accrue.services.read_since.MOST_POSTINGS", 4)

    assert sequences(history, START + timedelta(minutes=1)) == [2, 3, 4, 5]
    with pytest.raises(TooManyPostingsError) as refused:
        sequences(history, START)

    (fault,) = refused.value.faults
    assert fault.pointer == "query:as_of"
    assert fault.message == (
        "is too long ago for this membership: at most 4 postings since, and 25 MB of them"
    )


def test_so_many_megabytes_are_read_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    history = FakeHistory(till_with(6).book, batch_size=2)
    monkeypatch.setattr("accrue.services.read_since.MOST_MEGABYTES", 2)

    assert sequences(history, START + 2 * HOUR) == [3, 4, 5, 6]
    with pytest.raises(TooManyPostingsError):
        sequences(history, START - DAY)
