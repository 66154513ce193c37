"""The sheets of an Excel workbook (.xlsx, .xlsm) as CSV files, read as a stream with the memory of a row.

Read here, on the standard library's XML parser, because the libraries lose what matters: python-calamine gives
doubles without their number format, so that 44-digit keys and `00123` are gone, and holds a sheet in memory;
openpyxl fails on workbooks whose styles are faulty, as many a program writes them. Neither knows a bound.

What a sheet says is what its cells hold: rows and columns that a filter hides are read, a merged cell has its
value in its first cell, a formula has the value that was saved with it. Hidden sheets are not offered.
"""

from __future__ import annotations

import csv
import posixpath
import re
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.parsers import expat

from datapilot_assets.landing.archives import Bounds, Zip
from datapilot_assets.landing.values import number_pattern
from datapilot_assets.landing.workbook_values import BUILT_IN_FORMATS, GENERAL, MARK, number_text, read_format
from datapilot_domain.reasons import Refusal

WORKBOOK = "xl/workbook.xml"
# Between the cells of a sheet's CSV file; a cell that holds one is quoted.
SHEET_DELIMITER = "\t"
_EXCEL_ROWS, _EXCEL_COLUMNS = 1_048_576, 16_384
_LONGEST_TAG = 8 * 1024**2
_SHARED_BYTES = 256 * 1024**2
_MOST_SHARED = 16 * 1024**2
_MOST_STYLES = 65_536
_DEEPEST, _MOST_NAMES = 100, 10_000
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NUMBER_PATTERNS = {mark: re.compile(number_pattern(mark), re.ASCII) for mark in ",."}

Attributes = Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """One worksheet: its name as people see it, its part of the archive, and whether it is hidden."""

    name: str
    part: str
    hidden: bool


class _Enough(Exception):
    """The rest of a part is not needed."""


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
            raise Refusal("FILE_DAMAGED", f"the workbook has lost sheet {missing[0]!r}")
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
                raise Refusal("LIMIT_EXCEEDED", f"the workbook has more than {_MOST_STYLES} cell styles")

        self._parse(self._styles, start)
        built_in = {str(number): code for number, code in BUILT_IN_FORMATS.items()}
        return [codes.get(number) or built_in.get(number, "General") for number in formats]

    def write_sheet(self, sheet: Sheet, target: Path, decimal_mark: str, most_rows: int | None = None) -> None:
        """Write the sheet, or its first rows, as UTF-8 CSV; line n is row n, each as wide as the widest.

        decimal_mark: of numbers in columns whose text cells prove none.
        Raises Refusal FILE_DAMAGED, LIMIT_EXCEEDED, FORMULAS_NOT_CALCULATED (naming the cell).
        """
        rows = target.with_suffix(".rows")
        reader = _SheetReader(self, sheet, most_rows)
        bounds = Bounds(self.archive.path, self.archive.limits)
        with rows.open("x", encoding="utf-8", newline="") as file:
            reader.write = csv.writer(file, delimiter=SHEET_DELIMITER).writerow
            reader.bounds = bounds
            chunks = self.archive.chunks(self._parts[sheet.part])
            with suppress(_Enough):
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


