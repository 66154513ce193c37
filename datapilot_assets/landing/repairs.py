"""Text that some program spoilt in a way that can be undone: a clean copy stands in for it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from datapilot_assets.landing.dialect import DELIMITERS, HEAD_CHARACTERS, head_rows, known_headers
from datapilot_assets.landing.text import TextSource
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal

_END_OF_FILE = "\x1a"  # Ctrl-Z, with which DOS programs end a text


def repaired(source: TextSource, new_file: Callable[[], Path]) -> TextSource:
    """The text without the Ctrl-Z at its end."""
    mark = _END_OF_FILE.encode(source.encoding)
    size = source.path.stat().st_size
    with source.path.open("rb") as file:
        file.seek(max(size - 4096, 0))
        tail = file.read()
    kept = tail
    while kept.endswith(mark):
        kept = kept[: -len(mark)]
    if kept == tail:
        return source
    target = new_file()
    shutil.copyfile(source.path, target)
    with target.open("r+b") as file:
        file.truncate(size - len(tail) + len(kept))
    return replace(source, path=target)


def unwrapped(source: TextSource, limits: LandingLimits, new_file: Callable[[], Path]) -> TextSource:
    """The text with its lines as they were before each was quoted whole, as one cell: `"a;b"` → `a;b`.

    Raises Refusal BROKEN_QUOTES.
    """
    with source.open() as file:
        head = file.read(HEAD_CHARACTERS)
    delimiter = _wrapped_delimiter(head)
    if delimiter is None:
        return source
    target = new_file()
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_line_bytes))
    with source.open() as lines, target.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            for row in reader:
                if len(row) == 1:
                    file.write(f"{row[0]}\r\n")
                else:
                    writer.writerow(row)
        except csv.Error as error:
            raise Refusal("BROKEN_QUOTES", "quote_open_before", line=reader.line_num) from error
    return TextSource(target, "utf-8")


def _wrapped_delimiter(head: str) -> str | None:
    """The delimiter inside whole-quoted lines: of the header, or of most records below it."""
    for delimiter in DELIMITERS:
        rows = [row for row in head_rows(head, delimiter) if any(row)]
        inner = [_inside(row, delimiter) for row in rows]
        if any(known_headers(cells) > 1 for cells in inner):
            return delimiter
        header = max(range(len(rows)), key=lambda number: known_headers(rows[number]), default=0)
        below = inner[header + 1 :]
        if rows and known_headers(rows[header]) > 1 and below:
            wrapped = sum(len(cells) == len(rows[header]) for cells in below)
            if wrapped * 2 > len(below):
                return delimiter
    return None


def _inside(row: list[str], delimiter: str) -> list[str]:
    """Cells of the line that is the only cell of a row; none where it is no such row."""
    if len(row) != 1 or delimiter not in row[0]:
        return []
    inside = head_rows(row[0], delimiter)
    return inside[0] if len(inside) == 1 else []
