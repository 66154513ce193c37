"""gold.sales_daily: the additive parts per civil day and currency."""

from __future__ import annotations

from pyspark.sql import DataFrame

from datapilot_assets.conform import conform
from datapilot_assets.gold.measures import add_up, with_bucket
from datapilot_domain.contracts.sales_gold import SALES_DAILY


def sales_daily(silver: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """SALES_DAILY of the months in `silver` (SILVER_SALES columns); days without lines have no row."""
    lines = with_bucket(silver).withColumnRenamed("sold_on", "date")
    return conform(add_up(lines, ("org_id", "month", "date", "currency")), SALES_DAILY, fingerprints)
