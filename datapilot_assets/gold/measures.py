"""The additive parts of sales, as every gold table adds them up (R16-R19)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from datapilot_domain.contracts.sales_gold import ADDITIVE, ADDITIVE_NAMES

BUCKETS = ("gross", "returns", "cancelled", "open", "unknown", "adjustments")


def with_bucket(silver: DataFrame) -> DataFrame:
    """silver.sales with `bucket`: the one measure that the line's gross_amount belongs to.

    A line that is none of the others, such as a paid one of quantity 0, is an adjustment (R19); where the
    file has no quantity, a paid sale is one whatever its quantity.
    """
    event, status = F.col("event_type"), F.col("status")
    bucket = (
        F.when(event == "adjustment", "adjustments")
        .when((event == "cancellation") | status.isin("cancelled", "refused"), "cancelled")
        .when(status == "open", "open")
        .when(status == "unknown", "unknown")
        .when(event == "return", "returns")
        .when((status == "paid") & F.coalesce(F.col("quantity") > 0, F.lit(True)), "gross")
        .otherwise("adjustments")
    )
    return silver.withColumn("bucket", bucket)


def add_up(lines: DataFrame, by: tuple[str, ...], *more: Column) -> DataFrame:
    """ADDITIVE columns of lines `with_bucket`, grouped `by`, and any `more` aggregates.

    discounts, freight, fees and units are null where no line of the group knows any; net_revenue then subtracts
    nothing.
    """
    is_paid_sale = (F.col("event_type") == "sale") & (F.col("status") == "paid")
    zero = F.lit(0)
    known_discount = F.coalesce("line_discount", "order_discount_alloc")
    discount = F.coalesce("line_discount", zero) + F.coalesce("order_discount_alloc", zero)
    is_gross = F.col("bucket") == "gross"
    is_gift = is_gross & F.array_contains("flags", "gift")
    summed = lines.groupBy(*by).agg(
        F.count_if(~F.array_contains("flags", "derived_return")).alias("lines"),
        _sum_of("gross_amount", is_gross).alias("gross_revenue"),
        _known_sum(known_discount, discount, is_paid_sale).alias("discounts"),
        _known_sum(F.col("freight_alloc"), F.col("freight_alloc"), is_paid_sale).alias("freight"),
        _known_sum(F.col("fee_alloc"), F.col("fee_alloc"), is_paid_sale).alias("fees"),
        _sum_of("gross_amount", F.col("bucket") == "returns").alias("returns_amount"),
        *(_sum_of("gross_amount", F.col("bucket") == bucket).alias(f"{bucket}_amount") for bucket in BUCKETS[2:]),
        _known_sum(F.col("quantity"), F.col("quantity"), is_gross).alias("units"),
        _known_sum(F.col("quantity"), F.col("quantity"), is_gift).alias("gift_units"),
        *more,
    )
    net = F.col("gross_revenue") - F.coalesce("discounts", zero) + F.col("returns_amount")
    others = [name for name in summed.columns if name not in (*by, *ADDITIVE_NAMES)]
    typed = (F.col(column.name).cast(column.type).alias(column.name) for column in ADDITIVE)
    return summed.withColumn("net_revenue", net).select(*by, *typed, *others)


def _sum_of(column: str, condition: Column) -> Column:
    return F.coalesce(F.sum(F.when(condition, F.col(column))), F.lit(0))


def _known_sum(known: Column, value: Column, condition: Column) -> Column:
    """Sum of the values under the condition, null where no line of the group, of any kind, is `known`."""
    return F.sum(F.when(known.isNotNull(), F.when(condition, value).otherwise(F.lit(0))))
