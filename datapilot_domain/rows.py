"""Rows as they leave: their order, their values in JSON, their cells in a CSV file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from datapilot_domain.contracts.table import TableContract
from datapilot_domain.partitions import Month
from datapilot_domain.spreadsheets import neutral

Row = Mapping[str, Any]
AnyRow = TypeVar("AnyRow", bound=Row)


def in_order(contract: TableContract, rows: Iterable[AnyRow]) -> list[AnyRow]:
    """By month, rank where there is one, and key: the same rows always in the same order. Null comes last."""
    names = [name for name in ("month", "rank") if name in contract.column_names] + list(contract.key)
    return sorted(rows, key=lambda row: [(row[name] is None, row[name]) for name in names])


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


def json_text(rows: Iterable[Row]) -> str:
    """One array of row objects. Raises ValueError for NaN and Infinity, which JSON does not have."""
    return json.dumps([plain(row) for row in rows], ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def csv_cells(row: Row, columns: Sequence[str]) -> list[str]:
    return [csv_cell(row.get(name)) for name in columns]


def csv_cell(value: Any) -> str:
    """Numbers stay numbers, also negative ones; text is made harmless; null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, Decimal)):
        return str(plain(value))
    return neutral(text_of(value))


def text_of(value: Any) -> str:
    """Text of anything but a number: a list of words with commas, other structures as JSON."""
    value = plain(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)
