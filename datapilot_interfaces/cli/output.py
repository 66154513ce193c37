"""Rows out: a table for people, JSON and CSV for programs. Only rows go to stdout."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import IO, Any

from datapilot_domain.rows import Row as Row
from datapilot_domain.rows import csv_cell as csv_cell
from datapilot_domain.rows import csv_cells, json_text, text_of
from datapilot_domain.rows import plain as plain

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HASH = re.compile(r"[0-9a-f]{32,64}")
_ROWS_SIDE_BY_SIDE = 6


class Format(str, Enum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def table_cell(value: Any) -> str:
    """A value for people: 2 decimal places, at most 4, rounded half up, thousands apart; hashes shortened."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        short = value.quantize(Decimal("0.0001"), ROUND_HALF_UP)
        places = 2 if short == short.quantize(Decimal("0.01"), ROUND_HALF_UP) else 4
        return f"{short:,.{places}f}"
    if isinstance(value, int):
        return f"{value:,}"
    # What a file holds must not reach the terminal as a control sequence.
    text = _CONTROL.sub("·", text_of(value))
    return text[:12] if _HASH.fullmatch(text) else text


def write_json(rows: Iterable[Row], out: IO[str]) -> None:
    out.write(json_text(rows))


def write_csv(rows: Sequence[Row], columns: Sequence[str], out: IO[str]) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(csv_cells(row, columns) for row in rows)


def write_table(rows: Sequence[Row], columns: Sequence[str], out: IO[str], title: str | None = None) -> None:
    """A table as wide as it needs; a few rows that are too wide for the terminal stand side by side."""
    if not rows:
        out.write("nothing to show\n")
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [[table_cell(row.get(name)) for name in columns] for row in rows]
    number = [any(isinstance(row.get(name), (int, Decimal)) for row in rows) for name in columns]
    console = Console(file=out)
    headers = [max(name.split("\n"), key=len) for name in columns]
    needed = 3 * len(columns) + sum(max(map(len, column)) for column in zip(headers, *cells, strict=True))
    wide = needed > console.width
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", header_style="bold")
    if wide and len(rows) <= _ROWS_SIDE_BY_SIDE:
        table.show_header = False
        table.add_column(style="bold", no_wrap=True)
        for _ in rows:
            table.add_column(justify="right", overflow="fold")
        for name, *values in zip(columns, *cells, strict=True):
            table.add_row(name, *map(Text, values))
    else:
        for name, is_number in zip(columns, number, strict=True):
            table.add_column(name, justify="right" if is_number else "left", overflow="fold")
        for line in cells:
            table.add_row(*map(Text, line))
        if wide and not console.is_terminal:
            console.width = needed + 4
    console.print(table)


def emit(
    rows: Iterable[Row],
    form: Format,
    columns: Sequence[str],
    out: IO[str] | None = None,
    title: str | None = None,
) -> None:
    """Write rows to stdout. `columns`: the order of the table's and the CSV's columns."""
    rows, out = list(rows), out or sys.stdout
    if form is Format.JSON:
        write_json(rows, out)
    elif form is Format.CSV:
        write_csv(rows, columns, out)
    else:
        write_table(rows, columns, out, title)
