"""Recomputes published numbers with nothing of the project: delta-rs reads the table, DuckDB runs the SQL beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable


def recompute(store: Path, org: str, quantity: Mapping[str, Any]) -> Decimal | None:
    """`SELECT measure FROM table WHERE where`, at the Delta version that the quantity names."""
    layer, table = quantity["table"].split(".")
    stored = DeltaTable(str(store / f"org_id={org}" / layer / table), version=quantity["delta_version"])
    rows = stored.to_pyarrow_table()
    with duckdb.connect() as connection:
        connection.register("stored", rows)
        sql = f"SELECT {quantity['measure']} FROM stored WHERE {quantity['where']}"
        (value,) = connection.execute(sql).fetchall()[0]
    return None if value is None else Decimal(str(value))


def differing(store: Path, org: str, insights: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Numbers that do not compute again: insight, slot, what is published, what was found."""
    wrong = []
    for insight in insights:
        for quantity in insight["quantities"]:
            published, found = Decimal(quantity["value"]), recompute(store, org, quantity)
            if found is None or abs(published - found) > max(Decimal("1e-9"), abs(published) * Decimal("1e-9")):
                wrong.append((insight["insight_id"], quantity["slot"], str(published), str(found)))
    return wrong
