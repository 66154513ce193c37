"""Corrections on a kept file: its records are decoded as if the corrected cells had been written so.

So everything that landing decides by looking at the whole file (occurrences, an order's shares, its first line)
comes out as it would have, and the file keeps its place among the versions of its orders.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from datapilot_assets.landing.correction_cells import in_layout
from datapilot_domain.landing import Correction, Layout, digest
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month, organization_prefix
from datapilot_resources.object_store import ObjectStore

# Record of the file → field → what it says now (see `correction_of`).
Cells = Mapping[int, Mapping[str, str]]


@dataclass(frozen=True)
class Overlay:
    """`applied`: ids of the corrections, oldest first; `cells`: what they leave, a later one wins per cell."""

    applied: tuple[str, ...]
    cells: Cells


def overlay_key(org: OrgId, overlay: str) -> str:
    return organization_prefix(org, "landing", "corrections", f"{overlay}.json")


def keep_overlay(store: ObjectStore, org: OrgId, cells: Cells) -> str:
    """Write the cells under their id, which is returned: the same cells are one object."""
    plain = {str(record): dict(changed) for record, changed in cells.items()}
    overlay = digest(plain)
    store.write(overlay_key(org, overlay), json.dumps(plain, ensure_ascii=False).encode())
    return overlay


def read_cells(store: ObjectStore, org: OrgId, overlay: str) -> dict[int, dict[str, str]]:
    found = json.loads(store.read(overlay_key(org, overlay)))
    return {int(record): dict(cells) for record, cells in found.items()}


def overlay_of(store: ObjectStore, org: OrgId, corrections: Sequence[Correction]) -> Overlay | None:
    """What the corrections leave together; None without any."""
    cells: dict[int, dict[str, str]] = {}
    for correction in corrections:
        for record, changed in read_cells(store, org, correction.overlay).items():
            cells.setdefault(record, {}).update(changed)
    return Overlay(tuple(correction.overlay for correction in corrections), cells) if corrections else None


def correct_source(connection: duckdb.DuckDBPyConnection, overlay: Overlay, layout: Layout) -> None:
    """Put the view `source` under the overlay; a corrected record has no defect of shape any more.

    Creates the table `corrections` (record_no, field, value), a row with a null field for every record.
    """
    rows: list[tuple[int, str | None, str | None]] = []
    for record, cells in overlay.cells.items():
        rows.append((record, None, None))
        rows += [(record, name, in_layout(name, value, layout)) for name, value in cells.items()]
    connection.execute("CREATE TABLE corrections (record_no INT, field VARCHAR, value VARCHAR)")
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], []]
    connection.execute(
        "INSERT INTO corrections SELECT unnest(?::INT[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", columns
    )
    names = sorted({name for cells in overlay.cells.values() for name in cells})
    taken = "".join(
        f", bool_or(field = '{name}') AS has_{name}, max(value) FILTER (field = '{name}') AS new_{name}"
        for name in names
    )
    put = "".join(f", CASE WHEN o.has_{name} THEN o.new_{name} ELSE w.{name} END AS {name}" for name in names)
    connection.execute("ALTER VIEW source RENAME TO written")
    connection.execute(
        f"CREATE VIEW source AS SELECT w.* REPLACE (CASE WHEN o.record_no IS NULL THEN w.defect END AS defect{put}) "
        f"FROM written w LEFT JOIN (SELECT record_no{taken} FROM corrections GROUP BY record_no) o USING (record_no)"
    )


def corrected_months(connection: duckdb.DuckDBPyConnection) -> dict[Month, int]:
    """Corrected records by the month that they are in now; reads `lines`."""
    found = connection.execute(
        "SELECT month, count(*) FROM lines WHERE record_no IN (SELECT record_no FROM corrections) GROUP BY month"
    ).fetchall()
    return {Month.parse(month): count for month, count in sorted(found)}
