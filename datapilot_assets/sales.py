"""The sales family: what each step reads, computes with the pure functions of its layer, and gates."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_assets.gates import (
    arrow_contract_gates,
    conservation_gate,
    quarantine_gate,
    spark_contract_gates,
    sums_gate,
)
from datapilot_assets.gold.sales_breakdown import sales_breakdown
from datapilot_assets.gold.sales_daily import sales_daily
from datapilot_assets.gold.sales_month import sales_month
from datapilot_assets.gold.sales_products import sales_products
from datapilot_assets.gold.sales_source_month import sales_source_month
from datapilot_assets.landing.effects import Resolution, resolve
from datapilot_assets.landing.kept import fetch_indexes
from datapilot_assets.landing.sources import match_months
from datapilot_assets.refinement import Built, Family, Gate, RefineRun, Step
from datapilot_assets.silver.sales import classify_sales, count_fates, sales_quarantine, silver_sales
from datapilot_domain.contracts import TableContract
from datapilot_domain.contracts.sales import BRONZE_SALES, FAMILY, SALES_QUARANTINE, SILVER_SALES
from datapilot_domain.contracts.sales_gold import (
    ADDITIVE_NAMES,
    DIMENSIONS,
    SALES_BREAKDOWN,
    SALES_DAILY,
    SALES_MONTH,
    SALES_PRODUCTS,
    SALES_SOURCE_MONTH,
)
from datapilot_domain.landing import ActiveEntry, Layout, active_entries, counted_entries, declared_zero
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.sources import with_role, without_off
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.spark_frames import arrow_frame, interpreted

_TEXT_MAP = pa.map_(pa.string(), pa.string())
ENTRIES = pa.schema(
    {
        "org_id": pa.string(),
        "content_id": pa.string(),
        "source_id": pa.string(),
        "file": pa.string(),
        "file_sha256": pa.string(),
        "landed_seq": pa.int32(),
        "layout": pa.string(),
        "arrived_on": pa.date32(),
        "decimal_marks": _TEXT_MAP,
        "has": pa.map_(pa.string(), pa.bool_()),
        "currency": pa.string(),
        "time_zone": pa.string(),
    }
)
_FINGERPRINTS = pa.schema({"month": pa.string(), "fingerprint": pa.string()})
_ROLES = pa.schema({"source_id": pa.string(), "role": pa.string()})
_ZERO_MONTHS = pa.schema({"month": pa.string(), "currency": pa.string(), "org_id": pa.string()})
# Up to here a month set is gathered and written by delta-rs, which commits in milliseconds and put-if-absent;
# beyond, Spark writes in parallel. An empty or tiny Delta write by Spark costs seconds.
SMALL_ROWS = 200_000


def active_resolution(run: RefineRun) -> tuple[list[ActiveEntry], Resolution]:
    """Active entries of the run's log head, of sources that are not off, and what their units leave standing."""
    active = active_entries(without_off(run.log.entries, run.roles), FAMILY)
    with tempfile.TemporaryDirectory(prefix="datapilot-units-") as directory:
        files = fetch_indexes(run.platform, run.organization.org_id, active, Path(directory))
        return active, resolve(active, files)


def build_silver(run: RefineRun, months: Sequence[Month]) -> Built:
    """bronze.sales → silver.sales and silver.sales_quarantine for the months, in one pass."""
    active, resolution = active_resolution(run)
    here = [item for item in active if any((item.entry.seq, month) in resolution.standing for month in months)]
    records = sum(item.entry.months[m].records for item in here for m in months if m in item.entry.months)
    with interpreted(run.spark, records <= SMALL_ROWS):
        return _build_silver(run, months, active, here, resolution, small=records <= SMALL_ROWS)


