"""Order-level amounts, spread once over the lines of the order in the file, whatever their months (R15)."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from datapilot_domain.landing import Layout

# Column of `shares` → the field that it spreads.
ALLOCATED = {
    "order_discount_alloc": "order_discount",
    "freight_alloc": "order_freight",
    "tax_alloc": "order_tax",
    "fee_alloc": "fees",
    "refund_alloc": "refund_amount",
}
SHARES = ("gross_alloc", "line_discount_alloc", *ALLOCATED)
# Exports write these as what they are or as what they take away; a column that sums below zero is turned.
_EITHER_SIGN = ("order_discount", "line_discount", "fees", "refund_amount")
_MONEY = "DECIMAL(18,4)"
_ZERO = f"CAST(0 AS {_MONEY})"
_TAKES = "fit AND NOT is_copy AND event_type <> 'adjustment'"


@dataclass(frozen=True)
class _Share:
    """value: SQL of the order's value as each record has it; takes: SQL of the records that take part."""

    name: str
    value: str
    takes: str

    @property
    def field(self) -> str:
        return ALLOCATED.get(self.name, "amount")


def create_shares(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Create the view `allocated`: `lines` with SHARES as decimal(18,4).

    The value of an order is its single non-zero value, on whichever records the export writes it, fit ones
    first, zero when it is blank everywhere. It is spread in proportion to |amount| (all zero: equally) over
    the records that are fit, rounded half up to cents; the last line takes the rest. Adjustments take no part.
    A refund goes to the lines that came back, or to all when no status says which; without one it is null.
    Null where the file has no such column.
    """
    fields = [field for field in (*ALLOCATED.values(), "line_discount") if layout.has(field)]
    turned = _turned(connection, [field for field in fields if field in _EITHER_SIGN])
    value = {field: f"-{field}" if field in turned else field for field in fields}
    own: dict[str, str] = {}
    spread: list[_Share] = []
    for name, field in ALLOCATED.items():
        if field in fields:
            # A refund of zero is none; a line whose part of one rounds to zero is another thing.
            zero = "NULL" if name == "refund_alloc" else _ZERO
            own[name] = f"coalesce(nullif({value[field]}, 0), {zero})"
            if field not in layout.line_level:
                takes = "refunds" if field == "refund_amount" else "takes"
                spread.append(_Share(name, value[field], takes))
    own |= _line_discount(layout, value)
    if layout.is_order_level:
        own["gross_alloc"] = "amount"
        if not {"order_subtotal", "order_total"} & set(layout.line_level):
            spread.append(_Share("gross_alloc", "amount", "takes"))
    _create_exceptions(connection, own, spread)
    every = {name: own.get(name, "NULL") for name in SHARES}
    shares = "lines"
    if connection.execute("SELECT 1 FROM shares LIMIT 1").fetchone():
        every = {name: f"CASE WHEN s.record_no IS NULL THEN {one} ELSE s.{name} END" for name, one in every.items()}
        shares = "lines LEFT JOIN shares s USING (record_no)"
    columns = ", ".join(f"CAST({sql} AS {_MONEY}) AS {name}" for name, sql in every.items())
    connection.execute(f"CREATE VIEW allocated AS SELECT lines.*, {columns} FROM {shares}")


def _create_exceptions(connection: duckdb.DuckDBPyConnection, own: dict[str, str], spread: list[_Share]) -> None:
    """Create the table `shares` (record_no, SHARES) of the records whose shares are not simply their `own` values.

    Most orders of most files have nothing to spread, which is what their lines say themselves: only the others
    are worth a window. The lines of an order that take no part have no share even of nothing.
    """
    filled = " OR ".join(f"has_{share.field}" for share in spread) or "false"
    connection.execute(
        f"CREATE TEMP TABLE filled_orders AS SELECT unit_hash, coalesce({filled}, false) OR several_currencies "
        "AS is_filled FROM orders"
    )
    connection.execute(
        "CREATE TEMP TABLE shared AS SELECT * FROM lines SEMI JOIN "
        "(SELECT unit_hash FROM filled_orders WHERE is_filled) USING (unit_hash)"
    )
    connection.execute(
        f"CREATE TABLE shares AS SELECT record_no, {_spread_columns(own, spread)} FROM ({_windows(spread)})"
    )
    nothing = own | {share.name: "amount" if share.name == "gross_alloc" else "NULL" for share in spread}
    columns = ", ".join(f"CAST({nothing.get(name, 'NULL')} AS {_MONEY})" for name in SHARES)
    connection.execute(
        f"INSERT INTO shares SELECT record_no, {columns} FROM lines SEMI JOIN "
        f"(SELECT unit_hash FROM filled_orders WHERE NOT is_filled) USING (unit_hash) WHERE NOT ({_TAKES})"
    )


def _turned(connection: duckdb.DuckDBPyConnection, fields: list[str]) -> set[str]:
    if not fields:
        return set()
    sums = connection.execute(f"SELECT {', '.join(f'sum({field})' for field in fields)} FROM decided").fetchone() or ()
    return {field for field, total in zip(fields, sums, strict=True) if total is not None and total < 0}


def _line_discount(layout: Layout, value: dict[str, str]) -> dict[str, str]:
    """Discount per line: a column of its own, and the order's where it proved to be per line."""
    per_line = "order_discount" in value and "order_discount" in layout.line_level
    fields = [*(["line_discount"] if "line_discount" in value else []), *(["order_discount"] if per_line else [])]
    summed = " + ".join(f"coalesce({value[field]}, {_ZERO})" for field in fields)
    found = {"line_discount_alloc": summed} if fields else {}
    return found | ({"order_discount_alloc": "NULL"} if per_line else {})


def _windows(spread: list[_Share]) -> str:
    """Records of `shared` with, per share, its order's value, the record's weight, and whether it is the last."""
    # Currencies are never added: an amount of the order is in the currency of its first record.
    first = "arg_min(coalesce(currency_code, ''), record_no) OVER (PARTITION BY unit_hash)"
    good = f"{_TAKES} AND coalesce(currency_code, '') = {first}"
    back = "bool_or(takes AND event_type = 'sale' AND sale_status = 'returned') OVER (PARTITION BY unit_hash)"
    query = f"SELECT *, coalesce({good}, false) AS takes, abs(coalesce(amount, 0)) AS size FROM shared"
    query = f"SELECT *, takes AND (sale_status = 'returned' OR NOT {back}) AS refunds FROM ({query})"
    sides = sorted({share.takes for share in spread})
    parts = [
        part
        for side in sides
        for part in (
            f"coalesce(sum(size) FILTER ({side}) OVER of_order, 0) AS {side}_size",
            f"count(*) FILTER ({side}) OVER of_order AS {side}_count",
            f"max((line_number, record_no)) FILTER ({side}) OVER of_order AS {side}_last",
        )
    ]
    first = "(fit IS NOT TRUE, record_no)"
    firsts = ((share.name, f"arg_min({share.value}, {first}) FILTER ({share.value} <> 0)") for share in spread)
    parts += [f"coalesce({first} OVER of_order, 0) AS {name}_value" for name, first in firsts]
    query = f"SELECT {', '.join(['*', *parts])} FROM ({query}) WINDOW of_order AS (PARTITION BY unit_hash)"
    rounded = []
    for share in spread:
        of, side = f"{share.name}_value", share.takes
        weight = f"CASE WHEN {side}_size > 0 THEN size ELSE 1 END"
        whole = f"CASE WHEN {side}_size > 0 THEN {side}_size ELSE {side}_count END"
        rounded.append(f"CASE WHEN {side} THEN {_portion(of, weight, whole)} END AS {share.name}_rounded")
    query = f"SELECT {', '.join(['*', *rounded])} FROM ({query})"
    totals = [f"sum({share.name}_rounded) OVER (PARTITION BY unit_hash) AS {share.name}_total" for share in spread]
    return f"SELECT {', '.join(['*', *totals])} FROM ({query})"


def _portion(value: str, weight: str, whole: str) -> str:
    """value × weight / whole in exact integers, rounded half away from zero to cents."""
    ten_thousandths = [f"CAST(CAST({part} AS DECIMAL(28,4)) * 10000 AS HUGEINT)" for part in (value, weight, whole)]
    v, w, of = ten_thousandths
    cents = f"((2 * abs({v}) * {w} + 100 * {of}) // (200 * {of}))"
    return f"CAST(sign({value}) * {cents} AS DECIMAL(20,0)) * CAST(0.01 AS DECIMAL(2,2))"


def _spread_columns(own: dict[str, str], spread: list[_Share]) -> str:
    # Nothing was refunded: null, as above.
    takes = {share.name: share.takes for share in spread}
    if "refund_alloc" in takes:
        takes["refund_alloc"] += " AND refund_alloc_value <> 0"
    shared = {
        share.name: f"CASE WHEN {takes[share.name]} THEN CASE WHEN (line_number, record_no) = {share.takes}_last "
        f"THEN {share.name}_value - ({share.name}_total - {share.name}_rounded) ELSE {share.name}_rounded END "
        + ("ELSE amount END" if share.name == "gross_alloc" else "END")
        for share in spread
    }
    return ", ".join(f"CAST({shared.get(name) or own.get(name, 'NULL')} AS {_MONEY}) AS {name}" for name in SHARES)
