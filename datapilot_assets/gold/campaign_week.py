"""gold.campaign_week: what each campaign cost and brought in the ISO week, in the month of its Thursday (R31)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from datapilot_assets.conform import conform
from datapilot_assets.gold.ads_measures import add_up, one_grain
from datapilot_domain.contracts.ads_gold import CAMPAIGN_WEEK


def campaign_week(silver: DataFrame, coverage: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """CAMPAIGN_WEEK of the months that `fingerprints` names.

    silver: SILVER_ADS_INSIGHTS columns from the month before the first of them to the month after the last.
    coverage: platform, account_id, day date that extractions of the account cover, of any month.
    """
    thursday = _thursday("reported_on")
    week = F.concat(F.date_format(thursday, "yyyy-'W'"), F.lpad(F.weekofyear(thursday).cast("string"), 2, "0"))
    # The Thursday's civil year is the week's ISO year.
    rows = silver.withColumns({"month": F.date_format(thursday, "yyyy-MM"), "iso_week": week, "thursday": thursday})
    rows = rows.join(F.broadcast(fingerprints.select("month")), "month", "left_semi")
    account_week = ["platform", "account_id", "thursday"]
    days = coverage.groupBy("platform", "account_id", _thursday("day").alias("thursday"))
    covered = days.agg(F.count_distinct("day").alias("covered_days"))
    weeks = add_up(one_grain(rows), ("org_id", "month", "iso_week", "thursday"))
    weeks = weeks.join(F.broadcast(covered), account_week, "left")
    is_partial = F.coalesce("covered_days", F.lit(0)) < 7
    return conform(weeks.withColumn("is_partial", is_partial), CAMPAIGN_WEEK, fingerprints)


def _thursday(day: str) -> Column:
    return F.date_add(F.trunc(day, "week"), 3)
