"""gold.product_affinity: which products the same orders have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_assets.gold.measures import with_bucket
from datapilot_domain.contracts.sales_gold import PRODUCT_AFFINITY
from datapilot_resources.lakehouse import arrow_schema

# One order alone is chance.
LEAST_ORDERS = 2
# n products are n(n−1)/2 pairs: an order of more (a stock transfer, a year's invoice) would outnumber all others.
MOST_PRODUCTS = 100
_PLACES = 10


@dataclass(frozen=True)
class Baskets:
    """Paid orders of a month, those of more than MOST_PRODUCTS products, and pairs of the others, order by order."""

    all_orders: int
    large_orders: int
    pairs: int


def orders_together(silver: DataFrame) -> DataFrame:
    """org_id, month, product_key, other_product_key, orders, large_orders, pairs of the months in `silver`.

    silver: SILVER_SALES columns. An order is one of sales_month (R20), of any currency; its products are the keys on
    its paid lines of positive quantity. Rows with both keys equal count the orders of that product, the row without
    keys all orders, the others pairs (product_key < other_product_key) of at least LEAST_ORDERS orders. large_orders
    and pairs: Baskets, on the row without keys.
    """
    sold = with_bucket(silver).where((F.col("bucket") == "gross") & F.col("order_id").isNotNull())
    orders = sold.groupBy("org_id", "month", "source_id", "store", "order_id").agg(
        F.collect_set("product_key").alias("products")
    )
    size, key, the_order = F.size("products").cast("bigint"), F.col("product_key"), F.lit(None).cast("string")
    is_large = size > MOST_PRODUCTS
    # In one pass: every other way reads the orders several times.
    members = orders.select(
        "org_id",
        "month",
        "products",
        F.when(is_large, 1).otherwise(0).alias("large_orders"),
        F.when(is_large, 0).otherwise(size * (size - 1) / 2).cast("bigint").alias("pairs"),
        F.explode(F.concat("products", F.array(the_order))).alias("product_key"),
    )
    with_itself = F.array(key)
    others = F.filter("products", lambda other: other > key)
    both = F.when(key.isNull() | is_large, with_itself).otherwise(F.concat(with_itself, others))
    by = ("org_id", "month", "product_key", "other_product_key")
    counted = (
        members.withColumn("other_product_key", F.explode(both))
        .groupBy(*by)
        .agg(
            F.count("*").alias("orders"),
            F.sum("large_orders").alias("large_orders"),
            F.sum("pairs").alias("pairs"),
        )
    )
    return counted.where((F.col("orders") >= LEAST_ORDERS) | key.eqNullSafe(F.col("other_product_key")))


def baskets(counted: pa.Table) -> dict[str, Baskets]:
    """Month → what `orders_together` says of all its orders."""
    return {
        row["month"]: Baskets(row["orders"], row["large_orders"], row["pairs"])
        for row in counted.to_pylist()
        if row["product_key"] is None
    }


def product_affinity(counted: pa.Table, fingerprints: Mapping[str, str]) -> pa.Table:
    """PRODUCT_AFFINITY of what `orders_together` counted. fingerprints: by month.

    support = P(A∧B), confidence = P(B|A), lift = P(A∧B) / (P(A) P(B)) over the month's paid orders (Agrawal, Imieliński
    and Swami 1993; Brin, Motwani, Ullman and Tsur 1997). Large orders count as orders of their products only.
    """
    rows = counted.to_pylist()
    singles = {
        (row["month"], row["product_key"]): row["orders"]
        for row in rows
        if row["product_key"] == row["other_product_key"]
    }
    pairs = [row for row in rows if row["product_key"] != row["other_product_key"]]
    found = [_pair(row, singles) | {"fingerprint": fingerprints[row["month"]]} for row in pairs]
    return pa.Table.from_pylist(found, arrow_schema(PRODUCT_AFFINITY))


def _pair(row: Mapping[str, Any], singles: Mapping[tuple[str, str | None], int]) -> dict[str, Any]:
    month, a, b, together = row["month"], row["product_key"], row["other_product_key"], row["orders"]
    orders, other_orders, all_orders = singles[month, a], singles[month, b], singles[month, None]
    return {
        "org_id": row["org_id"],
        "month": month,
        "product_key": a,
        "other_product_key": b,
        "orders_together": together,
        "orders": orders,
        "other_orders": other_orders,
        "all_orders": all_orders,
        "support": _quotient(together, all_orders),
        "confidence": _quotient(together, orders),
        "other_confidence": _quotient(together, other_orders),
        "lift": _quotient(together * all_orders, orders * other_orders),
    }


def _quotient(numerator: int, denominator: int) -> Decimal:
    """To 10 decimals, half up, exactly."""
    scaled = Fraction(numerator * 10**_PLACES, denominator)
    return Decimal(int(scaled + Fraction(1, 2))).scaleb(-_PLACES)
