"""A header of which no title is known: found by its shape, so that a person can be asked about its columns (R11)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from datapilot_assets.landing.dates import date_pattern
from datapilot_assets.landing.dialect import Dialect, dialect_at, head_tables, normalise_header
from datapilot_assets.landing.text import TextSource
from datapilot_assets.landing.values import number_pattern
from datapilot_domain.organizations import LandingLimits

_FEWEST_COLUMNS = 2
# Rows below a header that must look like its records.
_ROWS_BELOW = 5
_VALUE = re.compile(f"(?:{date_pattern()}|{number_pattern(',')}|{number_pattern('.')})")


def find_unknown_header(source: TextSource, limits: LandingLimits) -> Dialect | None:
    """The first row of different titles above rows that are as wide and hold numbers or dates, or None.

    Of the delimiters the one that gives the most columns of numbers and dates. Nothing is read with such a
    header: it is shown to the sender, whose `mapping set` makes it a known one.
    Raises Refusal LIMIT_EXCEEDED.
    """
    best: tuple[int, int, str, list[list[str]]] | None = None
    for delimiter, rows in head_tables(source):
        for number in range(1, len(rows)):
            values = _columns_of_values(rows[number - 1], rows[number : number + _ROWS_BELOW])
            if values and (best is None or (values, -number) > (best[0], best[1])):
                best = values, -number, delimiter, rows
    if best is None:
        return None
    _, row, delimiter, rows = best
    return dialect_at(rows, -row, delimiter, limits, is_known=False)


def _columns_of_values(cells: Sequence[str], below: Sequence[Sequence[str]]) -> int:
    """How many columns hold nothing but numbers and dates below the cells; 0 where the cells are no header."""
    titles = [normalise_header(cell) for cell in cells if cell.strip()]
    is_header = len(titles) >= _FEWEST_COLUMNS and len(set(titles)) == len(titles) and all(titles)
    if not is_header or any(_is_value(cell) or "@" in cell for cell in cells):
        return 0
    records = [row for row in below if any(cell.strip() for cell in row)]
    if not records or any(len(row) != len(cells) for row in records):
        return 0
    columns = ([value for value in column if value.strip()] for column in zip(*records, strict=True))
    return sum(bool(column) and all(map(_is_value, column)) for column in columns)


def _is_value(cell: str) -> bool:
    return _VALUE.fullmatch(cell.strip()) is not None
