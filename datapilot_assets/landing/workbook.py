"""The sheets of an Excel workbook (.xlsx, .xlsm) as CSV files, read as a stream with the memory of a row.

Read here, on the standard library's XML parser, because the libraries lose what matters: python-calamine gives
doubles without their number format, so that 44-digit keys and `00123` are gone; openpyxl gives up on workbooks
with a fault outside their cells, as many a program writes them (`test_workbook_faults.py`). Neither knows a bound.

What a sheet says is what its cells hold: rows and columns that a filter hides are read, a merged cell has its
value in its first cell, a formula has the value that was saved with it. Hidden sheets are not offered.
"""

from __future__ import annotations

import csv
import posixpath
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from datapilot_assets.landing.archives import Bounds, Zip
from datapilot_assets.landing.workbook_values import BUILT_IN_FORMATS, MARK
from datapilot_assets.landing.workbook_xml import Attributes, SharedText, parse_xml
from datapilot_assets.landing.worksheet import EnoughRead, SheetReader
from datapilot_domain.reasons import Refusal

WORKBOOK = "xl/workbook.xml"
# Between the cells of a sheet's CSV file; a cell that holds one is quoted.
SHEET_DELIMITER = "\t"
_MOST_STYLES = 65_536


@dataclass(frozen=True)
class Sheet:
    """One worksheet: its name as people see it, its part of the archive, and whether it is hidden."""

    name: str
    part: str
    hidden: bool


class Workbook:
    """The worksheets of a workbook, and what their cells refer to."""

    def __init__(self, archive: Zip) -> None:
        self.archive = archive
        self.from_1904 = False
        # Names of parts know no case, and some programs write them with backslashes.
        self._parts = {part_name(name): name for name in archive.names}
        self._styles = self._texts = ""
        self.sheets = self._find_sheets()

    def _find_sheets(self) -> list[Sheet]:
        parts: dict[str, str] = {}
        found: list[tuple[str, str, bool]] = []

        def relation(tag: str, attributes: Attributes) -> None:
            if tag != "Relationship":
                return
            # A target is relative to the folder `xl`, or absolute in the archive.
            part = part_name(posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/"))
            kind = attributes.get("Type", "").rpartition("/")[2]
            if kind == "worksheet":
                parts[attributes.get("Id", "")] = part
            elif kind == "styles":
                self._styles = part
            elif kind == "sharedStrings":
                self._texts = part

        def book(tag: str, attributes: Attributes) -> None:
            if tag == "workbookPr":
                self.from_1904 = attributes.get("date1904", "0") in ("1", "true")
            elif tag == "sheet":
                key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
                found.append((attributes.get("name", ""), key, attributes.get("state", "visible") != "visible"))

        self._parse("xl/_rels/workbook.xml.rels", relation)
        self._parse(WORKBOOK, book)
        # Sheets that hold a chart or a macro are no worksheets.
        sheets = [Sheet(name, parts[key], hidden) for name, key, hidden in found if key in parts]
        if missing := [sheet.name for sheet in sheets if sheet.part not in self._parts]:
            raise Refusal("FILE_DAMAGED", "sheet_lost", sheet=missing[0])
        return sheets

    def _parse(self, part: str, start: Callable[[str, Attributes], None], **handlers: Any) -> None:
        if part in self._parts:
            parse_xml(self.archive.chunks(self._parts[part]), part, start, **handlers)

    @cached_property
    def shared(self) -> SharedText:
        """Texts that cells name by number."""
        shared = SharedText()
        self._parse(self._texts, shared.start, end=shared.end, text=shared.text)
        return shared

    @cached_property
    def formats(self) -> list[str]:
        """Number format of each cell style."""
        codes: dict[str, str] = {}
        formats: list[str] = []
        inside = False

        def start(tag: str, attributes: Attributes) -> None:
            nonlocal inside
            if tag in ("cellStyleXfs", "cellXfs"):
                inside = tag == "cellXfs"
            elif tag == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:255]
            elif tag == "xf" and inside:
                formats.append(attributes.get("numFmtId", "0"))
            if len(codes) > _MOST_STYLES or len(formats) > _MOST_STYLES:
                raise Refusal("LIMIT_EXCEEDED", "too_many_styles", limit=_MOST_STYLES)

        self._parse(self._styles, start)
        built_in = {str(number): code for number, code in BUILT_IN_FORMATS.items()}
        return [codes.get(number) or built_in.get(number, "General") for number in formats]

    def write_sheet(self, sheet: Sheet, target: Path, decimal_mark: str, most_rows: int | None = None) -> None:
        """Write the sheet, or its first rows, as UTF-8 CSV; line n is row n, each as wide as the widest.

        decimal_mark: of numbers in columns whose text cells prove none.
        Raises Refusal FILE_DAMAGED, LIMIT_EXCEEDED, FORMULAS_NOT_CALCULATED (naming the cell).
        """
        rows = target.with_suffix(".rows")
        reader = SheetReader(self, sheet, most_rows)
        bounds = Bounds(self.archive.path, self.archive.limits)
        with rows.open("x", encoding="utf-8", newline="") as file:
            reader.write = csv.writer(file, delimiter=SHEET_DELIMITER).writerow
            reader.bounds = bounds
            chunks = self.archive.chunks(self._parts[sheet.part])
            with suppress(EnoughRead):
                parse_xml(chunks, sheet.part, reader.start, end=reader.end, text=reader.text)
            if most_rows is None:
                deque(chunks, maxlen=0)  # to the end, where the checksum is compared
        marks = reader.marks(decimal_mark)
        csv.field_size_limit(max(csv.field_size_limit(), 4 * self.archive.limits.max_field_characters))
        with (
            rows.open(encoding="utf-8", newline="") as source,
            target.open("x", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file, delimiter=SHEET_DELIMITER)
            for row in csv.reader(source, delimiter=SHEET_DELIMITER):
                written = [cell.replace(MARK, mark) for cell, mark in zip(row, marks, strict=False)]
                writer.writerow(written + [""] * (reader.width - len(row)) if row else row)
        rows.unlink()


def part_name(name: str) -> str:
    """A part's name as it is compared."""
    return name.replace("\\", "/").lower()
