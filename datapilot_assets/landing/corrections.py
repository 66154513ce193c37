"""Correction files: the quarantine export, corrected in a spreadsheet and sent back.

A row says by its pointer which record it is about. Only cells that say something else than what was exported
change anything; everything else of the record, personal data too, stays as the original file has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from datapilot_assets.landing.content import ZIP_MAGIC
from datapilot_assets.landing.corrected import read_cells
from datapilot_assets.landing.correction_cells import (
    CORRECTABLE,
    Convention,
    Reader,
    correction_of,
    shown_record,
)
from datapilot_assets.landing.effects import Resolution
from datapilot_assets.landing.spool import spool_records
from datapilot_assets.landing.tables import find_table
from datapilot_domain.contracts.sales import BRONZE_SALES, FAMILY
from datapilot_domain.landing import LandingEntry, Notice, digest, first_of
from datapilot_domain.ledger import ActiveEntry
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.reasons import Refusal
from datapilot_resources.lakehouse import Lakehouse
from datapilot_resources.object_store import ObjectStore

# Header of the column that makes a table a correction file.
POINTER = "datapilot_record"
_POINTER = re.compile(r"(pt|en)(\d{1,9})r(\d{1,9})-([0-9a-f]{12})")
_LOCALES = {"pt": "pt-BR", "en": "en"}
_HEAD_BYTES = 64 * 1024
# A workbook says what it is only once it is unpacked; no correction of people is larger than this.
_MOST_PACKED_BYTES = 16 * 1024**2


def pointer(org: OrgId, locale: str, entry: LandingEntry, record: int) -> str:
    """Name of a record that a spreadsheet leaves alone. It says the language of its row, and fits one content of
    one file of one organization only."""
    language = "pt" if locale == "pt-BR" else "en"
    return f"{language}{entry.place}r{record}-{_seal(org, language, entry, record)}"


def _seal(org: OrgId, language: str, entry: LandingEntry, record: int) -> str:
    return digest([str(org), language, entry.place, entry.content_id, record])[:12]


@dataclass(frozen=True)
class Sheet:
    """A correction file as it came: per row its number, its pointer and its cells under names of fields."""

    records: int
    rows: tuple[tuple[int, str, Mapping[str, str]], ...]
    blank: int


def read_sheet(path: Path, organization: Organization, workdir: Path) -> Sheet | None:
    """The file's rows when its header has POINTER; None for every other file. `workdir`: a new folder."""
    if not _may_be_correction(path):
        return None
    workdir.mkdir()
    try:
        table = find_table(path, organization.limits, workdir, locale=organization.locale, named=[POINTER])
    except Refusal:
        return None  # landing says what is wrong with it
    columns = table.dialect.columns
    if POINTER not in columns:
        return None
    spool = spool_records(table.source, table.dialect, organization.limits, workdir)
    position = columns.index(POINTER)
    fields = {f"c{p}": name for p, name in enumerate(columns) if name in CORRECTABLE}
    rows, blank = [], 0
    for file in spool.files:
        for row in pq.read_table(file).to_pylist():
            cells = {name: row[column] or "" for column, name in fields.items()}
            found = (row[f"c{position}"] or "").removeprefix("'")
            if found or any(cells.values()):
                rows.append((row["record_no"], found, cells))
            else:
                blank += 1
    return Sheet(spool.records, tuple(sorted(rows, key=lambda row: row[0])), blank)


