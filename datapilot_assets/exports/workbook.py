"""The month as one workbook: what is in it, a sheet per table, and what each column means."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from datapilot_assets.exports.month import ExportMonth, MonthTable
from datapilot_domain.rows import text_of
from datapilot_domain.spreadsheets import neutral

# Of a worksheet, header included, and of a cell, in UTF-16 units: a spreadsheet opens no more.
MAXIMUM_ROWS = 1_048_576
MAXIMUM_TEXT = 32_767
_CUT = " … [cut: the whole text is in the other formats]"
_WIDEST_PIXELS = 400
# Nothing in the bytes may depend on the day.
_CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's dates know no zone
_WHOLE, _AMOUNT, _RATIO, _DATE = "#,##0", "#,##0.00##", "#,##0.0000######", "yyyy-mm-dd"


def workbook_bytes(month: ExportMonth) -> bytes:
    """Sheets `contents`, one per table under the table's name, `columns`. Numbers are numbers, text is never more."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        organization = month.organization
        workbook.set_properties({"title": neutral(f"{organization.name} {month.month}"), "created": _CREATED})
        formats = _Formats(workbook)
        _write(workbook.add_worksheet("contents"), formats, ("sheet", "rows", "description"), _contents(month))
        for table in month.tables:
            for name, part in _sheets(table):
                rows = ([row[column] for column in table.columns] for row in part)
                _write(workbook.add_worksheet(name), formats, table.columns, rows, formats.of(table))
        _write(workbook.add_worksheet("columns"), formats, ("sheet", "column", "type", "description"), _columns(month))
    return out.getvalue()


class _Formats:
    """Number formats of one workbook."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self.header: Format = workbook.add_format({"bold": True, "bottom": 1})
        self._of = {text: workbook.add_format({"num_format": text}) for text in (_WHOLE, _AMOUNT, _RATIO, _DATE)}

    def of(self, table: MonthTable) -> list[Format | None]:
        return [self._of.get(_number_format(column.type)) for column in table.contract.shown]


def _number_format(ddl: str) -> str:
    if ddl.startswith("decimal("):
        return _AMOUNT if int(ddl[len("decimal(") : -1].split(",")[1]) <= 6 else _RATIO
    return {"int": _WHOLE, "bigint": _WHOLE, "date": _DATE}.get(ddl, "")


def _sheets(table: MonthTable) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Name and rows of the table's sheets: more than one where it has more rows than a sheet."""
    step = MAXIMUM_ROWS - 1
    for number, start in enumerate(range(0, max(len(table.rows), 1), step), start=1):
        name = table.contract.table if number == 1 else f"{table.contract.table} {number}"
        yield name, table.rows[start : start + step]


def _contents(month: ExportMonth) -> list[list[Any]]:
    organization = month.organization
    about = f"{organization.name}, {month.month}, {organization.currency}, {organization.time_zone}"
    tables = [[table.contract.table, len(table.rows), table.contract.description] for table in month.tables]
    return [[str(organization.org_id), None, about], *tables]


def _columns(month: ExportMonth) -> list[list[Any]]:
    return [
        [table.contract.table, column.name, column.type, column.description]
        for table in month.tables
        for column in table.contract.shown
    ]


def _write(
    sheet: Worksheet,
    formats: _Formats,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    cell_formats: Sequence[Format | None] = (),
) -> None:
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, formats.header)
    last = 0
    for last, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            _write_cell(sheet, last, place, value, cell_formats[place] if cell_formats else None)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(names) - 1)
    sheet.autofit(_WIDEST_PIXELS)


def _write_cell(sheet: Worksheet, line: int, place: int, value: Any, form: Format | None) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, (int, Decimal)):
        sheet.write_number(line, place, value, form)
    elif isinstance(value, dt.date):
        sheet.write_datetime(line, place, value, form)
    else:
        sheet.write_string(line, place, _fitting(neutral(text_of(value))))


def _fitting(text: str) -> str:
    """The text, cut visibly where a cell cannot hold it."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MAXIMUM_TEXT:
        return text
    return units[: 2 * (MAXIMUM_TEXT - len(_CUT))].decode("utf-16-le", "ignore") + _CUT
