"""`<file>.progress`: how far a file was sent, and how often each content came, in SQLite.

Everything of a batch is committed at once, after its results were written. Killed at any moment,
the next run finds either all of the batch here or nothing of it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path

from local.errors import ActivityFileError
from local.send.position import Counts, Position

_VERSION = 1
# A row's content is found at a random place: small pages, and few of them in memory.
_SETTINGS = """
PRAGMA page_size = 1024;
PRAGMA cache_size = -8000;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 16000;
"""
_TABLES = """
CREATE TABLE IF NOT EXISTS position (
    id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, destination TEXT NOT NULL,
    offset INTEGER NOT NULL, line INTEGER NOT NULL, fingerprint BLOB NOT NULL,
    results_bytes INTEGER NOT NULL, recorded INTEGER NOT NULL, replayed INTEGER NOT NULL,
    duplicates INTEGER NOT NULL, refused INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS contents (
    content BLOB PRIMARY KEY, times INTEGER NOT NULL
) WITHOUT ROWID;
"""


class ProgressFile:
    """One run's view of it. Between `commit`s nothing is kept."""

    def __init__(self, connection: sqlite3.Connection, destination: str) -> None:
        self._connection = connection
        self._destination = destination

    def position(self) -> Position | None:
        """Where an earlier run to the same destination came to; None if there was none."""
        row = self._connection.execute(
            "SELECT offset, line, fingerprint, results_bytes, recorded, replayed, duplicates,"
            " refused FROM position WHERE version = ? AND destination = ?",
            (_VERSION, self._destination),
        ).fetchone()
        if row is None:
            return None
        offset, line, fingerprint, results_bytes, *counts = row
        return Position(offset, line, fingerprint, results_bytes, Counts(*counts))

    def is_empty(self) -> bool:
        """Whether no run left anything here, whatever its destination."""
        return self._connection.execute("SELECT 1 FROM position").fetchone() is None

    def forget(self) -> None:
        """Begin again: kept at once, before the results of the earlier run are cut off."""
        self._connection.execute("DELETE FROM position")
        self._connection.execute("DELETE FROM contents")
        self._keep()

    def count(self, contents: Sequence[bytes]) -> list[int]:
        """Note that the contents came once more; of each, how often it came by then."""
        places = ", ".join("?" * len(contents))
        times: dict[bytes, int] = dict(
            self._connection.execute(
                f"SELECT content, times FROM contents WHERE content IN ({places})",  # noqa: S608 - only places
                contents,
            )
        )
        counted = []
        for content in contents:
            times[content] = times.get(content, 0) + 1
            counted.append(times[content])
        self._connection.executemany("INSERT OR REPLACE INTO contents VALUES (?, ?)", times.items())
        return counted

    def commit(self, position: Position) -> None:
        """Keep the position, and what was counted on the way to it."""
        row = (
            1,
            _VERSION,
            self._destination,
            position.offset,
            position.line,
            position.fingerprint,
            position.results_bytes,
            *astuple(position.counts),
        )
        places = ", ".join("?" * len(row))
        self._connection.execute(f"INSERT OR REPLACE INTO position VALUES ({places})", row)  # noqa: S608 - only places
        self._keep()

    def _keep(self) -> None:
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN IMMEDIATE")


@contextmanager
def open_progress_file(path: Path, destination: str) -> Iterator[ProgressFile]:
    """The file, which nobody else can open meanwhile. Raises ActivityFileError."""
    with closing(_open(path)) as connection:
        yield ProgressFile(connection, destination)


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise ActivityFileError(
                f"{path} is in use: the file is being sent already. Wait for that to end"
            ) from error
        raise ActivityFileError(
            f"{path} can't be written ({error}): put the file in a folder that you can write to"
        ) from error
    except sqlite3.DatabaseError as error:
        # It may be somebody's; without it, all is sent again, under the same keys.
        raise ActivityFileError(
            f"{path} is not what an earlier run left, or can't be read any more: move it away, and"
            " give the command again; nothing is recorded twice"
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        _ensure_no_others(connection)
        connection.executescript(_SETTINGS)
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";"):
            connection.execute(statement)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _ensure_no_others(connection: sqlite3.Connection) -> None:
    """Raise DatabaseError if the database is somebody's."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not all(f"CREATE TABLE IF NOT EXISTS {name} (" in _TABLES for name in tables):
        raise sqlite3.DatabaseError(f"has the tables {', '.join(sorted(tables))}")


def remove_progress_file(path: Path) -> None:
    """It and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
