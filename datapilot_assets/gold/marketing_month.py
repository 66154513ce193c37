"""gold.marketing_month: what ads cost and claim, beside what the organization sold (R36)."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_assets.conform import conform
from datapilot_assets.gold.ads_measures import ratio
from datapilot_domain.contracts.ads_gold import MARKETING_MONTH


def marketing_month(
    campaigns: DataFrame, days: DataFrame, sales_days: DataFrame, whole_months: DataFrame, fingerprints: DataFrame
) -> DataFrame:
    """MARKETING_MONTH: a row per month and currency with ads or sales.

    campaigns: CAMPAIGN_MONTH columns. days: month, day date that ads data of any account cover.
    sales_days: SALES_DAILY columns. whole_months: month, currency, org_id, has_sales boolean, of months whose sales
    were declared complete: without a line their sales are zero, in every currency, and so are those of covered days.
    A month whose days the ads data cover cost zero in a currency without campaigns; sales in another currency say
    nothing of this one.
    """
    covered = days.select("month", F.col("day").alias("date"), F.lit(True).alias("is_covered")).distinct()
    sold = sales_days.join(F.broadcast(covered), ["month", "date"], "left")
    gross_covered = F.when(F.col("is_covered"), F.col("gross_revenue"))
    key = ("org_id", "month", "currency")
    parts = (
        campaigns.select(*key, "spend", "conversion_value"),
        sold.select(*key, "date", "gross_revenue", gross_covered.alias("gross_revenue_covered")),
        whole_months.where(~F.col("has_sales")).select(*key),
    )
    spent, sales, zero = parts
    every = spent.unionByName(sales, allowMissingColumns=True).unionByName(zero, allowMissingColumns=True)
    summed = ("spend", "conversion_value", "gross_revenue", "gross_revenue_covered")
    months = every.groupBy(*key).agg(
        *(F.sum(name).alias(name) for name in summed), F.count_distinct("date").alias("sales_days")
    )
    ads_days = covered.groupBy("month").agg(F.count(F.lit(1)).alias("ads_days"))
    declared = whole_months.select("month", "has_sales", F.lit(True).alias("is_whole"))
    months = months.join(F.broadcast(ads_days), "month", "left").join(F.broadcast(declared), "month", "left")
    return conform(_compared(months), MARKETING_MONTH, fingerprints)


def _compared(months: DataFrame) -> DataFrame:
    """Zero where it is a fact, null where it is not known; and both returns on what was spent."""
    has_ads, zero = F.col("ads_days") > 0, F.lit(0)
    days_of_month = F.dayofmonth(F.last_day(F.to_date(F.concat("month", F.lit("-01")))))
    months = months.withColumn("ads_days", F.coalesce("ads_days", zero)).withColumns(
        {
            **{name: F.coalesce(name, F.when(has_ads, zero)) for name in ("spend", "conversion_value")},
            "gross_revenue": F.coalesce("gross_revenue", F.when(~F.col("has_sales"), zero)),
            # Of no covered day there is nothing to be known; of days without a line only that of a whole month.
            "gross_revenue_covered": F.coalesce(
                "gross_revenue_covered",
                F.when(F.col("is_whole") | (F.col("gross_revenue").isNotNull() & ~has_ads), zero),
            ),
        }
    )
    absent = (
        F.when(F.col("spend").isNull(), "NO_ADS_DATA")
        .when(F.col("spend") == 0, "NO_SPEND")
        .when(F.col("gross_revenue_covered").isNull(), "NO_SALES_DATA")
    )
    return months.withColumns(
        {
            "roas_claimed": ratio("conversion_value", "spend"),
            "roas_verified": ratio("gross_revenue_covered", "spend"),
            "roas_verified_absent": absent,
            "is_partial": F.col("ads_days") < days_of_month,
        }
    )
