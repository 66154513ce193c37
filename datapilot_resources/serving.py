"""The serving database: each organization's gold in a Postgres schema of its own, for Power BI and any SQL tool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import sqlalchemy as sa

from datapilot_domain.contracts import SERVED, TableContract
from datapilot_domain.landing import digest
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.postgres import postgres_engine, reaching
from datapilot_resources.serving_shape import bring_into_shape, misshapen
from datapilot_resources.serving_tables import LOADED, copy_text, key_of, schema_name, serving_tables, shape, table_of
from datapilot_resources.settings import Settings, SettingsError

# A reader that holds a table for longer makes a load fail that must change the table; it is tried again.
_LOCK_SECONDS = 20


class LoadRefused(RuntimeError):
    """Postgres did not take the rows of a month as they are; nothing of that load was kept."""


@dataclass(frozen=True)
class ServedTable:
    """A month of one table as it is to be served. `delta_version`: that it was read at, None if it is in none."""

    contract: TableContract
    delta_version: int | None
    rows: pa.Table


@dataclass(frozen=True)
class ServedMonth:
    """A month of all tables, and the fingerprint of what it was read from."""

    month: Month
    fingerprint: str
    tables: tuple[ServedTable, ...]


@dataclass(frozen=True)
class Loaded:
    """What the serving database holds of a month of a table."""

    fingerprint: str
    delta_version: int | None
    rows: int


class Serving:
    """Loads and states of the serving schemas. Every method that asks the database raises PostgresUnavailable."""

    def __init__(self, settings: Settings, contracts: Sequence[TableContract] = SERVED) -> None:
        """Raises SettingsError: serving is off."""
        if settings.serving is None:
            remedy = "set DATAPILOT_SERVING_URL or DATAPILOT_POSTGRES_URL"
            raise SettingsError(f"no database to serve gold from: {remedy}")
        self._url, self.contracts = settings.serving, tuple(contracts)
        self._setting = "DATAPILOT_SERVING_URL" if settings.serving_url else "DATAPILOT_POSTGRES_URL"

    def shape_hash(self) -> str:
        """Of the columns, types and keys of all tables: when it changes, every month is loaded again."""
        tables = self.tables(OrgId("any")).sorted_tables
        return digest([[table.name, list(shape(table).items()), key_of(table)] for table in tables])

    def tables(self, org: OrgId) -> sa.MetaData:
        return serving_tables(org, self.contracts)

    def loaded(self, org: OrgId) -> dict[str, dict[Month, Loaded]]:
        """Table id → month → what is served of it; empty before anything was loaded."""
        with self.begin() as connection:
            return self._loaded(connection, org)

    def _loaded(self, connection: sa.Connection, org: OrgId) -> dict[str, dict[Month, Loaded]]:
        found: dict[str, dict[Month, Loaded]] = {contract.id: {} for contract in self.contracts}
        names = {contract.table: contract.id for contract in self.contracts}
        if not sa.inspect(connection).has_table(LOADED, schema_name(org)):
            return found
        for row in connection.execute(table_of(self.tables(org), LOADED).select()).mappings():
            if row["table_name"] in names:  # else of a table that is served no more
                state = Loaded(row["fingerprint"], row["delta_version"], row["rows"])
                found[names[row["table_name"]]][Month.parse(row["month"])] = state
        return found

    def must_rebuild(self, org: OrgId) -> bool:
        """Whether a table stands in a shape that only making it anew can change."""
        with self.begin() as connection:
            return bool(misshapen(connection, self.tables(org)))

    def load(
        self, org: OrgId, months: Sequence[Month], read: Callable[[Month], ServedMonth], run_id: str
    ) -> list[ServedMonth]:
        """Replace these months in all tables, in one transaction: a reader sees all of the old or all of the new.

        Makes what is missing, adds the columns that a contract gained, and makes a table whose types or key changed
        anew, then with the rows of `months` alone. Loads of one organization take turns; a month is read when its
        turn comes, and left alone when another load has brought just that. What was loaded. Raises LoadRefused.
        """
        tables = self.tables(org)
        done = []
        with self.begin() as connection:
            _take_turn(connection, org)
            bring_into_shape(connection, tables)
            loaded = self._loaded(connection, org)
            for month in months:
                found = read(month)
                stands = [of.get(month) for of in loaded.values()]
                if any(state is None or state.fingerprint != found.fingerprint for state in stands):
                    for served in found.tables:
                        _replace(connection, tables, found, served, run_id)
                    done.append(found)
        return done

    def erase(self, org: OrgId) -> None:
        """Remove all tables of an organization; harmless when there are none."""
        with self.begin() as connection:
            _take_turn(connection, org)
            connection.execute(sa.schema.DropSchema(schema_name(org), cascade=True, if_exists=True))

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction."""
        with reaching(self._engine, self._setting), self._engine.begin() as connection:
            yield connection

    @property
    def address(self) -> sa.URL:
        """Where the database is; as text it shows no password."""
        return self._engine.url

    @cached_property
    def _engine(self) -> sa.Engine:
        return postgres_engine(self._url)


def _take_turn(connection: sa.Connection, org: OrgId) -> None:
    """Wait for the organization's other loads. The lock ends with the transaction, so it holds through any pooler."""
    wait = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    connection.execute(wait, {"name": f"datapilot serving {schema_name(org)}"})
    connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))


def _replace(
    connection: sa.Connection, tables: sa.MetaData, month: ServedMonth, served: ServedTable, run_id: str
) -> None:
    table, loaded = table_of(tables, served.contract.table), table_of(tables, LOADED)
    connection.execute(table.delete().where(table.c.month == str(month.month)))
    if served.rows.num_rows:
        _copy(connection, table, served)
    mine = (loaded.c.table_name == table.name) & (loaded.c.month == str(month.month))
    connection.execute(loaded.delete().where(mine))
    values = {
        "table_name": table.name,
        "month": str(month.month),
        "fingerprint": month.fingerprint,
        "delta_version": served.delta_version,
        "rows": served.rows.num_rows,
        "run_id": run_id,
    }
    connection.execute(loaded.insert().values(values))


def _copy(connection: sa.Connection, table: sa.Table, served: ServedTable) -> None:
    import psycopg2

    prepare = connection.dialect.identifier_preparer
    names = ", ".join(prepare.quote(column.name) for column in table.columns)
    cursor = connection.connection.cursor()
    try:
        text = copy_text(served.contract, served.rows)
        cursor.copy_expert(f"COPY {prepare.format_table(table)} ({names}) FROM STDIN (FORMAT csv)", text)
    except (psycopg2.DataError, psycopg2.IntegrityError) as error:
        # Without its context, which quotes a row.
        raise LoadRefused(f"{served.contract.id}: {error.diag.message_primary}") from None
    if cursor.rowcount != served.rows.num_rows:
        raise LoadRefused(f"{served.contract.id}: {served.rows.num_rows} rows were sent, {cursor.rowcount} arrived")
