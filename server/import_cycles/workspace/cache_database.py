"""The cache's file: an sqlite database of states and summaries, as bytes.

A *state* is the saved analysis of one project, in parts that are written together: all parts of one
writing have the same *token*. Its *tag* names the program that made it. Each program keeps its own
state, so that two of them (another Python, another version) can take turns. A *summary* belongs to
one text and serves any project.

Several processes may have the database open. Writing is one transaction, and readers wait for its
end. A failure costs time only: the program works without a database that cannot be opened or stays
locked, and replaces a file that is no database (any more). Both leave a line in the log. Rows that
were not used for a month are deleted, and if the file gets too large, those that were not used for
the longest time.

Writes do not wait for the disk (`synchronous = OFF`). So a crash of the machine may damage the
file; sqlite or the checksums of import_cycles.workspace.pickling detect that.
Tests: tests/workspace/test_cache.py.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from math import inf
from pathlib import Path
from threading import RLock
from time import monotonic, time
from typing import Any, Final, TypeVar

from import_cycles.workspace.cache_folder import prepare

T = TypeVar("T")

_VERSION: Final = 2
"""Of the tables below."""
_PATIENCE: Final = 2.0
"""Seconds to wait for another process that writes; that takes a fraction of one."""
_PAUSE: Final = 60.0
"""Seconds to work without the database after a failure."""
_MAX_BYTES: Final = 512 * 1024 * 1024
_MAX_DAYS: Final = 30
_MAX_TAGS: Final = 3
"""States of one project, by programs of different versions."""
_AT_ONCE: Final = 500
"""Keys in one question; sqlite before 3.32 takes 999 at most."""
_TABLES: Final = f"""
    PRAGMA auto_vacuum = INCREMENTAL;
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS state (
        project TEXT, part TEXT, tag BLOB, token TEXT, used INTEGER, data BLOB,
        PRIMARY KEY (project, tag, part));
    CREATE TABLE IF NOT EXISTS summary (key BLOB PRIMARY KEY, used INTEGER, data BLOB);
    PRAGMA user_version = {_VERSION};
    COMMIT;
