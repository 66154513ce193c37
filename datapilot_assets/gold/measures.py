"""The additive parts of sales, as every gold table adds them up (R16-R19)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from datapilot_domain.contracts.sales_gold import ADDITIVE, ADDITIVE_NAMES

BUCKETS = ("gross", "returns", "cancelled", "open", "unknown", "adjustments")


def with_bucket(silver: DataFrame) -> DataFrame:
    """silver.sales with `bucket`: the one measure that the line's gross_amount belongs to.

    A line that is none of the others, such as a paid one of quantity 0, is an adjustment (R19).
    """
    event, status = F.col("event_type"), F.col("status")
    bucket = (
        F.when(event == "adjustment", "adjustments")
        .when((event == "cancellation") | status.isin("cancelled", "refused"), "cancelled")
        .when(status == "open", "open")
        .when(status == "unknown", "unknown")
        .when(event == "return", "returns")
        .when((status == "paid") & (F.col("quantity") > 0), "gross")
        .otherwise("adjustments")
    )
    return silver.withColumn("bucket", bucket)


def add_up(lines: DataFrame, by: tuple[str, ...], *more: Column) -> DataFrame:
    """ADDITIVE columns of lines `with_bucket`, grouped `by`, and any `more` aggregates.

    discounts is null where no line of the group knows a discount; net_revenue then subtracts nothing.
    """
    is_paid_sale = (F.col("event_type") == "sale") & (F.col("status") == "paid")
    zero = F.lit(0)
    discount = F.coalesce("line_discount", zero) + F.coalesce("order_discount_alloc", zero)
    has_discount = F.col("line_discount").isNotNull() | F.col("order_discount_alloc").isNotNull()
    is_gross = F.col("bucket") == "gross"
    summed = lines.groupBy(*by).agg(
        F.count_if(~F.array_contains("flags", "derived_return")).alias("lines"),
        _sum_of("gross_amount", is_gross).alias("gross_revenue"),
        F.sum(F.when(has_discount, F.when(is_paid_sale, discount).otherwise(zero))).alias("discounts"),
        _sum_of("gross_amount", F.col("bucket") == "returns").alias("returns_amount"),
        *(_sum_of("gross_amount", F.col("bucket") == bucket).alias(f"{bucket}_amount") for bucket in BUCKETS[2:]),
        _sum_of("quantity", is_gross).alias("units"),
        _sum_of("quantity", is_gross & F.array_contains("flags", "gift")).alias("gift_units"),
        *more,
    )
    net = F.col("gross_revenue") - F.coalesce("discounts", zero) + F.col("returns_amount")
    others = [name for name in summed.columns if name not in (*by, *ADDITIVE_NAMES)]
    typed = (F.col(column.name).cast(column.type).alias(column.name) for column in ADDITIVE)
    return summed.withColumn("net_revenue", net).select(*by, *typed, *others)


def _sum_of(column: str, condition: Column) -> Column:
    return F.coalesce(F.sum(F.when(condition, F.col(column))), F.lit(0))
