"""The store: every finished run in an SQLite file, so that none is trained twice.

It holds what a run gave: scores, history, status, a histogram of its weights, and for each row a bit or
a number, what it added to the scores. Where predictions were asked for, it also holds what the network
gave for test rows, and of data with a map what it gave over that. It holds no row of data, and no weights.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from regcmp.engine.training import Trained
from regcmp.errors import DataError
from regcmp.runs.numerics import Machine, this_machine
from regcmp.runs.run_bytes import (
    decoded,
    encoded,
    encoded_marks,
    encoded_outputs,
    with_outputs,
)

VERSION = 1
"""Of the tables."""
APPLICATION = 0x72676370
"""Whose file it is, for SQLite."""
WAIT_SECONDS = 30.0
"""For another command that writes."""
AT_ONCE = 500
"""Keys in one query."""
TABLES = """
CREATE TABLE runs (
    key TEXT PRIMARY KEY, dataset TEXT NOT NULL, method TEXT NOT NULL, seed INTEGER NOT NULL,
    host TEXT NOT NULL, created REAL NOT NULL, seconds REAL NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE marks (
    key TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, metric TEXT NOT NULL,
    train BLOB NOT NULL, test BLOB NOT NULL, PRIMARY KEY (key, metric)
) WITHOUT ROWID;
CREATE INDEX runs_by_age ON runs (created);
"""
OUTPUTS = """
CREATE TABLE IF NOT EXISTS outputs (
    key TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL,
    dtype TEXT NOT NULL, width INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (key, name)
) WITHOUT ROWID
"""
"""Made when it is needed: most stores have no such table."""


class StoreError(DataError):
    """A store that can't be used, in one line."""


@dataclass(frozen=True)
class Label:
    """What is listed of a run beside its key."""

    dataset: str
    method: str
    seed: int
    host: str


@dataclass(frozen=True)
class Found:
    """A run from the store."""

    trained: Trained
    seconds: float
    """That training it took."""
    elsewhere: bool
    """Whether another machine trained it, whose numbers are the same."""
    where: Machine | None = None
    """The kind of machine that its key names."""


class Store:
    """Finished runs in a file. Each method raises StoreError where the file can't be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._errors():
            is_new = not path.exists() or path.stat().st_size == 0
            self.connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
            self._prepare(is_new=is_new)

    def _prepare(self, *, is_new: bool) -> None:
        """Make the tables of a new file; raise for a file of another kind."""
        ask = self.connection.execute
        ask("PRAGMA foreign_keys = ON")
        ask("PRAGMA trusted_schema = OFF")  # a file from elsewhere may have views and triggers
        if is_new:
            ask("PRAGMA auto_vacuum = INCREMENTAL")
            with self._writing():
                if not self._number("application_id"):  # another command may have been faster
                    for statement in TABLES.strip().rstrip(";").split(";\n"):
                        ask(statement)
                    ask(f"PRAGMA application_id = {APPLICATION}")
                    ask(f"PRAGMA user_version = {VERSION}")
        if self._number("application_id") != APPLICATION:
            raise StoreError(f"{str(self.path)!r} is not a store of regcmp; name another file")
        if (version := self._number("user_version")) != VERSION:
            raise StoreError(
                f"{str(self.path)!r} is a store of version {version}, and this regcmp reads version"
                f" {VERSION}; name another file, or use the regcmp that wrote it"
            )

    def close(self) -> None:
        """End the connection."""
        self.connection.close()

    def found(
        self, keys: Sequence[str], metric: str, outputs: Mapping[str, Sequence[str]] | None = None
    ) -> dict[str, Found]:
        """The runs of these keys, with what the metric's test needs of rows; damaged ones are left out.

        ``outputs`` says by key which of a run's outputs are wanted, too: a run that ended, and lacks one
        here, is left out.
        """
        found: dict[str, Found] = {}
        here = this_machine().host
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            query = (
                "SELECT runs.key, seconds, host, body, train, test FROM runs LEFT JOIN marks"
                f" ON runs.key = marks.key AND metric = ? WHERE runs.key IN ({','.join('?' * len(part))})"
            )
            with self._errors():
                rows = self.connection.execute(query, (metric, *part)).fetchall()
            for key, seconds, where, body, *marks in rows:
                trained = decoded(body, metric, marks)
                if trained is not None:
                    found[key] = Found(trained, seconds, where != here)
        return self._with_outputs(found, outputs or {})

    def _with_outputs(
        self, found: Mapping[str, Found], outputs: Mapping[str, Sequence[str]]
    ) -> dict[str, Found]:
        """These runs with the outputs that are wanted, but for those that ended and lack one."""
        known = dict(found)
        wanting = [key for key in found if outputs.get(key) and found[key].trained.status == "ok"]
        with self._errors():
            has_any = bool(wanting) and self._has_outputs()
            query = "SELECT name, dtype, width, body FROM outputs WHERE key = ?"
            for key in wanting:
                stored = self.connection.execute(query, (key,)).fetchall() if has_any else []
                run = found[key]
                trained = with_outputs(run.trained, stored, outputs[key])
                if trained is None:
                    del known[key]
                else:
                    known[key] = replace(run, trained=trained)
        return known

    def _has_outputs(self, schema: str = "main") -> bool:
        query = f"SELECT count(*) FROM {schema}.sqlite_master WHERE name = 'outputs'"
        return bool(self.connection.execute(query).fetchone()[0])

    def put(self, runs: Iterable[tuple[str, Label, Trained, float]], metric: str) -> None:
        """Add runs, with the seconds they took, all of them or none."""
        now = time.time()
        with self._errors(), self._writing():
            for key, label, trained, seconds in runs:
                row = (
                    key,
                    label.dataset,
                    label.method,
                    label.seed,
                    label.host,
                    now,
                    seconds,
                    encoded(trained),
                )
                self.connection.execute(
                    "INSERT INTO runs VALUES (?,?,?,?,?,?,?,?)"
                    " ON CONFLICT (key) DO UPDATE SET body = excluded.body",
                    row,
                )
                if trained.kept is not None:
                    marks = [encoded_marks(each) for each in trained.kept]
                    self.connection.execute(
                        "INSERT OR REPLACE INTO marks VALUES (?,?,?,?)", (key, metric, *marks)
                    )
                for stored in encoded_outputs(trained):
                    self.connection.execute(OUTPUTS)
                    self.connection.execute(
                        "INSERT OR REPLACE INTO outputs VALUES (?,?,?,?,?)", (key, *stored)
                    )

    def prune(self, most: int) -> int:
        """Leave out the oldest runs until the file has at most so many bytes; how many went."""
        gone = 0
        with self._errors():
            while self.size > most and self.count:
                with self._writing():
                    oldest = "SELECT key FROM runs ORDER BY created LIMIT max(1, ?)"
                    done = self.connection.execute(
                        f"DELETE FROM runs WHERE key IN ({oldest})", (self.count // 10,)
                    )
                    gone += done.rowcount
                self.connection.executescript(
                    "PRAGMA incremental_vacuum"
                )  # takes a step for each page
        return gone

    def clear(self) -> int:
        """Leave out all runs; how many there were."""
        with self._errors():
            with self._writing():
                gone = self.connection.execute("DELETE FROM runs").rowcount
            self.connection.execute("VACUUM")
        return gone

    def listed(self) -> list[tuple[str, int, float, float]]:
        """Of each dataset: its name, how many runs, and the first and last second of them."""
        query = (
            "SELECT dataset, count(*), min(created), max(created) FROM runs GROUP BY dataset"
            " ORDER BY max(created) DESC"
        )
        with self._errors():
            return self.connection.execute(query).fetchall()

    def take(self, other: Path) -> int:
        """Add the runs of another store that are not here; how many came."""
        Store(other).close()  # which refuses what is no store
        with self._errors():
            before = self.count
            self.connection.execute("ATTACH ? AS other", (str(other),))
            try:
                with self._writing():
                    tables = ["runs", "marks"]
                    if self._has_outputs("other"):
                        self.connection.execute(OUTPUTS)
                        tables.append("outputs")
                    for table in tables:
                        self.connection.execute(
                            f"INSERT OR IGNORE INTO {table} SELECT * FROM other.{table}"
                        )
            finally:
                self.connection.execute("DETACH other")
            return self.count - before

    @property
    def count(self) -> int:
        """How many runs there are."""
        with self._errors():
            return int(self.connection.execute("SELECT count(*) FROM runs").fetchone()[0])

    @property
    def size(self) -> int:
        """Bytes of the file, without pages that are free."""
        pages = self._number("page_count") - self._number("freelist_count")
        return pages * self._number("page_size")

    def _number(self, pragma: str) -> int:
        return int(self.connection.execute(f"PRAGMA {pragma}").fetchone()[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction: all of it, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:  # of a full disk, SQLite has undone it by itself
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Errors of SQLite and of the system as StoreError."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the store {str(self.path)!r} can't be used: {_why(error)}"
            ) from error


def _why(error: Exception) -> str:
    """What SQLite says, in the words of who has to mend it."""
    said = str(error)
    for start, words in (
        ("file is not a database", "it is not an SQLite file; name another file"),
        ("database disk image is malformed", "it is damaged; delete it, or name another file"),
        ("attempt to write a readonly database", "it can't be written; check its permissions"),
        ("database is locked", "another command holds it; try again, or name another file"),
        ("database or disk is full", "the disk is full"),
        ("unable to open database file", "it can't be opened; check that its folder exists"),
    ):
        if said.startswith(start):
            return words
    return said
