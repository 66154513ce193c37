"""Gold measures against sums made in Python, on lines of every event, status and sign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from datapilot_assets.gold.measures import BUCKETS, with_bucket
from datapilot_assets.gold.sales_breakdown import sales_breakdown
from datapilot_assets.gold.sales_daily import sales_daily
from datapilot_assets.gold.sales_month import sales_month
from datapilot_assets.gold.sales_products import sales_products
from datapilot_domain.contracts.sales import EVENT_TYPES, SILVER_SALES, STATUSES
from datapilot_domain.contracts.sales_gold import ADDITIVE_NAMES, DIMENSIONS
from datapilot_resources.lakehouse import arrow_schema
from datapilot_tests.assets.landed import fingerprints, frame, zero_months

AMOUNTS = tuple(name for name in ADDITIVE_NAMES if name.endswith("_amount"))
money = st.decimals(min_value=-1000, max_value=1000, places=2)
maybe = st.none() | st.decimals(min_value=0, max_value=50, places=2)
line = st.fixed_dictionaries(
    {
        # Paid sales often enough that orders of several lines and stores come up.
        "event_type": st.sampled_from(("sale",) * 6 + EVENT_TYPES),
        "status": st.sampled_from(("paid",) * 6 + STATUSES),
        "quantity": st.sampled_from([Decimal(-1), Decimal(0), Decimal(2)]),
        "gross_amount": money,
        "line_discount": maybe,
        "order_discount_alloc": maybe,
        "currency": st.sampled_from(["BRL", "USD"]),
        "order_id": st.sampled_from([None, "1", "2"]),
        "store": st.sampled_from([None, "a"]),
        "channel": st.sampled_from([None, "site", "shopee"]),
        "product_key": st.sampled_from([None, "x", "y"]),
        "sold_on": st.sampled_from([dt.date(2024, 1, 5), dt.date(2024, 1, 31)]),
        "flags": st.sampled_from([[], ["gift"], ["derived_return"]]),
    }
)


def silver_frame(spark: SparkSession, lines: Iterable[dict[str, Any]]) -> DataFrame:
    usual = {"org_id": "acme", "month": "2024-01", "source_id": "main", "landed_seq": 1, "currency": "BRL"}
    usual |= {"event_type": "sale", "status": "paid", "quantity": Decimal(1), "flags": []}
    usual |= {"sold_on": dt.date(2024, 1, 5)}
    rows = [usual | {"record_no": n} | row for n, row in enumerate(lines, start=1)]
    return frame(spark, rows, arrow_schema(SILVER_SALES))


def rows_of(found: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict() for row in found.collect()]


def is_gross(row: dict[str, Any]) -> bool:
    return (row["event_type"], row["status"]) == ("sale", "paid") and row["quantity"] > 0


@pytest.mark.rule("R16")
@pytest.mark.rule("R17")
@pytest.mark.rule("R20")
@pytest.mark.rule("R22")
@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(lines=st.lists(line, min_size=40, max_size=40))
def test_the_month_by_hand(spark: SparkSession, lines: list[dict[str, Any]]) -> None:
    marks = fingerprints(spark, "2024-01")
    for month in rows_of(sales_month(silver_frame(spark, lines), marks, zero_months(spark))):
        mine = [row for row in lines if row["currency"] == month["currency"]]
        paid = [row for row in mine if is_gross(row)]
        whole = sum(row["gross_amount"] for row in mine)
        assert month["gross_revenue"] + sum(month[name] for name in AMOUNTS) == whole
        assert month["gross_revenue"] == sum(row["gross_amount"] for row in paid)
        returned = [
            row["gross_amount"]
            for row in mine
            if row["event_type"] == "return" and row["status"] in ("paid", "returned")
        ]
        assert month["returns_amount"] == sum(returned)
        known = [row for row in mine if row["line_discount"] is not None or row["order_discount_alloc"] is not None]
        discounts = sum(
            (row["line_discount"] or 0) + (row["order_discount_alloc"] or 0)
            for row in known
            if (row["event_type"], row["status"]) == ("sale", "paid")
        )
        assert month["discounts"] == (discounts if known else None)
        assert month["net_revenue"] == month["gross_revenue"] - (month["discounts"] or 0) + month["returns_amount"]
        assert month["units"] == sum(row["quantity"] for row in paid)
        assert month["gift_units"] == sum(row["quantity"] for row in paid if "gift" in row["flags"])
        assert month["lines"] == sum("derived_return" not in row["flags"] for row in mine)
        ordered = [row for row in paid if row["order_id"] is not None]
        orders = len({(row["store"], row["order_id"]) for row in ordered})
        assert month["paid_orders"] == orders
        gross = sum(row["gross_amount"] for row in ordered)
        ticket = Decimal(gross / orders).quantize(Decimal("1e-10"), ROUND_HALF_UP) if orders else None
        assert month["average_ticket"] == ticket


@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(lines=st.lists(line, min_size=40, max_size=40))
def test_days_and_members_sum_to_the_month(spark: SparkSession, lines: list[dict[str, Any]]) -> None:
    silver, marks = silver_frame(spark, lines), fingerprints(spark, "2024-01")
    additive = ["currency", *ADDITIVE_NAMES]
    parts = [
        sales_month(silver, marks, zero_months(spark)).select(F.lit("month").alias("part"), *additive),
        sales_daily(silver, marks).select(F.lit("day").alias("part"), *additive),
        sales_breakdown(silver, marks).select(F.col("dimension").alias("part"), *additive),
    ]
    found = rows_of(parts[0].union(parts[1]).union(parts[2]))
    months = [row for row in found if row["part"] == "month"]
    for month in months:
        for part in ("day", *DIMENSIONS):
            for name in ADDITIVE_NAMES:
                members = [row[name] for row in found if (row["part"], row["currency"]) == (part, month["currency"])]
                known = [value for value in members if value is not None]
                assert (sum(known) if known else None) == month[name], (part, name)


@pytest.mark.rule("R16")
@pytest.mark.rule("R17")
@pytest.mark.rule("R18")
@pytest.mark.rule("R19")
def test_every_event_and_status_has_its_measure(spark: SparkSession) -> None:
    lines = [
        {"event_type": event, "status": status, "quantity": Decimal(quantity), "gross_amount": Decimal(1)}
        for event in EVENT_TYPES
        for status in STATUSES
        for quantity in (-1, 0, 1)
    ]
    found = with_bucket(silver_frame(spark, lines)).collect()
    buckets = {(row["event_type"], row["status"], int(row["quantity"])): row["bucket"] for row in found}
    assert set(buckets.values()) == set(BUCKETS)
    assert [key for key, bucket in buckets.items() if bucket == "gross"] == [("sale", "paid", 1)]
    for status, bucket in {
        "cancelled": "cancelled",
        "refused": "cancelled",
        "open": "open",
        "unknown": "unknown",
    }.items():
        assert {buckets[event, status, 1] for event in ("sale", "return")} == {bucket}
    assert {buckets["return", status, -1] for status in ("paid", "returned")} == {"returns"}
    assert {buckets["adjustment", status, 1] for status in STATUSES} == {"adjustments"}
    assert {buckets["cancellation", status, 1] for status in STATUSES} == {"cancelled"}
    # A paid service line of quantity 0 sold nothing.
    assert buckets["sale", "paid", 0] == "adjustments"


@pytest.mark.rule("R20")
def test_an_order_is_its_source_store_and_number(spark: SparkSession) -> None:
    lines: list[dict[str, Any]] = [
        {"order_id": "1", "store": None, "gross_amount": Decimal(1)},
        {"order_id": "1", "store": None, "gross_amount": Decimal(2)},
        {"order_id": "1", "store": "a", "gross_amount": Decimal(4)},
        {"order_id": "1", "store": "a", "source_id": "shop", "gross_amount": Decimal(8)},
        {"order_id": None, "gross_amount": Decimal(100)},
        {"order_id": "2", "quantity": Decimal(0), "gross_amount": Decimal(100)},
    ]
    (month,) = rows_of(sales_month(silver_frame(spark, lines), fingerprints(spark, "2024-01"), zero_months(spark)))
    assert (month["paid_orders"], month["average_ticket"]) == (3, 5)


@pytest.mark.rule("R3")
def test_a_month_declared_complete_without_lines_is_zero(spark: SparkSession) -> None:
    marks = fingerprints(spark, "2024-01", "2024-02")
    silver = silver_frame(spark, [{"gross_amount": Decimal(5)}])
    january, february = sorted(
        rows_of(sales_month(silver, marks, zero_months(spark, "2024-02"))), key=lambda row: row["month"]
    )
    assert (january["gross_revenue"], january["paid_orders"], january["average_ticket"]) == (5, 0, None)
    undefined = dict.fromkeys(("discounts", "freight", "fees", "average_ticket"))
    assert february == dict.fromkeys(january, 0) | undefined | {
        "org_id": "acme",
        "month": "2024-02",
        "currency": "BRL",
        "fingerprint": "f" * 32,
    }


@pytest.fixture(scope="module")
def products(spark: SparkSession) -> list[dict[str, Any]]:
    def sold(key: str | None, gross: str, name: str | None = None, **more: Any) -> dict[str, Any]:
        return {"product_key": key, "product_name": name, "gross_amount": Decimal(gross)} | more

    lines = [
        sold("b", "7", "older", sold_on=dt.date(2024, 1, 1)),
        sold("b", "3", "newer", sold_on=dt.date(2024, 1, 9)),
        sold("b", "0", None, sold_on=dt.date(2024, 1, 30)),
        sold("a", "10"),
        sold("gift", "0"),
        sold("dollar", "1", currency="USD"),
        sold(None, "99"),
        sold("cancelled", "99", status="cancelled"),
        sold("returned", "-9", event_type="return", quantity=Decimal(-1)),
        sold("stock", "9", event_type="adjustment"),
    ]
    return rows_of(sales_products(silver_frame(spark, lines), fingerprints(spark, "2024-01")))


@pytest.mark.rule("R19")
@pytest.mark.rule("R22")
def test_products_are_what_was_sold_ranked_per_currency(products: list[dict[str, Any]]) -> None:
    found = [(row["currency"], row["rank"], row["product_key"], row["gross_revenue"], row["units"]) for row in products]
    assert sorted(found) == [
        ("BRL", 1, "a", 10, 1),
        ("BRL", 2, "b", 10, 3),
        ("BRL", 3, "gift", 0, 1),
        ("USD", 1, "dollar", 1, 1),
    ]


def test_a_product_has_the_name_of_its_latest_named_line(products: list[dict[str, Any]]) -> None:
    assert {row["product_key"]: row["product_name"] for row in products}["b"] == "newer"
