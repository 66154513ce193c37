"""Sales that came back without a document of their own (R18): the sale stays, and a return row stands beside it."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_domain.contracts.sales import MONEY

_SHARES = ("line_discount", "order_discount_alloc", "freight_alloc", "tax_alloc", "fee_alloc")


def with_returns(good: DataFrame) -> DataFrame:
    """Good rows with `sale_line_id`, and one derived return row for each sale line that was given back.

    A sale came back when its status says returned, or, paid, when the row has a returned quantity or a
    refund. What came back: the refund, else the returned share of the quantity, else the whole line. Derived
    rows have the sale's date (flag `return_date_assumed`) and stand outside `lines` and conservation.
    """
    quantity, returned, refund = F.col("quantity"), F.col("number.returned_quantity"), F.abs("refund_alloc")
    has_parts = (returned > 0) | (refund > 0)
    is_back = (
        (F.col("event_type") == "sale")
        & (F.col("gross_amount") >= 0)
        & F.coalesce(quantity > 0, F.lit(True))
        & ((F.col("status") == "returned") | ((F.col("status") == "paid") & F.coalesce(has_parts, F.lit(False))))
    )
    both, sale = F.array(F.lit(False), F.lit(True)), F.array(F.lit(False))
    rows = good.withColumn("is_back", F.coalesce(is_back, F.lit(False)))
    rows = rows.select("*", F.explode(F.when(F.col("is_back"), both).otherwise(sale)).alias("is_derived"))
    is_derived, is_part = F.col("is_derived"), (returned > 0) & (returned < quantity)
    back = (
        # A refund is of the whole order: of a small line it may be nothing, and then nothing of it came back.
        F.when(refund.isNotNull(), refund)
        .when(is_part, F.col("gross_amount") * returned / quantity)
        .otherwise(F.col("gross_amount"))
    )
    # A refund of part of the money does not say how many units came back.
    is_partial = refund.isNotNull() & (refund != F.col("gross_amount"))
    is_whole = ~F.coalesce(returned > 0, F.lit(False)) & ~is_partial
    units = F.when(returned > 0, returned).when(is_whole, quantity)
    is_assumed = is_whole & F.array_contains("flags", "quantity_assumed")
    gross = F.when(is_derived, -back).otherwise(F.col("gross_amount")).cast(MONEY)
    named = (F.lit("derived_return"), F.lit("return_date_assumed"), F.when(is_assumed, F.lit("quantity_assumed")))
    flags = F.array_compact(F.array(*named))
    return rows.withColumns(
        {
            "sale_line_id": F.md5(F.concat_ws("\x1f", "line_identity", F.when(is_derived, F.lit("derived_return")))),
            "event_type": F.when(is_derived, F.lit("return")).otherwise(F.col("event_type")),
            "status": F.when(is_derived, F.lit("returned"))
            .when(F.col("is_back"), F.lit("paid"))
            .otherwise(F.col("status")),
            "quantity": F.when(is_derived, -units).otherwise(quantity).cast(MONEY),
            "gross_amount": gross,
            "net_amount": F.when(is_derived, gross).otherwise(F.col("net_amount")),
            "flags": F.when(is_derived, flags).otherwise(F.col("flags")),
            **{name: F.when(~is_derived, F.col(name)) for name in _SHARES},
        }
    )
