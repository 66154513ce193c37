"""Bring the tables of a serving schema into the shape that their contracts have now."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateColumn, CreateSchema, DropTable, SetColumnComment

from datapilot_resources.serving_tables import LOADED, key_of, shape, table_of


def misshapen(connection: sa.Connection, tables: sa.MetaData) -> list[sa.Table]:
    """Tables that stand with a column of another type, one that the contract lost, or another key."""
    inspector = sa.inspect(connection)
    return [
        table
        for table in tables.sorted_tables
        if inspector.has_table(table.name, tables.schema)
        and (_standing(inspector, table).items() - shape(table).items() or _key(inspector, table) != key_of(table))
    ]


def bring_into_shape(connection: sa.Connection, tables: sa.MetaData) -> None:
    """Make the schema and the tables that are missing, add columns, make a misshapen table anew and empty."""
    if tables.schema not in sa.inspect(connection).get_schema_names():
        connection.execute(CreateSchema(str(tables.schema)))
    loaded = table_of(tables, LOADED)
    for table in misshapen(connection, tables):
        connection.execute(DropTable(table))
        if table is not loaded and sa.inspect(connection).has_table(LOADED, tables.schema):
            connection.execute(loaded.delete().where(loaded.c.table_name == table.name))
    inspector = sa.inspect(connection)
    for table in tables.sorted_tables:
        if inspector.has_table(table.name, tables.schema):
            _add_columns(connection, table, _standing(inspector, table))
    tables.create_all(connection)


def _add_columns(connection: sa.Connection, table: sa.Table, standing: dict[str, str]) -> None:
    name = connection.dialect.identifier_preparer.format_table(table)
    for column in table.columns:
        if column.name not in standing:
            added = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {added}")
            connection.execute(SetColumnComment(column))


def _standing(inspector: sa.Inspector, table: sa.Table) -> dict[str, str]:
    """Column → type of a table as it stands."""
    columns = inspector.get_columns(table.name, table.schema)
    return {column["name"]: column["type"].compile(postgresql.dialect()) for column in columns}


def _key(inspector: sa.Inspector, table: sa.Table) -> list[str]:
    unique = [list(found["column_names"]) for found in inspector.get_unique_constraints(table.name, table.schema)]
    primary = list(inspector.get_pk_constraint(table.name, table.schema)["constrained_columns"])
    return [*unique, primary][0]
