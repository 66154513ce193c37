"""Units of merge (R4, R21): which unit and which line of it a record is, and the index of a file's units."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet

from datapilot_assets.landing.background import consume_behind
from datapilot_assets.landing.events import STOCK_MOVE
from datapilot_assets.landing.sources import other_id_columns, other_ids_sql
from datapilot_assets.landing.typed import MAYBE_LINE_LEVEL
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.landing import Layout
from datapilot_domain.partitions import Calendar, Month

_SEPARATOR = "chr(31)"
_BATCH_ROWS = 131_072


def decide(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Create the tables `decided` and `repeats` from `events`.

    decided: record_no, order_id, line_no int, sold_on date, amount decimal(18,4) (line value), event_type,
    status_id, sale_status, currency_code, fit, keyless, unreadable, unit_hash, product_hash, and each mapped field
    of MAYBE_LINE_LEVEL as a number.
    product_hash: of what tells the lines of an order apart that have no number; null for others.
    repeats: record_no, occurrence, is_copy, by_number, for every record that has equal lines in its unit.

    Units are `order, store, order_id, kind[, return date]`; a keyless line's are `line, store, date, sku or
    product, quantity, amount, occurrence`. Adjustments belong to the sale of their order, so that a newer
    version of the order replaces them as well; moves of stock are units of their own, by date like returns,
    since what leaves the shelves later is no version of the sale. Lines of an order are equal when they have the
    same line number or, without one, the same (sku or product, unit price). Rows that are equal as a whole under one
    explicit number are copies of the first; different rows under one number are told apart by occurrence.
    """
    levels = [name for name in MAYBE_LINE_LEVEL if layout.has(name)]
    connection.execute(
        f"""
        CREATE TABLE decided AS
        WITH units AS (
            SELECT *, CASE WHEN keyless
                THEN concat_ws({_SEPARATOR}, 'line', coalesce(store, ''), coalesce(sold_on::VARCHAR, ''),
                    coalesce(product, ''), coalesce(quantity::VARCHAR, quantity_text, ''),
                    coalesce(amount::VARCHAR, amount_text, ''))
                ELSE concat_ws({_SEPARATOR}, 'order', coalesce(store, ''), order_id,
                    CASE WHEN event_type = 'adjustment' AND NOT coalesce({STOCK_MOVE}, false)
                        THEN 'sale' ELSE event_type END,
                    CASE WHEN event_type = 'return' OR (event_type = 'adjustment' AND {STOCK_MOVE})
                        THEN coalesce(sold_on::VARCHAR, '') END) END AS unit
            FROM events)
        SELECT record_no, order_id, line_no, sold_on, amount, event_type, status_id, sale_status,
            currency_code, fit, keyless, unreadable, md5(unit) AS unit_hash,
            CASE WHEN NOT keyless AND line_no IS NULL THEN md5_number(concat_ws({_SEPARATOR},
                coalesce(product, ''), coalesce(unit_price::VARCHAR, ''))) END AS product_hash
            {"".join(f", {name}" for name in levels)}
        FROM units
        """
    )
    texts = ", ".join(f"'{field.name}': {field.name}" for field in SALES_FIELDS)
    number, of_line = "CASE WHEN NOT keyless THEN line_no END", "unit_hash, number, product_hash"
    # Quick to compare; the few lines that have it in common by chance are told apart below.
    line = f"hash(unit_hash, {number}, product_hash)"
    connection.execute(
        f"""
        CREATE TABLE repeats AS
        WITH repeated AS (
            SELECT record_no, unit_hash, product_hash, {number} AS number, {number} IS NOT NULL AS numbered
            FROM decided WHERE {line} IN (SELECT {line} FROM decided GROUP BY ALL HAVING count(*) > 1)),
        written AS (
            SELECT r.*, CASE WHEN numbered THEN md5(CAST({{{texts}, 'extras': extras}} AS VARCHAR)) END AS text
            FROM repeated r JOIN filled USING (record_no)),
        counted AS (
            SELECT record_no, numbered, CAST(row_number() OVER of_line AS INT) AS occurrence,
                row_number() OVER (PARTITION BY {of_line}, text ORDER BY record_no) AS copy,
                min(text) OVER all_of_line = max(text) OVER all_of_line AS all_equal
            FROM written
            WINDOW of_line AS (PARTITION BY {of_line} ORDER BY record_no), all_of_line AS (PARTITION BY {of_line}))
        SELECT record_no, occurrence, numbered AND copy > 1 AS is_copy, numbered AND all_equal AS by_number
        FROM counted
        """
    )


