"""The serving tables of an organization: their SQL and their rows, derived from the contracts."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from datapilot_domain.contracts import TableContract
from datapilot_domain.organizations import OrgId

LOADED = "_loaded"
_TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "string": sa.Text,
    "int": sa.Integer,
    "bigint": sa.BigInteger,
    "boolean": sa.Boolean,
    "date": sa.Date,
    "array<string>": postgresql.JSONB,
}


def schema_name(org: OrgId) -> str:
    """`org_acme`, of which every organization has one."""
    return f"org_{OrgId(org)}"


def serving_tables(org: OrgId, contracts: Iterable[TableContract]) -> sa.MetaData:
    """A table per contract, and `_loaded`: which fingerprint, version and run the rows of each month are of."""
    tables = sa.MetaData(schema=schema_name(org))
    for contract in contracts:
        # A primary key takes no null: a campaign without an id, a member that the source does not name.
        with_nulls = any(contract.column(name).nullable for name in contract.key)
        sa.Table(
            contract.table,
            tables,
            *(sa.Column(c.name, _sql_type(c.type), comment=c.description) for c in contract.shown),
            sa.UniqueConstraint(*contract.key, postgresql_nulls_not_distinct=True)
            if with_nulls
            else sa.PrimaryKeyConstraint(*contract.key),
            comment=contract.description,
        )
    sa.Table(
        LOADED,
        tables,
        sa.Column("table_name", sa.Text, primary_key=True),
        sa.Column("month", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False, comment="Of all that the month was loaded from"),
        sa.Column("delta_version", sa.BigInteger, comment="Of the table in the lake; null: the month is in none"),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False, comment="Dagster's run that loaded it"),
        sa.Column("loaded_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        comment="What each month of each table was loaded from",
    )
    return tables


def table_of(tables: sa.MetaData, name: str) -> sa.Table:
    return tables.tables[f"{tables.schema}.{name}"]


def _sql_type(ddl: str) -> sa.types.TypeEngine[Any]:
    if ddl.startswith("decimal("):
        precision, scale = ddl[len("decimal(") : -1].split(",")
        return sa.Numeric(int(precision), int(scale))
    return _TYPES[ddl]()


def shape(table: sa.Table) -> dict[str, str]:
    """Column → type, as Postgres spells it."""
    return {column.name: column.type.compile(postgresql.dialect()) for column in table.columns}


def key_of(table: sa.Table) -> list[str]:
    """Columns that no two rows share."""
    kinds = (sa.UniqueConstraint, sa.PrimaryKeyConstraint)
    unique = [found for found in table.constraints if isinstance(found, kinds) and found.columns]
    return [column.name for column in unique[0].columns]


def copy_text(contract: TableContract, rows: pa.Table) -> io.BytesIO:
    """The rows as CSV for COPY: null is an empty field, empty text a quoted one; every number is exact.

    Postgres' text holds no NUL character: the replacement character stands for it.
    """
    columns = contract.shown
    found = rows.select([column.name for column in columns])
    for place, column in enumerate(columns):
        if column.type == "array<string>":
            texts = [None if value is None else json.dumps(value) for value in found.column(place).to_pylist()]
            found = found.set_column(place, column.name, pa.array(texts, pa.string()))
        elif column.type == "string":
            text_column = pc.replace_substring(found.column(place), "\x00", "\ufffd")
            found = found.set_column(place, column.name, text_column)
    text = io.BytesIO()
    pa_csv.write_csv(found, text, pa_csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    text.seek(0)
    return text
