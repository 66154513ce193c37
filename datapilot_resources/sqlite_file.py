"""A SQLite file that several processes write, behind an SQLAlchemy engine."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

_BUSY_SECONDS = 30


def sqlite_engine(path: Path) -> sa.Engine:
    """An engine over that file (made when missing), each of whose transactions is the only one that writes."""
    if not path.exists():
        _create(path)
    # A connection per transaction: nothing is inherited by a forked process or kept by an idle one.
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        poolclass=sa.NullPool,
        hide_parameters=True,
        connect_args={"timeout": _BUSY_SECONDS},
    )

    @sa.event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA secure_delete=ON")  # a deleted row leaves no bytes in the file

    @sa.event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        # Takes the write lock before anything is read: what was read is still so when it is written upon.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _create(path: Path) -> None:
    """An empty file in write-ahead mode, made aside: two processes that switch one file's mode lock each other out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        aside = Path(folder) / path.name
        with closing(sqlite3.connect(aside)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        with suppress(FileExistsError):  # another process was first
            os.link(aside, path)


def empty_write_ahead_log(engine: sa.Engine) -> None:
    """Empty the log, which holds old pages. Raises TimeoutError while another process reads or writes."""
    connection = engine.raw_connection()
    try:
        (busy, *_), *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    if busy:
        raise TimeoutError("the file is in use and its log still holds deleted rows; try again")
