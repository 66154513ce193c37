"""What every family does with a readable file: look into the log, keep its records and its index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datapilot_assets.landing.arrival import Arrival
from datapilot_assets.landing.kept import fetch_indexes, index_key
from datapilot_domain.contracts import TableContract
from datapilot_domain.findings import found
from datapilot_domain.landing import Declaration, LandingEntry
from datapilot_domain.ledger import active_entries, current_entries, find_replaced
from datapilot_domain.partitions import Calendar
from datapilot_domain.reasons import Refusal
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.landing_log import LandingLog


def past_entries(arrival: Arrival, log: LandingLog) -> list[LandingEntry]:
    """The entries that the decision may see: a replay decides as if today's recipe had held when the file came."""
    entries = current_entries(log.entries)
    return [entry for entry in entries if arrival.replayed is None or entry.place < arrival.replayed.place]


def check_calendar(arrival: Arrival, declaration: Declaration) -> None:
    """Raises Refusal DECLARATION_INVALID for a complete month outside the calendar."""
    calendar = Calendar(arrival.platform.first_month, arrival.arrived_on)
    if declaration.complete is not None and declaration.complete not in calendar:
        raise Refusal(
            "DECLARATION_INVALID",
            "month_outside",
            month=str(declaration.complete),
            first=str(calendar.first),
            last=str(calendar.last),
        )


def check_size(arrival: Arrival) -> None:
    """Raises Refusal LIMIT_EXCEEDED."""
    limit = arrival.organization.limits.max_bytes
    if (size := arrival.path.stat().st_size) > limit:
        raise Refusal("LIMIT_EXCEEDED", "too_many_bytes", size=size, limit=limit)


def replaced_entry(
    entries: Sequence[LandingEntry], family: str, source: str, declaration: Declaration
) -> LandingEntry | None:
    """The active file that the declaration replaces. Raises Refusal REPLACED_FILE_UNKNOWN."""
    if declaration.replaces is None:
        return None
    replaced = find_replaced(entries, family, source, declaration.replaces)
    if replaced is None:
        names = sorted({item.entry.file for item in active_entries(entries, family) if item.entry.source == source})
        raise Refusal(
            "REPLACED_FILE_UNKNOWN",
            "replaced_unknown",
            name=declaration.replaces,
            source=source,
            files=names or found("no_file"),
        )
    return replaced


def keep_records(arrival: Arrival, contract: TableContract, content: str, records_file: Path, index_file: Path) -> Path:
    """Write the records to bronze and the index to the store, once per content; where the index is on this machine."""
    kept = arrival.workdir / f"{content}.parquet"
    if not kept.exists():
        platform, org = arrival.platform, arrival.organization.org_id
        if arrival.writes(content):
            schema = arrow_schema(contract)
            rows = pa.RecordBatchReader.from_batches(schema, _row_groups(records_file, schema))
            platform.lakehouse.replace_content(contract, org, content, rows, arrival.run_id)
        index_file.rename(kept)
        if arrival.writes(content):
            platform.store.write_file(index_key(org, arrival.sha256, content), kept)
    return kept


def indexes_of(arrival: Arrival, family: str, *logs: Iterable[LandingEntry]) -> Mapping[str, Path]:
    """Content id → index of every active entry of the family in these logs."""
    active = [item for known in logs for item in active_entries(known, family)]
    return fetch_indexes(arrival.platform, arrival.organization.org_id, active, arrival.workdir)


def _row_groups(path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """One at a time: `iter_batches` holds all of them until its end."""
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield from file.read_row_group(number, schema.names, use_threads=False).cast(schema).to_batches()
