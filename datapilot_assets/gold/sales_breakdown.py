"""gold.sales_breakdown: the additive parts per member of each dimension."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_assets.conform import conform
from datapilot_assets.gold.measures import add_up, with_bucket
from datapilot_domain.contracts.sales_gold import DIMENSIONS, SALES_BREAKDOWN


def sales_breakdown(silver: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """SALES_BREAKDOWN of the months in `silver` (SILVER_SALES columns), in one pass over all dimensions.

    Lines without a member are the member null, so that every dimension sums to the month.
    """
    members = F.array(*(F.struct(F.lit(name).alias("dimension"), F.col(name).alias("value")) for name in DIMENSIONS))
    lines = with_bucket(silver).select("*", F.inline(members))
    by = ("org_id", "month", "dimension", "value", "currency")
    return conform(add_up(lines, by), SALES_BREAKDOWN, fingerprints)
