"""Rows of the graph from hand-made tables: what a purchase is, and what of a person is not there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from datapilot_assets.graph.model import OF_CATEGORY, PURCHASED, RAN_IN, READS, RELATIONSHIPS, SOLD_THROUGH
from datapilot_assets.graph.rows import SILVER_COLUMNS, campaign_id, month_rows
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.sales import SILVER_SALES
from datapilot_resources.lakehouse import arrow_schema


def tables(*lines: dict[str, Any], campaigns: tuple[dict[str, Any], ...] = ()) -> dict[str, pa.Table]:
    usual = {"source_id": "main", "event_type": "sale", "status": "paid", "quantity": Decimal(1), "currency": "BRL"}
    usual |= {"customer_key": "c1", "product_key": "p1", "gross_amount": Decimal(10), "order_id": "1"}
    found = {name: arrow_schema(CONTRACTS[name]).empty_table() for name in READS}
    schema = pa.schema([arrow_schema(SILVER_SALES).field(name) for name in SILVER_COLUMNS])
    found["silver.sales"] = pa.Table.from_pylist([usual | line for line in lines], schema)
    found["gold.campaign_month"] = pa.Table.from_pylist(list(campaigns), found["gold.campaign_month"].schema)
    return found


def test_a_purchase_is_a_paid_line_of_a_counting_source() -> None:
    rows = month_rows(
        "2024-01",
        tables(
            {"channel": "site", "category": "chá"},
            {"order_id": "2", "quantity": Decimal(2), "channel": "site", "category": "chá"},
            {"order_id": None, "quantity": None, "customer_key": None},
            {"order_id": "2", "currency": "USD"},
            {"status": "open"},
            {"event_type": "return", "quantity": Decimal(-1)},
            {"quantity": Decimal(0)},
            {"source_id": "mirror"},
            {"product_key": None},
            {"source_id": "shop", "store": "a", "order_id": "2"},
        ),
        ["main", "shop"],
    )
    assert rows[PURCHASED] == [
        {
            "start": "c1",
            "end": "p1",
            "values": {"currency": "BRL", "orders": 3, "quantity": 4.0, "amount": 30.0},
        },
        {
            "start": "c1",
            "end": "p1",
            "values": {"currency": "USD", "orders": 1, "quantity": 1.0, "amount": 10.0},
        },
    ]
    site = {"currency": "BRL", "orders": 2, "quantity": 3.0, "amount": 20.0}
    assert rows[SOLD_THROUGH] == [{"start": "p1", "end": "site", "values": site}]
    assert rows[OF_CATEGORY] == [{"start": "p1", "end": "chá", "values": {}}]
    assert set(rows) == set(RELATIONSHIPS)


def test_nothing_of_a_person_but_the_pseudonym_is_read() -> None:
    personal = {"city", "state", "country", "extras", "seller", *SILVER_SALES.personal_columns}
    assert not personal & set(SILVER_COLUMNS)


def test_a_campaign_is_told_apart_by_platform_and_account() -> None:
    campaign = {"platform": "meta", "account_id": "1", "campaign_id": "7", "currency": "BRL", "spend": Decimal(5)}
    whole = campaign | {"campaign_id": None, "platform": "google"}
    assert [campaign_id(campaign), campaign_id(whole)] == ["meta/1/7", "google/1"]
    rows = month_rows("2024-01", tables(campaigns=(campaign, whole)), ["main"])
    assert [(row["start"], row["end"], row["values"]["spend"]) for row in rows[RAN_IN]] == [
        ("meta/1/7", "2024-01", 5.0),
        ("google/1", "2024-01", 5.0),
    ]
    assert rows[PURCHASED] == []
