"""Decode a sales CSV file: its records under the contract's names, and what landing decides about each.

Text is read once in bounded pieces (`spool`); everything after that is SQL over the spool, out of core.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from datapilot_assets.landing.column_facts import ColumnFacts
from datapilot_assets.landing.continuation import fill_continuations
from datapilot_assets.landing.corrected import Overlay, correct_source, corrected_months
from datapilot_assets.landing.dates import DateColumn, date_column
from datapilot_assets.landing.dialect import Dialect
from datapilot_assets.landing.events import create_events
from datapilot_assets.landing.headers import map_headers
from datapilot_assets.landing.ignored import check_totals, set_aside
from datapilot_assets.landing.meanings import create_meanings
from datapilot_assets.landing.records import create_body, create_filled, create_source, declares_utc
from datapilot_assets.landing.records_file import write_records
from datapilot_assets.landing.shares import create_shares
from datapilot_assets.landing.spool import Spool, spool_records
from datapilot_assets.landing.tables import Table, find_table
from datapilot_assets.landing.typed import TypedColumns, create_typed
from datapilot_assets.landing.units import (
    create_lines,
    create_orders,
    decide,
    find_main_month,
    line_level_fields,
    write_units,
)
from datapilot_assets.landing.values import NumberColumn, number_column, number_sql
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.findings import Field, found
from datapilot_domain.landing import Layout, MonthCount, Notice, content_id, first_of
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Calendar, Month
from datapilot_domain.reasons import Refusal

# Raise it whenever a file may decode to something else than before: its content gets a new id.
DECODER_VERSION = 3
_MEMORY_LIMIT = "2GB"
_FIELDS = {field.name: field for field in SALES_FIELDS}


@dataclass(frozen=True)
class Decoded:
    """A decoded file. Every family's decoder answers this; only the contract of the records differs.

    records_file: Parquet with exactly the columns of the family's bronze contract, in its order, one row per
        record that is not ignored. Text is as written but for outer spaces; empty is null. A continuation
        line carries the text of its order's first line (never its amounts); several fee columns are summed.
    units_file: Parquet index, grain (unit_key, line_no, sold_on): unit_key, event_type, order_id, line_no
        int32 (null without line numbers), sold_on date32, month, records int32, amount decimal128(28,4)
        (sum of the readable line values, null when there is none), other_ids varchar[] (R25), order_total.
    records: every logical record but the header; ignored: those of them that are no sale (in no file here).
    months: `records` by month, the ignored ones and those without a readable date under the main month.
    corrected: records that an overlay changed, by the month in which they are now.
    recipe: what decided, beside the bytes, what the records are: `content_id(sha256, recipe)`.
    """

    layout: Layout
    recipe: dict[str, Any]
    records_file: Path
    units_file: Path
    records: int
    ignored: int
    main_month: Month | None
    months: dict[Month, MonthCount]
    notices: tuple[Notice, ...]
    corrected: dict[Month, int]


def decode_sales(
    path: Path,
    *,
    sha256: str,
    organization: Organization,
    arrived_on: dt.date,
    first_month: Month,
    customer_key: bytes,
    workdir: Path,
    header_only_month: Month | None = None,
    file_name: str = "FILE",
    overlay: Overlay | None = None,
) -> Decoded:
    """Decode the file into `workdir`, which must exist and be the caller's own.

    file_name: the sender's name of the file, for the command that a refusal proposes.
    header_only_month: the month that the sender declares complete: a file without any line then means zero.
    overlay: cells of this file that corrections changed; it is decoded as if it had been written so.
    Raises Refusal; its detail names the line or record, the column and what was found.
    """
    table = find_table(path, organization.limits, workdir, locale=organization.locale, saved=organization.mappings)
    source, dialect = table.source, table.dialect
    spool = spool_records(source, dialect, organization.limits, workdir)
    calendar = Calendar(first_month, arrived_on)
    with connect(workdir) as connection:
        layout, mapping, columns, unproven_totals = _read_layout(
            connection, spool, table, organization, calendar, file_name
        )
        keeps_order = create_body(connection)  # once more: totals are settled now
        regular = len(spool.files) == 1
        extras = create_source(connection, dialect.columns, mapping, layout.decimal_marks, regular=regular)
        if overlay:
            correct_source(connection, overlay, layout)
            columns = columns.of_any_text()
        lines = _count(connection, "body")
        if not lines and header_only_month is None:
            raise Refusal("NO_GOOD_ROW", "header_alone")
        continued = fill_continuations(connection, mapping)
        create_filled(connection, continued, mapping)
        create_typed(connection, layout, organization.time_zone, columns)
        create_meanings(connection, has_status=layout.has("status") or layout.has("payment_status"))
        create_events(connection, layout, calendar)
        decide(connection, layout)
        main_month = find_main_month(connection, calendar) if lines else header_only_month
        if main_month is None or (lines and not _good_rows(connection)):
            raise _no_good_row(connection, dialect, mapping, calendar)
        create_lines(connection, calendar, main_month)
        create_orders(connection, layout)
        layout = layout.model_copy(update={"line_level": line_level_fields(connection, layout)})
        create_shares(connection, layout)
        recipe = recipe_of(layout, organization, overlay.applied if overlay else ())
        content = content_id(sha256, recipe)
        records_file, units_file = workdir / "records.parquet", workdir / "units.parquet"
        ignored = _count(connection, "ignored")
        in_order = keeps_order and regular and not (continued or overlay)
        write_records(connection, records_file, layout, content, customer_key, extras, in_order=in_order)
        write_units(connection, units_file, layout)
        months = _months(connection, main_month, ignored)
        notices = (
            *_notices(table, mapping, layout, main_month, months),
            *_of_quantity(layout, organization),
            *_incomplete_orders(connection),
            *(Notice(code="TOTALS_UNPROVEN", values={"record": str(record)}) for record in unproven_totals),
        )
        corrected = corrected_months(connection) if overlay else {}
    return Decoded(
        layout, recipe, records_file, units_file, spool.records, ignored, main_month, months, notices, corrected
    )


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
    is_whole = not _count(connection, "ignored")
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
    settled = not _count(connection, "ignored WHERE kind = 'bare'")
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


def recipe_of(layout: Layout, organization: Organization, corrections: Sequence[str] = ()) -> dict[str, Any]:
    """What decides, beside the bytes, what the records are. `corrections`: ids of the overlays on them."""
    assumed = organization.assumed_quantity(layout.header_hash, layout.mapping.values())
    return {
        **({"corrections": list(corrections)} if corrections else {}),
        **({"table": layout.table} if layout.table else {}),
        **({"assumed_quantity": assumed} if assumed else {}),
        "decoder": ["sales_csv", DECODER_VERSION],
        "mapping": layout.mapping,
        "locale": organization.locale,
        "time_zone": organization.time_zone,
    }


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int((connection.execute(f"SELECT count(*) FROM {relation}").fetchone() or (0,))[0])


def _good_rows(connection: duckdb.DuckDBPyConnection) -> int:
    return _count(connection, "decided WHERE sold_on IS NOT NULL AND amount IS NOT NULL")


def _no_good_row(
    connection: duckdb.DuckDBPyConnection,
    dialect: Dialect,
    mapping: Mapping[int, str],
    calendar: Calendar,
) -> Refusal:
    named = {name: dialect.columns[position] for position, name in mapping.items()}
    fields = [name for name in ("sold_at", "line_amount", "unit_price") if name in named]
    texts = connection.execute(f"SELECT {', '.join(fields)} FROM source ORDER BY record_no LIMIT 1").fetchone() or ()
    cells = [
        found("cell_empty", column=named[name]) if text is None else found("cell_has", column=named[name], text=text)
        for name, text in zip(fields, texts, strict=True)
    ]
    first, last = str(calendar.first), str(calendar.last)
    return Refusal("NO_GOOD_ROW", "no_date_with_amount", first=first, last=last, cells=cells)


def _months(connection: duckdb.DuckDBPyConnection, main_month: Month, ignored: int) -> dict[Month, MonthCount]:
    counted = connection.execute("SELECT month, count(*) FROM lines GROUP BY month").fetchall()
    months = {Month.parse(month): MonthCount(records=count) for month, count in counted}
    main = months.get(main_month, MonthCount(records=0))
    months[main_month] = MonthCount(records=main.records + ignored, ignored=ignored)
    return dict(sorted(months.items()))


def _incomplete_orders(connection: duckdb.DuckDBPyConnection) -> tuple[Notice, ...]:
    """Orders of which only some lines will stand: the version counts whole all the same (R4)."""
    found = connection.execute(
        "SELECT any_value(order_id) AS order_id FROM decided SEMI JOIN (SELECT unit_hash FROM orders WHERE is_divided) "
        "USING (unit_hash) GROUP BY unit_hash ORDER BY order_id"
    ).fetchall()
    orders = first_of([order for (order,) in found])
    return (Notice(code="ORDERS_INCOMPLETE", values={"count": str(len(found)), "orders": orders}),) if found else ()


def _notices(
    table: Table,
    mapping: Mapping[int, str],
    layout: Layout,
    main_month: Month,
    months: Mapping[Month, MonthCount],
) -> tuple[Notice, ...]:
    fields = set(mapping.values())
    notices = []
    if table.name and table.others:
        values = {"table": table.name, "others": ", ".join(table.others)}
        notices.append(Notice(code="TABLE_CHOSEN", values=values))
    if table.dialect.explanation is not None:
        notices.append(Notice(code="EXPLANATION_IGNORED", values={"text": table.dialect.explanation[:80]}))
    if late := {month: count.records for month, count in months.items() if month < main_month}:
        values = {"count": str(sum(late.values())), "months": ", ".join(map(str, late))}
        notices.append(Notice(code="LATE_ROWS", values=values))
    if not fields & {"status", "payment_status"}:
        notices.append(Notice(code="STATUS_ASSUMED", values={}))
    if not layout.names_products:
        notices.append(Notice(code="ORDER_LEVEL", values={}))
    elif not layout.has("quantity") and layout.assumed_quantity is None:
        notices.append(Notice(code="QUANTITY_ABSENT", values={}))
    if not fields & {"order_discount", "line_discount"}:
        notices.append(Notice(code="DISCOUNT_ABSENT", values={}))
    if unmapped := [name for p, name in enumerate(table.dialect.columns) if name and p not in mapping]:
        notices.append(Notice(code="COLUMNS_UNMAPPED", values={"columns": ", ".join(unmapped)}))
    return tuple(notices)


def _of_quantity(layout: Layout, organization: Organization) -> tuple[Notice, ...]:
    """What became of the quantity that the organization said to assume, where it said so."""
    if layout.header_hash not in organization.assumed_quantities:
        return ()
    if layout.assumed_quantity is not None:
        return (Notice(code="QUANTITY_ASSUMED", values={}),)
    column = next(column for column, field in layout.mapping.items() if field == "quantity")
    return (Notice(code="QUANTITY_NOT_ASSUMED", values={"column": column}),)
