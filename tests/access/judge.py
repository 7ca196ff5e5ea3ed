"""What is wrong with an answer: other words than the table's, or somebody else's data."""

from collections.abc import Iterator

from tests.access.cells import Cell, Matrix
from tests.access.door import Reply


def faults_of(cell: Cell, reply: Reply, matrix: Matrix) -> Iterator[str]:
    """Each in words; none if all is as it should be."""
    if reply.said != cell.said:
        yield f"{cell}: {reply.said} instead of {cell.said}"
    yield from leaks_of(cell, reply, matrix)


def leaks_of(cell: Cell, reply: Reply, matrix: Matrix) -> Iterator[str]:
    """What is in the answer of a network that the key does not open, unless the request had it."""
    sent = cell.question.sent
    for network in (matrix.ours, matrix.theirs):
        if network.ids["mark"] not in cell.readers:
            shown = {c for c in network.canaries if c in reply.text} - _within(
                sent, network.canaries
            )
            if shown:
                yield f"{cell}: shows {sorted(shown)}"


def _within(text: str, canaries: frozenset[str]) -> set[str]:
    return {canary for canary in canaries if canary in text}