class SharedText:
    """Texts that cells name by number, end to end in one buffer: text alone, no object for each."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("L", [0])
        self._collects = False
        self._phonetic = 0

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise IndexError(number)
        return self._bytes[self._ends[number] : self._ends[number + 1]].decode()

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "t":
            self._collects = not self._phonetic
        elif tag == "rPh":  # how Japanese is pronounced
            self._phonetic += 1

    def text(self, text: str) -> None:
        if self._collects:
            self._bytes += text.encode()
            if len(self._bytes) > _SHARED_BYTES:
                raise Refusal("LIMIT_EXCEEDED", f"the texts of the workbook have more than {_SHARED_BYTES} bytes")

    def end(self, tag: str) -> None:
        if tag == "t":
            self._collects = False
        elif tag == "rPh":
            self._phonetic -= 1
        elif tag == "si":
            self._ends.append(len(self._bytes))
            if len(self._ends) > _MOST_SHARED:
                raise Refusal("LIMIT_EXCEEDED", f"the workbook has more than {_MOST_SHARED} texts")


class _SheetReader:
    """Takes the XML events of a worksheet and hands each row on when it ends."""

    write: Callable[[list[str]], Any]
    bounds: Bounds

    def __init__(self, book: Workbook, sheet: Sheet, most_rows: int | None) -> None:
        self._book, self._sheet, self._most_rows = book, sheet, most_rows
        self._limits = book.archive.limits
        self._formats = [read_format(code) for code in book.formats]
        self._proven: dict[int, str] = {}
        self._columns: dict[str, int] = {}
        self.width = 0
        self._written = self._row = 0
        self._column = -1
        self._cells: list[str] = []
        self._type = self._style = ""
        self._formula = False
        self._collects = False
        self._phonetic = 0
        self._pieces: list[str] = []
        self._length = 0

    def marks(self, default: str) -> list[str]:
        """Decimal mark for the numbers of each column: that of its own text, of all text, else the default."""
        everywhere = set(self._proven.values())
        other = everywhere.pop() if len(everywhere) == 1 else default
        return [self._proven.get(column, other) for column in range(self.width)]

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._start_cell(attributes)
        elif tag in ("v", "t"):
            self._collects = not self._phonetic and (tag == "v") != (self._type == "inlineStr")
        elif tag == "f":
            self._formula = True
        elif tag == "row":
            row = _number(attributes.get("r"), self._row + 1)
            if not self._row < row <= _EXCEL_ROWS:
                raise Refusal("FILE_DAMAGED", f"sheet {self._sheet.name!r}: row {row} after row {self._row}")
            self._row, self._column, self._cells = row, -1, []
        elif tag == "rPh":
            self._phonetic += 1

    def text(self, text: str) -> None:
        if self._collects:
            self._length += len(text)
            if self._length > self._limits.max_field_characters:
                most = self._limits.max_field_characters
                raise Refusal("LIMIT_EXCEEDED", f"{self._place()} has more than {most} characters")
            self._pieces.append(text)

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._collects = False
        elif tag == "c":
            self._end_cell()
        elif tag == "row":
            self._end_row()
        elif tag == "rPh":
            self._phonetic -= 1
        elif tag == "sheetData":
            raise _Enough

    def _place(self) -> str:
        return f"sheet {self._sheet.name!r}, row {self._row}, column {self._column + 1}"

    def _start_cell(self, attributes: Attributes) -> None:
        letters = attributes.get("r", "").rstrip("0123456789")
        column = self._column + 1
        if letters:
            found = self._columns.get(letters)
            column = self._columns[letters] = _column_number(letters) if found is None else found
        if not self._column < column < _EXCEL_COLUMNS:
            raise Refusal("FILE_DAMAGED", f"{self._place()}: a cell {attributes.get('r')!r} follows")
        self._column = column
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._formula, self._length = False, 0
        self._pieces.clear()

    def _end_cell(self) -> None:
        raw = "".join(self._pieces)
        if not raw:
            if self._formula and self._type != "str" and self._most_rows is None:
                raise Refusal("FORMULAS_NOT_CALCULATED", self._place())
            return
        if self._type == "n":
            style = _number(self._style, 0)
            form = self._formats[style] if style < len(self._formats) else GENERAL
            text = number_text(raw.strip(), form, from_1904=self._book.from_1904)
        elif self._type == "b":
            text = "TRUE" if raw.strip() in ("1", "true") else "FALSE"
        else:
            text = self._written_text(raw)
        if not text:
            return
        if self._column >= (most := self._limits.max_columns):
            if self._most_rows is not None:
                return
            raise Refusal("LIMIT_EXCEEDED", f"{self._place()} has a value, the limit is {most} columns")
        self._cells += [""] * (self._column - len(self._cells))
        self._cells.append(text)

    def _written_text(self, raw: str) -> str:
        """Text, date or error of a cell; the text may prove the decimal mark of its column."""
        if self._type == "s":
            try:
                raw = self._book.shared[int(raw)]
            except (IndexError, ValueError):
                raise Refusal("FILE_DAMAGED", f"{self._place()}: the workbook has lost text {raw[:20]!r}") from None
        if "_x" in raw:
            raw = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), raw)
        if not raw.isprintable():
            raw = _CONTROL.sub("", raw.replace("\r\n", "\n").replace("\r", "\n"))
            raw = raw.encode("utf-8", "replace").decode()  # an escape may be half a character
        if self._column not in self._proven and ("," in raw or "." in raw) and len(raw) < 40:
            readable = [mark for mark, pattern in _NUMBER_PATTERNS.items() if pattern.fullmatch(raw)]
            if len(readable) == 1:
                self._proven[self._column] = readable[0]
        return raw

    def _end_row(self) -> None:
        if not self._cells:
            return
        if self._row > self._limits.max_records + 1:
            most = self._limits.max_records
            raise Refusal("LIMIT_EXCEEDED", f"sheet {self._sheet.name!r} has more rows than the limit, {most}")
        for _ in range(self._row - self._written - 1):
            self.write([])
        self.write(self._cells)
        self._written = self._row
        self.width = max(self.width, len(self._cells))
        self.bounds.spend(sum(map(len, self._cells)))
        if self._most_rows is not None and self._row >= self._most_rows:
            raise _Enough


def parse_xml(
    chunks: Iterable[bytes],
    name: str,
    start: Callable[[str, Attributes], None],
    *,
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Feed a part of a workbook to the handlers, tags without their prefix.

    No document type is read, so that there are no entities to expand. Raises Refusal FILE_DAMAGED.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    locals_of: dict[str, str] = {}
    depth = 0

    def local(tag: str) -> str:
        found = locals_of[tag] = tag.rpartition(":")[2]
        return found

    def start_tag(tag: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise Refusal("LIMIT_EXCEEDED", f"part {name!r} is nested more than {_DEEPEST} deep")
        start(locals_of.get(tag) or local(tag), attributes)

    def end_tag(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(locals_of.get(tag) or local(tag))

    def refuse(*_: object) -> None:
        raise Refusal("ARCHIVE_CONTENT", f"part {name!r} declares a document type")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start_tag, end_tag
    if text is not None:
        parser.CharacterDataHandler = text
    fed = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > _LONGEST_TAG:
                raise Refusal("LIMIT_EXCEEDED", f"part {name!r} has a tag of more than {_LONGEST_TAG} bytes")
            if len(parser.intern) > _MOST_NAMES:
                raise Refusal("LIMIT_EXCEEDED", f"part {name!r} has more than {_MOST_NAMES} names of tags")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refusal("FILE_DAMAGED", f"part {name!r} of the workbook is not readable: {error}") from error


def part_name(name: str) -> str:
    """A part's name as it is compared."""
    return name.replace("\\", "/").lower()


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _column_number(letters: str) -> int:
    """Position of column `A` (0), `AB` (27); 16384 or more for what is no column."""
    if not re.fullmatch(r"[A-Z]{1,3}", letters):
        return _EXCEL_COLUMNS
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