def _may_be_correction(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head[:4] in ZIP_MAGIC:
        return path.stat().st_size <= _MOST_PACKED_BYTES
    return any(POINTER.encode(encoding) in head for encoding in ("ascii", "utf-16-le", "utf-16-be"))


@dataclass
class Plan:
    """What a correction file changes. cells: place → record → field → value; counts are rows."""

    cells: dict[int, dict[int, dict[str, str]]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    untaken: set[str] = field(default_factory=set)

    @property
    def applied(self) -> int:
        return sum(len(records) for records in self.cells.values())

    def notices(self) -> list[Notice]:
        told = [("CORRECTIONS_UNCHANGED", self.unchanged), ("CORRECTIONS_CLOSED", self.closed)]
        notices = [
            Notice(code=code, values={"count": str(len(rows)), "rows": first_of(rows)}) for code, rows in told if rows
        ]
        if self.untaken:
            notices.append(Notice(code="CORRECTION_FIELD_ABSENT", values={"fields": ", ".join(sorted(self.untaken))}))
        return notices


@dataclass(frozen=True)
class _Pointed:
    """A row and the record that it points to, as it was exported."""

    row: int
    language: str
    exported: LandingEntry
    record: int
    cells: Mapping[str, str]


def plan_corrections(
    store: ObjectStore,
    lakehouse: Lakehouse,
    organization: Organization,
    entries: Sequence[LandingEntry],
    active: Sequence[ActiveEntry],
    resolution: Resolution,
    sheet: Sheet,
) -> Plan:
    """Compare every row with its record. Raises Refusal CORRECTION_UNKNOWN naming the rows that point nowhere.

    A record is closed when it was corrected since the export, or does not stand any more.
    """
    org = organization.org_id
    pointed = _resolve(org, entries, sheet)
    plan, reader = Plan(), Reader(organization.time_zone)
    reader.learn((cell for row in pointed for cell in row.cells.values()), Convention.of(organization.locale))
    target_of = {(item.entry.source, item.entry.sha256): item.entry for item in active}
    lost = {(row["landed_seq"], row["unit_key"], row["line_no"], row["sold_on"]) for row in resolution.lost.to_pylist()}
    latest = {(row.exported.place, row.record): row.row for row in pointed}
    for exported, rows in _by_content(pointed):
        records = sorted({row.record for row in rows})
        base = lakehouse.content_rows(BRONZE_SALES, org, str(exported.content_id), records)
        target = target_of.get((exported.source, exported.sha256))
        now = lakehouse.content_rows(BRONZE_SALES, org, str(target.content_id), records) if target else {}
        since = _corrected_since(store, org, exported, target)
        for row in rows:
            name = f"{exported.file}:{row.record}"
            if row.record not in base:
                raise _unknown([row.row])
            again = latest[exported.place, row.record] != row.row
            if target is None or again or row.record in since or _is_lost(target, now.get(row.record), lost):
                plan.closed.append(name)
                continue
            changed, untaken = _changes(row, exported, base[row.record], reader)
            plan.untaken |= untaken
            if changed:
                plan.cells.setdefault(target.place, {})[row.record] = changed
            else:
                plan.unchanged.append(name)
    return plan


def _resolve(org: OrgId, entries: Sequence[LandingEntry], sheet: Sheet) -> list[_Pointed]:
    at: dict[int, list[LandingEntry]] = {}
    for entry in entries:
        if entry.family == FAMILY and entry.content_id is not None:
            at.setdefault(entry.place, []).append(entry)
    found, unknown = [], []
    for row, text, cells in sheet.rows:
        match = _POINTER.fullmatch(text)
        known = at.get(int(match[2]), []) if match else []
        exported = next((e for e in known if match and _seal(org, match[1], e, int(match[3])) == match[4]), None)
        if match is None or exported is None:
            unknown.append(row)
        else:
            found.append(_Pointed(row, match[1], exported, int(match[3]), cells))
    if unknown:
        raise _unknown(unknown)
    return found


def _unknown(rows: Sequence[int]) -> Refusal:
    return Refusal("CORRECTION_UNKNOWN", "pointers_unknown", column=POINTER, rows=first_of([str(row) for row in rows]))


def _by_content(pointed: Iterable[_Pointed]) -> list[tuple[LandingEntry, list[_Pointed]]]:
    groups: dict[int, tuple[LandingEntry, list[_Pointed]]] = {}
    for row in pointed:
        groups.setdefault(row.exported.seq, (row.exported, []))[1].append(row)
    return list(groups.values())


def _corrected_since(store: ObjectStore, org: OrgId, exported: LandingEntry, target: LandingEntry | None) -> set[int]:
    """Records that a correction changed after this content was exported."""
    before = {correction.overlay for correction in exported.corrections}
    later = [c for c in target.corrections if c.overlay not in before] if target else []
    return {record for correction in later for record in read_cells(store, org, correction.overlay)}


def _is_lost(target: LandingEntry, record: Mapping[str, Any] | None, lost: set[tuple[Any, ...]]) -> bool:
    if record is None:
        return True
    text = record["line_no"] or ""
    line_no = int(text) if re.fullmatch("[0-9]{1,9}", text) else None
    return (target.seq, record["unit_key"], line_no, record["sold_on"]) in lost


def _changes(
    row: _Pointed, exported: LandingEntry, base: Mapping[str, Any], reader: Reader
) -> tuple[dict[str, str], set[str]]:
    """Fields that the row changes, and those that it fills although the original file has no such column."""
    assert exported.layout is not None
    convention = Convention.of(_LOCALES[row.language])
    was = shown_record(base, exported.layout, convention, reader)
    changed, untaken = {}, set()
    for name, cell in row.cells.items():
        if name not in was:
            if cell:
                untaken.add(name)
            continue
        value = correction_of(name, cell, was[name], convention, reader)
        if value is not None:
            changed[name] = value
    return changed, untaken
