"""Units of merge (R4, R21): which unit and which line of it a record is, and the index of a file's units."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow

from datapilot_assets.landing.events import STOCK_MOVE
from datapilot_assets.landing.sources import other_ids_sql
from datapilot_assets.landing.typed import MAYBE_LINE_LEVEL
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.landing import Layout
from datapilot_domain.partitions import Calendar, Month

_CUSTOMER = (
    "coalesce(nullif(regexp_replace(customer_doc, '[^0-9]', '', 'g'), ''), lower(customer_email), "
    "customer_id, customer_name)"
)
_SEPARATOR = "chr(31)"


def decide(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Create the tables `decided` and `repeats` from `events`.

    decided: record_no, order_id, line_no int, sold_on date, amount decimal(18,4) (line value), event_type,
    status_id, sale_status, currency_code, fit, keyless, unit_hash, line_hash, and each mapped field of
    MAYBE_LINE_LEVEL as a number.
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
            currency_code, fit, keyless, md5(unit) AS unit_hash,
            md5_number(CASE WHEN keyless THEN unit
                WHEN line_no IS NOT NULL THEN concat_ws({_SEPARATOR}, unit, 'no', line_no)
                ELSE concat_ws({_SEPARATOR}, unit, 'of', coalesce(product, ''),
                    coalesce(unit_price::VARCHAR, '')) END) AS line_hash
            {"".join(f", {name}" for name in levels)}
        FROM units
        """
    )
    texts = ", ".join(f"'{field.name}': {field.name}" for field in SALES_FIELDS)
    connection.execute(
        f"""
        CREATE TABLE repeats AS
        WITH repeated AS (
            SELECT record_no, line_hash, line_no IS NOT NULL AND NOT keyless AS numbered FROM decided
            WHERE line_hash IN (SELECT line_hash FROM decided GROUP BY line_hash HAVING count(*) > 1)),
        written AS (
            SELECT r.*, CASE WHEN numbered THEN md5(CAST({{{texts}, 'extras': extras}} AS VARCHAR)) END AS text
            FROM repeated r JOIN filled USING (record_no)),
        counted AS (
            SELECT record_no, numbered, CAST(row_number() OVER of_line AS INT) AS occurrence,
                row_number() OVER (PARTITION BY line_hash, text ORDER BY record_no) AS copy,
                min(text) OVER all_of_line = max(text) OVER all_of_line AS all_equal
            FROM written
            WINDOW of_line AS (PARTITION BY line_hash ORDER BY record_no), all_of_line AS (PARTITION BY line_hash))
        SELECT record_no, occurrence, numbered AND copy > 1 AS is_copy, numbered AND all_equal AS by_number
        FROM counted
        """
    )


def line_level_fields(connection: duckdb.DuckDBPyConnection, layout: Layout) -> tuple[str, ...]:
    """Order-level fields with at least two different values, not zero, inside one unit (R15).

    A record that will be quarantined proves nothing: cut short, it may hold one fee of two.
    """
    levels = [name for name in MAYBE_LINE_LEVEL if layout.has(name)]
    if not levels:
        return ()
    several = ", ".join(f"bool_or(coalesce(max_{name} <> min_{name}, false))" for name in levels)
    extremes = ", ".join(
        f"max({name}) FILTER ({name} <> 0) AS max_{name}, min({name}) FILTER ({name} <> 0) AS min_{name}"
        for name in levels
    )
    found = (
        connection.execute(
            f"SELECT {several} FROM (SELECT {extremes} FROM decided WHERE fit AND NOT keyless GROUP BY unit_hash)"
        ).fetchone()
        or ()
    )
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
    """Create the view `lines`: `decided` with month, occurrence, is_copy, line_number and unit_key.

    line_number: the explicit number of the line where it says which line it is, else its occurrence.
    """
    connection.execute(
        f"""
        CREATE VIEW lines AS
        SELECT d.*, coalesce(r.occurrence, 1) AS occurrence, coalesce(r.is_copy, false) AS is_copy,
            NOT keyless AND line_no IS NOT NULL AND coalesce(r.by_number, true) AS by_number,
            CASE WHEN NOT keyless AND coalesce(r.by_number, true) THEN coalesce(line_no, 1)
                ELSE coalesce(r.occurrence, 1) END AS line_number,
            CASE WHEN sold_on BETWEEN DATE '{calendar.first.first_day}' AND DATE '{calendar.last.last_day}'
                THEN strftime(sold_on, '%Y-%m') ELSE '{main_month}' END AS month,
            CASE WHEN keyless THEN md5(concat_ws({_SEPARATOR}, unit_hash, coalesce(r.occurrence, 1)))
                ELSE unit_hash END AS unit_key
        FROM decided d LEFT JOIN repeats r USING (record_no)
        """
    )


def create_customers(connection: duckdb.DuckDBPyConnection, customer_key: bytes, mapping: Mapping[str, str]) -> str:
    """Create `customers` (customer, customer_key), one HMAC per distinct customer; return the SQL of `customer`.

    A customer is the digits of the document, else the lower-case e-mail, else the id, else the name.
    """
    connection.execute("CREATE TABLE customers (customer VARCHAR, customer_key VARCHAR)")
    if any(name.startswith("customer_") for name in mapping.values()):
        reading = connection.cursor()
        found = reading.execute(f"SELECT DISTINCT {_CUSTOMER} AS customer FROM filled")
        for batch in found.to_arrow_reader(65_536):
            customers = [text for text in batch.column(0).to_pylist() if text is not None]
            keys = [hmac.digest(customer_key, text.encode(), "sha256").hex() for text in customers]
            hashed = pyarrow.table({"customer": customers, "customer_key": keys})
            connection.register("hashed", hashed)
            connection.execute("INSERT INTO customers SELECT * FROM hashed")
            connection.unregister("hashed")
    return _CUSTOMER


def write_units(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> None:
    """The index of the file's units as Parquet, grain (unit_key, line_no, sold_on).

    other_ids: what stands in other columns of order numbers; order_total: the greatest on the unit's lines.
    status, status_raw, order_level, order_discount and order_freight are what a version that only knows the
    order's total says of it (R4).
    """
    other_ids = other_ids_sql(layout)
    extras = "lines JOIN (SELECT record_no, extras FROM filled) USING (record_no)" if other_ids else "lines"
    total = "max(order_total)" if layout.has("order_total") else "NULL"
    connection.execute(
        f"""
        COPY (SELECT unit_key, max(event_type) AS event_type, any_value(order_id) AS order_id, line_no,
                sold_on, any_value(month) AS month, count(*)::INT AS records,
                CAST(sum(coalesce(gross_alloc, amount)) AS DECIMAL(28,4)) AS amount,
                CAST({other_ids or "NULL"} AS VARCHAR[]) AS other_ids,
                CAST({total} AS DECIMAL(18,4)) AS order_total,
                any_value(t.sale_status) AS status, any_value(t.status_raw) AS status_raw,
                {str(layout.is_order_level).lower()} AS order_level,
                CAST(sum(order_discount_alloc) AS DECIMAL(18,4)) AS order_discount,
                CAST(sum(freight_alloc) AS DECIMAL(18,4)) AS order_freight
            FROM {extras} LEFT JOIN shares USING (record_no) LEFT JOIN statuses t USING (status_id)
            GROUP BY unit_key, line_no, sold_on)
        TO '{path}' (FORMAT parquet)
        """
    )
