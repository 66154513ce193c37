"""gold.sales_month: the month in one row per currency."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_assets.conform import conform
from datapilot_assets.gold.measures import add_up, with_bucket
from datapilot_domain.contracts.sales_gold import MONEY_SUM, SALES_MONTH

# Columns that are null, not zero, in a month without any line.
_UNDEFINED = ("discounts", "freight", "fees", "average_ticket")


def sales_month(silver: DataFrame, fingerprints: DataFrame, zero_months: DataFrame) -> DataFrame:
    """SALES_MONTH of the months in `silver` (SILVER_SALES columns).

    zero_months: month, currency, org_id of months that were declared complete and have no line: zero is
    then a fact, and they get one row of zeros. paid_orders counts (source, store, order) with a paid line of
    positive quantity; average_ticket divides the gross of lines with an order id by it (R20).
    """
    is_ordered = (F.col("bucket") == "gross") & F.col("order_id").isNotNull()
    order = F.struct("source_id", "store", "order_id")
    months = add_up(
        with_bucket(silver),
        ("org_id", "month", "currency"),
        F.count_distinct(F.when(is_ordered, order)).alias("paid_orders"),
        F.sum(F.when(is_ordered, F.col("gross_amount"))).alias("ordered_gross"),
    )
    orders = F.col("paid_orders").cast("decimal(10,0)")
    # 22 digits leave the quotient 15 decimals, so that rounding it to 10 is half up of the exact value.
    ticket = F.try_divide(F.col("ordered_gross").cast("decimal(22,4)"), orders)
    months = months.withColumn("average_ticket", ticket).drop("ordered_gross")
    known = (*zero_months.columns, *_UNDEFINED)
    zeros = zero_months.withColumns({name: F.lit(0).cast(MONEY_SUM) for name in months.columns if name not in known})
    return conform(months.unionByName(zeros, allowMissingColumns=True), SALES_MONTH, fingerprints)
