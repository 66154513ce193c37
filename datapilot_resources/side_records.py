"""Side records, kept beside the lake: a SQLite file in DATAPILOT_HOME, or the schema `datapilot` of Postgres."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import sqlalchemy as sa

from datapilot_resources.postgres import postgres_engine, reaching
from datapilot_resources.settings import Settings
from datapilot_resources.sqlite_file import empty_write_ahead_log, sqlite_engine

T = TypeVar("T")
# Tables of side records name this schema; SQLite has none.
SCHEMA = "datapilot"
_SETTING = "DATAPILOT_POSTGRES_URL"
# serialization_failure, deadlock_detected: another transaction was faster, nothing was written.
_TRY_AGAIN = ("40001", "40P01")
_ATTEMPTS = 40
_LONGEST_PAUSE_SECONDS = 0.5


class SideRecords:
    """Tables of one kind of records. Its transactions behave as if each were alone, between processes too."""

    def __init__(self, settings: Settings, tables: sa.MetaData, file_name: str) -> None:
        self._url, self._path, self._tables = settings.postgres_url, settings.home / file_name, tables

    def transact(self, work: Callable[[sa.Connection], T]) -> T:
        """Result of `work` in one transaction; it is done again when another one came between.

        Raises PostgresUnavailable.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with reaching(self._engine, _SETTING), self._engine.begin() as connection:
                    return work(connection)
            except sa.exc.DBAPIError as error:
                if getattr(error.orig, "pgcode", None) not in _TRY_AGAIN or attempt == _ATTEMPTS:
                    raise
            # By chance, so that those who met do not meet again.
            time.sleep(random.uniform(0, min(0.01 * attempt, _LONGEST_PAUSE_SECONDS)))
        raise AssertionError("the last attempt returns or raises")

    def forget(self) -> None:
        """After rows were deleted: leave no copy of them in SQLite's log. Raises TimeoutError as long as it is read."""
        if self._url is None:
            empty_write_ahead_log(self._engine)

    @cached_property
    def _engine(self) -> sa.Engine:
        if self._url is None:
            file = sqlite_engine(self._path).execution_options(schema_translate_map={SCHEMA: None})
            with file.begin() as connection:
                self._tables.create_all(connection)
            return file
        engine = postgres_engine(self._url, "SERIALIZABLE")
        # Each statement sees what another process made while this one waited for the lock.
        with (
            reaching(engine, _SETTING),
            engine.execution_options(isolation_level="READ COMMITTED").begin() as connection,
        ):
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": SCHEMA})
            if SCHEMA not in sa.inspect(connection).get_schema_names():
                connection.execute(sa.schema.CreateSchema(SCHEMA))
            self._tables.create_all(connection)
        return engine
