"""Text of the records → the numbers and dates that landing decides by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from datapilot_assets.landing.dates import DateColumn
from datapilot_assets.landing.values import NumberColumn, number_sql
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.landing import Layout

# Fields that may turn out to be line values although exports name them after the order (R15).
MAYBE_LINE_LEVEL = tuple(
    field.name
    for field in SALES_FIELDS
    if field.holds == "number" and (field.grain == "order" or field.name == "line_discount")
)

# An unreadable text of these spoils no figure of revenue: the line is kept and says so.
_TOLERATED = ("order_freight", "order_tax", "fees", "refund_amount")

# Fields whose text decides something beside their number or date.
RAW_FIELDS = (
    "sold_at", "quantity", "unit_price", "line_amount", "line_discount", "order_discount", "order_total",
    "order_subtotal", "status", "payment_status", "currency", "operation_nature", "cancel_reason",
)  # fmt: skip


@dataclass(frozen=True)
class TypedColumns:
    """What the texts of the file's columns have in common, by field; a field that is not here may hold any text."""

    numbers: Mapping[str, NumberColumn]
    dates: Mapping[str, DateColumn]

    def of_any_text(self) -> TypedColumns:
        """The same orders of dates, and no promise about the texts: corrections may have put any there."""
        return TypedColumns({}, {name: DateColumn(column.order, None) for name, column in self.dates.items()})


def create_typed(connection: duckdb.DuckDBPyConnection, layout: Layout, time_zone: str, columns: TypedColumns) -> None:
    """Create the view `typed` from the view `filled` (fields as text).

    typed: record_no, defect, extras, order_id, store, sku, product_name, product (sku, else the name),
    quantity_text, amount_text (what the record is worth, as written), line_amount and `raw_<field>` of RAW_FIELDS
    as text; sold_on date (civil, in `time_zone`), line_no int,
    quantity decimal(18,4), unit_price decimal(18,6), written_amount decimal(18,4), and each mapped field of
    MAYBE_LINE_LEVEL as decimal(18,4). Null where the text is no number or date. `unreadable` lists the fields of
    which that is tolerated.
    """

    def number(field: str, scale: int = 4) -> str:
        mark = layout.decimal_marks.get(field)
        if mark is None:
            return f"CAST(NULL AS DECIMAL(18,{scale}))"
        column = columns.numbers.get(field)
        return number_sql(field, mark, scale) if column is None else column.sql(field, mark, scale)

    levels = [name for name in MAYBE_LINE_LEVEL if layout.has(name)]
    tolerated = [name for name in _TOLERATED if name in levels]
    absent = [name for name in ("order_discount", "line_discount") if name not in levels]
    bad = [f"CASE WHEN filled.{name} IS NOT NULL AND {number(name)} IS NULL THEN '{name}' END" for name in tolerated]
    unreadable = f"list_filter([{', '.join(bad)}], lambda name: name IS NOT NULL)" if bad else "NULL::VARCHAR[]"
    worth = "coalesce(line_amount, unit_price, order_subtotal, order_total)"
    connection.execute(
        f"""
        CREATE VIEW typed AS
        SELECT record_no, defect, extras, order_id, store, sku, product_name, coalesce(sku, product_name) AS product,
            quantity AS quantity_text, {worth} AS amount_text, line_amount,
            {", ".join(f"{name} AS raw_{name}" for name in RAW_FIELDS)},
            {columns.dates["sold_at"].sql("sold_at", time_zone)} AS sold_on,
            CASE WHEN regexp_full_match(line_no, '[0-9]{{1,9}}') THEN line_no::INT END AS line_no,
            {number("quantity")} AS quantity, {number("unit_price", 6)} AS unit_price,
            {number("line_amount")} AS written_amount, {unreadable} AS unreadable
            {"".join(f", {number(name)} AS {name}" for name in (*levels, *absent))}
        FROM filled
        """
    )
