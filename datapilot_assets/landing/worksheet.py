"""The rows of one worksheet, from its XML events."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datapilot_assets.landing.archives import Bounds
from datapilot_assets.landing.values import number_pattern
from datapilot_assets.landing.workbook_values import GENERAL, number_text, read_format
from datapilot_assets.landing.workbook_xml import Attributes
from datapilot_domain.findings import Found, found
from datapilot_domain.reasons import Refusal

if TYPE_CHECKING:
    from datapilot_assets.landing.workbook import Sheet, Workbook

_EXCEL_ROWS, _EXCEL_COLUMNS = 1_048_576, 16_384
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NUMBER_PATTERNS = {mark: re.compile(number_pattern(mark), re.ASCII) for mark in ",."}


class EnoughRead(Exception):
    """The rest of a part is not needed."""


class SheetReader:
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
                raise Refusal("FILE_DAMAGED", "row_out_of_order", sheet=self._sheet.name, row=row, before=self._row)
            self._row, self._column, self._cells = row, -1, []
        elif tag == "rPh":
            self._phonetic += 1

    def text(self, text: str) -> None:
        if self._collects:
            self._length += len(text)
            if self._length > self._limits.max_field_characters:
                most = self._limits.max_field_characters
                raise Refusal("LIMIT_EXCEEDED", "cell_too_long", cell=self._place(), limit=most)
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
            raise EnoughRead

    def _place(self) -> Found:
        return found("cell", sheet=self._sheet.name, row=self._row, column=self._column + 1)

    def _start_cell(self, attributes: Attributes) -> None:
        letters = attributes.get("r", "").rstrip("0123456789")
        column = self._column + 1
        if letters:
            found = self._columns.get(letters)
            column = self._columns[letters] = _column_number(letters) if found is None else found
        if not self._column < column < _EXCEL_COLUMNS:
            raise Refusal("FILE_DAMAGED", "cell_out_of_order", cell=self._place(), following=attributes.get("r", ""))
        self._column = column
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._formula, self._length = False, 0
        self._pieces.clear()

    def _end_cell(self) -> None:
        raw = "".join(self._pieces)
        if not raw:
            if self._formula and self._type != "str" and self._most_rows is None:
                raise Refusal("FORMULAS_NOT_CALCULATED", "cell_not_calculated", cell=self._place())
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
            raise Refusal("LIMIT_EXCEEDED", "cell_beyond", cell=self._place(), limit=most)
        self._cells += [""] * (self._column - len(self._cells))
        self._cells.append(text)

    def _written_text(self, raw: str) -> str:
        """Text, date or error of a cell; the text may prove the decimal mark of its column."""
        if self._type == "s":
            try:
                raw = self._book.shared[int(raw)]
            except (IndexError, ValueError):
                raise Refusal("FILE_DAMAGED", "cell_text_lost", cell=self._place(), text=raw[:20]) from None
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
            raise Refusal("LIMIT_EXCEEDED", "sheet_too_long", sheet=self._sheet.name, limit=most)
        for _ in range(self._row - self._written - 1):
            self.write([])
        self.write(self._cells)
        self._written = self._row
        self.width = max(self.width, len(self._cells))
        self.bounds.spend(sum(map(len, self._cells)))
        if self._most_rows is not None and self._row >= self._most_rows:
            raise EnoughRead


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