def create_orders(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Create the table `orders` from `decided`: the orders (units that are not keyless) of several records.

    orders: unit_hash, is_divided (some records are fit, others not), several_currencies, has_amount (some amount is
    not zero), and for each mapped field of MAYBE_LINE_LEVEL has_<field>, and least_<field> and most_<field> of its
    values on fit records, other than zero.
    """
    levels = [name for name in MAYBE_LINE_LEVEL if layout.has(name)]
    facts = "".join(
        f", bool_or({name} <> 0) AS has_{name}, max({name}) FILTER (fit AND {name} <> 0) AS most_{name}, "
        f"min({name}) FILTER (fit AND {name} <> 0) AS least_{name}"
        for name in levels
    )
    connection.execute(
        f"""
        CREATE TABLE orders AS
        SELECT unit_hash, bool_or(fit) AND NOT bool_and(fit) AS is_divided, bool_or(amount <> 0) AS has_amount,
            min(coalesce(currency_code, '')) <> max(coalesce(currency_code, '')) AS several_currencies {facts}
        FROM decided WHERE NOT keyless GROUP BY unit_hash HAVING count(*) > 1
        """
    )


def line_level_fields(connection: duckdb.DuckDBPyConnection, layout: Layout) -> tuple[str, ...]:
    """Order-level fields with at least two different values, not zero, inside one unit (R15).

    A record that will be quarantined proves nothing: cut short, it may hold one fee of two.
    """
    levels = [name for name in MAYBE_LINE_LEVEL if layout.has(name)]
    if not levels:
        return ()
    several = ", ".join(f"bool_or(coalesce(most_{name} <> least_{name}, false))" for name in levels)
    found = connection.execute(f"SELECT {several} FROM orders").fetchone() or ()
    return tuple(name for name, differs in zip(levels, found, strict=True) if differs)


def find_main_month(connection: duckdb.DuckDBPyConnection, calendar: Calendar) -> Month | None:
    """The month of the calendar with the most dated records; the earliest of equals."""
    found = connection.execute(
        "SELECT strftime(sold_on, '%Y-%m') AS month FROM decided WHERE sold_on BETWEEN ? AND ? "
        "GROUP BY month ORDER BY count(*) DESC, month LIMIT 1",
        [calendar.first.first_day, calendar.last.last_day],
    ).fetchone()
    return Month.parse(found[0]) if found else None


def create_lines(connection: duckdb.DuckDBPyConnection, calendar: Calendar, main_month: Month) -> None:
    """Create the view `lines`: `decided` with month, occurrence, is_copy, by_number, line_number and unit_key.

    line_number: the explicit number of the line where it says which line it is, else its occurrence.
    is_alone: no other record has the same unit_key and line_no; of some records that have none it is not known.
    """
    repeated = bool(connection.execute("SELECT 1 FROM repeats LIMIT 1").fetchone())
    about = ("r.record_no", "r.occurrence", "r.is_copy", "r.by_number")
    repeat, occurrence, is_copy, by_number = about if repeated else ["NULL"] * len(about)
    connection.execute(
        f"""
        CREATE VIEW lines AS
        SELECT d.*, coalesce({occurrence}, 1) AS occurrence, coalesce({is_copy}, false) AS is_copy,
            NOT keyless AND line_no IS NOT NULL AND coalesce({by_number}, true) AS by_number,
            CASE WHEN NOT keyless AND coalesce({by_number}, true) THEN coalesce(line_no, 1)
                ELSE coalesce({occurrence}, 1) END AS line_number,
            CASE WHEN sold_on BETWEEN DATE '{calendar.first.first_day}' AND DATE '{calendar.last.last_day}'
                THEN strftime(sold_on, '%Y-%m') ELSE '{main_month}' END AS month,
            CASE WHEN keyless THEN md5(concat_ws({_SEPARATOR}, unit_hash, coalesce({occurrence}, 1)))
                ELSE unit_hash END AS unit_key,
            {repeat} IS NULL AND (keyless OR line_no IS NOT NULL) AS is_alone
        FROM decided d {"LEFT JOIN repeats r USING (record_no)" if repeated else ""}
        """
    )


def write_units(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> None:
    """The index of the file's units as Parquet, grain (unit_key, line_no, sold_on).

    other_ids: what stands in other columns of order numbers; order_total: the greatest on the unit's lines.
    status, status_raw, order_level, order_discount and order_freight are what a version that only knows the
    order's total says of it (R4).
    """
    columns = _index_columns(layout)
    each = ", ".join(f"CAST({value} AS {kind}) AS {name}" for name, kind, value, _ in columns)
    summed = ", ".join(
        f"CAST({aggregate.format(value)} AS {kind}) AS {name}" for name, kind, value, aggregate in columns
    )
    records = "allocated LEFT JOIN statuses t USING (status_id)"
    if other_id_columns(layout):
        records += " JOIN (SELECT record_no, extras FROM filled) USING (record_no)"
    found = connection.execute(
        f"SELECT {each} FROM {records} WHERE is_alone UNION ALL "
        f"SELECT {summed} FROM {records} WHERE NOT is_alone GROUP BY unit_key, line_no, sold_on"
    ).to_arrow_reader(_BATCH_ROWS)
    few = ["event_type", "sold_on", "month", "records", "status", "status_raw", "order_level", "line_no"]
    with pyarrow.parquet.ParquetWriter(path, found.schema, use_dictionary=few) as writer:
        consume_behind(found, writer.write_batch)


def _index_columns(layout: Layout) -> tuple[tuple[str, str, str, str], ...]:
    """Columns of the index: name, type, SQL of a record's value, and how those of several become one."""
    total = "order_total" if layout.has("order_total") else "NULL"
    level = str(layout.is_order_level).lower()
    first = "arg_min({}, record_no)"
    ids = "list_sort(list_distinct(flatten(list({}))))"
    return (
        ("unit_key", "VARCHAR", "unit_key", "{}"),
        ("event_type", "VARCHAR", "event_type", "max({})"),
        ("order_id", "VARCHAR", "order_id", "any_value({})"),
        ("line_no", "INT", "line_no", "{}"),
        ("sold_on", "DATE", "sold_on", "{}"),
        ("month", "VARCHAR", "month", "any_value({})"),
        ("records", "INT", "1", "sum({})"),
        ("amount", "DECIMAL(28,4)", "coalesce(gross_alloc, amount)", "sum({})"),
        ("other_ids", "VARCHAR[]", other_ids_sql(layout), ids if other_id_columns(layout) else "any_value({})"),
        ("order_total", "DECIMAL(18,4)", total, "max({})"),
        ("status", "VARCHAR", "t.sale_status", first),
        ("status_raw", "VARCHAR", "t.status_raw", first),
        ("order_level", "BOOLEAN", level, "any_value({})"),
        ("order_discount", "DECIMAL(18,4)", "order_discount_alloc", "sum({})"),
        ("order_freight", "DECIMAL(18,4)", "freight_alloc", "sum({})"),
    )
