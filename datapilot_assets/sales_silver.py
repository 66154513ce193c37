"""The silver step of sales: what it reads, computes with the pure functions of its layer, and gates."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from datapilot_assets.gates import (
    arrow_contract_gates,
    conservation_gate,
    quarantine_gate,
    spark_contract_gates,
)
from datapilot_assets.landing.effects import Resolution, resolve
from datapilot_assets.landing.kept import fetch_indexes
from datapilot_assets.refinement import Built, Gate, RefineRun
from datapilot_assets.silver.sales import classify_sales, count_fates, sales_quarantine, silver_sales
from datapilot_domain.contracts import TableContract
from datapilot_domain.contracts.sales import BRONZE_SALES, FAMILY, SALES_QUARANTINE, SILVER_SALES
from datapilot_domain.landing import Layout
from datapilot_domain.ledger import ActiveEntry, active_entries, counted_entries
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.sources import without_off
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
        "assumed_quantity": pa.int32(),
        "currency": pa.string(),
        "time_zone": pa.string(),
    }
)
_FINGERPRINTS = pa.schema({"month": pa.string(), "fingerprint": pa.string()})
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
        SILVER_SALES.id: silver_sales(classified, fingerprint_frame(run, SILVER_SALES, months)),
        SALES_QUARANTINE.id: sales_quarantine(classified, fingerprint_frame(run, SALES_QUARANTINE, months)),
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
    gates = silver_gates(run, months, fates, resolution, active)
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
        "assumed_quantity": layout.assumed_quantity,
        # The file's rows say their currency, else its headers do, else the organization.
        "currency": layout.currency_hint or organization.currency,
        "time_zone": organization.time_zone,
    }


def fingerprint_frame(run: RefineRun, contract: TableContract, months: Sequence[Month]) -> DataFrame:
    rows = [{"month": str(month), "fingerprint": run.expected[contract.id][month]} for month in months]
    return arrow_frame(run.spark, pa.Table.from_pylist(rows, _FINGERPRINTS))


def silver_gates(
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
