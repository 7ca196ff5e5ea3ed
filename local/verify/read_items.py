"""Where a verification keeps what it has read: on disk, however much that is."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT
from accrue.domain.seal import Seal
from accrue.domain.timestamps import to_text
from accrue.storage.dynamo import to_attributes
from local.paths import WORK
from local.verify.markers import marker_of
from local.verify.stored_items import (
    POSTING,
    Attributes,
    StoredResult,
    StoredRow,
    memberships_of,
    text_of,
    whole_number,
)

# So far back `seal_ledger` looks every six hours for rows that the index showed late.
LOOKBACK = timedelta(hours=7)
SCHEMA = Path(__file__).with_name("read_items.sql")
_TWICE = "two exports have it, and not alike."


class ReadItems:
    """All items and seals, to be held against each other."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        connection.executescript(SCHEMA.read_text(encoding="utf-8"))

    def select(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """What a query finds, a row at a time."""
        return iter(self.connection.execute(query, values))

    def count(self, table: str) -> int:
        """How much of something there is."""
        ((count,),) = self.select(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
        return int(count)

    def add_items(self, items: Iterable[Attributes]) -> None:
        """Take the items of both tables, in DynamoDB's own form; the same may come twice."""
        for item in items:
            attributes = to_attributes(item)
            if "activity_key" in attributes:
                self._add_row(StoredRow.of(attributes))
            elif attributes["item_key"] == "BALANCE":
                self._add_balance(attributes)
            elif attributes["item_key"] == "OUTCOME":
                self._add_outcome(StoredResult.of(attributes))
            elif attributes["item_key"].startswith(POSTING):
                self._add_posting(StoredResult.of(attributes))

    def _add_row(self, row: StoredRow) -> None:
        key = (row.network_id, row.activity_id)
        said = [row.said(name) for name in ("recorded_at", "kind", "of", "settled_outcome")]
        recorded_at, kind, of_id, settled = said
        self._insert(
            "rows",
            (*key, recorded_at, row.is_marker, kind, of_id, row.content_hash, settled, row.problem),
        )
        activity = None if row.problem else row.activity
        if activity is None:
            # Of a later release, or a marker: nobody can tell here whom it concerns.
            self._insert("concerned", (*key, ""))
            return
        for membership_id in memberships_of(activity):
            self._insert("concerned", (*key, membership_id))
        if marker := marker_of(activity):
            written = marker.to_attributes()["content_hash"]
            self._insert(
                "markers_due",
                (row.network_id, marker.activity_id, row.activity_id, recorded_at, written),
            )

    def _add_posting(self, posting: StoredResult) -> None:
        said = [posting.said(name) for name in ("previous_hash", "activity_hash")]
        self._insert(
            "postings",
            (
                *(posting.network_id, posting.membership_id, posting.number("sequence")),
                *(posting.recorded_at, posting.activity_id, posting.said("posted_at")),
                *(posting.content_hash, *said, balance_before(posting.attributes)),
                points_text(posting.attributes, "balance_after"),
                posting.problem,
            ),
        )

    def _add_outcome(self, outcome: StoredResult) -> None:
        self._insert(
            "outcomes",
            (
                *(outcome.network_id, outcome.activity_id, outcome.recorded_at),
                *(outcome.said("outcome"), outcome.content_hash, outcome.said("activity_hash")),
                outcome.problem,
            ),
        )

    def _add_balance(self, said: Attributes) -> None:
        network_id, _, place = str(said["membership_key"]).partition("#")
        membership_id = place.removeprefix("M#")
        # Of several exports the one that knows of most counts.
        self.connection.execute(
            "INSERT INTO balances VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " sequence = excluded.sequence, last_hash = excluded.last_hash,"
            " points = excluded.points, problem = excluded.problem"
            " WHERE excluded.sequence > sequence",
            (
                *(network_id, membership_id, whole_number(said.get("sequence"))),
                *(text_of(said.get("last_posting_hash", "")), points_text(said, "points")),
                _problem_of_balance(said, network_id, membership_id),
            ),
        )

    def add_seal(self, seal: Seal, before: Seal | None, *, is_held_against: bool) -> None:
        """Take a seal that is as it was written, and what it attests if that can be there. `before`
        is the one before it, if that is known.
        """
        times = [to_text(each) for each in (seal.since, seal.until, seal.sealed_at)]
        network_id, number = seal.network_id, seal.number
        self._insert("seals", (network_id, number, *times))
        if not is_held_against:
            return
        for activity_id, written in seal.rows.items():
            window = times[:2]
            self._insert("sealed_rows", (network_id, activity_id, written, number, *window, 0))
        for activity_id, written in seal.late.items():
            # What waited as unreadable may be of any time.
            is_older = before is not None and activity_id not in before.unsettled
            window = ["", times[0] if is_older else "~"]
            self._insert("sealed_rows", (network_id, activity_id, written, number, *window, 1))
        for each in seal.postings:
            self._insert(
                "sealed_postings",
                (
                    *(network_id, each.program_membership_id, each.activity_id),
                    *(each.sequence, each.content_hash, number),
                ),
            )
        for activity_id, written in seal.outcomes.items():
            self._insert("sealed_outcomes", (network_id, activity_id, written, number))

    def forget_seal(self, network_id: str, number: int) -> None:
        """Let go of what a seal attests."""
        for table in ("sealed_rows", "sealed_postings", "sealed_outcomes"):
            self.connection.execute(
                f"DELETE FROM {table} WHERE network = ? AND seal = ?",  # noqa: S608 - our own names
                (network_id, number),
            )

    def close_seals(self, last: Seal, *, is_whole: bool) -> None:
        """The last seal that counts of a network: what it leaves out was not there, if no seal is
        missing.
        """
        for activity_id in last.unsettled:
            self._insert("waiting", (last.network_id, activity_id))
        if is_whole:
            # What the index shows late is in a seal to come.
            moment = to_text(last.until - LOOKBACK)
            self._insert("sealed_until", (last.network_id, moment))

    def _insert(self, table: str, values: tuple[object, ...]) -> None:
        places = ", ".join("?" * len(values))
        insert = f"INSERT OR IGNORE INTO {table} VALUES ({places})"  # noqa: S608 - our own names
        written = self.connection.execute(insert, values).rowcount
        if not written and table in {"rows", "postings", "outcomes"}:
            self._note_if_different(table, values)

    def _note_if_different(self, table: str, values: tuple[object, ...]) -> None:
        names = [each[1] for each in self.select(f"PRAGMA table_info({table})")]
        there = " AND ".join(f"{name} = ?" for name in names)
        if not list(self.select(f"SELECT 1 FROM {table} WHERE {there}", *values)):  # noqa: S608
            keys = {"rows": 2, "postings": 5, "outcomes": 2}[table]
            place = [(n, v) for n, v in zip(names, values, strict=True)][:keys]
            place = [(n, v) for n, v in place if n != "sequence"]
            where = " AND ".join(f"{name} = ?" for name, _ in place)
            self.connection.execute(
                f"UPDATE {table} SET problem = ? WHERE {where}",  # noqa: S608 - our own names
                (_TWICE, *(value for _, value in place)),
            )


def _problem_of_balance(said: Attributes, *ids: str) -> str:
    if (said.get("network_id"), said.get("program_membership_id")) != ids:
        return "it says another membership than its key."
    sequence = said.get("sequence")
    if whole_number(sequence) != sequence:
        return "its sequence counts no postings."
    return ""


def points_text(attributes: Attributes, name: str) -> str:
    """A number of points in its one spelling; as it is if it is none."""
    value = attributes.get(name, "")
    try:
        return canonical_text(value)
    except (AttributeError, TypeError, ValueError, ArithmeticError):
        return text_of(value)


def balance_before(attributes: Attributes) -> str:
    """What a posting was posted on, by what it says of its points; nothing if that are none."""
    try:
        before = EXACT.subtract(attributes["balance_after"], attributes["points"])
        return canonical_text(before)
    except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError):
        return ""


@contextmanager
def opened_items() -> Iterator[ReadItems]:
    """Nothing yet, in a file of its own, which is gone afterwards."""
    WORK.mkdir(exist_ok=True)
    with NamedTemporaryFile(dir=WORK, prefix="verify-") as file:
        connection = sqlite3.connect(file.name)
        try:
            yield ReadItems(connection)
        finally:
            connection.close()
