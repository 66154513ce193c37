"""gold.sales_products: what was sold, ranked."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from datapilot_assets.conform import conform
from datapilot_assets.gold.measures import with_bucket
from datapilot_domain.contracts.sales_gold import SALES_PRODUCTS


def sales_products(silver: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """SALES_PRODUCTS of the months in `silver` (SILVER_SALES columns), rank per month and currency.

    Gifts at price 0 are products; lines of order-level files, which have no product, are not.
    """
    sold = with_bucket(silver).where((F.col("bucket") == "gross") & F.col("product_key").isNotNull())
    named = F.when(F.col("product_name").isNotNull(), F.struct("sold_on", "landed_seq", "record_no"))
    products = sold.groupBy("org_id", "month", "currency", "product_key").agg(
        F.max_by("product_name", named).alias("product_name"),
        F.sum("gross_amount").alias("gross_revenue"),
        F.sum("quantity").alias("units"),
    )
    by_gross = Window.partitionBy("org_id", "month", "currency").orderBy(F.desc("gross_revenue"), "product_key")
    return conform(products.withColumn("rank", F.row_number().over(by_gross)), SALES_PRODUCTS, fingerprints)
