"""Read the rows of a connector's CSV, each as one object in the platform's own vocabulary."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from datapilot_assets.landing.ads.connector import BOM, Layout
from datapilot_domain.findings import found
from datapilot_domain.reasons import Refusal


def read_rows(file: BinaryIO, layout: Layout, most_bytes: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row as (its object as compact JSON, the object), as `read_objects` does; numbers stay text.

    most_bytes: bound on one row. Raises Refusal ADS_CSV_BROKEN, ADS_TRUNCATED, LIMIT_EXCEEDED, naming the line.
    """
    csv.field_size_limit(max(csv.field_size_limit(), most_bytes))
    lines = _Lines(file, most_bytes)
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
    try:
        for cells in reader:
            line = lines.begin_row()
            if not cells or line == 1:
                continue
            if len(cells) != len(layout.columns):
                expected = len(layout.columns)
                raise Refusal("ADS_CSV_BROKEN", "row_cells", line=line, count=len(cells), expected=expected)
            item = layout.item(cells)
            yield json.dumps(item, ensure_ascii=False, separators=(",", ":")), item
    except csv.Error as error:
        if lines.ended:
            raise Refusal("ADS_TRUNCATED", "quote_open", line=lines.row) from error
        raise Refusal("ADS_CSV_BROKEN", "row_broken", line=lines.row, fault=str(error)) from error


class _Lines:
    """The lines of a file as text. `row`: the line, from 1, in which the row that is being read begins."""

    def __init__(self, file: BinaryIO, most_bytes: int) -> None:
        self._file, self._most = file, most_bytes
        self._number = self._bytes = 0
        self.row, self.ended = 1, False

    def begin_row(self) -> int:
        """The line in which the row that was read began; another one begins."""
        line, self.row, self._bytes = self.row, self._number + 1, 0
        return line

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._most + 1)
        if not line:
            self.ended = True
            raise StopIteration
        self._number += 1
        self._bytes += len(line)
        if self._bytes > self._most:
            raise Refusal("LIMIT_EXCEEDED", "row_too_long", line=self.row, limit=self._most)
        if self._number == 1:
            line = line.removeprefix(BOM)
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            wrong = error.object[error.start : error.end].hex(" ")
            place = found("json_place", line=self._number, column=len(line[: error.start].decode()))
            raise Refusal("ADS_CSV_BROKEN", "bytes_unreadable", place=place, bytes=wrong, encoding="utf-8") from error
