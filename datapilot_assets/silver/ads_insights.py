"""silver.ads_insights and its quarantine: the platforms' objects → typed days of the newest extraction, once each.

`classify_ads` does the work; the other three read its rows, so cache them between the calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_assets.conform import conform
from datapilot_assets.silver.ads_google import GOOGLE
from datapilot_assets.silver.ads_meta import META
from datapilot_assets.silver.ads_reading import whole_number
from datapilot_domain.contracts.ads import ADS_QUARANTINE, ADS_RULES, BRONZE_META_ADS, SILVER_ADS_INSIGHTS

FATES = ("good", "quarantined", "superseded")
# What a row needs of its entry: of its account the action types that count; currency, time_zone and
# attribution_window where the object does not say.
ADS_ENTRIES = pa.schema(
    {
        "org_id": pa.string(),
        "content_id": pa.string(),
        "source_id": pa.string(),
        "file": pa.string(),
        "file_sha256": pa.string(),
        "landed_seq": pa.int32(),
        "extracted_on": pa.date32(),
        "extracted_at": pa.timestamp("us", tz="UTC"),
        "currency": pa.string(),
        "time_zone": pa.string(),
        "conversion_types": pa.map_(pa.string(), pa.list_(pa.string())),
        "attribution_window": pa.string(),
        "provisional_days": pa.int32(),
    }
)

# One row per currency and day with a rate: what silver converts by (R22).
ADS_RATES = pa.schema(
    {
        "currency": pa.string(),
        "reported_on": pa.date32(),
        "reporting_currency": pa.string(),
        "exchange_rate": pa.decimal128(18, 8),
        "exchange_rate_on": pa.date32(),
    }
)

_PLATFORMS = {"meta": META, "google": GOOGLE}
_NAMED = ("campaign", "ad_group", "ad")
# A JSON number outside of strings, after what stands between it and the one before. Possessive: Java's pattern
# matcher would recurse for each character otherwise.
# What stands before a number with a point or exponent, outside of strings and now and then within one.
_FRACTION = r"[:,\[]\s*+-?[0-9]++[.eE]"
_NUMBER = r"""\G((?:[^"\-0-9]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+)(-?[0-9][0-9.eE+\-]*+)"""


def classify_ads(records: Mapping[str, DataFrame], entries: DataFrame, lost: DataFrame) -> DataFrame:
    """Candidate rows: every object, once per entry of its content; those that stand are typed and judged.

    records: platform → rows of its bronze contract (BRONZE_ADS), of one platform at least.
    entries: ADS_ENTRIES of the active entries. Objects of contents that it does not name are invisible.
    lost: landed_seq int, unit_key of objects that a later extraction or another page replaced (R26), once each.
    Result: silver's columns but the fingerprint, `file`, `text` (the object as written), `raw` (spend, impressions
    and clicks as written), `failures` ("CODE:column" of ADS_RULES, in their order) and `fate`. Superseded rows are
    not read: their measures are null. A metric that the object does not have is null (R29).
    """
    frames = (frame.withColumn("platform", F.lit(platform)) for platform, frame in records.items())
    gone = lost.select("landed_seq", "unit_key", F.lit(True).alias("is_lost"))
    rows = reduce(DataFrame.unionByName, frames).join(F.broadcast(_facts(entries)), "content_id")
    rows = rows.withColumn("conversion_types", F.try_element_at("conversion_types", F.col("account_id")))
    return _judge(_typed(_parsed(rows.join(gone, ["landed_seq", "unit_key"], "left"))))


def silver_ads_insights(classified: DataFrame, rates: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """SILVER_ADS_INSIGHTS: the good rows, each with the rate of its day. rates: ADS_RATES.

    A day without a rate stays in the account's currency: nothing is converted at a rate that is not there.
    """
    rows = classified.where(F.col("fate") == "good").join(F.broadcast(rates), ["currency", "reported_on"], "left")
    rows = rows.withColumns(
        {
            "reporting_currency": F.coalesce("reporting_currency", "currency"),
            "exchange_rate": F.coalesce("exchange_rate", F.lit(1)),
        }
    )
    return conform(rows, SILVER_ADS_INSIGHTS, fingerprints)


def ads_quarantine(classified: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """ADS_QUARANTINE: one row per object that failed a rule."""
    first = F.split(F.col("failures")[0], ":")
    rows = classified.where(F.col("fate") == "quarantined").withColumns({"reason": first[0], "column": first[1]})
    return conform(rows, ADS_QUARANTINE, fingerprints)


def count_fates(classified: DataFrame) -> DataFrame:
    """Per month and source_id: good, quarantined, superseded."""
    counts = (F.count_if(F.col("fate") == fate).alias(fate) for fate in FATES)
    return classified.groupBy("month", "source_id").agg(*counts)


def _facts(entries: DataFrame) -> DataFrame:
    """Columns of the entries under names that no column of a row has."""
    usual = (F.col(name).alias(f"usual_{name}") for name in ("currency", "time_zone", "attribution_window"))
    others = ("org_id", "content_id", "source_id", "file", "file_sha256", "landed_seq", "extracted_on", "extracted_at")
    return entries.select(*others, "conversion_types", "provisional_days", *usual)


def _parsed(rows: DataFrame) -> DataFrame:
    """`is_superseded`, and the object under its platform's name where it stands; the other one is null.

    Where one has a point or exponent all numbers are put in quotes before: from_json would read it as a double even
    where text is asked for. Whole numbers stay what they are, of any size.
    """
    is_superseded = F.coalesce("is_copy", F.lit(False)) | F.coalesce("is_lost", F.lit(False))
    rows = rows.withColumn("is_superseded", is_superseded)
    quoted = F.when(F.col("raw").rlike(_FRACTION), F.regexp_replace("raw", _NUMBER, '$1"$2"')).otherwise(F.col("raw"))
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "misshapen"}
    objects = {
        name: F.from_json(F.when(~F.col("is_superseded") & (F.col("platform") == name), quoted), of.schema, options)
        for name, of in _PLATFORMS.items()
    }
    return rows.withColumns(objects)


def _typed(rows: DataFrame) -> DataFrame:
    """What the object says, by its platform, and what its entry says where the object does not."""

    def by_platform(name: str) -> str:
        return " ".join(f"WHEN '{platform}' THEN {of.reads[name]}" for platform, of in _PLATFORMS.items())

    def unreadable(name: str) -> str:
        return f"(said.has_{name} AND said.{name} IS NULL)"

    said = ", ".join(f"CASE platform {by_platform(name)} END AS {name}" for name in META.reads)
    decided = (name for name in BRONZE_META_ADS.column_names if name not in ("raw", "is_copy"))
    facts = (
        "org_id",
        "source_id",
        "file",
        "file_sha256",
        "landed_seq",
        "extracted_at",
        "conversion_types",
        "is_superseded",
    )
    rows = rows.selectExpr("*", f"struct({said}) AS said")
    return rows.selectExpr(
        *decided,
        *facts,
        "platform",
        "raw AS text",
        "struct(said.spend_text AS spend, said.impressions, said.clicks) AS raw",
        f"{whole_number('said.impressions')} AS impressions",
        f"{whole_number('said.clicks')} AS clicks",
        "said.spend",
        "said.conversions",
        "said.conversion_value",
        f"said.is_misshapen OR {unreadable('conversions')} OR {unreadable('conversion_value')}"
        " AS conversions_unreadable",
        # An object names the entity of its level, if only by the name of its resource.
        *(f"CASE level WHEN '{level}' THEN entity_id ELSE said.{level}_id END AS {level}_id" for level in _NAMED),
        *(f"said.{level}_name" for level in _NAMED),
        "coalesce(upper(said.currency), usual_currency) AS currency",
        "coalesce(said.time_zone, usual_time_zone) AS time_zone",
        "coalesce(said.attribution_window, usual_attribution_window) AS attribution_window",
        "array_join(array_sort(map_keys(breakdowns)), ',') AS breakdown_set",
        "reported_on > date_sub(extracted_on, provisional_days) AS is_provisional",
    )


def _judge(rows: DataFrame) -> DataFrame:
    failures = (F.when(F.expr(rule.condition), F.lit(f"{rule.code}:{rule.column}")) for rule in ADS_RULES)
    fate = F.when(F.col("is_superseded"), "superseded").when(F.size("failures") > 0, "quarantined").otherwise("good")
    return rows.withColumn("failures", F.array_compact(F.array(*failures))).withColumn("fate", fate)
