"""Decode a sales CSV file: its records under the contract's names, and what landing decides about each.

Text is read once in bounded pieces (`spool`); everything after that is SQL over the spool, out of core.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from datapilot_assets.landing.corrected import Overlay, corrected_months
from datapilot_assets.landing.dialect import Dialect
from datapilot_assets.landing.events import create_events
from datapilot_assets.landing.meanings import create_meanings
from datapilot_assets.landing.records_file import write_records
from datapilot_assets.landing.shares import create_shares
from datapilot_assets.landing.spool import spool_records
from datapilot_assets.landing.tables import Table, find_table
from datapilot_assets.landing.text_records import connect, count_rows, name_records
from datapilot_assets.landing.typed import create_typed
from datapilot_assets.landing.units import (
    create_lines,
    create_orders,
    decide,
    find_main_month,
    line_level_fields,
    write_units,
)
from datapilot_domain.findings import found
from datapilot_domain.landing import Layout, MonthCount, Notice, content_id, first_of
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Calendar, Month
from datapilot_domain.reasons import Refusal

# Raise it whenever a file may decode to something else than before: its content gets a new id.
DECODER_VERSION = 3


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
    spool = spool_records(table.source, table.dialect, organization.limits, workdir)
    calendar = Calendar(first_month, arrived_on)
    with connect(workdir) as connection:
        text = name_records(connection, spool, table, organization, calendar, file_name=file_name, overlay=overlay)
        layout, mapping = text.layout, text.mapping
        if not text.lines and header_only_month is None:
            raise Refusal("NO_GOOD_ROW", "header_alone")
        create_typed(connection, layout, organization.time_zone, text.columns)
        create_meanings(connection, has_status=layout.has("status") or layout.has("payment_status"))
        create_events(connection, layout, calendar)
        decide(connection, layout)
        main_month = find_main_month(connection, calendar) if text.lines else header_only_month
        if main_month is None or (text.lines and not _good_rows(connection)):
            raise _no_good_row(connection, table.dialect, mapping, calendar)
        create_lines(connection, calendar, main_month)
        create_orders(connection, layout)
        layout = layout.model_copy(update={"line_level": line_level_fields(connection, layout)})
        create_shares(connection, layout)
        recipe = recipe_of(layout, organization, overlay.applied if overlay else ())
        content = content_id(sha256, recipe)
        records_file, units_file = workdir / "records.parquet", workdir / "units.parquet"
        ignored = count_rows(connection, "ignored")
        write_records(connection, records_file, layout, content, customer_key, text.extras, in_order=text.in_order)
        write_units(connection, units_file, layout)
        months = _months(connection, main_month, ignored)
        notices = (
            *_notices(table, mapping, layout, main_month, months),
            *_of_quantity(layout, organization),
            *_incomplete_orders(connection),
            *(Notice(code="TOTALS_UNPROVEN", values={"record": str(record)}) for record in text.unproven_totals),
        )
        corrected = corrected_months(connection) if overlay else {}
    return Decoded(
        layout, recipe, records_file, units_file, spool.records, ignored, main_month, months, notices, corrected
    )


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


def _good_rows(connection: duckdb.DuckDBPyConnection) -> int:
    return count_rows(connection, "decided WHERE sold_on IS NOT NULL AND amount IS NOT NULL")


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
