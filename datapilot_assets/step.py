"""What the steps of every family share: fingerprints as a frame, small results as Arrow, gates of what was built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from datapilot_assets.gates import arrow_contract_gates, conservation_gate, quarantine_gate, spark_contract_gates
from datapilot_assets.refinement import Built, Gate, RefineRun
from datapilot_domain.contracts import TableContract
from datapilot_domain.ledger import ActiveEntry, counted_entries
from datapilot_domain.partitions import Month
from datapilot_domain.sources import without_off
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.spark_frames import arrow_frame

_FINGERPRINTS = pa.schema({"month": pa.string(), "fingerprint": pa.string()})
# Up to here a month set is gathered and written by delta-rs, which commits in milliseconds and put-if-absent;
# beyond, Spark writes in parallel. An empty or tiny Delta write by Spark costs seconds.
SMALL_ROWS = 200_000


def is_small(rows: int) -> bool:
    """Whether so many rows are gathered and written by delta-rs."""
    return rows <= SMALL_ROWS


def fingerprint_frame(run: RefineRun, contract: TableContract, months: Sequence[Month]) -> DataFrame:
    """month, fingerprint: what the contract's rows of these months are computed from."""
    rows = [{"month": str(month), "fingerprint": run.expected[contract.id][month]} for month in months]
    return arrow_frame(run.spark, pa.Table.from_pylist(rows, _FINGERPRINTS))


def gather(frame: DataFrame, contract: TableContract) -> pa.Table:
    """A small result as Arrow in the contract's types, for delta-rs."""
    return frame.toArrow().cast(arrow_schema(contract))


def built(
    frames: Mapping[TableContract, DataFrame], months: Sequence[Month], *, small: bool, cached: Sequence[DataFrame] = ()
) -> Built:
    """The frames with the gates of their contracts, as Arrow if they are small. Releases `cached` once written."""
    kept = Built(frames={}, rows={}, gates={}, cached=list(cached))
    for contract, frame in frames.items():
        if small:
            kept.frames[contract.id] = table = gather(frame, contract)
            gates = arrow_contract_gates(contract, table, months)
        else:
            kept.frames[contract.id] = stored = frame.persist()
            kept.cached.append(stored)
            gates = spark_contract_gates(contract, stored, months)
        kept.rows[contract.id] = {month: gate.numbers["rows"] for month, gate in gates.items()}
        kept.gates[contract.id] = {month: [gate] for month, gate in gates.items()}
    return kept


def standing_entries(
    active: Sequence[ActiveEntry], standing: Collection[tuple[int, Month]], months: Sequence[Month]
) -> tuple[list[ActiveEntry], int]:
    """Entries with records left in the months, and their records of these months.

    standing: (sequence number, month) of what the merge rules leave.
    """
    here = [item for item in active if any((item.entry.seq, month) in standing for month in months)]
    return here, sum(item.entry.months[m].records for item in here for m in months if m in item.entry.months)


def silver_built(
    frames: Mapping[TableContract, DataFrame],
    months: Sequence[Month],
    gates: Mapping[Month, Sequence[Gate]],
    *,
    small: bool,
    cached: Sequence[DataFrame],
) -> Built:
    """`built`, every table with these gates of its months too: silver and its quarantine stand or fall together."""
    kept = built(frames, months, small=small, cached=cached)
    for of_table in kept.gates.values():
        for month, found in gates.items():
            of_table[month] += found
    return kept


def silver_gates(
    run: RefineRun,
    family: str,
    months: Sequence[Month],
    fates: Sequence[Mapping[str, Any]],
    superseded: Mapping[tuple[int, Month], int],
    active: Sequence[ActiveEntry],
) -> dict[Month, list[Gate]]:
    """Conservation over every accepted entry of the month, active or not (R10).

    fates: rows month, source_id, good, quarantined, superseded, and warned_lines and warned_amount by code if the
    family has warnings. superseded: records that newer files took away, per (entry, month).
    """
    active_seqs = {item.entry.seq for item in active}
    gates: dict[Month, list[Gate]] = {}
    for month in months:
        records: Counter[str] = Counter()
        for entry in counted_entries(without_off(run.log.entries, run.roles), family):
            count = entry.months.get(month)
            if count is None:
                continue
            records["records"] += count.records
            records["ignored"] += count.ignored
            # A corrected record is two: the original, superseded, and the correction's, which took its place.
            records["records"] += entry.corrected.get(month, 0)
            records["superseded"] += entry.corrected.get(month, 0)
            lost = superseded.get((entry.seq, month), 0)
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


def _warnings(month: Month, numbers: Mapping[str, int], fates: Sequence[Mapping[str, Any]]) -> list[Gate]:
    quarantined = numbers["quarantined"]
    found = [Gate("conservation", "QUARANTINED", quarantined == 0, "WARN", {"quarantined": quarantined})]
    for fate in fates:
        if fate["month"] == str(month):
            for code, lines in sorted(fate.get("warned_lines", {}).items()):
                numbers_of = {
                    f"{code.lower()}_lines_{fate['source_id']}": lines,
                    f"{code.lower()}_amount_{fate['source_id']}": fate["warned_amount"][code],
                }
                found.append(Gate("conservation", code, lines == 0, "WARN", numbers_of))
    return found
