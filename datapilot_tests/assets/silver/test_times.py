"""The instant of a sale: silver reads the time of day of every date that landing reads, and only that."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from datapilot_assets.landing.dates import date_sql
from datapilot_assets.silver.times import with_sold_at
from datapilot_tests.assets.landed import frame

ZONE = "America/Sao_Paulo"
# Text → instant in UTC; São Paulo is three hours behind.
INSTANTS = {
    "31/01/2024 23:30": "2024-02-01 02:30:00",
    "31/01/2024 às 23:30": "2024-02-01 02:30:00",
    "31/01/2024 - 23:30:15,5": "2024-02-01 02:30:15.5",
    "31/01/2024, 11:30 PM": "2024-02-01 02:30:00",
    "20240131 00:05": "2024-01-31 03:05:00",
    "31 de janeiro de 2024 23:30 hs.": "2024-02-01 02:30:00",
    "Jan 31, 2024 at 12:05\u202fa.m.": "2024-01-31 03:05:00",
    "2024-01-31T23:59:59.999-03:00": "2024-02-01 02:59:59.999",
    "2024-02-01T02:30:00Z": "2024-02-01 02:30:00",
    "2024-02-01\u00a002:30 +0000": "2024-02-01 02:30:00",
    "45322.979167": "2024-02-01 02:30:00",
    "45322,5": "2024-01-31 15:00:00",
    "45322.9999999": "2024-02-01 03:00:00",
    "45322": None,
    "45322.0": None,
    "31 jan 2024": None,
    "20240131": None,
}


@pytest.fixture(scope="module")
def read(spark: SparkSession) -> dict[str, dt.datetime | None]:
    sql = f"SELECT text, {date_sql('text', 'dmy+serial', ZONE)} AS sold_on FROM (SELECT unnest(?) AS text)"
    dated = duckdb.connect().execute(sql, [list(INSTANTS)]).fetchall()
    schema = pa.schema([("text", pa.string()), ("sold_on", pa.date32()), ("time_zone", pa.string())])
    rows = [{"text": text, "sold_on": day, "time_zone": ZONE} for text, day in dated]
    with_raw = frame(spark, rows, schema).withColumn("raw", F.struct(F.col("text").alias("sold_at")))
    written = with_sold_at(with_raw).select("text", F.date_format("sold_at", "yyyy-MM-dd HH:mm:ss.SSS").alias("at"))
    return {row["text"]: row["at"] and dt.datetime.fromisoformat(row["at"]) for row in written.collect()}


@pytest.mark.rule("R23")
@pytest.mark.parametrize(("text", "instant"), INSTANTS.items())
def test_the_time_of_day_reaches_silver(read: dict[str, dt.datetime | None], text: str, instant: str | None) -> None:
    assert read[text] == (None if instant is None else dt.datetime.fromisoformat(instant))
