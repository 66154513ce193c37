"""Continuation lines: exports that write an order's own columns only on the order's first line (R15)."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

# Text that belongs to the order. Its amounts are never filled: they stay on the first line, counted once.
ORDER_TEXT = (
    "order_id", "sold_at", "paid_at", "expected_payout_at", "ship_by_at", "status", "payment_status",
    "fulfilment_status", "cancelled_at", "cancel_reason", "currency", "customer_id", "customer_name",
    "customer_email", "customer_doc", "channel", "store", "seller", "payment_method", "coupon", "city",
    "state", "country", "operation_nature",
)  # fmt: skip
_STATUSES = ("status", "payment_status")


def fill_continuations(connection: duckdb.DuckDBPyConnection, mapping: Mapping[int, str]) -> bool:
    """Create the table `fills` (record_no, then each mapped field of ORDER_TEXT); False when there is none.

    Reads `source`. A head has a date and, where the file has statuses, a status, or is the first record of its
    order. A record continues the nearest head before it when it has no status, no date (or the head's), a
    product, and the head's order number, or no number at all with no other order in between.
    """
    fields = [name for name in ORDER_TEXT if name in mapping.values()]
    if "order_id" not in fields or "sold_at" not in fields:
        return False
    used = connection.execute(f"SELECT {', '.join(f'count({name})' for name in _STATUSES)} FROM source").fetchone() or (
        0,
        0,
    )
    statuses = [name for name, count in zip(_STATUSES, used, strict=True) if count]
    status = f"coalesce({', '.join(statuses)})" if statuses else "NULL"
    has_status = f"{status} IS NOT NULL" if statuses else "true"
    no_status = f"{status} IS NULL" if statuses else "true"
    blank = "(sold_at IS NULL OR status_blank)" if statuses else "sold_at IS NULL"
    connection.execute(
        f"""
        CREATE TEMP TABLE followers AS
        SELECT record_no, order_id, sold_at FROM (SELECT *, {no_status} AS status_blank FROM source)
        WHERE {blank} AND status_blank AND coalesce(product_name, sku) IS NOT NULL
            AND (order_id IS NOT NULL OR sold_at IS NULL)
        """
    )
    if not (connection.execute("SELECT count(*) FROM followers").fetchone() or (0,))[0]:
        return False
    connection.execute(
        f"""
        CREATE TABLE fills AS
        WITH firsts AS (SELECT min(record_no) FROM source WHERE order_id IS NOT NULL GROUP BY order_id),
        heads AS (
            SELECT record_no AS head_no, {", ".join(f"{name} AS head_{name}" for name in fields)}
            FROM source WHERE sold_at IS NOT NULL AND ({has_status} OR record_no IN (FROM firsts))),
        numbered AS (SELECT record_no AS number_no, order_id AS number FROM source WHERE order_id IS NOT NULL),
        followers_numbered AS (
            SELECT f.record_no, f.sold_at, coalesce(f.order_id, n.number) AS number
            FROM followers f ASOF LEFT JOIN numbered n ON f.record_no > n.number_no)
        SELECT f.record_no, {", ".join(f"h.head_{name} AS {name}" for name in fields)}
        FROM followers_numbered f ASOF JOIN heads h ON f.record_no > h.head_no
        WHERE f.number = h.head_order_id AND (f.sold_at IS NULL OR f.sold_at = h.head_sold_at)
        """
    )
    return bool((connection.execute("SELECT count(*) FROM fills").fetchone() or (0,))[0])
