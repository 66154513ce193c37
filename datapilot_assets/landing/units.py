"""Units of merge (R4, R21): which event a record is, which unit it belongs to, and the index of a file's units."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow

from datapilot_assets.landing.sources import other_ids_sql
from datapilot_assets.landing.typed import MAYBE_LINE_LEVEL
from datapilot_domain.landing import Layout
from datapilot_domain.partitions import Calendar, Month

_CUSTOMER = (
    "coalesce(nullif(regexp_replace(customer_doc, '[^0-9]', '', 'g'), ''), lower(customer_email), "
    "customer_id, customer_name)"
)
_SEPARATOR = "chr(31)"


def decide(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Create the tables `decided` and `repeats` from `typed`.

    decided: record_no, order_id, line_no int, sold_on date, amount decimal(18,4) (line value), event_type,
    keyless (no order), unit_hash, line_hash, and each mapped field of MAYBE_LINE_LEVEL as a number.
    repeats: record_no, occurrence, for every occurrence after the first.

    Units are `order, store, order_id, event_type[, return date]`; a keyless line's are `line, store, date,
    sku or product, quantity, amount, occurrence`. Lines of an order are equal when they have the same line
    number or, without one, the same (sku or product, unit price).
    """
    levels = [name for name in MAYBE_LINE_LEVEL if layout.has(name)]
    connection.execute(
        f"""
        CREATE TABLE decided AS
        WITH valued AS (
            SELECT *, CASE WHEN line_amount IS NOT NULL THEN written_amount
                ELSE TRY_CAST(quantity * unit_price AS DECIMAL(18,4)) END AS amount,
                order_id IS NULL AS keyless,
            FROM typed),
        events AS (
            SELECT *, CASE WHEN quantity < 0 OR amount < 0 THEN 'return' ELSE 'sale' END AS event_type
            FROM valued),
        units AS (
            SELECT *, CASE WHEN keyless
                THEN concat_ws({_SEPARATOR}, 'line', coalesce(store, ''), coalesce(sold_on::VARCHAR, ''),
                    coalesce(product, ''), coalesce(quantity::VARCHAR, quantity_text, ''),
                    coalesce(amount::VARCHAR, amount_text, ''))
                ELSE concat_ws({_SEPARATOR}, 'order', coalesce(store, ''), order_id, event_type,
                    CASE WHEN event_type = 'return' THEN coalesce(sold_on::VARCHAR, '') END) END AS unit
            FROM events)
        SELECT record_no, order_id, line_no, sold_on, amount, event_type, keyless, md5(unit) AS unit_hash,
            md5_number(CASE WHEN keyless THEN unit
                WHEN line_no IS NOT NULL THEN concat_ws({_SEPARATOR}, unit, 'no', line_no)
                ELSE concat_ws({_SEPARATOR}, unit, 'of', coalesce(product, ''),
                    coalesce(unit_price::VARCHAR, '')) END) AS line_hash
            {"".join(f", {name}" for name in levels)}
        FROM units
        """
    )
    connection.execute(
        """
        CREATE TABLE repeats AS
        SELECT record_no, occurrence FROM (
            SELECT record_no, CAST(row_number() OVER (PARTITION BY line_hash ORDER BY record_no) AS INT)
                AS occurrence
            FROM decided
            WHERE line_hash IN (SELECT line_hash FROM decided GROUP BY line_hash HAVING count(*) > 1))
        WHERE occurrence > 1
        """
    )


def line_level_fields(connection: duckdb.DuckDBPyConnection, layout: Layout) -> tuple[str, ...]:
    """Order-level fields with at least two different values, not zero, inside one unit (R15)."""
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
            f"SELECT {several} FROM (SELECT {extremes} FROM decided WHERE NOT keyless GROUP BY unit_hash)"
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
    """Create the view `lines`: `decided` with month, occurrence and unit_key."""
    connection.execute(
        f"""
        CREATE VIEW lines AS
        SELECT d.*, coalesce(r.occurrence, 1) AS occurrence,
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
    """
    other_ids = other_ids_sql(layout)
    extras = "lines JOIN (SELECT record_no, extras FROM filled) USING (record_no)" if other_ids else "lines"
    total = "max(order_total)" if layout.has("order_total") else "NULL"
    connection.execute(
        f"""
        COPY (SELECT unit_key, any_value(event_type) AS event_type, any_value(order_id) AS order_id, line_no,
                sold_on, any_value(month) AS month, count(*)::INT AS records,
                CAST(sum(amount) AS DECIMAL(28,4)) AS amount,
                CAST({other_ids or "NULL"} AS VARCHAR[]) AS other_ids,
                CAST({total} AS DECIMAL(18,4)) AS order_total
            FROM {extras} GROUP BY unit_key, line_no, sold_on)
        TO '{path}' (FORMAT parquet)
        """
    )