"""


class Database:
    """The database in a folder, opened when it is first needed. May be used by several threads."""

    def __init__(self, folder: Path, *, max_bytes: int = _MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None
        self._not_before = 0.0
        """By the monotonic clock; until then it is not used."""
        self._lock = RLock()

    def part(self, project: str, part: str, tag: bytes) -> tuple[str, bytes] | None:
        """The token and the bytes of a part, if it was written with the same tag."""
        query = "SELECT token, data FROM state WHERE project = ? AND part = ? AND tag = ?"
        rows = self._ask(query, (project, part, tag))
        return None if not rows else (rows[0][0], rows[0][1])

    def write(
        self,
        project: str,
        tag: bytes,
        parts: Mapping[str, bytes],
        summaries: Iterable[tuple[bytes, bytes]],
        used: Iterable[bytes],
    ) -> str | None:
        """Replace the state of a project, and add summaries; the token, None if it failed.

        `used` are the keys of all summaries that the state needs.
        """
        token = os.urandom(8).hex()
        today = _today()
        rows = [(project, part, tag, token, today, data) for part, data in parts.items()]

        def act(connection: sqlite3.Connection) -> str:
            connection.execute("DELETE FROM state WHERE project = ? AND tag = ?", (project, tag))
            connection.executemany("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?)", rows)
            connection.executemany(
                "INSERT OR REPLACE INTO summary VALUES (?, ?, ?)",
                ((key, today, data) for key, data in summaries),
            )
            self._mark(connection, project, tag, used)
            self._drop_older_programs(connection, project)
            self._prune(connection)
            return token

        written = self._write(act)
        self._shrink()
        return written

    def rewrite(self, project: str, token: str, tag: bytes, part: str, data: bytes) -> None:
        """Replace one part, or add it, unless another process has replaced the state."""
        row = (project, part, tag, token, _today(), data)

        def act(connection: sqlite3.Connection) -> None:
            query = "SELECT 1 FROM state WHERE project = ? AND token = ?"
            if connection.execute(query, (project, token)).fetchone() is not None:
                connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?, ?)", row)

        self._write(act)

    def use(self, project: str, tag: bytes, keys: Iterable[bytes]) -> None:
        """Note, once a day, that a state and its summaries were used."""
        query = "SELECT min(used) FROM state WHERE project = ? AND tag = ?"
        rows = self._ask(query, (project, tag))
        if rows and rows[0][0] is not None and rows[0][0] < _today():
            self._write(lambda connection: self._mark(connection, project, tag, keys))

    def summary(self, key: bytes) -> bytes | None:
        """The bytes of a summary."""
        rows = self._ask("SELECT data FROM summary WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def summaries(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The bytes of those summaries that the database has."""
        return dict(self._ask_many("SELECT key, data FROM summary WHERE key IN ", keys))

    def present(self, keys: Iterable[bytes]) -> set[bytes]:
        """Which of these summaries are there."""
        return {row[0] for row in self._ask_many("SELECT key FROM summary WHERE key IN ", keys)}

    def close(self) -> None:
        """Close the file; the next access opens it again."""
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None

    # --- one access --------------------------------------------------------------------------

    def _ask(self, query: str, values: tuple[object, ...]) -> list[Any]:
        return (
            self._carefully(lambda connection: connection.execute(query, values).fetchall()) or []
        )

    def _ask_many(self, query: str, keys: Iterable[bytes]) -> list[Any]:
        wanted = list(keys)
        found: list[Any] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = tuple(wanted[start : start + _AT_ONCE])
            found += self._ask(f"{query} ({','.join('?' * len(some))})", some)
        return found

    def _write(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        def transaction(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = act(connection)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            return result

        return self._carefully(transaction)

    def _carefully(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        """The result of `act`; None when the database cannot be used."""
        with self._lock:
            try:
                return self._tried(act)
            except sqlite3.DatabaseError as error:
                note("The cache in %s is made anew: %s", self._folder, error)
                if not self._throw_away():
                    self._not_before = inf
            try:
                return self._tried(act)
            except sqlite3.DatabaseError as error:
                note("The cache in %s cannot be made anew: %s", self._folder, error)
                self._not_before = inf
        return None

    def _tried(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        """Raises sqlite3.DatabaseError when the file is no database, or not one of ours."""
        if monotonic() < self._not_before:
            return None
        try:
            if self._connection is None:
                self._connection = self._opened()
            return act(self._connection)
        except (OSError, sqlite3.OperationalError) as error:
            # Locked, read-only, full. There may be hundreds of further questions; none of them
            # should wait for the database.
            note("The cache in %s is not used for a while: %s", self._folder, error)
            self._not_before = monotonic() + _PAUSE
            return None

    def _opened(self) -> sqlite3.Connection:
        path = prepare(self._folder)
        connection = sqlite3.connect(
            path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA synchronous = OFF")
            # In KiB: a transaction stays in memory until it is done, and locks others out for a
            # moment only.
            connection.execute("PRAGMA cache_size = -65536")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                connection.executescript(_TABLES)
            elif version != _VERSION:
                raise sqlite3.DatabaseError(f"its tables are those of version {version}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _throw_away(self) -> bool:
        self.close()
        try:
            for name in (prepare(self._folder), f"{prepare(self._folder)}-journal"):
                with suppress(FileNotFoundError):
                    os.unlink(name)  # noqa: PTH108
        except OSError as error:
            note("The cache in %s cannot be made anew: %s", self._folder, error)
            return False
        return True

    # --- what is of use ----------------------------------------------------------------------

    def _mark(
        self, connection: sqlite3.Connection, project: str, tag: bytes, keys: Iterable[bytes]
    ) -> None:
        today = _today()
        change = "UPDATE state SET used = ? WHERE project = ? AND tag = ?"
        connection.execute(change, (today, project, tag))
        connection.executemany(
            "UPDATE summary SET used = ? WHERE key = ? AND used < ?",
            ((today, key, today) for key in keys),
        )

    def _drop_older_programs(self, connection: sqlite3.Connection, project: str) -> None:
        connection.execute(
            "DELETE FROM state WHERE project = ? AND tag NOT IN"
            " (SELECT tag FROM state WHERE project = ? GROUP BY tag"
            " ORDER BY max(rowid) DESC LIMIT ?)",
            (project, project, _MAX_TAGS),
        )

    def _prune(self, connection: sqlite3.Connection) -> None:
        """Drop what is old, then, if there is too much, what is oldest."""
        for table in ("state", "summary"):
            connection.execute(f"DELETE FROM {table} WHERE used < ?", (_today() - _MAX_DAYS,))
        if self._size(connection) <= self._max_bytes:
            return
        rows = connection.execute(
            "SELECT used, 'summary', rowid, length(data) FROM summary"
            " UNION ALL SELECT used, 'state', rowid, length(data) FROM state"
            " ORDER BY used DESC, 2, 3 DESC"
        ).fetchall()
        kept = 0
        for _, table, number, length in rows:
            kept += length
            if kept > self._max_bytes * 3 // 4:
                connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))

    def _size(self, connection: sqlite3.Connection) -> int:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        return int((pages - free) * size)

    def _shrink(self) -> None:
        """Give free pages back to the disk when they are many."""

        def act(connection: sqlite3.Connection) -> None:
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            if free > pages // 2:
                connection.execute("PRAGMA incremental_vacuum").fetchall()

        self._carefully(act)


def note(message: str, *arguments: object) -> None:
    """A line in the log."""
    # Imported only now: the command line has no log, and nearly always nothing is wrong.
    from logging import getLogger

    getLogger(__name__).info(message, *arguments)


def _today() -> int:
    return int(time() // 86_400)
