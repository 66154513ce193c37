"""A month's tables → the rows of its relationships. Pure: no Neo4j, no lakehouse."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from datapilot_assets.graph.model import (
    BOUGHT_WITH,
    OF_CATEGORY,
    PLACED_IN,
    PURCHASED,
    RAN_IN,
    SOLD_IN,
    SOLD_THROUGH,
    Relationship,
)

# start, end: ids of the nodes; values: the relationship's own properties.
Row = dict[str, Any]
# Of silver.sales: nothing of a customer but the pseudonym.
SILVER_COLUMNS = (
    "source_id", "store", "order_id", "event_type", "status", "quantity", "gross_amount", "currency", "customer_key",
    "product_key", "channel", "category",
)  # fmt: skip
# Paid lines of positive quantity, as gross_revenue counts them (R16), of the sources that count (R25).
_SOLD = """
CREATE TABLE sold AS SELECT *,
    CASE WHEN order_id IS NOT NULL THEN {source: source_id, store: store, number: order_id} END AS the_order
FROM silver WHERE event_type = 'sale' AND status = 'paid' AND coalesce(quantity > 0, true)
    AND product_key IS NOT NULL AND list_contains(?, source_id)
"""
_AMOUNTS = "currency, count(DISTINCT the_order) AS orders, sum(quantity) AS quantity, sum(gross_amount) AS amount"
_SILVER = {
    PURCHASED: f"SELECT customer_key AS a, product_key AS b, {_AMOUNTS} FROM sold",
    SOLD_THROUGH: f"SELECT product_key AS a, channel AS b, {_AMOUNTS} FROM sold",
    OF_CATEGORY: "SELECT DISTINCT product_key AS a, category AS b FROM sold",
}
_CAMPAIGN = ("currency", "account_currency", "campaign_name", "impressions", "clicks", "spend", "conversions",
             "conversion_value")  # fmt: skip


def month_rows(month: str, tables: Mapping[str, pa.Table], counting: Collection[str]) -> dict[Relationship, list[Row]]:
    """Rows of every relationship of the month, by what it is. tables: the month's rows of READS, by contract id."""
    return {
        SOLD_IN: [
            _row(row["product_key"], month, row, ("currency", "product_name", "gross_revenue", "units", "rank"))
            for row in tables["gold.sales_products"].to_pylist()
        ],
        PLACED_IN: [
            _row(row["product_key"], month, row, ("orders", "degree", "centrality", "community"))
            for row in tables["gold.product_centrality"].to_pylist()
        ],
        RAN_IN: [
            _row(campaign_id(row), month, row, ("platform", *_CAMPAIGN))
            for row in tables["gold.campaign_month"].to_pylist()
        ],
        BOUGHT_WITH: [
            _row(
                row["product_key"],
                row["other_product_key"],
                row,
                ("orders_together", "support", "confidence", "other_confidence", "lift"),
            )
            for row in tables["gold.product_affinity"].to_pylist()
        ],
        **_from_silver(tables["silver.sales"], counting),
    }


def campaign_id(row: Mapping[str, Any]) -> str:
    """`platform/account/campaign`; `platform/account` for what only the whole account was reported of."""
    return "/".join(part for part in (row["platform"], row["account_id"], row["campaign_id"]) if part is not None)


def _from_silver(silver: pa.Table, counting: Collection[str]) -> dict[Relationship, list[Row]]:
    with duckdb.connect() as connection:
        connection.register("silver", silver)
        connection.execute(_SOLD, [sorted(counting)])
        found = {}
        for relationship, select in _SILVER.items():
            grouped = "" if relationship is OF_CATEGORY else "GROUP BY ALL"
            sql = f"SELECT * FROM ({select} {grouped}) WHERE a IS NOT NULL AND b IS NOT NULL ORDER BY ALL"
            result = connection.execute(sql)
            names = [column[0] for column in result.description or ()]
            rows = [dict(zip(names, values, strict=True)) for values in result.fetchall()]
            found[relationship] = [_row(row["a"], row["b"], row, names[2:]) for row in rows]
    return found


def _row(start: str, end: str, row: Mapping[str, Any], names: Iterable[str]) -> Row:
    return {"start": start, "end": end, "values": {name: _value(row[name]) for name in names}}


def _value(value: Any) -> Any:
    # Neo4j has no decimals; gold has the exact ones.
    return float(value) if isinstance(value, Decimal) else value
