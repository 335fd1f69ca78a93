"""A ledger: finished work by content key, outside DVC's outputs, so that no work is done twice."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from codepref.errors import MissingError
from codepref.files import locked
from codepref.records import Json

LOCK_TIMEOUT_S = 60.0
KEYS_PER_QUERY = 500


class Ledger:
    """Values by key in one SQLite file; several processes may read and add at once.

    A value is committed before `put` returns, so a killed process loses the row in flight only.
    The first value of a key stays: what was measured once is never replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # SQLite does not wait for others while a file changes to WAL, so one process opens it.
        with locked(path.with_suffix(".lock")), self._clear_errors():
            self._connection = sqlite3.connect(path, timeout=LOCK_TIMEOUT_S, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL)"
            )

    def get(self, keys: Iterable[str]) -> dict[str, Json]:
        """Give the values of those keys that are known."""
        return {key: json.loads(value) for key, value in self._select("key, value", keys)}

    def known(self, keys: Iterable[str]) -> set[str]:
        """Give those keys that are known."""
        return {key for (key,) in self._select("key", keys)}

    def put(self, key: str, value: Json) -> None:
        """Add one value, unless the key is known."""
        with self._clear_errors():
            self._connection.execute(
                "INSERT OR IGNORE INTO entries VALUES (?, ?)",
                (key, json.dumps(value, sort_keys=True)),
            )

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def _select(self, columns: str, keys: Iterable[str]) -> Iterator[tuple[str, ...]]:
        wanted = sorted(set(keys))
        with self._clear_errors():
            for first in range(0, len(wanted), KEYS_PER_QUERY):
                some = wanted[first : first + KEYS_PER_QUERY]
                marks = ",".join("?" * len(some))
                yield from self._connection.execute(
                    f"SELECT {columns} FROM entries WHERE key IN ({marks})", some
                )

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise MissingError(
                f"{self.path}: {error}; if the disk is full free some room, if the file is damaged "
                "remove it (finished work will be done again), then run again"
            ) from error
