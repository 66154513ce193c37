"""The gold steps of ads: campaigns by month and by week."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from datapilot_assets.ads_silver import covered_days
from datapilot_assets.gold.campaign_month import campaign_month
from datapilot_assets.gold.campaign_week import campaign_week
from datapilot_assets.refinement import Built, RefineRun
from datapilot_assets.step import built, fingerprint_frame
from datapilot_domain.contracts.ads import SILVER_ADS_INSIGHTS
from datapilot_domain.contracts.ads_gold import CAMPAIGN_MONTH, CAMPAIGN_WEEK
from datapilot_domain.partitions import Month
from datapilot_resources.spark_frames import arrow_frame, interpreted


def build_months(run: RefineRun, months: Sequence[Month]) -> Built:
    """silver.ads_insights → gold.campaign_month."""
    silver, rows = _silver(run, months)
    with interpreted(run.spark, rows):
        frame = campaign_month(silver, fingerprint_frame(run, CAMPAIGN_MONTH, months))
        return built({CAMPAIGN_MONTH: frame}, months, small=True)


def build_weeks(run: RefineRun, months: Sequence[Month]) -> Built:
    """silver.ads_insights of the months and their neighbours → gold.campaign_week."""
    silver, rows = _silver(run, sorted({month.plus(offset) for month in months for offset in CAMPAIGN_WEEK.window}))
    with interpreted(run.spark, rows):
        fingerprints = fingerprint_frame(run, CAMPAIGN_WEEK, months)
        frame = campaign_week(silver, arrow_frame(run.spark, covered_days(run)), fingerprints)
        return built({CAMPAIGN_WEEK: frame}, months, small=True)


def _silver(run: RefineRun, months: Sequence[Month]) -> tuple[DataFrame, int]:
    org, lakehouse = run.organization.org_id, run.platform.lakehouse
    stored = lakehouse.months(SILVER_ADS_INSIGHTS, org)
    rows = sum(state.rows for month, state in stored.items() if month in months)
    return lakehouse.frame(run.spark, SILVER_ADS_INSIGHTS, org, months), rows