def _build_silver(
    run: RefineRun,
    months: Sequence[Month],
    active: Sequence[ActiveEntry],
    here: Sequence[ActiveEntry],
    resolution: Resolution,
    small: bool,
) -> Built:
    records = run.platform.lakehouse.frame(
        run.spark,
        BRONZE_SALES,
        run.organization.org_id,
        months,
        sorted({str(item.entry.content_id) for item in here}),
    )
    entries = arrow_frame(run.spark, pa.Table.from_pylist([_entry_row(run, item) for item in here], ENTRIES))
    lost = arrow_frame(run.spark, resolution.lost_in(months))
    revised = arrow_frame(run.spark, resolution.revised_in(months))
    classified = classify_sales(records, entries, lost, revised).persist()
    frames: dict[str, DataFrame | pa.Table] = {
        SILVER_SALES.id: silver_sales(classified, _fingerprints(run, SILVER_SALES, months)),
        SALES_QUARANTINE.id: sales_quarantine(classified, _fingerprints(run, SALES_QUARANTINE, months)),
    }
    cached = [classified]
    contract_gates: dict[str, dict[Month, Gate]] = {}
    for contract in (SILVER_SALES, SALES_QUARANTINE):
        frame = frames[contract.id]
        if small:
            frames[contract.id] = table = gather(frame, contract)
            contract_gates[contract.id] = arrow_contract_gates(contract, table, months)
        else:
            frames[contract.id] = kept = frame.persist()
            cached.append(kept)
            contract_gates[contract.id] = spark_contract_gates(contract, kept, months)
    fates = [row.asDict() for row in count_fates(classified).collect()]
    gates = _silver_gates(run, months, fates, resolution, active)
    return Built(
        frames=frames,
        rows={
            contract_id: {month: gate.numbers["rows"] for month, gate in found.items()}
            for contract_id, found in contract_gates.items()
        },
        gates={
            contract_id: {month: [gate, *gates[month]] for month, gate in found.items()}
            for contract_id, found in contract_gates.items()
        },
        cached=cached,
    )


def gather(frame: DataFrame, contract: TableContract) -> pa.Table:
    """A small result as Arrow in the contract's types, for delta-rs."""
    return frame.toArrow().cast(arrow_schema(contract))


def _entry_row(run: RefineRun, item: ActiveEntry) -> dict[str, Any]:
    entry, layout = item.entry, item.entry.layout
    assert layout is not None
    return {
        "org_id": str(entry.org_id),
        "content_id": entry.content_id,
        "source_id": entry.source,
        "file": entry.file,
        "file_sha256": entry.sha256,
        "landed_seq": entry.seq,
        "arrived_on": entry.arrived_on,
        **entry_facts(layout, run.organization),
    }


def entry_facts(layout: Layout, organization: Organization) -> dict[str, Any]:
    """What silver needs to know of an entry's layout and organization, under the names of ENTRIES."""
    return {
        "layout": layout.header_hash,
        "decimal_marks": layout.decimal_marks,
        "has": {column.name: layout.has(column.name) for column in BRONZE_SALES.columns if column.aliases}
        | {"order_level": layout.is_order_level},
        # The file's rows say their currency, else its headers do, else the organization.
        "currency": layout.currency_hint or organization.currency,
        "time_zone": organization.time_zone,
    }


def _fingerprints(run: RefineRun, contract: TableContract, months: Sequence[Month]) -> DataFrame:
    rows = [{"month": str(month), "fingerprint": run.expected[contract.id][month]} for month in months]
    return arrow_frame(run.spark, pa.Table.from_pylist(rows, _FINGERPRINTS))


