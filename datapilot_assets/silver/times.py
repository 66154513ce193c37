"""Instants of sale."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_assets.landing.dates import CLOCK_PATTERN

# The part of a day behind a spreadsheet's serial; landing has decided that it is one.
_SERIAL_TIME = r"^[0-9]{5}[.,]([0-9]*[1-9][0-9]*)$"


def with_sold_at(rows: DataFrame) -> DataFrame:
    """Add `sold_at`, a timestamp (session zone UTC); null when `raw.sold_at` has no time.

    The date has one author, landing: only time of day and offset are read from the text. Without an offset
    the time is local to `time_zone`; with one the instant is that which falls on `sold_on` there.
    """
    # Only what can be cast is cast: a failing try_cast costs an exception per row.
    parts = F.split(F.regexp_replace("raw.sold_at", f"^.*{CLOCK_PATTERN}", "$1|$2|$3|$4|$5|$6"), r"\|")
    rows = rows.withColumn("_clock", F.when(F.col("raw.sold_at").contains(":"), parts))
    rows = rows.withColumn("_clock", F.when(F.size("_clock") == 6, F.col("_clock")))
    hour, minute, second, fraction, half, offset = (F.get("_clock", n) for n in range(6))
    written = hour.try_cast("int")
    of_day = F.when(half.isin("p", "P"), written % 12 + 12).when(half != "", written % 12).otherwise(written)
    seconds = F.concat(F.lit("0"), second, F.lit("."), fraction).try_cast("decimal(8,6)")
    time_of_day = F.make_dt_interval(F.lit(0), of_day, minute.try_cast("int"), seconds)
    # To the second, as landing rounds: so that a serial just below midnight is the next day's first instant.
    digits = F.when(F.col("raw.sold_at").rlike(_SERIAL_TIME), F.regexp_extract("raw.sold_at", _SERIAL_TIME, 1))
    part_of_day = F.concat(F.lit("0."), digits).try_cast("decimal(16,15)")
    of_serial = F.make_dt_interval(F.lit(0), F.lit(0), F.lit(0), F.round(part_of_day * 86400) % 86400)
    rows = rows.withColumn("_written", F.col("sold_on").cast("timestamp") + F.coalesce(time_of_day, of_serial))
    # ±HHMM as one number: hours and minutes carry the same sign.
    number = F.when(offset.rlike("^[+-]"), F.replace(offset, F.lit(":"), F.lit("")).try_cast("int")).otherwise(0)
    ahead = F.make_dt_interval(F.lit(0), (number / 100).cast("int"), number % 100)
    rows = rows.withColumn("_instant", F.col("_written") - ahead)
    local = F.to_date(F.from_utc_timestamp("_instant", F.col("time_zone")))
    on_the_day = F.col("_instant") - F.make_dt_interval(F.date_diff(local, "sold_on"))
    naive = F.to_utc_timestamp("_written", F.col("time_zone"))
    return rows.withColumn("sold_at", F.when(offset != "", on_the_day).otherwise(naive)).drop(
        "_clock", "_written", "_instant"
    )
