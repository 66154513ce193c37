"""Arrow tables by month."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from datapilot_domain.partitions import Month


def rows_of(table: pa.Table, months: Iterable[Month]) -> pa.Table:
    """The rows of these months, by the column `month`."""
    wanted = pa.array([str(month) for month in months], pa.string())
    return table.filter(pc.is_in(table.column("month"), value_set=wanted))
