"""What a file did to earlier orders that it does not mention: kept by a merge, or removed by declaration (R3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

from datapilot_assets.landing.effects import Resolution
from datapilot_domain.landing import LandingEntry, Notice, first_of


def order_notices(
    entry: LandingEntry, index_file: Path, before: Resolution, after: Resolution, currency: str
) -> list[Notice]:
    """Earlier orders of the source that this file does not have: kept by a merge, or removed by declaration.

    A merging file is taken to cover a month when it repeats at least half of the month's earlier orders, and
    a day when it repeats at least one of that day's; only then is a missing order worth a word.
    """
    mine = duckdb.sql(
        "SELECT DISTINCT unit_key FROM read_parquet($file) WHERE event_type = 'sale' AND order_id IS NOT NULL",
        params={"file": str(index_file)},
    ).fetchall()
    in_file = {unit for (unit,) in mine}
    earlier = _orders_of(before, entry.source)
    standing = _orders_of(after, entry.source)
    absent = {unit: order for unit, order in earlier.items() if unit not in in_file}
    removed = [order for unit, order in absent.items() if unit not in standing]
    notices = [_orders_notice("ORDERS_REMOVED", removed, currency)] if removed else []
    if not entry.complete_months and entry.replaces_seq is None:
        months, days = _covered(earlier, in_file)
        kept = [
            order
            for unit, order in absent.items()
            if unit in standing and (order.month in months or order.first_day in days)
        ]
        notices += [_orders_notice("ORDERS_KEPT", kept, currency)] if kept else []
    return notices


class _Order(NamedTuple):
    order_id: str
    month: str
    first_day: dt.date | None
    amount: Decimal | None


def _orders_of(resolution: Resolution, source: str) -> dict[str, _Order]:
    """Standing orders by unit: the same number in another store is another order (R4)."""
    orders = resolution.orders  # noqa: F841  read by the query
    found = duckdb.sql(
        "SELECT unit_key, any_value(order_id), min(month), min(first_day), sum(amount) FROM orders"
        " WHERE source = $source GROUP BY unit_key",
        params={"source": source},
    ).fetchall()
    return {unit: _Order(*values) for unit, *values in found}


def _covered(earlier: Mapping[str, _Order], in_file: set[str]) -> tuple[set[str], set[dt.date]]:
    known: dict[str, list[bool]] = {}
    for unit, order in earlier.items():
        known.setdefault(order.month, []).append(unit in in_file)
    months = {month for month, repeated in known.items() if 2 * sum(repeated) >= len(repeated)}
    days = {o.first_day for unit, o in earlier.items() if unit in in_file and o.first_day is not None}
    return months, days


def money(amount: Decimal, currency: str) -> str:
    return f"{currency} {amount.quantize(Decimal('0.01'), ROUND_HALF_UP)}"


def _orders_notice(code: str, orders: Sequence[_Order], currency: str) -> Notice:
    total = sum((order.amount or Decimal(0) for order in orders), Decimal(0))
    named = sorted({order.order_id for order in orders})
    values = {"count": str(len(orders)), "amount": money(total, currency), "orders": first_of(named)}
    return Notice(code=code, values=values)
