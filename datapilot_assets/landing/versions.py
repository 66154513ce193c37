"""What the sender is told about newer versions: orders no longer paid, other totals, equal lines (R4, R21)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb

from datapilot_assets.landing.effects import Resolution
from datapilot_assets.landing.order_notices import money
from datapilot_domain.landing import LandingEntry, Notice, first_of


def version_notices(
    entry: LandingEntry, index_file: Path, before: Resolution, after: Resolution, currency: str
) -> list[Notice]:
    """Notices of an accepted file against what stood before it in its source.

    PAID_NOW_OPEN: orders that were paid and are open now. ORDER_TOTAL_DIFFERS: orders of which the file has
    only a total, other than the sum of the lines that stay. LINES_REPEATED: lines without an order number that
    were there already, the same in date, product, quantity and amount: they count once.
    """
    connection = duckdb.connect(":memory:")
    try:
        connection.register("before_orders", before.orders)
        connection.register("after_orders", after.orders)
        connection.register("before_lines", before.keyless)
        connection.execute("SET VARIABLE source = ?", [entry.source])
        connection.execute(
            "CREATE TEMP TABLE mine AS SELECT unit_key, any_value(event_type) AS event_type, "
            "any_value(order_id) AS order_id, sum(amount) AS amount, bool_and(status = 'open') AS is_open, "
            "bool_or(order_level) AS order_level, sum(records) AS records FROM read_parquet(?) GROUP BY unit_key",
            [str(index_file)],
        )
        notices = []
        for code, query in (("PAID_NOW_OPEN", _PAID_NOW_OPEN), ("ORDER_TOTAL_DIFFERS", _TOTAL_DIFFERS)):
            if found := connection.execute(query).fetchall():
                notices.append(_notice(code, found, currency))
        count, amount = connection.execute(_REPEATED).fetchone() or (0, None)
        if count and not entry.complete_months:
            values = {"count": str(count), "amount": money(amount or Decimal(0), currency)}
            notices.append(Notice(code="LINES_REPEATED", values=values))
        return notices
    finally:
        connection.close()


_PAID_NOW_OPEN = """
SELECT m.order_id, sum(b.amount) FROM mine m JOIN before_orders b USING (unit_key)
WHERE b.source = getvariable('source') AND m.is_open AND b.is_paid GROUP BY ALL ORDER BY 1
"""
_TOTAL_DIFFERS = """
SELECT m.order_id, any_value(m.amount) - sum(a.amount) AS difference FROM mine m JOIN after_orders a USING (unit_key)
WHERE a.source = getvariable('source') AND m.order_level AND m.event_type = 'sale'
GROUP BY m.order_id, m.unit_key HAVING abs(any_value(m.amount) - sum(a.amount)) >= 0.01 ORDER BY 1
"""
_REPEATED = """
SELECT sum(m.records)::BIGINT, sum(m.amount) FROM mine m JOIN before_lines b USING (unit_key)
WHERE b.source = getvariable('source') AND m.order_id IS NULL
"""


def _notice(code: str, found: list[tuple[str, Decimal | None]], currency: str) -> Notice:
    orders = [order for order, _ in found]
    total = sum((amount or Decimal(0) for _, amount in found), Decimal(0))
    values = {"count": str(len(orders)), "amount": money(total, currency), "orders": first_of(orders)}
    return Notice(code=code, values=values)
