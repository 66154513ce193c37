"""The silver step of sales: what it reads, computes with the pure functions of its layer, and gates."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from datapilot_assets.landing.effects import Resolution, resolve
from datapilot_assets.landing.kept import fetch_indexes
from datapilot_assets.refinement import Built, RefineRun
from datapilot_assets.silver.sales import classify_sales, count_fates, sales_quarantine, silver_sales
from datapilot_assets.step import fingerprint_frame, is_small, silver_built, silver_gates, standing_entries
from datapilot_domain.contracts.sales import BRONZE_SALES, FAMILY, SALES_QUARANTINE, SILVER_SALES
from datapilot_domain.landing import Layout
from datapilot_domain.ledger import ActiveEntry, active_entries
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.sources import without_off
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


def active_resolution(run: RefineRun) -> tuple[list[ActiveEntry], Resolution]:
    """Active entries of the run's log head, of sources that are not off, and what their units leave standing."""
    active = active_entries(without_off(run.log.entries, run.roles), FAMILY)
    with tempfile.TemporaryDirectory(prefix="datapilot-units-") as directory:
        files = fetch_indexes(run.platform, run.organization.org_id, active, Path(directory))
        return active, resolve(active, files)


def build_silver(run: RefineRun, months: Sequence[Month]) -> Built:
    """bronze.sales → silver.sales and silver.sales_quarantine for the months, in one pass."""
    active, resolution = active_resolution(run)
    here, records = standing_entries(active, resolution.standing, months)
    small = is_small(records)
    with interpreted(run.spark, records):
        return _build_silver(run, months, active, here, resolution, small)


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
    fates = [row.asDict() for row in count_fates(classified).collect()]
    return silver_built(
        {
            SILVER_SALES: silver_sales(classified, fingerprint_frame(run, SILVER_SALES, months)),
            SALES_QUARANTINE: sales_quarantine(classified, fingerprint_frame(run, SALES_QUARANTINE, months)),
        },
        months,
        silver_gates(run, FAMILY, months, fates, resolution.superseded, active),
        small=small,
        cached=[classified],
    )


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
