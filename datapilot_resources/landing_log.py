"""The landing log as it is stored: one row per decision, the whole entry as JSON beside what is looked up by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from datapilot_domain.landing import LandingEntry

LOG_SCHEMA = pa.schema(
    [
        pa.field("seq", pa.int32()),
        pa.field("family", pa.string()),
        pa.field("verdict", pa.string()),
        pa.field("sha256", pa.string()),
        pa.field("entry", pa.string()),
    ]
)


@dataclass(frozen=True)
class LandingLog:
    """The landing log of an organization as read at `version` (None: no entry yet)."""

    version: int | None
    entries: tuple[LandingEntry, ...]

    @property
    def head(self) -> int:
        return self.entries[-1].seq if self.entries else 0


def read_entries(rows: pa.Table) -> tuple[LandingEntry, ...]:
    """Entries of the column `entry`, in the order of the log. Raises ValidationError for text that is none."""
    entries = (LandingEntry.model_validate_json(text) for text in rows.column("entry").to_pylist())
    return tuple(sorted(entries, key=lambda entry: entry.seq))


def written_entries(entries: Iterable[LandingEntry]) -> pa.Table:
    """One row of LOG_SCHEMA per entry."""
    rows = [
        {
            "seq": entry.seq,
            "family": entry.family,
            "verdict": entry.verdict.value,
            "sha256": entry.sha256,
            "entry": entry.model_dump_json(),
        }
        for entry in entries
    ]
    return pa.Table.from_pylist(rows, schema=LOG_SCHEMA)
