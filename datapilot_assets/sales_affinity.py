"""The part of the gold step of sales that tells which products are bought together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import duckdb
import pyarrow as pa
from pyspark.sql import DataFrame

from datapilot_assets.gates import sums_gate
from datapilot_assets.gold.product_affinity import LEAST_ORDERS, Baskets, baskets, orders_together, product_affinity
from datapilot_assets.gold.product_centrality import product_centrality
from datapilot_assets.refinement import Gate, RefineRun
from datapilot_domain.contracts import TableContract
from datapilot_domain.contracts.sales_gold import PRODUCT_AFFINITY, PRODUCT_CENTRALITY, SALES_MONTH
from datapilot_domain.partitions import Month


@dataclass(frozen=True)
class Affinity:
    """The two tables by id, and the orders that they were counted in by month."""

    tables: dict[str, pa.Table]
    baskets: dict[str, Baskets]


def build_affinity(run: RefineRun, silver: DataFrame, months: Sequence[Month]) -> Affinity:
    """silver.sales of the sources that count → gold.product_affinity and gold.product_centrality."""
    counted = orders_together(silver).toArrow()

    def prints(contract: TableContract) -> dict[str, str]:
        return {str(month): run.expected[contract.id][month] for month in months}

    pairs = product_affinity(counted, prints(PRODUCT_AFFINITY))
    products = product_centrality(pairs, prints(PRODUCT_CENTRALITY))
    return Affinity({PRODUCT_AFFINITY.id: pairs, PRODUCT_CENTRALITY.id: products}, baskets(counted))


_GATED = {"affinity": PRODUCT_AFFINITY, "centrality": PRODUCT_CENTRALITY, "monthly": SALES_MONTH}
# Every row must be as likely as its counts say, and a product's orders the same beside every partner.
_PAIRS_QUERY = f"""
WITH ends AS (
    SELECT month, product_key, orders FROM affinity
    UNION ALL SELECT month, other_product_key, other_orders FROM affinity
), products AS (
    SELECT month, product_key, min(orders) AS least, max(orders) AS most, count(*) AS degree FROM ends GROUP BY ALL
), wrong AS (
    SELECT month, 'pair' AS part FROM affinity JOIN counts USING (month)
    WHERE NOT (product_key < other_product_key
        AND orders_together BETWEEN {LEAST_ORDERS} AND least(orders, other_orders)
        AND greatest(orders, other_orders) <= affinity.all_orders AND affinity.all_orders = counts.all_orders
        AND abs(support * affinity.all_orders - orders_together) < 1
        AND abs(confidence * orders - orders_together) < 1
        AND abs(other_confidence * other_orders - orders_together) < 1
        AND abs(lift * orders * other_orders / (affinity.all_orders::DOUBLE * orders_together) - 1) < 1e-6)
    UNION ALL SELECT month, 'product' FROM products WHERE least <> most
    UNION ALL SELECT coalesce(p.month, c.month), 'centrality' FROM products p FULL JOIN centrality c
        ON p.month = c.month AND p.product_key = c.product_key
    WHERE (p.most, p.degree) IS DISTINCT FROM (c.orders, c.degree)
    UNION ALL SELECT month, 'ranks' FROM centrality GROUP BY month HAVING abs(sum(centrality) - 1) > count(*) * 1e-10
    UNION ALL SELECT month, 'communities' FROM centrality GROUP BY month
        HAVING max(community) <> count(DISTINCT community) OR min(community) <> 1
    UNION ALL SELECT month, 'pairs' FROM (SELECT month, sum(orders_together) AS together FROM affinity GROUP BY month)
        LEFT JOIN counts USING (month) WHERE together > coalesce(pairs, 0)
    UNION ALL SELECT month, 'orders' FROM (
        SELECT month, max(paid_orders) AS most, sum(paid_orders) AS all_of_them FROM monthly GROUP BY month)
        LEFT JOIN counts USING (month) WHERE NOT coalesce(all_orders, 0) BETWEEN most AND all_of_them
)
SELECT month, string_agg(DISTINCT part, ', ' ORDER BY part) FROM wrong GROUP BY month
"""


def affinity_gates(
    tables: dict[str, pa.Table], found: Mapping[str, Baskets], months: Sequence[Month]
) -> dict[Month, Gate]:
    """Pairs agree with their own quotients, with the orders that they were counted in, and with gold.sales_month.

    An order in two currencies is one order here and one per currency there. The large orders, which make no pairs, are
    among the numbers.
    """
    connection = duckdb.connect()
    counts = [{"month": str(month), **asdict(found.get(str(month), Baskets(0, 0, 0)))} for month in months]
    connection.register("counts", pa.Table.from_pylist(counts))
    for name, contract in _GATED.items():
        connection.register(name, tables[contract.id])
    wrong = {str(month): str(parts) for month, parts in connection.execute(_PAIRS_QUERY).fetchall()}
    return {
        Month.parse(row["month"]): sums_gate(
            {"pairs_not_tied": wrong.get(row["month"], "none"), **{k: row[k] for k in row if k != "month"}},
            row["month"] not in wrong,
        )
        for row in counts
    }
