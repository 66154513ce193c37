"""Gold of campaigns: the grain that is taken, sums, ratios of sums, and weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from datapilot_assets.gold.campaign_month import campaign_month
from datapilot_assets.gold.campaign_week import campaign_week
from datapilot_domain.contracts.ads import SILVER_ADS_INSIGHTS
from datapilot_domain.contracts.ads_gold import CAMPAIGN_MONTH, CAMPAIGN_WEEK
from datapilot_resources.lakehouse import arrow_schema
from datapilot_tests.assets.landed import fingerprints, frame

COVERAGE = pa.schema([("platform", pa.string()), ("account_id", pa.string()), ("day", pa.date32())])
USUAL: dict[str, Any] = {
    "org_id": "acme", "source_id": "main", "platform": "meta", "account_id": "1", "level": "campaign",
    "campaign_id": "c", "campaign_name": "C", "breakdowns": [], "breakdown_set": "", "currency": "BRL",
    "is_provisional": False, "landed_seq": 1, "extracted_at": dt.datetime(2024, 3, 1, tzinfo=dt.timezone.utc),
}  # fmt: skip
MEASURES = ("impressions", "clicks", "spend", "conversions", "conversion_value")
RATIOS = ("ctr", "cpc", "cpm", "cost_per_conversion", "roas_claimed")


def extracted(on: int) -> dt.datetime:
    return dt.datetime(2024, 3, on, tzinfo=dt.timezone.utc)


def day(number: int, month: int = 1, year: int = 2024, **values: Any) -> dict[str, Any]:
    """A row of silver; amounts may be texts, a breakdown set its names."""
    on = dt.date(year, month, number)
    row = USUAL | {"reported_on": on, "month": f"{on:%Y-%m}"} | values
    row |= {name: Decimal(row[name]) for name in MEASURES[2:] if row.get(name) is not None}
    row = {"reporting_currency": row["currency"], "exchange_rate": Decimal(1)} | row
    return row | {"breakdowns": [(name, "x") for name in row["breakdown_set"].split(",") if name]}


def at(rate: str) -> dict[str, Any]:
    return {"reporting_currency": "BRL", "exchange_rate": Decimal(rate)}


def silver(spark: SparkSession, rows: Iterable[dict[str, Any]]) -> DataFrame:
    numbered = [{"record_no": number} | row for number, row in enumerate(rows, start=1)]
    return frame(spark, numbered, arrow_schema(SILVER_ADS_INSIGHTS))


def rows_of(found: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict() for row in found.collect()]


@pytest.fixture(scope="module")
def months(spark: SparkSession) -> dict[str | None, dict[str, Any]]:
    """Rows by account and campaign; one case of the rules per account."""
    rows = [
        # One level and one set per day of an account.
        day(1, account_id="levels", level="account", campaign_id=None, clicks=1),
        day(1, account_id="levels", level="ad", clicks=10),
        day(1, account_id="levels", level="ad_group", clicks=100),
        day(1, account_id="levels", clicks=1000),
        day(2, account_id="levels", level="ad", clicks=10_000),
        day(2, account_id="levels", level="ad_group", breakdown_set="device", clicks=100_000),
        day(3, account_id="levels", level="account", campaign_id=None, clicks=7),
        day(4, account_id="levels", level="account", campaign_id=None, clicks=1),
        day(4, account_id="levels", level="ad", clicks=1_000_000),
        day(1, account_id="sets", breakdown_set="age,gender", clicks=1),
        day(1, account_id="sets", breakdown_set="device", clicks=10),
        day(1, account_id="sets", breakdown_set="device", clicks=10),
        day(1, account_id="sets", breakdown_set="zone", clicks=100),
        day(1, account_id="sets", level="ad", clicks=1000),
        day(2, account_id="sets", breakdown_set="zone", clicks=10_000),
        day(2, account_id="sets", breakdown_set="", clicks=100_000),
        # The same campaign id elsewhere is another campaign.
        day(1, account_id="levels", platform="google", level="ad", clicks=3),
        # Sums and ratios.
        day(1, account_id="sums", impressions=900, clicks=9, spend="0.01", conversions="1", conversion_value="30"),
        day(2, account_id="sums", impressions=100, clicks=51, spend="29.99", conversions="2", conversion_value="2.5"),
        day(3, account_id="sums", conversions="4", is_provisional=True),
        day(1, account_id="zero spend", impressions=10, clicks=0, spend="0", conversions="0", conversion_value="5"),
        day(1, account_id="zero value", impressions=10, clicks=5, spend="2", conversions="4", conversion_value="0"),
        day(1, account_id="nothing"),
        day(1, account_id="just below", spend="0.000001", conversions="20000.000001"),
        day(1, account_id="half", spend="0.000001", conversions="20000"),
        day(1, account_id="large", spend="999999999999.999999", impressions=3, clicks=3, conversion_value="0.000001"),
        # Names.
        day(9, account_id="names", campaign_name="older", extracted_at=extracted(1), landed_seq=9),
        day(5, account_id="names", campaign_name="newest", extracted_at=extracted(2)),
        day(4, account_id="names", campaign_name="earlier day", extracted_at=extracted(2)),
        day(6, account_id="names", campaign_name=None, extracted_at=extracted(3)),
        # Currencies are never added.
        day(1, account_id="currency", spend="1"),
        day(2, account_id="currency", spend="2", currency="USD"),
        # Dollars of days with a rate are reported in reais, the others stay.
        day(1, account_id="rates", currency="USD", spend="0.000001", clicks=1, conversion_value="9", **at("4.5")),
        day(2, account_id="rates", currency="USD", spend="0.000002", clicks=1, conversion_value="1", **at("5.25")),
        day(3, account_id="rates", currency="USD", spend="0.25", clicks=1),
    ]
    found = rows_of(campaign_month(silver(spark, rows), fingerprints(spark, "2024-01")))
    assert tuple(found[0]) == CAMPAIGN_MONTH.column_names
    keys = [tuple(row[name] for name in CAMPAIGN_MONTH.key) for row in found]
    assert len(keys) == len(set(keys))
    return {
        "/".join(str(row[name]) for name in ("platform", "account_id", "campaign_id", "currency")): row for row in found
    }


Rows = dict[str, dict[str, Any]]


@pytest.mark.rule("R27")
@pytest.mark.rule("R35")
def test_levels_are_never_added(months: Rows) -> None:
    assert months["meta/levels/c/BRL"]["clicks"] == 1000 + 100_000 + 1_000_000
    assert months["meta/levels/None/BRL"]["clicks"] == 7
    assert months["google/levels/c/BRL"]["clicks"] == 3


@pytest.mark.rule("R27")
def test_one_breakdown_set_is_taken_the_fewest_names_first(months: Rows) -> None:
    assert months["meta/sets/c/BRL"]["clicks"] == 10 + 10 + 100_000


@pytest.mark.rule("R30")
def test_ratios_are_of_the_sums(months: Rows) -> None:
    row = months["meta/sums/c/BRL"]
    assert [row[name] for name in MEASURES] == [1000, 60, 30, 7, Decimal("32.5")]
    assert [f"{row[name]}" for name in RATIOS] == [
        "0.0600000000", "0.5000000000", "30.0000000000", "4.2857142857", "1.0833333333",
    ]  # fmt: skip


@pytest.mark.rule("R29")
def test_conversions_without_delivery_count_and_provisional_ones_are_named(months: Rows) -> None:
    row = months["meta/sums/c/BRL"]
    assert (row["conversions"], row["provisional_conversions"]) == (7, 4)


@pytest.mark.rule("R27")
@pytest.mark.rule("R29")
def test_conversions_that_were_extracted_apart_stand_beside_the_cost_of_the_day(spark: SparkSession) -> None:
    by_action: dict[str, Any] = {"breakdown_set": "conversion_action", "clicks": None, "conversion_value": "5"}
    rows = [
        day(1, clicks=10, spend="4", conversions=None),
        day(1, conversions="2", **by_action),
        day(1, conversions="3", **by_action),
        # By action and beside the others: the fewest names first.
        day(1, level="ad", conversions="99", **by_action),
        day(2, clicks=1, spend="6", conversions="1", conversion_value="1"),
        day(2, conversions="50", **by_action),
    ]
    (row,) = rows_of(campaign_month(silver(spark, rows), fingerprints(spark, "2024-01")))
    assert [row[name] for name in ("clicks", "spend", "conversions", "conversion_value")] == [11, 10, 6, 11]


@pytest.mark.rule("R27")
@pytest.mark.rule("R29")
def test_values_that_were_extracted_apart_stand_beside_conversions_and_cost(spark: SparkSession) -> None:
    apart: dict[str, Any] = {"level": "ad", "clicks": None, "spend": None}
    rows = [
        day(1, level="ad", clicks=10, spend="4"),
        day(1, breakdown_set="action_type", conversions="2", **apart),
        day(1, breakdown_set="action_value_type", conversion_value="5", **apart),
        day(1, breakdown_set="action_value_type", conversion_value="7", **apart),
        # Of conversions there is another set, which repeats them.
        day(1, breakdown_set="action_type,age", conversions="2", **apart),
    ]
    (row,) = rows_of(campaign_month(silver(spark, rows), fingerprints(spark, "2024-01")))
    assert [row[name] for name in ("clicks", "spend", "conversions", "conversion_value")] == [10, 4, 2, 12]


@pytest.mark.rule("R30")
def test_without_a_denominator_a_ratio_is_null_and_of_nothing_it_is_zero(months: Rows) -> None:
    def ratios(account: str) -> list[Any]:
        return [months[f"meta/{account}/c/BRL"][name] for name in RATIOS]

    assert ratios("zero spend") == [0, None, 0, None, None]
    assert ratios("zero value") == [Decimal("0.5"), Decimal("0.4"), 200, Decimal("0.5"), 0]
    assert ratios("nothing") == [None] * 5
    assert [months["meta/nothing/c/BRL"][name] for name in MEASURES] == [0] * 5


@pytest.mark.rule("R30")
@pytest.mark.rule("R34")
def test_quotients_are_rounded_once_half_up(months: Rows) -> None:
    assert months["meta/half/c/BRL"]["cost_per_conversion"] == Decimal("0.0000000001")
    # 0.0000000000499999…: rounded at 16 places first, it would go up.
    assert months["meta/just below/c/BRL"]["cost_per_conversion"] == 0
    large = months["meta/large/c/BRL"]
    assert large["cpm"] == Decimal("333333333333333.3330000000")
    assert (large["cpc"], large["roas_claimed"]) == (Decimal("333333333333.333333"), 0)


def test_the_name_is_that_of_the_newest_named_row(months: Rows) -> None:
    assert months["meta/names/c/BRL"]["campaign_name"] == "newest"


def test_currencies_stand_apart(months: Rows) -> None:
    assert [months[f"meta/currency/c/{currency}"]["spend"] for currency in ("BRL", "USD")] == [1, 2]


@pytest.mark.rule("R22")
def test_amounts_are_converted_at_the_rate_of_their_day_and_rounded_once(months: Rows) -> None:
    # 0.000001 × 4.5 + 0.000002 × 5.25 = 0.000015; rounded by the day it would be 0.000016.
    converted = months["meta/rates/c/BRL"]
    assert (converted["spend"], converted["account_spend"]) == (Decimal("0.000015"), Decimal("0.000003"))
    assert (converted["account_currency"], converted["exchange_rate"]) == ("USD", 5)
    assert (converted["conversion_value"], converted["cpc"]) == (Decimal("45.75"), Decimal("0.0000075"))
    kept = months["meta/rates/c/USD"]
    assert [kept[name] for name in ("spend", "account_spend", "account_currency", "exchange_rate")] == [
        Decimal("0.25"), Decimal("0.25"), "USD", 1,
    ]  # fmt: skip


@pytest.mark.rule("R31")
def test_weeks_are_whole_and_stand_in_the_month_of_their_thursday(spark: SparkSession) -> None:
    rows = [
        day(24, 12, clicks=1),  # Tuesday of 2024-W52
        day(29, 12, clicks=2),  # Sunday of 2024-W52
        day(30, 12, clicks=10),  # Monday of 2025-W01, whose Thursday is 2 January
        day(2, 1, 2025, clicks=20),
        day(5, 1, 2025, clicks=40, level="ad"),  # Sunday
        day(31, 1, 2025, clicks=100),  # Friday of 2025-W05
        day(1, 2, 2025, clicks=200),
        day(3, 2, 2025, clicks=400),  # 2025-W06 is February's
        day(31, 1, 2025, account_id="2", clicks=5),
    ]
    first = dt.date(2024, 12, 30)
    covered = [first + dt.timedelta(days=n) for n in (*range(7), *range(28, 34))]
    coverage = [{"platform": "meta", "account_id": "1", "day": on} for on in (*covered, covered[-1])]
    marks = fingerprints(spark, "2025-01")
    found = rows_of(campaign_week(silver(spark, rows), frame(spark, coverage, COVERAGE), marks))
    assert tuple(found[0]) == CAMPAIGN_WEEK.column_names
    weeks = [tuple(row[name] for name in ("account_id", "iso_week", "month", "clicks", "is_partial")) for row in found]
    assert sorted(weeks) == [
        ("1", "2025-W01", "2025-01", 70, False),
        ("1", "2025-W05", "2025-01", 300, True),
        ("2", "2025-W05", "2025-01", 5, True),
    ]
