"""The gold step of sales: what it reads, computes with the pure functions of its layer, and gates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_assets.gates import arrow_contract_gates, sums_gate
from datapilot_assets.gold.sales_breakdown import sales_breakdown
from datapilot_assets.gold.sales_daily import sales_daily
from datapilot_assets.gold.sales_month import sales_month
from datapilot_assets.gold.sales_products import sales_products
from datapilot_assets.gold.sales_source_month import sales_source_month
from datapilot_assets.landing.effects import resolve
from datapilot_assets.landing.sources import match_months
from datapilot_assets.refinement import Built, Gate, RefineRun
from datapilot_assets.sales_affinity import affinity_gates, build_affinity
from datapilot_assets.sales_silver import active_resolution
from datapilot_assets.step import fingerprint_frame, gather
from datapilot_domain.contracts.sales import FAMILY, SILVER_SALES
from datapilot_domain.contracts.sales_gold import (
    ADDITIVE_NAMES,
    DIMENSIONS,
    PRODUCT_AFFINITY,
    PRODUCT_CENTRALITY,
    SALES_BREAKDOWN,
    SALES_DAILY,
    SALES_MONTH,
    SALES_PRODUCTS,
    SALES_SOURCE_MONTH,
)
from datapilot_domain.ledger import declared_whole
from datapilot_domain.partitions import Month
from datapilot_domain.sources import with_role
from datapilot_resources.spark_frames import arrow_frame, interpreted

_ROLES = pa.schema({"source_id": pa.string(), "role": pa.string()})
_ZERO_MONTHS = pa.schema({"month": pa.string(), "currency": pa.string(), "org_id": pa.string()})


def build_gold(run: RefineRun, months: Sequence[Month]) -> Built:
    """silver.sales → the gold tables; small results, gathered as Arrow."""
    stored = run.platform.lakehouse.months(SILVER_SALES, run.organization.org_id)
    rows = sum(state.rows for month, state in stored.items() if month in months)
    with interpreted(run.spark, rows):
        return _build_gold(run, months)


def _build_gold(run: RefineRun, months: Sequence[Month]) -> Built:
    org = run.organization.org_id
    every_source = run.platform.lakehouse.frame(run.spark, SILVER_SALES, org, months).persist()
    counting = sorted(source for source, role in run.roles.items() if role == "counts")
    silver = every_source.where(F.col("source_id").isin(counting))
    totals = _silver_totals(silver)
    filled = {month for month, _ in totals}
    zero = [
        {"month": str(month), "currency": run.organization.currency, "org_id": str(org)}
        for month in months
        if str(month) not in filled and declared_whole(with_role(run.log.entries, run.roles, "counts"), FAMILY, month)
    ]
    zero_months = arrow_frame(run.spark, pa.Table.from_pylist(zero, _ZERO_MONTHS))
    frames = {
        SALES_MONTH.id: sales_month(silver, fingerprint_frame(run, SALES_MONTH, months), zero_months),
        SALES_DAILY.id: sales_daily(silver, fingerprint_frame(run, SALES_DAILY, months)),
        SALES_PRODUCTS.id: sales_products(silver, fingerprint_frame(run, SALES_PRODUCTS, months)),
        SALES_BREAKDOWN.id: sales_breakdown(silver, fingerprint_frame(run, SALES_BREAKDOWN, months)),
        SALES_SOURCE_MONTH.id: sales_source_month(
            every_source, fingerprint_frame(run, SALES_SOURCE_MONTH, months), *_sources(run, months)
        ),
    }
    tables = {c.id: gather(frames[c.id], c) for c in GOLD if c.id in frames}
    affinity = build_affinity(run, silver, months)
    tables |= affinity.tables
    gates: dict[str, dict[Month, list[Gate]]] = {
        c.id: {m: [gate] for m, gate in arrow_contract_gates(c, tables[c.id], months).items()} for c in GOLD
    }
    sums = sums_gates(tables, totals, months)
    pairs = affinity_gates(tables, affinity.baskets, months)
    for contract in GOLD:
        for month, gate in (pairs if contract.id in affinity.tables else sums).items():
            gates[contract.id][month].append(gate)
    rows = {c.id: dict(Counter(map(Month.parse, tables[c.id].column("month").to_pylist()))) for c in GOLD}
    return Built(frames=dict(tables), rows=rows, gates=gates, cached=[every_source])


GOLD = (
    SALES_MONTH,
    SALES_DAILY,
    SALES_PRODUCTS,
    SALES_BREAKDOWN,
    SALES_SOURCE_MONTH,
    PRODUCT_AFFINITY,
    PRODUCT_CENTRALITY,
)


def _sources(run: RefineRun, months: Sequence[Month]) -> tuple[DataFrame, DataFrame]:
    """Roles of the sources, and their orders compared with those of the others that count, month by month."""
    roles = [{"source_id": source, "role": role} for source, role in run.roles.items()]
    # One source alone is compared with nothing: no need to resolve the log again.
    resolution = active_resolution(run)[1] if len(roles) > 1 else resolve([], {})
    compared = match_months(resolution.orders, run.roles, months)
    return arrow_frame(run.spark, pa.Table.from_pylist(roles, _ROLES)), arrow_frame(run.spark, compared)


def _silver_totals(silver: DataFrame) -> dict[tuple[str, str], Decimal]:
    """Sum of every line's gross amount, derived return rows included, per (month, currency)."""
    totals = silver.groupBy("month", "currency").agg(F.sum("gross_amount")).collect()
    return {(month, currency): total for month, currency, total in (tuple(row) for row in totals)}


