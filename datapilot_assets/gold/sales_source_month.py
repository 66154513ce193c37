"""gold.sales_source_month: the month per source, and how much of it another source tells as well (R25)."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_assets.conform import conform
from datapilot_assets.gold.measures import add_up, with_bucket
from datapilot_domain.contracts.sales_gold import SALES_SOURCE_MONTH


def sales_source_month(silver: DataFrame, fingerprints: DataFrame, roles: DataFrame, compared: DataFrame) -> DataFrame:
    """SALES_SOURCE_MONTH of the months in `silver` (SILVER_SALES columns of every source, mirrors included).

    roles: source_id, role. compared: month, source_id, order_id, is_matched; the orders that another source
    that counts could have as well, and whether it has.
    """
    lines = with_bucket(silver).join(F.broadcast(roles), "source_id")
    lines = lines.join(compared, ["month", "source_id", "order_id"], "left")
    order = F.struct("store", "order_id")
    is_gross = F.col("bucket") == "gross"
    is_compared = (F.col("event_type") == "sale") & F.col("is_matched").isNotNull()
    is_matched = F.coalesce("is_matched", F.lit(False))
    summed = add_up(
        lines,
        ("org_id", "month", "source_id", "role", "currency"),
        F.count_distinct(F.when(is_gross & F.col("order_id").isNotNull(), order)).alias("paid_orders"),
        F.count_distinct(F.when(is_compared, order)).alias("compared_orders"),
        F.count_distinct(F.when(is_compared & is_matched, order)).alias("matched_orders"),
        F.sum(F.when(is_gross & is_matched, F.col("gross_amount")).otherwise(F.lit(0))).alias("matched_gross"),
    )
    # 15 digits leave the quotient 16 decimals, so that rounding it to 10 is half up of the exact value.
    parts = (F.col(name).cast("decimal(15,0)") for name in ("matched_orders", "compared_orders"))
    return conform(summed.withColumn("matched_share", F.try_divide(*parts)), SALES_SOURCE_MONTH, fingerprints)
