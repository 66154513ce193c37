"""Quarantined records: which are open, how the others were closed, and the file in which people correct them."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from datapilot_assets.landing.corrected import read_cells
from datapilot_assets.landing.correction_cells import CORRECTABLE, Convention, Reader, guarded, shown_record
from datapilot_assets.landing.corrections import POINTER, pointer
from datapilot_assets.landing.kept import fetch_indexes
from datapilot_domain.contracts import TableContract
from datapilot_domain.contracts.ads import ADS_QUARANTINE
from datapilot_domain.contracts.sales import BRONZE_SALES, SALES_QUARANTINE
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import active_entries, current_entries
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import REASONS
from datapilot_resources.platform import Platform

# How a record was closed.
CORRECTED, NEWER_VERSION, REMOVED, REPLAYED = "corrected", "newer_version", "removed", "replayed"
EXPORT_COLUMNS = (POINTER, "file", "record", "column", "reason", "remedy")


def quarantine_rows(platform: Platform, org: OrgId) -> list[dict[str, Any]]:
    """One row per record that was ever quarantined, by landing order and record; column is its first failure.

    Columns: file, record, column, reason, text, state (open, closed), and of closed ones closed_how (corrected,
    newer_version, removed, replayed), closed_by (file) and closed_on (date of its arrival), null when not known.
    A record is open while the committed quarantine holds it.
    """
    entries = platform.lakehouse.landing_log(org).entries
    rows: dict[_Key, dict[str, Any]] = {}
    for contract in (SALES_QUARANTINE, ADS_QUARANTINE):
        rows |= _rows_of(platform, org, contract, entries)
    return [rows[key] for key in sorted(rows)]


def _rows_of(
    platform: Platform, org: OrgId, contract: TableContract, entries: Sequence[LandingEntry]
) -> dict[_Key, dict[str, Any]]:
    place_of = {entry.seq: entry.place for entry in entries}
    still_open = _open(platform, org, contract, place_of)
    closed = _closed(platform, org, contract, place_of, set(still_open))
    ends = _Closings(platform, org, contract.family, entries, closed.values()) if closed else None
    rows = {key: _listed(row, "open", _STILL_OPEN) for key, row in still_open.items()}
    if ends:
        rows |= {key: _listed(row, "closed", ends.of(key, row)) for key, row in closed.items()}
    return rows


_Key = tuple[int, int]  # place of the file in the log, record
_End = tuple[str | None, str | None, str | None]  # how, by which file, its date of arrival
_STILL_OPEN: _End = (None, None, None)


def _open(
    platform: Platform, org: OrgId, contract: TableContract, place_of: Mapping[int, int]
) -> dict[_Key, dict[str, Any]]:
    rows = platform.lakehouse.read(contract, org).to_pylist()
    return {(place_of.get(row["landed_seq"], row["landed_seq"]), row["record_no"]): row for row in rows}


def _closed(
    platform: Platform, org: OrgId, contract: TableContract, place_of: Mapping[int, int], still_open: set[_Key]
) -> dict[_Key, dict[str, Any]]:
    """Records that an earlier version of the table held, as they were last; reads only months that had any."""
    lakehouse = platform.lakehouse
    months_of_version: dict[int, list[Month]] = {}
    for month, states in lakehouse.history(contract, org).items():
        for state in states[:-1]:
            if state.rows:
                months_of_version.setdefault(state.version, []).append(month)
    found: dict[_Key, dict[str, Any]] = {}
    for version, months in sorted(months_of_version.items(), reverse=True):
        for row in lakehouse.read(contract, org, months, version=version).to_pylist():
            key = (place_of.get(row["landed_seq"], row["landed_seq"]), row["record_no"])
            if key not in still_open:
                found.setdefault(key, row)
    return found


class _Closings:
    """What closed each of some records, from the log and the unit indexes of the active files."""

    def __init__(
        self,
        platform: Platform,
        org: OrgId,
        family: str,
        entries: Sequence[LandingEntry],
        rows: Iterable[Mapping[str, Any]],
    ) -> None:
        self._entries = {entry.seq: entry for entry in entries}
        self._current = {entry.place: entry for entry in current_entries(entries)}
        self._active = active_entries(entries, family)
        self._of_file = {(item.entry.source, item.entry.sha256): item for item in self._active}
        self._cells = {
            correction.overlay: set(read_cells(platform.store, org, correction.overlay))
            for entry in self._current.values()
            for correction in entry.corrections
        }
        with tempfile.TemporaryDirectory(prefix="datapilot-units-") as directory:
            files = fetch_indexes(platform, org, self._active, Path(directory))
            self._units = _units_of({row["unit_key"] for row in rows}, files)

    def of(self, key: _Key, row: Mapping[str, Any]) -> _End:
        """(how, file, date) of the end of a record; the file itself when a replay reads it right."""
        entry = self._current.get(key[0])
        if entry is None:
            return REMOVED, None, None
        standing = self._of_file.get((entry.source, entry.sha256))
        for correction in reversed((standing.entry if standing else entry).corrections):
            if key[1] in self._cells.get(correction.overlay, set()):
                by = self._entries[correction.seq]
                return CORRECTED, by.file, by.arrived_on.isoformat()
        rank = standing.rank if standing else 0
        newer = [item for item in self._active if item.entry.source == entry.source and item.rank > rank]
        for item in newer:
            if row["unit_key"] in self._units.get(str(item.entry.content_id), set()):
                return NEWER_VERSION, item.entry.file, item.entry.arrived_on.isoformat()
        month = Month.parse(row["month"])
        for item in newer:
            if month in item.complete_months:
                return REMOVED, item.entry.file, item.entry.arrived_on.isoformat()
        if standing is None:
            dropped = (e for e in self._current.values() if e.replaces_seq is not None)
            same = [e for e in dropped if self._is_file(e.replaces_seq, entry)]
            return (REMOVED, same[-1].file, same[-1].arrived_on.isoformat()) if same else (REMOVED, None, None)
        return REPLAYED, entry.file, None

    def _is_file(self, place: int | None, entry: LandingEntry) -> bool:
        other = self._current.get(place or 0)
        return other is not None and (other.source, other.sha256) == (entry.source, entry.sha256)


def _units_of(units: set[str], files: Mapping[str, Path]) -> dict[str, set[str]]:
    """Content id → those of the units that it has."""
    if not files or not units:
        return {}
    content_of = {str(path): content for content, path in files.items()}
    found = duckdb.execute(
        "SELECT DISTINCT filename, unit_key FROM read_parquet(?, filename = true, union_by_name = true) "
        "WHERE unit_key IN (SELECT unnest(?::VARCHAR[]))",
        [sorted(content_of), sorted(units)],
    ).fetchall()
    by_content: dict[str, set[str]] = {}
    for file, unit in found:
        by_content.setdefault(content_of[file], set()).add(unit)
    return by_content


def _listed(row: Mapping[str, Any], state: str, end: _End) -> dict[str, Any]:
    others = [failure for failure in row["failures"][1:] if failure != f"{row['reason']}:{row['column']}"]
    how, file, on = end
    return {
        "file": row["file"],
        "record": row["record_no"],
        "column": row["column"],
        "reason": row["reason"],
        "text": f"{row['text']} (also {', '.join(others)})" if others else row["text"],
        "state": state,
        "closed_how": how,
        "closed_by": file,
        "closed_on": on,
    }


def correction_rows(
    platform: Platform, organization: Organization, file: str | None = None
) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Columns and rows of the file in which open records are corrected, `file`: only of that name or sha256.

    After EXPORT_COLUMNS come the fields that the original files have, under their names in the contract, as the
    organization's language writes them. Clear personal data is not among them; what hides in text is masked.
    """
    org, locale = organization.org_id, organization.locale
    entries = {entry.seq: entry for entry in platform.lakehouse.landing_log(org).entries}
    convention, reader = Convention.of(locale), Reader(organization.time_zone)
    by_entry: dict[int, dict[int, dict[str, Any]]] = {}
    for row in platform.lakehouse.read(SALES_QUARANTINE, org).to_pylist():
        if file is None or file in (row["file"], row["file_sha256"]):
            by_entry.setdefault(row["landed_seq"], {})[row["record_no"]] = row
    rows = []
    for seq, found in sorted(by_entry.items()):
        entry = entries[seq]
        assert entry.layout is not None
        records = platform.lakehouse.content_rows(BRONZE_SALES, org, str(entry.content_id), sorted(found))
        for record, row in sorted(found.items()):
            reason = REASONS[row["reason"]]
            rows.append(
                {
                    POINTER: pointer(org, locale, entry, record),
                    "file": row["file"],
                    "record": record,
                    "column": row["column"],
                    "reason": f"{reason.code}: {reason.text(locale)}",
                    "remedy": reason.remedy(locale),
                    **shown_record(records[record], entry.layout, convention, reader),
                }
            )
    used = {name for row in rows for name in row}
    return (*EXPORT_COLUMNS, *(name for name in CORRECTABLE if name in used)), rows


def correction_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], locale: str) -> str:
    """The rows as a spreadsheet of that language opens them: separator, and nothing that it would run or change."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if locale == "pt-BR" else ",", lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([guarded(str(row.get(name, "")), name) for name in columns])
    return out.getvalue()
