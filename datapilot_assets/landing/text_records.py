"""A sales file as text under the contract's names: who the columns are, which records count, and their cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from datapilot_assets.landing.column_facts import ColumnFacts
from datapilot_assets.landing.continuation import fill_continuations
from datapilot_assets.landing.corrected import Overlay, correct_source
from datapilot_assets.landing.dates import DateColumn, date_column
from datapilot_assets.landing.dialect import Dialect
from datapilot_assets.landing.headers import map_headers
from datapilot_assets.landing.ignored import check_totals, set_aside
from datapilot_assets.landing.records import create_body, create_filled, create_source, declares_utc
from datapilot_assets.landing.spool import Spool
from datapilot_assets.landing.tables import Table
from datapilot_assets.landing.typed import TypedColumns
from datapilot_assets.landing.values import NumberColumn, number_column, number_sql
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.findings import Field
from datapilot_domain.landing import Layout
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Calendar
from datapilot_domain.reasons import Refusal

_MEMORY_LIMIT = "2GB"
_FIELDS = {field.name: field for field in SALES_FIELDS}


@dataclass(frozen=True)
class TextRecords:
    """What is known of the file whose records are the view `filled`.

    mapping: position of a column → its field; columns: what the texts of each field have in common.
    extras: the keys of every record's extras, None if they differ; in_order: a scan of `filled` yields the records
    in the order of their numbers; lines: records that are not ignored; unproven_totals: their record numbers.
    """

    layout: Layout
    mapping: Mapping[int, str]
    columns: TypedColumns
    extras: tuple[str, ...] | None
    in_order: bool
    lines: int
    unproven_totals: tuple[int, ...]


def name_records(
    connection: duckdb.DuckDBPyConnection,
    spool: Spool,
    table: Table,
    organization: Organization,
    calendar: Calendar,
    *,
    file_name: str,
    overlay: Overlay | None = None,
) -> TextRecords:
    """Create the table `ignored` and the views `body`, `source` and `filled` of the spooled records.

    overlay, file_name: as of `decode_sales`. Raises Refusal.
    """
    layout, mapping, columns, unproven = _read_layout(connection, spool, table, organization, calendar, file_name)
    keeps_order = create_body(connection)  # once more: totals are settled now
    regular = len(spool.files) == 1
    extras = create_source(
        connection, table.dialect.columns, mapping, layout.decimal_marks, spool.beyond_ascii, regular=regular
    )
    if overlay:
        correct_source(connection, overlay, layout)
        columns = columns.of_any_text()
    continued = fill_continuations(connection, mapping)
    create_filled(connection, continued, mapping)
    in_order = keeps_order and regular and not (continued or overlay)
    return TextRecords(layout, mapping, columns, extras, in_order, count_rows(connection, "body"), unproven)


def connect(workdir: Path) -> duckdb.DuckDBPyConnection:
    """A database of this file alone; what does not fit in memory spills into the work folder."""
    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": _MEMORY_LIMIT,
            "temp_directory": str(workdir / "spill"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


def open_facts(
    connection: duckdb.DuckDBPyConnection, spool: Spool, dialect: Dialect, organization: Organization
) -> ColumnFacts:
    """Create the view `cells` of the spooled records; the facts about its columns below the header."""
    files = ", ".join(f"'{file}'" for file in spool.files)
    connection.execute(f"CREATE VIEW cells AS SELECT * FROM read_parquet([{files}])")
    connection.execute(f"CREATE VIEW below_header AS SELECT * FROM cells WHERE record_no > {spool.preamble}")
    locale_mark = "," if organization.locale == "pt-BR" else "."
    return ColumnFacts(connection, "below_header", dialect.columns, locale_mark)


def _read_layout(
    connection: duckdb.DuckDBPyConnection,
    spool: Spool,
    table: Table,
    organization: Organization,
    calendar: Calendar,
    file_name: str,
) -> tuple[Layout, dict[int, str], TypedColumns, tuple[int, ...]]:
    """Decide header mapping, decimal marks and date orders, and set the ignored records aside."""
    dialect = table.dialect
    facts = open_facts(connection, spool, dialect, organization)
    headers = map_headers(dialect, organization, facts, file_name)
    mapping = headers.fields
    set_aside(connection, mapping, len(dialect.columns), spool.preamble)
    create_body(connection)
    numbers, marks = _numbers(connection, facts, mapping)
    dates = _dates(connection, dialect, mapping, organization, calendar)
    layout = Layout(
        header_hash=dialect.header_hash,
        header=dialect.columns,
        mapping=headers.by_name,
        currency_hint=headers.currency_hint,
        table=table.name,
        encoding=table.source.encoding,
        delimiter=dialect.delimiter,
        decimal_marks=marks,
        date_orders={name: column.order for name, column in dates.items()},
        assumed_quantity=organization.assumed_quantity(dialect.header_hash, mapping.values()),
    )
    unproven = _check_totals(connection, layout, mapping)
    return layout, mapping, TypedColumns(numbers, dates), unproven


def _check_totals(connection: duckdb.DuckDBPyConnection, layout: Layout, mapping: Mapping[int, str]) -> tuple[int, ...]:
    cells = {name: f"c{position}" for position, name in mapping.items()}
    of_order = ("order_total", "order_subtotal") if layout.is_order_level else ()
    amount = next((name for name in ("line_amount", *of_order) if name in cells), None)
    number = number_sql(cells[amount], layout.decimal_marks[amount]) if amount else None
    position = next((position for position, name in mapping.items() if name == amount), 0)
    return check_totals(
        connection,
        number,
        # Written, but no number; or cut off from the record.
        unreadable=f"({number}) IS NULL AND (c{position} IS NOT NULL OR cells <= {position})",
        status=cells.get("status", "NULL"),
        payment=cells.get("payment_status", "NULL"),
    )


def _numbers(
    connection: duckdb.DuckDBPyConnection, facts: ColumnFacts, mapping: Mapping[int, str]
) -> tuple[dict[str, NumberColumn], dict[str, str]]:
    """The columns of numbers, and the mark of each field: proven by its rows, else by the others, else the locale's.

    A field of several columns, which are summed, and any in a file whose records are not settled yet (`bare`
    ones may turn out to be lines) are left out of the former: not all of their texts are known here.
    """
    fields = [(p, name) for p, name in mapping.items() if _FIELDS[name].holds == "number"]
    columns: dict[int, NumberColumn] = {}
    proven: dict[str, str] = {}
    is_whole = not count_rows(connection, "ignored")
    for position, name in fields:
        # The facts are about these very records where none is ignored.
        columns[position] = (
            facts.number_column(position)
            if is_whole
            else number_column(connection, "body", f"c{position}", facts.columns[position])
        )
        mark = columns[position].proven_mark()
        if mark and proven.setdefault(name, mark) != mark:
            raise Refusal("DECIMAL_MARK_MIXED", "marks_of_field_differ", field=Field(field=name))
    others = set(proven.values())
    default = others.pop() if len(others) == 1 else facts.locale_mark
    marks = {name: proven.get(name, default) for _, name in fields}
    names = [name for _, name in fields]
    settled = not count_rows(connection, "ignored WHERE kind = 'bare'")
    known = {name: columns[p] for p, name in fields if settled and names.count(name) == 1}
    return known, marks


def _dates(
    connection: duckdb.DuckDBPyConnection,
    dialect: Dialect,
    mapping: Mapping[int, str],
    organization: Organization,
    calendar: Calendar,
) -> dict[str, DateColumn]:
    """The columns of dates; their order is proven by their rows, else the locale's."""
    default = "dmy" if organization.locale == "pt-BR" else "mdy"
    found: dict[str, DateColumn] = {}
    for position, name in mapping.items():
        if _FIELDS[name].holds == "instant":
            header = dialect.columns[position]
            column = date_column(connection, "body", f"c{position}", header, calendar, default)
            # The source text of a column that declares UTC ends in an offset, which no strptime format has.
            found[name] = replace(column, formats=None) if declares_utc(header) else column
    return found


def count_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int((connection.execute(f"SELECT count(*) FROM {relation}").fetchone() or (0,))[0])
