"""The ads family: its bronze tables, the steps that refine them, and the campaigns of an organization."""

from __future__ import annotations

import dagster as dg

from datapilot_assets.ads_gold import build_months, build_weeks
from datapilot_assets.ads_silver import build_silver
from datapilot_assets.events import asset_key, column_schema, landing_key
from datapilot_assets.partitioning import ORGANIZATIONS
from datapilot_assets.refinement import Family, Step
from datapilot_assets.silver.campaigns import refresh_campaigns
from datapilot_domain.contracts.ads import (
    ADS_QUARANTINE,
    BRONZE_GOOGLE_ADS,
    BRONZE_META_ADS,
    FAMILY,
    SILVER_ADS_INSIGHTS,
    SILVER_CAMPAIGNS,
)
from datapilot_domain.contracts.ads_gold import CAMPAIGN_MONTH, CAMPAIGN_WEEK

ADS = Family(
    name=FAMILY,
    bronze=(BRONZE_META_ADS, BRONZE_GOOGLE_ADS),
    steps=(
        Step(outputs=(SILVER_ADS_INSIGHTS, ADS_QUARANTINE), build=build_silver),
        Step(outputs=(CAMPAIGN_MONTH,), build=build_months),
        Step(outputs=(CAMPAIGN_WEEK,), build=build_weeks),
    ),
    refresh=refresh_campaigns,
)


def campaigns_spec() -> dg.AssetSpec:
    """silver/campaigns, one partition per organization: refine runs of ads write it."""
    return dg.AssetSpec(
        asset_key(SILVER_CAMPAIGNS),
        deps=[landing_key(FAMILY)],
        description=SILVER_CAMPAIGNS.description,
        partitions_def=ORGANIZATIONS,
        group_name="silver",
        code_version=str(SILVER_CAMPAIGNS.version),
        kinds={"deltalake"},
        owners=[SILVER_CAMPAIGNS.owner],
        metadata={"dagster/column_schema": column_schema(SILVER_CAMPAIGNS)},
    )
