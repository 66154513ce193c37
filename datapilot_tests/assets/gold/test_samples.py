"""The figures of samples/expected.json, through silver and gold."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from datapilot_assets.gold.sales_breakdown import sales_breakdown
from datapilot_assets.gold.sales_daily import sales_daily
from datapilot_assets.gold.sales_month import sales_month
from datapilot_assets.gold.sales_products import sales_products
from datapilot_assets.silver.sales import silver_sales
from datapilot_domain.contracts.sales import SILVER_SALES
from datapilot_domain.contracts.sales_gold import (
    ADDITIVE_NAMES,
    DIMENSIONS,
    SALES_BREAKDOWN,
    SALES_DAILY,
    SALES_MONTH,
    SALES_PRODUCTS,
)
from datapilot_tests.assets.landed import SAMPLES, Landed, fingerprints, zero_months

EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))["sales"]
MONTHS = tuple(EXPECTED)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module", params=("english", "erp_report_cp1252", "storefront_latin1"))
def gold(request: pytest.FixtureRequest, spark: SparkSession) -> tuple[str, dict[str, Rows]]:
    landed = Landed()
    for month in MONTHS:
        landed.sample(SAMPLES / f"vendas_{month}__{request.param}.csv")
    marks = fingerprints(spark, *MONTHS)
    silver = silver_sales(landed.classify(spark), marks).cache()
    frames = {
        "month": (SALES_MONTH, sales_month(silver, marks, zero_months(spark))),
        "daily": (SALES_DAILY, sales_daily(silver, marks)),
        "products": (SALES_PRODUCTS, sales_products(silver, marks)),
        "breakdown": (SALES_BREAKDOWN, sales_breakdown(silver, marks)),
    }
    tables: dict[str, Rows] = {}
    for name, (contract, frame) in {"silver": (SILVER_SALES, silver), **frames}.items():
        assert [(f.name, f.dataType.simpleString()) for f in frame.schema] == [
            (column.name, column.type) for column in contract.columns
        ]
        tables[name] = [row.asDict() for row in frame.collect()]
        keys = [tuple(row[key] for key in contract.key) for row in tables[name]]
        assert len(keys) == len(set(keys)), f"{name}: key {contract.key} is not unique"
    silver.unpersist()
    return request.param, tables


@pytest.mark.rule("R16")
@pytest.mark.rule("R17")
@pytest.mark.rule("R18")
@pytest.mark.rule("R20")
@pytest.mark.rule("R22")
@pytest.mark.parametrize("month", MONTHS)
def test_month(gold: tuple[str, dict[str, Rows]], month: str) -> None:
    layout, tables = gold
    (row,) = (row for row in tables["month"] if row["month"] == month)
    expected = EXPECTED[month]
    has_discount = layout != "erp_report_cp1252"
    net = expected["net_of_returns_and_discount" if has_discount else "net_of_returns"]
    # Only the storefront has a freight column; the expected figures do not have the sum.
    assert (row["freight"] is not None, row["fees"]) == (layout == "storefront_latin1", None)
    assert row | {"average_ticket": None, "freight": None} == {
        "org_id": "acme",
        "month": month,
        "currency": "BRL",
        "lines": expected["lines_in_file"],
        "gross_revenue": Decimal(expected["gross"]),
        "discounts": Decimal(expected["discount"]) if has_discount else None,
        "returns_amount": Decimal(expected["returns"]),
        "net_revenue": Decimal(net),
        "cancelled_amount": Decimal(expected["cancelled_excluded"]),
        "open_amount": Decimal(0),
        "unknown_amount": Decimal(0),
        "adjustments_amount": Decimal(0),
        "units": Decimal(expected["units"]),
        "gift_units": Decimal({sku: units for sku, _, units in expected["top_products"]}["BRINDE"]),
        "paid_orders": expected["orders"],
        "freight": None,
        "fees": None,
        "average_ticket": None,
        "fingerprint": "f" * 32,
    }
    cents = row["average_ticket"].quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert cents == Decimal(expected["ticket_medio_gross"])
    assert row["average_ticket"] == (Decimal(expected["gross"]) / expected["orders"]).quantize(
        Decimal("1e-10"), ROUND_HALF_UP
    )


@pytest.mark.rule("R19")
@pytest.mark.parametrize("month", MONTHS)
def test_products(gold: tuple[str, dict[str, Rows]], month: str) -> None:
    products = sorted((row for row in gold[1]["products"] if row["month"] == month), key=lambda row: row["rank"])
    assert [[row["product_key"], row["gross_revenue"], row["units"]] for row in products] == [
        [sku, Decimal(gross), Decimal(units)] for sku, gross, units in EXPECTED[month]["top_products"]
    ]
    assert [row["rank"] for row in products] == list(range(1, len(products) + 1))


def test_days_and_dimensions_sum_to_the_month(gold: tuple[str, dict[str, Rows]]) -> None:
    tables = gold[1]
    for month in tables["month"]:
        groups = {"daily": [row for row in tables["daily"] if row["month"] == month["month"]]}
        for dimension in DIMENSIONS:
            groups[dimension] = [
                row for row in tables["breakdown"] if (row["month"], row["dimension"]) == (month["month"], dimension)
            ]
        for name, rows in groups.items():
            for measure in ADDITIVE_NAMES:
                parts = [row[measure] for row in rows if row[measure] is not None]
                assert (sum(parts) if parts else None) == month[measure], (name, measure)
