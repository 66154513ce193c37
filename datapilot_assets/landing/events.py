"""Which event a record is (R18, R19), what it is worth, and whether it will stand: everything that one record says."""

from __future__ import annotations

import re

import duckdb

from datapilot_assets.landing.dialect import normalise_header
from datapilot_domain.contracts.sales import SALES_RULES
from datapilot_domain.contracts.sales_kinds import (
    COUPON_HEADERS,
    FEE_CODES,
    FEE_NAMES,
    NAMES_OF_CODES,
    NATURES,
    NO_REASON,
    TILL_HEADERS,
)
from datapilot_domain.landing import Layout
from datapilot_domain.partitions import Calendar


def create_events(connection: duckdb.DuckDBPyConnection, layout: Layout, calendar: Calendar) -> None:
    """Create the view `events` from `typed`, `statuses` and `currencies`.

    events: the columns of `typed` with `order_id` as the identity of the order (`order_identity_sql`), and
    amount decimal(18,4) (line value; of an order-level file what `order_value_sql` says), event_type,
    status_id, sale_status, currency_code, keyless (no order), fit (no ERROR rule of silver holds).
    """
    arrived = f"DATE '{calendar.today}'"
    in_calendar = f"sold_on BETWEEN DATE '{calendar.first.first_day}' AND DATE '{calendar.last.last_day}'"
    unfit = " OR ".join(
        f"coalesce({_rule_sql(rule.condition, layout)}, false)" for rule in SALES_RULES if rule.severity == "ERROR"
    )
    amount = order_value_sql(layout) if layout.is_order_level else _line_value_sql(layout)
    connection.execute(
        f"""
        CREATE VIEW events AS
        WITH valued AS (
            SELECT * REPLACE ({order_identity_sql(layout)} AS order_id), {amount} AS amount,
                CASE WHEN {in_calendar} THEN strftime(sold_on, '%Y-%m') ELSE '' END AS month, {arrived} AS arrived_on
            FROM typed),
        kinds AS (
            SELECT v.* , s.status_id, s.sale_status, m.currency_code, v.amount AS gross_amount,
                {event_sql(layout)} AS event_type
            FROM valued v
            JOIN statuses s ON s.status IS NOT DISTINCT FROM v.raw_status
                AND s.payment_status IS NOT DISTINCT FROM v.raw_payment_status
            LEFT JOIN currencies m ON m.currency = v.raw_currency)
        SELECT * EXCLUDE (month, arrived_on, gross_amount), order_id IS NULL AS keyless, NOT ({unfit}) AS fit
        FROM kinds
        """
    )


# Pieces out of the shelves without money.
STOCK_MOVE = "quantity < 0 AND amount = 0"


def _line_value_sql(layout: Layout) -> str:
    """The written amount, else quantity × price. A quantity that is assumed stays out of the line's identity (R21)."""
    quantity = "quantity" if layout.assumed_quantity is None else str(layout.assumed_quantity)
    return (
        "CASE WHEN line_amount IS NOT NULL THEN written_amount "
        f"ELSE TRY_CAST(CAST({quantity} AS DECIMAL(19,4)) * CAST(unit_price AS DECIMAL(19,6)) AS DECIMAL(18,4)) END"
    )


def order_value_sql(layout: Layout) -> str:
    """Value of an order that has no lines (R15, R16): its subtotal, else total − freight + discount.

    Freight and discount count as far as the file has them; they turn with the sign of the total.
    """
    if layout.has("order_subtotal"):
        return "order_subtotal"
    parts = {"order_freight": "-", "order_discount": "+"}
    given = [f"{sign} sign(order_total) * coalesce(abs({name}), 0)" for name, sign in parts.items() if layout.has(name)]
    return f"CAST(order_total {' '.join(given)} AS DECIMAL(18,4))"


def order_identity_sql(layout: Layout) -> str:
    """The order's number; where numbers start again (till coupons), till or series and date are part of it (R20).

    Only a column that calls itself a coupon restarts: a shop's order number never does.
    """
    column = next((header for header, field in layout.mapping.items() if field == "order_id"), "")
    if normalise_header(column) not in COUPON_HEADERS:
        return "order_id"
    tills = [header for header in layout.header if normalise_header(header) in TILL_HEADERS]
    keys = ["'" + header.replace("'", "''") + "'" for header in tills if header not in layout.mapping]
    parts = ["order_id", *(f"extras[{key}]" for key in keys), "sold_on::VARCHAR"]
    return f"CASE WHEN order_id IS NOT NULL THEN concat_ws('/', {', '.join(parts)}) END"


def event_sql(layout: Layout) -> str:
    """SQL of sale, return, cancellation or adjustment: by fiscal nature, product, reason, then sign.

    A record with a reason of cancellation is a cancelling document only where the file has no status: beside
    one, it is the order itself, cancelled. A negative quantity without money moves stock, unless its status
    says that it came back: then it is a gift returned.
    """
    branches = []
    if layout.has("operation_nature"):
        nature = _plain("raw_operation_nature")
        branches += [f"WHEN regexp_full_match({nature}, '{pattern}') THEN '{kind}'" for kind, pattern in NATURES]
    if layout.has("cancel_reason") and not (layout.has("status") or layout.has("payment_status")):
        says_none = f"regexp_full_match({_plain('raw_cancel_reason')}, '{NO_REASON}')"
        branches.append(f"WHEN raw_cancel_reason IS NOT NULL AND NOT {says_none} THEN 'cancellation'")
    if layout.has("product_name"):
        branches.append(f"WHEN regexp_full_match({_plain('product_name')}, '{FEE_NAMES}') THEN 'adjustment'")
    if layout.has("sku"):
        agrees = f"coalesce(regexp_full_match({_plain('product_name')}, '{FEE_NAMES}|{NAMES_OF_CODES}'), true)"
        branches.append(f"WHEN regexp_full_match({_plain('sku')}, '{FEE_CODES}') AND {agrees} THEN 'adjustment'")
    return (
        f"CASE {' '.join(branches)} WHEN {STOCK_MOVE} AND s.sale_status <> 'returned' THEN 'adjustment' "
        "WHEN quantity < 0 OR v.amount < 0 THEN 'return' ELSE 'sale' END"
    )


def _plain(text: str) -> str:
    return f"lower(strip_accents(trim({text})))"


def _rule_sql(condition: str, layout: Layout) -> str:
    """A contract rule, written for silver's row, over the columns of `kinds`."""

    def present(found: re.Match[str]) -> str:
        name = found.group(1)
        return str(layout.is_order_level if name == "order_level" else layout.has(name)).lower()

    condition = re.sub(r"\bhas\.(\w+)", present, condition)
    condition = condition.replace("number.line_amount", "written_amount")
    return re.sub(r"\braw\.(\w+)", r"raw_\1", re.sub(r"\bnumber\.(\w+)", r"\1", condition))
