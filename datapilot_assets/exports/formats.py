"""A month as files: the same rows give the same bytes, whatever the day, the process or the machine's time zone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from datapilot_assets.exports.month import ExportMonth, MonthTable
from datapilot_assets.exports.workbook import workbook_bytes
from datapilot_domain.exports import ExportFormat
from datapilot_domain.rows import csv_cells, json_text
from datapilot_resources.lakehouse import arrow_schema


@dataclass(frozen=True)
class File:
    """One file of an export. No table: it holds all of them."""

    name: str
    format: ExportFormat
    table: MonthTable | None
    rows: int
    data: bytes


def files_of(month: ExportMonth, formats: Sequence[ExportFormat]) -> Iterator[File]:
    """Each table in each format, one after the other; of XLSX one workbook with a sheet per table."""
    for table in month.tables:
        for form in formats:
            if form in _OF_A_TABLE:
                name = f"{table.contract.id}.{form}"
                yield File(name, form, table, len(table.rows), _OF_A_TABLE[form](table))
    if "xlsx" in formats:
        rows = sum(len(table.rows) for table in month.tables)
        name = f"{month.organization.org_id}-{month.month}.xlsx"
        yield File(name, "xlsx", None, rows, workbook_bytes(month))


def csv_bytes(table: MonthTable) -> bytes:
    """RFC 4180 in UTF-8: lines end in CR LF, so that a cell with either of them is always quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows(csv_cells(row, table.columns) for row in table.rows)
    return out.getvalue().encode()


def json_bytes(table: MonthTable) -> bytes:
    """What `datapilot show --format json` writes of the month."""
    return json_text(table.rows).encode()


def parquet_bytes(table: MonthTable) -> bytes:
    """The contract's Arrow types, in one row group per million rows. Options are fixed: a default may change."""
    whole = arrow_schema(table.contract)
    rows = pa.Table.from_pylist(table.rows, pa.schema([whole.field(name) for name in table.columns]))
    out = io.BytesIO()
    pq.write_table(rows, out, row_group_size=1_000_000, version="2.6", compression="snappy", use_dictionary=True)
    return out.getvalue()


_OF_A_TABLE: dict[ExportFormat, Callable[[MonthTable], bytes]] = {
    "csv": csv_bytes,
    "json": json_bytes,
    "parquet": parquet_bytes,
}
