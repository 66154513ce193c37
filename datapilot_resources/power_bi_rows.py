"""Rows as a push semantic model takes them: the types of its tables, and bodies that keep to its limits."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from datapilot_domain.contracts import Column, TableContract
from datapilot_domain.landing import digest
from datapilot_resources import power_bi_limits as limits

# Raise it whenever the same rows are written in another way.
VERSION = 1
_TYPES = {
    "string": "string",
    "int": "Int64",
    "bigint": "Int64",
    "boolean": "bool",
    "date": "DateTime",
    "array<string>": "string",
}
_FINGERPRINT = Column(name="fingerprint", description="Of the month in the lake", nullable=False)
_DELTA_VERSION = Column(name="delta_version", type="bigint", description="Of the table in the lake", nullable=False)
_ENDS = b'{"rows":[', b"]}"


class ValueRefused(ValueError):
    """A value that Power BI does not take; nothing was cut or changed. Names table and column, never the value."""


@dataclass(frozen=True)
class Chunk:
    """The body of one request."""

    number: int
    rows: int
    body: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def pushed_columns(contract: TableContract) -> tuple[Column, ...]:
    """What a served table holds, and which state of the month each row is of."""
    return (*contract.shown, _FINGERPRINT, _DELTA_VERSION)


def data_type(column: Column) -> str:
    """Type of the column in Power BI. Decimals of more than 4 places are Double there: it keeps no more of them."""
    if column.type.startswith("decimal("):
        precision, scale = map(int, column.type[len("decimal(") : -1].split(","))
        fits = precision <= limits.DECIMAL_PRECISION and scale <= limits.DECIMAL_SCALE
        return "Decimal" if fits else "Double"
    return _TYPES[column.type]


def declared(contract: TableContract) -> dict[str, Any]:
    """The table as a new semantic model declares it."""
    columns = [{"name": column.name, "dataType": data_type(column)} for column in pushed_columns(contract)]
    return {"name": contract.table, "columns": columns}


def shape(contract: TableContract) -> str:
    """Changes whenever the same rows would be pushed as others."""
    return digest([VERSION, declared(contract), contract.key])


def chunks(contract: TableContract, rows: pa.Table, version: int) -> Iterator[Chunk]:
    """Bodies of the rows of one month, by key; the same rows give the same bytes. Raises ValueRefused."""
    columns = pushed_columns(contract)
    ordered = rows.sort_by([(name, "ascending") for name in contract.key])
    lines: list[bytes] = []
    size = number = 0
    for batch in ordered.to_batches(max_chunksize=limits.ROWS_PER_REQUEST):
        for row in batch.to_pylist():
            line = _line(contract, columns, row | {_DELTA_VERSION.name: version})
            if lines and (len(lines) == limits.ROWS_PER_REQUEST or size + len(line) > limits.BYTES_PER_REQUEST - 100):
                yield _chunk(number, lines)
                lines, size, number = [], 0, number + 1
            lines.append(line)
            size += len(line) + 1
    if lines:
        yield _chunk(number, lines)


def _chunk(number: int, lines: list[bytes]) -> Chunk:
    return Chunk(number, len(lines), _ENDS[0] + b",".join(lines) + _ENDS[1])


def _line(contract: TableContract, columns: tuple[Column, ...], row: dict[str, Any]) -> bytes:
    cells = []
    for column in columns:
        try:
            cells.append(f"{json.dumps(column.name)}:{_json(row[column.name], column)}")
        except ValueRefused as error:
            raise ValueRefused(f"{contract.id}, column {column.name}: {error}") from None
    return f"{{{','.join(cells)}}}".encode()


def _json(value: Any, column: Column) -> str:
    """A value as JSON text: decimals keep every digit, which no float would."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        least, most = limits.INT64_BEYOND
        if not least < value < most:
            raise ValueRefused("the number is beyond what Int64 holds there; leave the table out of `tables`")
        return str(value)
    if isinstance(value, Decimal):
        return repr(float(value)) if data_type(column) == "Double" else format(value, "f")
    if isinstance(value, dt.date):
        return json.dumps(f"{value.isoformat()}T00:00:00")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)
    if len(text.encode("utf-16-le")) // 2 > limits.TEXT_CHARACTERS:
        most_characters = f"a text has more than {limits.TEXT_CHARACTERS} characters"
        raise ValueRefused(f"{most_characters}; shorten it at its source, or leave the table out of `tables`")
    return json.dumps(text, ensure_ascii=False)
