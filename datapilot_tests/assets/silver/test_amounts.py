"""Numbers, and the sharing of order-level amounts."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from datapilot_assets.silver.amounts import Share, allocate, parse_number
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


cents = st.decimals(min_value=0, max_value=100_000, places=2)
lines = st.lists(st.tuples(cents, st.booleans()), min_size=1, max_size=6)
orders = st.lists(st.tuples(st.decimals(-1000, 1000, places=2), lines), min_size=30, max_size=30)


@pytest.mark.rule("R15")
@pytest.mark.rule("R22")
@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(orders=orders)
def test_shares_sum_to_the_order_value(
    spark: SparkSession, orders: list[tuple[Decimal, list[tuple[Decimal, bool]]]]
) -> None:
    """Whatever the weights, over the lines that take part, on whichever line the value is written."""
    money = pa.decimal128(18, 4)
    schema = pa.schema(
        [("o", pa.int32()), ("n", pa.int32()), ("gross_amount", money), ("value", money), ("takes", pa.bool_())]
    )
    rows = [
        {"o": o, "n": n, "gross_amount": gross, "value": value if n == o % len(lines) else Decimal(0), "takes": takes}
        for o, (value, lines) in enumerate(orders)
        for n, (gross, takes) in enumerate(lines)
    ]
    share = {"part": Share(F.col("value"), "takes")}
    found = allocate(frame(spark, rows, schema), ("o",), F.struct("n"), share).collect()
    parts = {(row["o"], row["n"]): row["part"] for row in found}
    assert len(parts) == len(rows)
    for o, (value, lines) in enumerate(orders):
        taking = [n for n, (_, takes) in enumerate(lines) if takes]
        assert all(parts[o, n] is None for n in range(len(lines)) if n not in taking)
        if not taking:
            continue
        assert sum(parts[o, n] for n in taking) == value
        total = sum(lines[n][0] for n in taking)
        for n in taking[:-1]:
            exact = value * lines[n][0] / total if total else value / len(taking)
            assert abs(parts[o, n] - exact) <= Decimal("0.005001")
            assert parts[o, n] == parts[o, n].quantize(Decimal("0.01"), ROUND_HALF_UP)
