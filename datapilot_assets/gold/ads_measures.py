"""The measures of ads, as every gold table of campaigns takes them from silver and adds them up (R27, R30)."""

from __future__ import annotations

from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from datapilot_domain.contracts.ads_gold import AMOUNT_SUM

# Campaigns first, then what is narrower; a row of a whole account only where there is nothing else.
_PREFERRED = ("campaign", "ad_group", "ad", "account")
# Metrics that are extracted together.
_PARTS = {
    "delivery": ("impressions", "clicks", "spend"),
    "conversions": ("conversions",),
    "conversion_value": ("conversion_value",),
}
CAMPAIGN = ("platform", "account_id", "campaign_id", "currency", "account_currency")


def one_grain(silver: DataFrame) -> DataFrame:
    """Of every day of an account the rows of one level and breakdown set: levels and sets repeat each other (R27).

    silver: SILVER_ADS_INSIGHTS columns. Of a level's sets the one with the fewest names, then the first by name.
    Chosen for delivery, for conversions and for their value apart, among the rows that have any: conversions that
    were extracted by themselves, by action say, are kept beside the cost of the day (R29). A row's other metrics are
    null then.
    """
    levels = F.array(*(F.lit(level) for level in _PREFERRED))
    grain = F.struct(
        F.array_position(levels, F.col("level")).alias("place"),
        F.size("breakdowns").alias("names"),
        F.col("breakdown_set"),
    )
    day = ("platform", "account_id", "reported_on")
    rows = silver.withColumn("grain", grain)
    chosen = rows.groupBy(*day).agg(
        *(
            F.coalesce(F.min(F.when(_has_any(names), F.col("grain"))), F.min("grain")).alias(f"grain_of_{part}")
            for part, names in _PARTS.items()
        )
    )
    rows = rows.join(F.broadcast(chosen), [*day])
    counts = {part: F.col("grain") == F.col(f"grain_of_{part}") for part in _PARTS}
    kept = rows.where(reduce(or_, counts.values()))
    return kept.withColumns(
        {name: F.when(counts[part], F.col(name)) for part, names in _PARTS.items() for name in names}
    )


def _has_any(names: tuple[str, ...]) -> Column:
    return reduce(or_, (F.col(name).isNotNull() for name in names))


def add_up(rows: DataFrame, by: tuple[str, ...]) -> DataFrame:
    """Measures of the campaign tables, of rows of one grain, grouped `by` and CAMPAIGN.

    Amounts are in the row's reporting currency, at the rate of its day; the sum is rounded once to six places.
    A metric that is null on a row counts nothing. Ratios are of the sums, never of a platform's own ratios (R30).
    `campaign_name` is that of the newest extraction, of its latest day.
    """
    newest = F.when(
        F.col("campaign_name").isNotNull(), F.struct("extracted_at", "reported_on", "landed_seq", "record_no")
    )
    provisional = F.when(F.col("is_provisional"), F.col("conversions"))
    rows = rows.withColumns(
        {
            "account_spend": F.col("spend"),
            "account_currency": F.col("currency"),
            "currency": F.col("reporting_currency"),
            **{name: F.col(name) * F.col("exchange_rate") for name in ("spend", "conversion_value")},
        }
    )
    summed = rows.groupBy(*by, *CAMPAIGN).agg(
        F.max_by("campaign_name", newest).alias("campaign_name"),
        *(_sum(F.col(name)).alias(name) for name in ("impressions", "clicks", "conversions")),
        *(_sum(F.col(name)).cast(AMOUNT_SUM).alias(name) for name in ("spend", "account_spend", "conversion_value")),
        _sum(provisional).alias("provisional_conversions"),
    )
    return summed.withColumns(
        {
            "ctr": ratio("clicks", "impressions"),
            "cpc": ratio("spend", "clicks"),
            "cpm": ratio(F.col("spend") * 1000, "impressions"),
            "cost_per_conversion": ratio("spend", "conversions"),
            "exchange_rate": ratio("spend", "account_spend"),
            "roas_claimed": ratio("conversion_value", "spend"),
        }
    )


def ratio(part: Column | str, whole: Column | str) -> Column:
    """Exact quotient, rounded once to ten places, half away from zero; null without a denominator."""
    # Decimals of these digits divide to decimal(38,10): Spark computes 38 places and rounds to those ten.
    parts = (F.col(side) if isinstance(side, str) else side for side in (part, whole))
    return F.try_divide(*(side.cast(AMOUNT_SUM) for side in parts))


def _sum(value: Column) -> Column:
    return F.coalesce(F.sum(value), F.lit(0))
