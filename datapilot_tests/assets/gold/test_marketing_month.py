"""gold.marketing_month: claimed and verified return side by side, and what is not known."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from datapilot_assets.gold.marketing_month import marketing_month
from datapilot_domain.contracts.ads_gold import CAMPAIGN_MONTH, MARKETING_MONTH
from datapilot_domain.contracts.sales_gold import SALES_DAILY
from datapilot_resources.lakehouse import arrow_schema
from datapilot_tests.assets.landed import fingerprints, frame

WHOLE = pa.schema({"month": pa.string(), "currency": pa.string(), "org_id": pa.string(), "has_sales": pa.bool_()})
DAYS = pa.schema([("month", pa.string()), ("day", pa.date32())])
SPEND = ("spend", "conversion_value", "roas_claimed")
SALES = ("gross_revenue", "gross_revenue_covered", "roas_verified", "roas_verified_absent")
NUMBERS = ("ads_days", "sales_days", "is_partial")


def _campaign(month: str, spend: str, value: str, currency: str = "BRL") -> dict[str, Any]:
    amounts = {"spend": Decimal(spend), "conversion_value": Decimal(value)}
    return {"org_id": "acme", "month": month, "currency": currency, **amounts}


def _day(date: str, gross: str, currency: str = "BRL") -> dict[str, Any]:
    on = dt.date.fromisoformat(date)
    return {"org_id": "acme", "month": date[:7], "date": on, "currency": currency, "gross_revenue": Decimal(gross)}


def _whole(month: str, *, has_sales: bool) -> dict[str, Any]:
    return {"month": month, "currency": "BRL", "org_id": "acme", "has_sales": has_sales}


@pytest.fixture(scope="module")
def months(spark: SparkSession) -> dict[str, dict[str, Any]]:
    campaigns = [
        _campaign("2024-01", "3", "10"),
        _campaign("2024-01", "4", "11.5"),
        _campaign("2024-02", "5", "1"),
        _campaign("2024-03", "0", "2"),
        _campaign("2024-05", "4", "1"),
        _campaign("2024-05", "2", "1", "USD"),
        _campaign("2024-06", "8", "2"),
        _campaign("2024-08", "8", "2"),
    ]
    sales = [
        _day("2024-01-01", "100"),
        _day("2024-01-02", "20"),
        _day("2024-01-03", "7"),
        _day("2024-01-02", "9", "USD"),
        _day("2024-03-01", "50"),
        _day("2024-04-01", "60"),
        _day("2024-04-02", "1"),
        _day("2024-06-30", "40"),
        _day("2024-08-30", "40"),
    ]
    covered = ["2024-01-02", "2024-01-03", "2024-01-03", "2024-03-01", "2024-05-01", "2024-06-01", "2024-08-01"]
    covered += [f"2024-02-{number:02d}" for number in range(1, 30)]
    days = [{"month": on[:7], "day": dt.date.fromisoformat(on)} for on in covered]
    found = marketing_month(
        frame(spark, campaigns, arrow_schema(CAMPAIGN_MONTH)),
        frame(spark, days, DAYS),
        frame(spark, sales, arrow_schema(SALES_DAILY)),
        frame(
            spark,
            [_whole("2024-05", has_sales=False), _whole("2024-07", has_sales=False), _whole("2024-08", has_sales=True)],
            WHOLE,
        ),
        fingerprints(spark, *(f"2024-{number:02d}" for number in range(1, 13))),
    )
    rows = [row.asDict() for row in found.collect()]
    assert tuple(rows[0]) == MARKETING_MONTH.column_names
    by_key = {f"{row['month']} {row['currency']}": row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


Rows = dict[str, dict[str, Any]]


def _of(months: Rows, key: str, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(months[key][name] for name in names)


def test_a_row_per_month_and_currency_with_ads_or_sales(months: Rows) -> None:
    assert sorted(months) == [
        "2024-01 BRL", "2024-01 USD", "2024-02 BRL", "2024-03 BRL", "2024-04 BRL", "2024-05 BRL", "2024-05 USD",
        "2024-06 BRL", "2024-07 BRL", "2024-08 BRL",
    ]  # fmt: skip


@pytest.mark.rule("R36")
def test_both_returns_stand_side_by_side_and_verified_compares_covered_days_only(months: Rows) -> None:
    assert _of(months, "2024-01 BRL", SPEND) == (7, Decimal("21.5"), Decimal("3.0714285714"))
    assert _of(months, "2024-01 BRL", SALES) == (127, 27, Decimal("3.8571428571"), None)
    assert _of(months, "2024-01 BRL", NUMBERS) == (2, 3, True)


@pytest.mark.rule("R36")
def test_spend_without_sales_data_has_a_reason_and_no_zero(months: Rows) -> None:
    assert _of(months, "2024-02 BRL", SALES) == (None, None, None, "NO_SALES_DATA")
    assert _of(months, "2024-02 BRL", NUMBERS) == (29, 0, False)
    # Sales of other days only: of the covered ones nobody said that there were none.
    assert _of(months, "2024-06 BRL", SALES) == (40, None, None, "NO_SALES_DATA")


@pytest.mark.rule("R30")
@pytest.mark.rule("R36")
def test_without_spend_no_return(months: Rows) -> None:
    assert _of(months, "2024-03 BRL", SPEND) == (0, 2, None)
    assert _of(months, "2024-03 BRL", SALES) == (50, 50, None, "NO_SPEND")
    # Of a covered month a currency without campaigns cost nothing.
    assert _of(months, "2024-01 USD", SPEND) == (0, 0, None)
    assert _of(months, "2024-01 USD", (*SALES, *NUMBERS)) == (9, 9, None, "NO_SPEND", 2, 1, True)


@pytest.mark.rule("R36")
def test_sales_alone(months: Rows) -> None:
    assert _of(months, "2024-04 BRL", SPEND) == (None, None, None)
    assert _of(months, "2024-04 BRL", SALES) == (61, 0, None, "NO_ADS_DATA")
    assert _of(months, "2024-04 BRL", NUMBERS) == (0, 2, True)


@pytest.mark.rule("R36")
def test_sales_declared_to_be_none_are_zero(months: Rows) -> None:
    assert _of(months, "2024-05 BRL", SALES) == (0, 0, 0, None)
    assert _of(months, "2024-05 USD", SALES) == (0, 0, 0, None)
    assert _of(months, "2024-08 BRL", SALES) == (40, 0, 0, None)
    assert _of(months, "2024-07 BRL", (*SPEND, *SALES)) == (None, None, None, 0, 0, None, "NO_ADS_DATA")