def _silver_gates(
    run: RefineRun,
    months: Sequence[Month],
    fates: Sequence[dict[str, Any]],
    resolution: Resolution,
    active: Sequence[ActiveEntry],
) -> dict[Month, list[Gate]]:
    """Conservation over every accepted entry of the month, active or not (R10)."""
    active_seqs = {item.entry.seq for item in active}
    gates: dict[Month, list[Gate]] = {}
    for month in months:
        records: Counter[str] = Counter()
        for entry in counted_entries(without_off(run.log.entries, run.roles), FAMILY):
            count = entry.months.get(month)
            if count is None:
                continue
            records["records"] += count.records
            records["ignored"] += count.ignored
            # A corrected record is two: the original, superseded, and the correction's, which took its place.
            records["records"] += entry.corrected.get(month, 0)
            records["superseded"] += entry.corrected.get(month, 0)
            lost = resolution.superseded.get((entry.seq, month), 0)
            records["superseded"] += lost if entry.seq in active_seqs else count.records - count.ignored
        for fate in fates:
            if fate["month"] == str(month):
                records["accepted"] += fate["good"]
                records["quarantined"] += fate["quarantined"]
                records["superseded"] += fate["superseded"]
        numbers = {name: records[name] for name in ("records", "accepted", "superseded", "quarantined", "ignored")}
        accounted = sum(numbers.values()) - numbers["records"]
        standing = numbers["accepted"] + numbers["quarantined"]
        gates[month] = [
            conservation_gate(numbers, numbers["records"], accounted),
            quarantine_gate(standing, numbers["quarantined"]),
            *_warnings(month, numbers, fates),
        ]
    return gates


def _warnings(month: Month, numbers: dict[str, int], fates: Sequence[dict[str, Any]]) -> list[Gate]:
    quarantined = numbers["quarantined"]
    found = [Gate("conservation", "QUARANTINED", quarantined == 0, "WARN", {"quarantined": quarantined})]
    for fate in fates:
        if fate["month"] == str(month):
            for code, lines in sorted(fate["warned_lines"].items()):
                numbers_of = {
                    f"{code.lower()}_lines_{fate['source_id']}": lines,
                    f"{code.lower()}_amount_{fate['source_id']}": fate["warned_amount"][code],
                }
                found.append(Gate("conservation", code, lines == 0, "WARN", numbers_of))
    return found


def build_gold(run: RefineRun, months: Sequence[Month]) -> Built:
    """silver.sales → the four gold tables; small results, gathered as Arrow."""
    stored = run.platform.lakehouse.months(SILVER_SALES, run.organization.org_id)
    rows = sum(state.rows for month, state in stored.items() if month in months)
    with interpreted(run.spark, rows <= SMALL_ROWS):
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
        if str(month) not in filled and declared_zero(with_role(run.log.entries, run.roles, "counts"), FAMILY, month)
    ]
    zero_months = arrow_frame(run.spark, pa.Table.from_pylist(zero, _ZERO_MONTHS))
    frames = {
        SALES_MONTH.id: sales_month(silver, _fingerprints(run, SALES_MONTH, months), zero_months),
        SALES_DAILY.id: sales_daily(silver, _fingerprints(run, SALES_DAILY, months)),
        SALES_PRODUCTS.id: sales_products(silver, _fingerprints(run, SALES_PRODUCTS, months)),
        SALES_BREAKDOWN.id: sales_breakdown(silver, _fingerprints(run, SALES_BREAKDOWN, months)),
        SALES_SOURCE_MONTH.id: sales_source_month(
            every_source, _fingerprints(run, SALES_SOURCE_MONTH, months), *_sources(run, months)
        ),
    }
    tables = {c.id: gather(frames[c.id], c) for c in _GOLD}
    gates: dict[str, dict[Month, list[Gate]]] = {
        c.id: {m: [gate] for m, gate in arrow_contract_gates(c, tables[c.id], months).items()} for c in _GOLD
    }
    for month, gate in _sums_gates(tables, totals, months).items():
        for contract in _GOLD:
            gates[contract.id][month].append(gate)
    rows = {c.id: dict(Counter(map(Month.parse, tables[c.id].column("month").to_pylist()))) for c in _GOLD}
    return Built(frames=dict(tables), rows=rows, gates=gates, cached=[every_source])


_GOLD = (SALES_MONTH, SALES_DAILY, SALES_PRODUCTS, SALES_BREAKDOWN, SALES_SOURCE_MONTH)


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


def _sums_gates(
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


SALES = Family(
    name=FAMILY,
    bronze=BRONZE_SALES,
    steps=(
        Step(outputs=(SILVER_SALES, SALES_QUARANTINE), build=build_silver),
        Step(outputs=_GOLD, build=build_gold),
    ),
)
FAMILIES: tuple[Family, ...] = (SALES,)