_SUMMED = {"monthly": SALES_MONTH, "daily": SALES_DAILY, "breakdown": SALES_BREAKDOWN}
_PARTS_QUERY = """
SELECT month, currency, 'month' AS part, {names} FROM monthly
UNION ALL SELECT month, currency, 'daily', {sums} FROM daily GROUP BY month, currency
UNION ALL SELECT month, currency, dimension, {sums} FROM breakdown GROUP BY month, currency, dimension
"""
_UNTIED_SOURCES_QUERY = """
SELECT month, currency FROM monthly m FULL JOIN (
    SELECT month, currency, sum(gross_revenue) AS gross, sum(net_revenue) AS net, sum(paid_orders) AS orders
    FROM by_source WHERE role = 'counts' GROUP BY ALL) s USING (month, currency)
WHERE (gross_revenue, net_revenue, paid_orders)
    IS DISTINCT FROM (coalesce(gross, 0), coalesce(net, 0), coalesce(orders, 0))
"""
_BUCKETS = (
    "gross_revenue", "returns_amount", "cancelled_amount", "open_amount", "unknown_amount", "adjustments_amount",
)  # fmt: skip


def sums_gates(
    tables: dict[str, pa.Table], silver: dict[tuple[str, str], Decimal], months: Sequence[Month]
) -> dict[Month, Gate]:
    """Breakdowns, days and counting sources sum to the month, and its measures to all lines of silver (R17)."""
    connection = duckdb.connect()
    for name, contract in {**_SUMMED, "by_source": SALES_SOURCE_MONTH}.items():
        connection.register(name, tables[contract.id])
    sums = ", ".join(f"sum({name})" for name in ADDITIVE_NAMES)
    rows = connection.execute(_PARTS_QUERY.format(names=", ".join(ADDITIVE_NAMES), sums=sums)).fetchall()
    parts: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for month, currency, part, *values in rows:
        parts.setdefault((month, currency), {})[part] = dict(zip(ADDITIVE_NAMES, values, strict=True))
    untied_sources = connection.execute(_UNTIED_SOURCES_QUERY).fetchall()
    gates = {}
    for month in months:
        here = {key: found for key, found in parts.items() if key[0] == str(month)}
        untied = [
            f"{currency}.{part}"
            for (_, currency), found in here.items()
            for part in ("daily", *DIMENSIONS)
            if found["month"]["lines"] and found.get(part) != found["month"]
        ]
        untied += [f"{currency}.sources" for of_month, currency in untied_sources if of_month == str(month)]
        numbers: dict[str, Any] = {"breakdowns_not_tied": ", ".join(untied) or "none"}
        ties = not untied
        for key in sorted({*here, *(k for k in silver if k[0] == str(month))}):
            measured = sum((here[key]["month"][name] for name in _BUCKETS), Decimal(0)) if key in here else None
            numbers[f"measures_{key[1]}"], numbers[f"all_lines_{key[1]}"] = (
                measured,
                silver.get(key, Decimal(0)),
            )
            ties = ties and measured == silver.get(key, Decimal(0))
        gates[month] = sums_gate(numbers, ties)
    return gates
