"""Landing reads numbers in DuckDB, silver in Spark: both must read every text alike."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from datapilot_assets.landing.values import number_sql
from datapilot_assets.silver.amounts import parse_number
from datapilot_resources.spark_frames import arrow_frame

PIECES = st.sampled_from(
    [*"1 12 123 000 . , - + ( ) R$ US$ € BRL eur a E e E+0 E-1 % ' \u2212 \u2019".split(), " ", "\u00a0", "\u202f"]
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)
USUAL = ["1.234,56", "1,234.56", "R$ -18,90", "-R$ 5,00", "(3,00)", "7,5-", "1.234", "12.34.567", "", "-", "R$"]
USUAL += [
    "1,5E+03",
    "-2.29E2",
    "5E-08",
    "9,99E13",
    "6.3E14",
    "1'234,56",
    "1\u202f234,5",
    "\u22125",
    "R$. 5",
    "(1E5)",
    "5%",
]


@settings(deadline=None, max_examples=5, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(TEXTS, min_size=150, max_size=150))
def test_both_engines_read_the_same_number(spark: SparkSession, texts: list[str]) -> None:
    rows = [{"text": text, "mark": mark} for text in [*texts, *USUAL] for mark in ",."]
    table = pa.Table.from_pylist(rows, pa.schema({"text": pa.string(), "mark": pa.string()}))
    parsed = parse_number(F.col("text"), F.col("mark"), "decimal(18,4)")
    by_spark = [row[0] for row in arrow_frame(spark, table).select(parsed).collect()]
    connection = duckdb.connect()
    connection.register("cells", table)
    comma, point = (f"CAST({number_sql('text', mark)} AS DECIMAL(18, 4))" for mark in ",.")
    query = f"SELECT CASE mark WHEN ',' THEN {comma} ELSE {point} END FROM cells"
    by_duckdb = [value for (value,) in connection.execute(query).fetchall()]
    disagreed = [(row, a, b) for row, a, b in zip(rows, by_spark, by_duckdb, strict=True) if a != b]
    assert disagreed == []
    assert Decimal("1234.5600") in by_spark
