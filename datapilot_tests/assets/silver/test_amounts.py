"""Numbers as silver reads them."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from datapilot_assets.silver.amounts import parse_number
from datapilot_tests.assets.landed import frame

COMMA = {
    "R$ 1.234,56": "1234.56",
    "-R$ 5": "-5",
    "R$ -5": "-5",
    "R$\u00a01.000": "1000",
    "(10,00)": "-10",
    "R$ (1.000,5)": "-1000.5",
    "5,00-": "-5",
    "+3": "3",
    " 5 BRL ": "5",
    "1.234.567": "1234567",
    "0,00005": "0.0001",
    "1.23": None,
    "01.234": None,
    "1,5,": None,
    "(-5)": None,
    "-5-": None,
    "abc": None,
    "99999999999999999999": None,
}
POINT = {"1,234.56": "1234.56", "229,33": None, "1,234": "1234", "2.5": "2.5", "US$ 3": "3", ".5": None}


@pytest.fixture(scope="module")
def numbers(spark: SparkSession) -> dict[tuple[str, str | None], Decimal | None]:
    texts = [(text, mark) for mark, listed in ((",", COMMA), (".", POINT), (None, {"1": None})) for text in listed]
    schema = pa.schema([("text", pa.string()), ("mark", pa.string())])
    rows = frame(spark, [{"text": text, "mark": mark} for text, mark in texts], schema)
    found = rows.select("text", "mark", parse_number(F.col("text"), F.col("mark")).alias("number")).collect()
    return {(row["text"], row["mark"]): row["number"] for row in found}


@pytest.mark.parametrize(("text", "number"), COMMA.items())
def test_decimal_comma(numbers: dict[tuple[str, str], Decimal | None], text: str, number: str | None) -> None:
    assert numbers[text, ","] == (None if number is None else Decimal(number))


@pytest.mark.parametrize(("text", "number"), POINT.items())
def test_decimal_point(numbers: dict[tuple[str, str], Decimal | None], text: str, number: str | None) -> None:
    assert numbers[text, "."] == (None if number is None else Decimal(number))


def test_without_a_known_mark_nothing_is_a_number(numbers: dict[tuple[str, str | None], Decimal | None]) -> None:
    assert numbers["1", None] is None
