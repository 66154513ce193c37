"""gold.campaign_month: what each campaign cost and brought in the month."""

from __future__ import annotations

from pyspark.sql import DataFrame

from datapilot_assets.conform import conform
from datapilot_assets.gold.ads_measures import add_up, one_grain
from datapilot_domain.contracts.ads_gold import CAMPAIGN_MONTH


def campaign_month(silver: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """CAMPAIGN_MONTH of the months in `silver` (SILVER_ADS_INSIGHTS columns)."""
    return conform(add_up(one_grain(silver), ("org_id", "month")), CAMPAIGN_MONTH, fingerprints)
