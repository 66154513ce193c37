"""Rows out: a table for people, JSON and CSV for programs. Only rows go to stdout."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import IO, Any

from datapilot_domain.partitions import Month
from datapilot_domain.spreadsheets import neutral

Row = Mapping[str, Any]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HASH = re.compile(r"[0-9a-f]{32,64}")
_ROWS_SIDE_BY_SIDE = 6


class Format(str, Enum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def plain(value: Any) -> Any:
    """A value as JSON has it: decimals as exact text, never in exponent form; dates as ISO 8601."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, Month):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def csv_cell(value: Any) -> str:
    """Numbers stay numbers, also negative ones; text is made harmless; null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, Decimal)):
        return str(plain(value))
    return neutral(_text(value))


def _text(value: Any) -> str:
    """Text of anything but a number: a list of words with commas, other structures as JSON."""
    value = plain(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)


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
    text = _CONTROL.sub("·", _text(value))
    return text[:12] if _HASH.fullmatch(text) else text


def write_json(rows: Iterable[Row], out: IO[str]) -> None:
    out.write(json.dumps([plain(row) for row in rows], ensure_ascii=False, indent=1) + "\n")


def write_csv(rows: Sequence[Row], columns: Sequence[str], out: IO[str]) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([csv_cell(row.get(name)) for name in columns] for row in rows)


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
